"""The fused kernel against the oracle in Triton's interpreter, and compiled for GPUs not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from models.backend import Backend
from models.kernels.hoist import hoist
from models.kernels.triton_decoder import KernelError, TritonDecoder
from models.kernels.tuning import CONFIGS
from models.networks.edsr import EDSR
from tests.models.kernels.fused_cases import CASES, expected, sampled
from tests.models.nets import random_liif
from tests.models.pictures import CPU, Array

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

HALF = 4e-4
"""Largest error of fp16, in 0..1: a tenth of a step of 8 bits."""

needs_triton = pytest.mark.skipif(
    find_spec("triton") is None, reason="triton is not installed (it is there on Linux only)"
)


def run(script: str, *arguments: object, **environment: str) -> str:
    """What a script beside this one prints, in a process of its own."""
    command = [sys.executable, "-W", "error", str(HERE / script), *map(str, arguments)]
    settings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Array]:
    """Samples and codes of all cases."""
    out = tmp_path_factory.mktemp("interpreted") / "decoded.npz"
    run("interpret.py", out)
    found: Mapping[str, Array] = np.load(out)
    return found


@needs_triton
@pytest.mark.parametrize("name", CASES)
def test_samples_are_those_of_the_oracle(interpreted: Mapping[str, Array], name: str) -> None:
    samples = interpreted[f"{name} samples"]
    wanted = expected(CASES[name])
    assert samples.dtype == np.float32
    assert samples.shape == wanted.shape
    assert wanted.std() > 0.02  # else no error would show
    np.testing.assert_allclose(samples, wanted, rtol=0, atol=HALF)


@needs_triton
@pytest.mark.parametrize("name", CASES)
def test_codes_are_the_rounded_samples(interpreted: Mapping[str, Array], name: str) -> None:
    samples, codes = interpreted[f"{name} samples"], interpreted[f"{name} codes"]
    rounded = np.clip(samples, 0, 1) * np.float32(255) + np.float32(0.5)
    assert codes.shape == (*samples.shape[:3], 4)
    np.testing.assert_array_equal(codes[..., 2::-1], rounded.astype(np.uint8))
    assert (codes[..., 3] == 255).all()


@needs_triton
def test_a_sampler_shows_the_same_with_the_kernel(interpreted: Mapping[str, Array]) -> None:
    samples, codes = sampled(fused=False)
    np.testing.assert_allclose(interpreted["sampler samples"], samples, rtol=0, atol=HALF)
    assert (np.abs(interpreted["sampler codes"].astype(int) - codes) <= 1).all()
    assert samples.std() > 0.1


LIMITS = {90: 227 << 10, 80: 163 << 10, 86: 99 << 10}
"""Bytes of shared memory a program may have, by architecture."""


@needs_triton
@pytest.mark.parametrize(
    ("arch", "layers", "hidden", "words"),
    [(90, 3, 256, ""), (90, 2, 64, "codes"), (86, 3, 256, "bf16"), (80, 4, 128, "")],
)
def test_the_kernel_compiles(
    tmp_path: Path, arch: int, layers: int, hidden: int, words: str
) -> None:
    """For a data centre's GPU its first configuration fits, for a small one its last."""
    config = CONFIGS[hidden][-1 if arch == 86 else 0]
    cut = config.rows, config.chunk, config.warps, config.stages
    printed = run(
        "compile_fused.py", arch, layers, hidden, *cut, words, TRITON_CACHE_DIR=str(tmp_path)
    )
    found = json.loads(printed)
    assert found["shared"] <= LIMITS[arch]
    assert found["wgmma" if arch == 90 else "mma"] > 0, "the products must be on the tensor cores"
    assert found["copies"] > 0 or hidden == 64, "weights must stream while the cores work"
    stack = int(found["resources"].partition("STACK:")[2].split()[0])
    assert stack <= 64, "registers must not overflow into memory"


def decoder(hidden: tuple[int, ...], precision: torch.dtype = torch.float16) -> TritonDecoder:
    """A decoder on the CPU, where its kernel cannot run."""
    backend = Backend(CPU, precision)
    network = random_liif(EDSR(n_resblocks=1, n_feats=8), hidden, residual=False)
    return TritonDecoder(hoist(network, backend), backend, residual=False)


@pytest.mark.parametrize("hidden", [(64, 257), (32,) * 6])
def test_a_network_that_does_not_fit_is_refused(hidden: tuple[int, ...]) -> None:
    with pytest.raises(KernelError, match="at most"):
        decoder(hidden)


def test_fp32_is_refused() -> None:
    with pytest.raises(KernelError, match="half precision"):
        decoder((32, 32), torch.float32)


def test_without_triton_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "triton", None)
    monkeypatch.delitem(sys.modules, "models.kernels.fused", raising=False)
    with pytest.raises(KernelError, match="triton is not there"):
        decoder((32, 32))


def test_importing_the_program_does_not_import_triton() -> None:
    code = "import sys, viewer.cli, models.samplers.neural; print('triton' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == "False", done.stderr
