"""Nearest, bicubic and Lanczos as samplers: their values, their tiles, and what all share."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.samplers.base import Picture
from models.samplers.grid import TILE, Axis, Grid, Lattice, Region, Tile, Window
from models.samplers.interpolation import Nearest, bicubic, lanczos
from tests.models.pictures import CPU, interpolated, noise, places, premultiplied
from tests.reference import resample as oracle

SAMPLERS = {"nearest": Nearest, "bicubic": bicubic, "lanczos": lanczos}
EACH = pytest.mark.parametrize("name", SAMPLERS)


def expected(picture, grid, name):
    """What a sampler shows: its filter where it enlarges, bicubic where an axis reduces."""
    ys, xs, steps = places(grid)
    if max(steps) > 1:
        return interpolated(picture, grid, "bicubic")
    if name == "nearest":
        return oracle.nearest(premultiplied(picture), ys, xs)
    return interpolated(picture, grid, name)


@EACH
@pytest.mark.parametrize(
    ("width", "height", "scale", "region"),
    [
        (23, 17, 1.0, None),
        (23, 17, 2.7, None),
        (23, 17, 6.0, None),
        (23, 17, 100.0, Region(21.3, 15.4, 1.7, 1.6)),
        (23, 17, 0.43, None),
        (1, 1, 70.0, None),
        (1, 9, 9.5, None),
        (9, 1, 9.5, None),
    ],
)
def test_pixels_are_the_definition_over_tile_borders(name, width, height, scale, region):
    picture = noise(width, height)
    grid = Grid.for_scale(width, height, scale, region)
    pixels = SAMPLERS[name](picture, CPU).sample(grid)
    assert pixels.dtype == torch.float32
    assert pixels.shape == (grid.rows, grid.columns, 3)
    np.testing.assert_allclose(pixels.numpy(), expected(picture, grid, name), atol=2e-6)


@EACH
@pytest.mark.parametrize(("columns", "rows"), [(90, 20), (30, 80), (90, 8)])
def test_axes_have_their_own_steps(name, columns, rows):
    picture = noise(23, 17)
    grid = Grid.for_size(23, 17, columns, rows)
    pixels = SAMPLERS[name](picture, CPU).sample(grid).numpy()
    np.testing.assert_allclose(pixels, expected(picture, grid, name), atol=2e-6)


@EACH
def test_sixteen_bits_and_alpha(name):
    picture = noise(12, 9, dtype=np.uint16, alpha=True)
    grid = Grid.for_scale(12, 9, 3.5)
    pixels = SAMPLERS[name](picture, CPU).sample(grid).numpy()
    np.testing.assert_allclose(pixels, expected(picture, grid, name), atol=2e-6)
    # Eight bits would have made all of this one shade.
    ramp = Picture(np.arange(30_000, 30_012, dtype=np.uint16).repeat(3).reshape(1, 12, 3))
    shades = SAMPLERS[name](ramp, CPU).sample(Grid.for_scale(12, 1, 1.0))[0, :, 0]
    np.testing.assert_allclose(shades.numpy() * 65535, np.arange(30_000, 30_012), atol=0.02)


@EACH
@pytest.mark.parametrize("scale", [1.0, 2.7, 4.0, 0.37])
def test_the_same_samples_have_the_same_bits_whoever_asks(name, scale):
    sampler = SAMPLERS[name](noise(70, 60), CPU)
    whole = Grid.for_scale(70, 60, scale)
    pixels = sampler.sample(whole)
    for window in (
        Window(0, 0, 1, 1),
        Window(whole.columns - 1, whole.rows - 1, 1, 1),
        Window(5, 3, whole.columns - 9, whole.rows - 4),
        Window(whole.columns // 2 - 7, whole.rows // 2 - 7, 15, 15),
    ):
        part = sampler.sample(Grid(whole.lattice, window))
        rows = slice(window.row, window.row + window.rows)
        columns = slice(window.column, window.column + window.columns)
        assert torch.equal(part, pixels[rows, columns])


@EACH
def test_tiles_of_a_batch_are_those_alone_and_those_of_the_whole(name):
    sampler = SAMPLERS[name](noise(50, 40), CPU)
    lattice = Lattice(Axis(0.01, 0.29), Axis(-0.1, 0.31))
    tiles = [Tile(0, 0), Tile(2, 1), Tile(1, 2), Tile(-1, -1), Tile(5, 5)]
    together = sampler.tiles(lattice, tiles)
    assert together.shape == (5, TILE, TILE, 3)
    for tile, samples in zip(tiles, together, strict=True):
        assert torch.equal(sampler.tiles(lattice, [tile])[0], samples)
        assert torch.equal(sampler.sample(Grid(lattice, tile.window)), samples)


@EACH
@pytest.mark.parametrize("scale", [1.0, 1.9, 3.0, 17.3, 0.6, 0.05])
@pytest.mark.parametrize("level", [0, 1, 97, 254, 255])
def test_a_constant_picture_stays_constant(name, scale, level):
    picture = Picture(np.full((11, 14, 3), level, dtype=np.uint8))
    pixels = SAMPLERS[name](picture, CPU).sample(Grid.for_scale(14, 11, scale)).numpy()
    np.testing.assert_allclose(pixels, level / 255, atol=1e-6)


@EACH
def test_actual_size_is_the_source_itself(name):
    picture = noise(70, 66)
    pixels = SAMPLERS[name](picture, CPU).sample(Grid.for_scale(70, 66, 1.0)).numpy()
    assert (np.floor(pixels * 255 + 0.5).astype(np.uint8) == picture.pixels).all()


@EACH
def test_every_sampler_shows_the_same_reduction(name):
    picture = noise(40, 30)
    for grid in (Grid.for_scale(40, 30, 0.3), Grid.for_size(40, 30, 200, 15)):
        samples = SAMPLERS[name](picture, CPU).sample(grid)
        assert torch.equal(samples, bicubic(picture, CPU).sample(grid))


def test_nearest_keeps_samples_on_a_pixels_edge_on_their_side():
    # Sample k lies at k/3 but for rounding: every third one on the edge between two pixels.
    picture = noise(300, 1)
    lattice = Lattice(Axis(-0.5 / 3, 1 / 3), Axis(0.0, 1.0))
    sampler = Nearest(picture, CPU)
    pixels = sampler.sample(Grid(lattice, Window(0, 0, 900, 1))).numpy()
    owner = np.arange(900) // 3
    np.testing.assert_allclose(pixels[0] * 255, picture.pixels[0, owner], atol=1e-4)


@EACH
@pytest.mark.parametrize("transpose", [False, True])
def test_long_pictures_at_their_far_end(name, transpose):
    picture = noise(20_000, 8)
    if transpose:
        picture = Picture(np.ascontiguousarray(picture.pixels.transpose(1, 0, 2)))
    width, height = picture.width, picture.height
    grid = Grid.for_scale(width, height, 100.0, Region(width - 1.5, height - 1.5, 1.25, 1.25))
    pixels = SAMPLERS[name](picture, CPU).sample(grid).numpy()
    ys, xs, steps = places(grid)
    top, left = max(0, height - 8), max(0, width - 8)
    crop = premultiplied(picture)[top:, left:]
    if name == "nearest":
        literal = oracle.nearest(crop, ys - top, xs - left)
    else:
        literal = oracle.resample(crop, ys - top, xs - left, steps, name).clip(0, 1)
    np.testing.assert_allclose(pixels, literal, atol=2e-6)


@EACH
def test_samplers_of_one_kind_share_their_key(name):
    picture = noise(3, 3)
    keys = {kind: make(picture, CPU).key for kind, make in SAMPLERS.items()}
    assert keys[name] == SAMPLERS[name](picture, CPU).key
    assert len(set(keys.values())) == len(SAMPLERS)
