"""Tiles of a request: their order, coarse grids, and the parts that are sent."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.samplers.grid import TILE, Grid, Tile, Window
from tests.viewer.rendering.fakes import grid_of, lattice_of, moved
from viewer.rendering.tiling import as_they_come, coarser, outward, patch

windows = st.builds(
    Window, st.integers(-500, 500), st.integers(-500, 500), st.integers(1, 300), st.integers(1, 300)
)


@given(windows, st.sampled_from([2, 4, 8]), st.floats(0.01, 100.0), st.floats(-0.5, 0.5))
def test_coarse_samples_stand_in_the_middle_of_fine_ones(window, factor, scale, phase):
    fine = Grid(lattice_of(scale, phase, -phase), window)
    coarse = coarser(fine, factor)
    for fine_axis, coarse_axis, first, count in (
        (fine.lattice.x, coarse.lattice.x, coarse.window.column, coarse.columns),
        (fine.lattice.y, coarse.lattice.y, coarse.window.row, coarse.rows),
    ):
        groups = fine_axis.positions(first * factor, count * factor).reshape(count, factor)
        places = coarse_axis.positions(first, count)
        np.testing.assert_allclose(places, groups.mean(axis=1), rtol=1e-12, atol=1e-12 / scale)
        assert coarse_axis.step == fine_axis.step * factor


@given(windows, st.sampled_from([2, 4, 8]))
def test_a_coarse_grid_covers_the_fine_one_with_nothing_to_spare(window, factor):
    coarse = coarser(Grid(lattice_of(3.0), window), factor).window
    for first, count, fine_first, fine_count in (
        (coarse.column, coarse.columns, window.column, window.columns),
        (coarse.row, coarse.rows, window.row, window.rows),
    ):
        assert first * factor <= fine_first < (first + 1) * factor
        assert (first + count - 1) * factor < fine_first + fine_count <= (first + count) * factor


@given(windows, st.sampled_from([2, 4, 8]), st.integers(-300, 300), st.integers(-300, 300))
def test_a_pan_keeps_the_coarse_lattice(window, factor, dx, dy):
    grid = Grid(lattice_of(3.0, 0.2), window)
    assert coarser(grid, factor).lattice == coarser(moved(grid, dx, dy), factor).lattice


@given(windows, st.floats(-100, 400), st.floats(-100, 400))
def test_tiles_go_from_the_focus_outward(window, x, y):
    grid = Grid(lattice_of(4.0), window)
    tiles = list(outward(grid, grid.tiles(), (x, y)))
    assert sorted(tiles) == sorted(grid.tiles())
    away = [
        math.hypot(
            tile.column * TILE + TILE / 2 - window.column - x,
            tile.row * TILE + TILE / 2 - window.row - y,
        )
        for tile in tiles
    ]
    assert all(one <= other + 1e-9 for one, other in itertools.pairwise(away))


def test_the_parts_of_tiles_make_the_window():
    grid = grid_of(150, 90, -20, 33)
    rows, columns = np.mgrid[0:90, 0:150]
    whole = np.zeros((90, 150), np.int64)
    for tile in grid.tiles():
        window = tile.window
        down, across = np.mgrid[0 : window.rows, 0 : window.columns]
        places = 1000 * (window.row + down) + window.column + across
        part = patch(grid, tile, places)
        height, width = part.pixels.shape
        whole[part.top : part.top + height, part.left : part.left + width] = part.pixels
    np.testing.assert_array_equal(whole, 1000 * (33 + rows) + columns - 20)


def test_tiles_come_when_what_they_lack_is_made():
    tiles = [Tile(column, 0) for column in range(6)]
    lacks = dict(zip(tiles, ("AB", "B", "", "A", "C", "AB"), strict=True))
    # A and B are made for the first, which has to wait for both; then C.
    order = as_they_come(tiles, lambda tile: lacks[tile])
    assert [tile.column for tile in order] == [2, 3, 0, 1, 5, 4]


@given(st.lists(st.sets(st.integers(0, 4)), max_size=30))
def test_none_is_lost_and_those_that_lack_nothing_come_first(lacks):
    tiles = [Tile(column, 0) for column in range(len(lacks))]
    order = list(as_they_come(tiles, lambda tile: sorted(lacks[tile.column])))
    assert sorted(order) == tiles
    ready = [tile for tile in tiles if not lacks[tile.column]]
    assert order[: len(ready)] == ready
