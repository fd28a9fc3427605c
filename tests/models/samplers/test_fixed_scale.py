"""Fixed-scale networks at any scale: their own pixels at ×r, interpolated ones elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.backend import Backend
from models.samplers.base import Picture
from models.samplers.fixed_scale import FixedScaleModel, FixedScaleSampler
from models.samplers.gradient import GradientSampler
from models.samplers.grid import Grid, Region, Tile
from models.samplers.interpolation import bicubic
from models.samplers.taps import BICUBIC, LANCZOS, Kernel
from tests.models.networks.upscalers import SMALL, literal, small
from tests.models.pictures import CPU, cover, noise, places, straight
from tests.reference import gradient, resample

EACH = pytest.mark.parametrize("kind", SMALL)
FP32 = Backend(CPU)
KERNELS = {"lanczos": LANCZOS, "bicubic": BICUBIC}


def sampler_of(network, picture, side=16, kernel=LANCZOS, backend=FP32):
    return FixedScaleSampler(
        FixedScaleModel(network, backend, "test", "Test"), picture, kernel, side
    )


def enlarged(network, picture):
    """The network's picture ``[H, W, 3]`` by its oracle, clamped as a file of it would be."""
    pixels = literal(network, straight(picture).transpose(2, 0, 1))
    return np.clip(pixels.transpose(1, 2, 0), 0.0, 1.0)


def expected(network, picture, grid, name="lanczos"):
    """Pixels of a grid by the oracles of the network and of the filter."""
    ys, xs, (step_y, step_x) = places(grid)
    r = network.factor
    pixels = resample.resample(
        enlarged(network, picture), ys * r, xs * r, (step_y * r, step_x * r), name
    )
    return np.clip(pixels, 0.0, 1.0)


def grid_of(picture, scale, region=None):
    return Grid.for_scale(picture.width, picture.height, scale, region)


@EACH
@pytest.mark.parametrize(("width", "height"), [(37, 21), (1, 1), (1, 20), (20, 1), (16, 16)])
def test_at_its_own_scale_the_samples_are_the_network_s_pixels(kind, width, height):
    network, picture = small(kind), noise(width, height)
    pixels = sampler_of(network, picture).sample(grid_of(picture, network.factor))
    assert pixels.shape == (height * network.factor, width * network.factor, 3)
    np.testing.assert_allclose(pixels.numpy(), enlarged(network, picture), atol=1e-5)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("scale", [1.0, 1.3, 2.0, 3.0, 4.7, 9.0])
def test_at_other_scales_they_are_interpolated(name, scale):
    network, picture = small("wdsr-b"), noise(19, 13)
    grid = grid_of(picture, scale)
    pixels = sampler_of(network, picture, kernel=KERNELS[name]).sample(grid)
    np.testing.assert_allclose(pixels.numpy(), expected(network, picture, grid, name), atol=2e-5)


def test_axes_may_differ_and_regions_start_anywhere():
    network, picture = small("wdsr-a"), noise(41, 33)
    grid = Grid.for_size(41, 33, 70, 90, Region(3.3, 7.1, 30.2, 20.0))
    pixels = sampler_of(network, picture).sample(grid)
    np.testing.assert_allclose(pixels.numpy(), expected(network, picture, grid), atol=2e-5)


@pytest.mark.parametrize("side", [1, 5, 16, 1000])
def test_tiles_of_any_side_show_the_same(side):
    network, picture = small("wdsr-a"), noise(23, 11)
    grid = grid_of(picture, 2.0)
    pixels = sampler_of(network, picture, side).sample(grid)
    np.testing.assert_allclose(pixels.numpy(), enlarged(network, picture), atol=1e-5)


def test_a_sample_has_the_same_bits_whoever_asks():
    network, picture = small("wdsr of 2019"), noise(60, 50)
    for scale in (3.0, 4.0, 5.5):
        whole = grid_of(picture, scale)
        pixels = sampler_of(network, picture).sample(whole)
        for x, y, width, height in ((0, 0, 60, 3), (20, 10, 17, 31), (58, 48, 2, 2)):
            part = grid_of(picture, scale, Region(x, y, width, height))
            assert part.lattice == whole.lattice
            column, row = part.window.column, part.window.row
            alone = sampler_of(network, picture).sample(part)
            assert torch.equal(alone, pixels[row : row + part.rows, column : column + part.columns])


def test_transparent_pixels_are_premultiplied():
    network, picture = small("wdsr-a"), noise(20, 14, alpha=True, dtype=np.uint16)
    grid = grid_of(picture, 2.0)
    pixels = sampler_of(network, picture).sample(grid)
    literal = enlarged(network, picture) * cover(picture, grid).clip(0, 1)
    np.testing.assert_allclose(pixels.numpy(), literal, atol=1e-5)


def test_where_the_lattice_reduces_the_source_is_shown():
    picture = noise(40, 30)
    grid = grid_of(picture, 0.6)
    shown = sampler_of(small("wdsr-a"), picture)
    assert torch.equal(shown.sample(grid), bicubic(picture, CPU).sample(grid))
    assert shown.key_on(grid.lattice) == bicubic(picture, CPU).key_on(grid.lattice)
    assert list(shown.prepare(grid.lattice, [grid.window])) == []
    assert not shown.lacking(grid.lattice, grid.window)


def test_a_gradient_map_of_it_is_the_definition():
    network, picture = small("wdsr-a"), noise(16, 16)
    grid = grid_of(picture, 3.0, Region(4, 4, 8, 8))
    ours = GradientSampler(sampler_of(network, picture)).sample(grid)[..., 0]
    wide = Grid(grid.lattice, grid.window.grown(1))
    literally = gradient.magnitude(expected(network, picture, wide), places(grid)[2])
    np.testing.assert_allclose(ours.numpy(), np.clip(literally, 0, 1), atol=2e-4)


@EACH
def test_half_precision_stays_within_what_the_program_promises(kind):
    network, picture = small(kind), noise(30, 20)
    grid = grid_of(picture, network.factor)
    half = sampler_of(network, picture, backend=Backend(CPU, torch.bfloat16)).sample(grid)
    assert 0 < (half - sampler_of(network, picture).sample(grid)).abs().max() < 4 / 255


def test_asking_what_is_lacking_makes_no_filters():
    """It is asked for hundreds of tiles before a view's first pixel."""

    def made(_: object) -> None:
        raise AssertionError("a table of weights was made")

    kernel = Kernel("three lobes", LANCZOS.support, made)
    shown = sampler_of(small("wdsr-a"), noise(40, 20), kernel=kernel)
    lattice = grid_of(shown.picture, 4.1).lattice
    assert all(shown.lacking(lattice, Tile(i, j).window) for i in range(2) for j in range(2))


def test_tiles_are_computed_in_steps_once_before_the_samples():
    network, picture = small("wdsr-a"), noise(40, 20)
    shown, grid = sampler_of(network, picture), grid_of(picture, 4.0)
    tile = [Tile(0, 0).window]
    assert set(shown.lacking(grid.lattice, tile[0])) == {
        Tile(0, 0),
        Tile(1, 0),
        Tile(0, 1),
        Tile(1, 1),
    }
    pauses = list(shown.prepare(grid.lattice, tile))
    assert not shown.lacking(grid.lattice, tile[0])
    assert len(pauses) >= len(network.body)
    assert not torch.is_inference_mode_enabled()
    assert list(shown.prepare(grid.lattice, tile)) == []
    again = sampler_of(network, picture)
    for _ in pauses:
        assert next(again.prepare(grid.lattice, tile), "done") is None
    assert list(again.prepare(grid.lattice, tile)) == []
    runs = []
    shown._model.network.head.register_forward_hook(lambda *_: runs.append(1))
    shown.tiles(grid.lattice, [Tile(0, 0)])
    assert runs == []


def test_models_and_kernels_are_told_apart():
    picture, network = noise(8, 8), small("wdsr-a")
    keys = {
        FixedScaleSampler(FixedScaleModel(network, backend, name, "Test"), picture, kernel).key
        for backend in (FP32, Backend(CPU, torch.bfloat16))
        for name in ("one", "two")
        for kernel in KERNELS.values()
    }
    assert len(keys) == 8


def test_the_title_says_how_it_is_interpolated():
    assert sampler_of(small("wdsr-a"), noise(4, 4)).title == "Test + Lanczos"


def test_placing_a_model_leaves_the_network_as_it_was():
    network = small("wdsr-a")
    FixedScaleModel(network, Backend(CPU, torch.bfloat16), "test", "Test")
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def identity(factor: int):
    """A network that repeats each source pixel: its geometry alone."""
    network = small("wdsr-a" if factor == 2 else "wdsr of 2019")
    for parameter in network.parameters():
        parameter.zero_()
    for c in range(3):
        network.skip[0].weight[c * factor**2 : (c + 1) * factor**2, c, 2, 2] = 1.0
    return network


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize("scale", [1.0, 2.0, 2.7, 4.0, 5.3, 8.0, 16.0])
def test_a_dot_stays_in_its_place(factor, scale):
    def shown(height):
        pixels = np.full((24, 24, 3), 0.4)
        pixels[9, 13] += height
        picture = Picture((pixels * 65535 + 0.5).astype(np.uint16))
        return sampler_of(identity(factor), picture).sample(grid_of(picture, scale)).double()

    difference = (shown(0.2) - shown(0.0)).mean(dim=2).numpy()
    ys, xs, _ = places(Grid.for_scale(24, 24, scale))
    total = difference.sum()
    assert (difference.sum(axis=0) @ xs) / total == pytest.approx(13.5, abs=0.02)
    assert (difference.sum(axis=1) @ ys) / total == pytest.approx(9.5, abs=0.02)


@pytest.mark.parametrize(
    ("memory", "radius", "side"),
    [(4, 353, 235), (80, 353, 384), (4, 18, 384), (4, 131, 384), (80, 900, 600), (4, 900, 600)],
)
def test_on_a_small_gpu_networks_that_see_far_have_small_tiles(monkeypatch, memory, radius, side):
    model = FixedScaleModel(small("wdsr-b"), FP32, "test", "Test")
    model.network.radius = radius
    model.backend = Backend(torch.device("cuda"))
    monkeypatch.setattr("models.samplers.fixed_scale.device_memory", lambda _: memory << 30)
    assert model.side == side
