"""The decoder with compiled passes beside the one in torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import torch

from models.backend import Backend
from models.kernels import compiled
from models.kernels.compiled import (
    CompiledDecoder,
    can_compile,
    compiled_layers,
    compiled_passes,
)
from models.kernels.crew import MOST
from models.kernels.hoist import hoist
from models.kernels.path import TorchPath
from models.networks.normalisation import Normalisation
from models.samplers.grid import Grid, Window
from tests.models.nets import sampler_of, small_liif
from tests.models.pictures import CPU, noise

needs_llvm = pytest.mark.skipif(not can_compile(Backend(CPU)), reason="llvmlite is not installed")
COLOURS = Normalisation((0.4, 0.5, 0.6), 0.25)


def both(
    residual: bool, precision: torch.dtype, scale: float, windows: list[Window]
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Samples and bytes of windows, by torch and by the compiled passes."""
    network, picture, backend = (
        small_liif(residual=residual),
        noise(20, 18),
        Backend(CPU, precision),
    )
    source = sampler_of(network, picture)._encoded
    lattice = Grid.for_scale(20, 18, scale).lattice
    weights, how = hoist(network, backend), (residual, COLOURS)
    ways = (
        TorchPath(weights, backend, *how),
        TorchPath(weights, backend, *how, "LLVM", CompiledDecoder),
    )
    with torch.inference_mode():
        return [
            (way.windows(lattice, windows, source), way.codes(lattice, windows, source))
            for way in ways
        ]


@needs_llvm
@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("scale", [1.0, 1.3, 3.3, 29.0])
def test_both_decode_alike(residual, precision, scale):
    most = int(18 * scale)
    # The picture's corners, beyond them, and its middle.
    windows = [Window(x, y, 15, 11) for y in (-3, most // 2, most - 5) for x in (-3, most - 4)]
    (samples, codes), (found, found_codes) = both(residual, precision, scale, windows)
    torch.testing.assert_close(found, samples, rtol=0, atol=1e-6)
    assert (found_codes.int() - codes.int()).abs().max() <= 1


@needs_llvm
@pytest.mark.parametrize("band", [1, 4000, 1 << 30])
def test_bands_change_no_more_than_rounding(monkeypatch, band):
    windows = [Window(0, 0, 40, 30)]
    expected = both(True, torch.bfloat16, 3.3, windows)[1]
    monkeypatch.setattr(compiled, "BAND", band)
    found = both(True, torch.bfloat16, 3.3, windows)[1]
    torch.testing.assert_close(found[0], expected[0], rtol=0, atol=1e-6)


@needs_llvm
def test_bytes_are_those_of_the_samples():
    """Canvas and file hold the same bytes."""
    samples, codes = both(True, torch.bfloat16, 3.3, [Window(0, 0, 60, 50)])[1]
    expected = (samples.clamp(0, 1) * 255 + 0.5).to(torch.uint8)
    assert torch.equal(codes[..., :3].flip(-1), expected)


@pytest.mark.parametrize(
    ("device", "precision"),
    [("cuda", torch.bfloat16), ("mps", torch.float32), ("cpu", torch.float16)],
)
def test_only_cpus_compile_and_only_what_they_multiply(device, precision):
    assert not can_compile(Backend(torch.device(device), precision))


def test_without_llvm_nothing_is_compiled(monkeypatch):
    monkeypatch.setattr(compiled, "has_compiler", lambda: False)
    assert not can_compile(Backend(CPU))


class Off:
    """The passes, but one gives something else in one place."""

    def __init__(self, wrong: str):
        self._wrong = wrong

    def __getattr__(self, name: str) -> Callable[..., None]:
        right = getattr(compiled_passes(), name)

        def done(*given: Any) -> None:
            right(*given)
            if name == self._wrong:
                given[-1].view(-1)[-3] += 1

        return done


@needs_llvm
@pytest.mark.parametrize("wrong", ["begin", "finish"])
def test_what_computes_wrongly_is_not_used(wrong):
    compiled._verify(Off("nothing"))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="compute wrongly"):
        compiled._verify(Off(wrong))  # type: ignore[arg-type]


class OffLayers:
    """The layers, but one number is another."""

    def __init__(self, wrong: float):
        self._wrong = wrong

    def of(self, weights: list[tuple[torch.Tensor, torch.Tensor]]) -> Callable[..., None]:
        layers = compiled_layers()
        assert layers is not None
        right = layers.of(weights)

        def done(x: torch.Tensor, out: torch.Tensor) -> None:
            right(x, out)
            out[-1, -1] += self._wrong

        return done


needs_layers = pytest.mark.skipif(
    not can_compile(Backend(CPU)) or compiled_layers() is None, reason="torch multiplies here"
)


@needs_layers
def test_layers_that_compute_wrongly_are_not_used():
    compiled._verify_layers(OffLayers(0.0))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="compute wrongly"):
        compiled._verify_layers(OffLayers(0.1))  # type: ignore[arg-type]


@needs_layers
@pytest.mark.parametrize(
    ("precision", "depth", "used"),
    [(torch.float32, 2, True), (torch.bfloat16, 2, False), (torch.float32, 0, False)],
)
def test_layers_are_for_fp32_alone(precision, depth, used):
    backend = Backend(CPU, precision)
    weights = hoist(small_liif(), backend)
    weights = dataclasses.replace(weights, hidden=weights.hidden[:depth])
    assert (CompiledDecoder(weights, backend, True)._chain is not None) == used


@needs_layers
def test_layers_are_not_for_more_processors_than_a_crew_has_threads(monkeypatch):
    """There torch splits a product among several."""
    backend = Backend(CPU)
    weights = hoist(small_liif(), backend)
    for threads, used in ((MOST, True), (MOST + 1, False)):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        assert (CompiledDecoder(weights, backend, True)._chain is not None) == used


@needs_llvm
def test_where_torch_multiplies_the_passes_are_compiled_all_the_same(monkeypatch):
    windows = [Window(0, 0, 40, 30)]
    expected = both(True, torch.float32, 3.3, windows)[1]
    monkeypatch.setattr(compiled, "compiled_layers", lambda: None)
    found = both(True, torch.float32, 3.3, windows)[1]
    torch.testing.assert_close(found[0], expected[0], rtol=0, atol=1e-6)
