"""The decoders on a GPU against the oracle in float64, and against each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.backend import Backend
from models.kernels.check import still
from models.kernels.choice import Decoders
from models.kernels.codes import to_codes
from models.kernels.hoist import hoist
from models.kernels.linear import epilogue_layer, plain_layer
from models.kernels.path import TorchPath
from models.kernels.triton_decoder import TritonDecoder
from models.kernels.tuning import CONFIGS
from models.networks.edsr import EDSR
from models.samplers.grid import Axis, Grid, Lattice, Tile, Window
from tests.models.kernels.fused_cases import BF16, CASES, FEW, Case, decoded, expected, network_of
from tests.models.nets import literal_pixels, random_liif, sampler_of
from tests.models.pictures import noise

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

TOLERANCES = {"float16": 4e-4, "bfloat16": 4e-3}
EVERY = {**CASES, **BF16}


def cuda(precision: torch.dtype = torch.float16) -> Backend:
    """The first GPU."""
    return Backend(torch.device("cuda", 0), precision)


@pytest.mark.parametrize("name", EVERY)
def test_the_kernel_agrees_with_the_oracle(name: str) -> None:
    case = EVERY[name]
    samples, codes = decoded(case, cuda().device)
    np.testing.assert_allclose(samples, expected(case), rtol=0, atol=TOLERANCES[case.precision])
    # To the bit: canvas and file must hold the same bytes.
    np.testing.assert_array_equal(codes, to_codes(torch.from_numpy(samples)).numpy())


@pytest.mark.parametrize("hidden", CONFIGS)
@pytest.mark.parametrize("place", range(3))
def test_every_configuration_agrees_with_the_oracle(hidden: int, place: int) -> None:
    if place >= len(CONFIGS[hidden]):
        pytest.skip("there are fewer")
    case = Case(hidden=(hidden,) * 4, windows=FEW, config=CONFIGS[hidden][place], residual=True)
    samples, _ = decoded(case, cuda().device)
    np.testing.assert_allclose(samples, expected(case), rtol=0, atol=4e-4)


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("hidden", [(256,) * 4, (64,) * 3])
def test_a_whole_screen_agrees_with_plain_fp32(
    hidden: tuple[int, ...], precision: torch.dtype
) -> None:
    network = network_of(Case(hidden=hidden, residual=True))
    lattice = Lattice(Axis(0.0, 0.23), Axis(0.0, 0.23))
    tiles = [Tile(column, row).window for row in range(6) for column in range(8)]
    half, plain = cuda(precision), cuda(torch.float32)
    fused = TritonDecoder(hoist(network, half), half, residual=True)
    exact = TorchPath(hoist(network, plain), plain, residual=True)
    channels, size, side = hidden[0], (120, 90), 64
    samples = fused.windows(lattice, tiles, still(channels, half, size, side))
    wanted = exact.windows(lattice, tiles, still(channels, plain, size, side))
    assert torch.isfinite(samples).all()
    assert (samples - wanted).norm() / wanted.norm() < 5e-3
    again = fused.windows(lattice, tiles, still(channels, half, size, side))
    assert torch.equal(samples, again), "a result that changes is a race"


def test_a_batch_holds_what_its_windows_hold_alone() -> None:
    network = network_of(Case())
    backend = cuda()
    fused = TritonDecoder(hoist(network, backend), backend, residual=False)
    lattice = Lattice(Axis(0.0, 0.31), Axis(0.0, 0.31))
    windows = [Window(64 * k, 64 * k, 64, 64) for k in range(4)]
    source = still(64, backend, (90, 90), 32)
    together = fused.windows(lattice, windows, source)
    for window, part in zip(windows, together, strict=True):
        assert torch.equal(fused.windows(lattice, [window], source)[0], part)


def test_the_kernel_is_what_is_chosen(caplog: pytest.LogCaptureFixture) -> None:
    chosen = Decoders(random_liif(EDSR(n_resblocks=1, n_feats=8), (64,) * 3, True), cuda())
    assert chosen.chosen().name == "Triton", caplog.text


@pytest.mark.parametrize("precision", [torch.float32, torch.float16, torch.bfloat16])
def test_a_sampler_agrees_with_the_oracle(precision: torch.dtype) -> None:
    network, picture = random_liif(EDSR(n_resblocks=2, n_feats=8), (64,) * 3, True), noise(30, 22)
    sampler = sampler_of(network, picture, side=16, backend=cuda(precision))
    grid = Grid.for_scale(30, 22, 3.3)
    error = np.abs(sampler.sample(grid).cpu().numpy() - literal_pixels(network, picture, grid))
    limit = {torch.float32: 2e-5, torch.float16: 4e-3, torch.bfloat16: 3e-2}[precision]
    assert error.max() <= limit


@pytest.mark.parametrize("precision", [torch.float32, torch.float16, torch.bfloat16])
def test_the_epilogue_layer_is_a_layer(precision: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(1)
    x, matrix, bias = (
        torch.randn(shape, generator=generator).to(cuda().device, precision)
        for shape in ((4096, 256), (256, 256), (256,))
    )
    torch.testing.assert_close(epilogue_layer(x, matrix, bias), plain_layer(x, matrix, bias))
