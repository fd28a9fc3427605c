"""Sizes, steps and places of samples: the contract of the command line and of every tile."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.samplers.grid import TILE, Axis, Grid, Lattice, Region, Tile, Window, overlap, tiles_of

SIDES = st.integers(1, 20_000)
SCALES = st.floats(1e-3, 300)


@pytest.mark.parametrize(
    ("side", "scale", "expected"),
    [
        (100, 1.0, 100),
        (100, 2.5, 250),
        (33, 1.5, 50),  # 49.5 goes up
        (5, 0.5, 3),  # so does 2.5
        (3, 0.49, 1),
        (1, 0.001, 1),  # never 0
        (1, 100.0, 100),
        (20_000, 100.0, 2_000_000),
        (20_000, 1 / 3, 6667),
    ],
)
def test_size_is_the_side_times_the_scale_rounded_half_up(side, scale, expected):
    grid = Grid.for_scale(side, 1, scale)
    assert grid.columns == expected
    assert Grid.for_scale(1, side, scale).rows == expected


@given(SIDES, SIDES, SCALES)
def test_step_of_a_scale_is_exactly_its_inverse(width, height, scale):
    grid = Grid.for_scale(width, height, scale)
    assert grid.lattice.x.step == 1.0 / scale
    assert grid.lattice.y.step == 1.0 / scale
    assert grid.window[:2] == (0, 0)
    assert grid.lattice.x.origin == grid.lattice.y.origin == 0.0


@given(SIDES, SIDES, st.integers(1, 5000), st.integers(1, 5000))
def test_step_of_a_size_is_exactly_the_side_over_it(width, height, columns, rows):
    grid = Grid.for_size(width, height, columns, rows)
    assert (grid.columns, grid.rows) == (columns, rows)
    assert grid.lattice.x.step == width / columns
    assert grid.lattice.y.step == height / rows


@given(SIDES, SCALES)
def test_samples_of_a_whole_picture_begin_half_a_step_inside_and_end_in_it(side, scale):
    grid = Grid.for_scale(side, side, scale)
    at = grid.lattice.x.positions(grid.window.column, grid.columns)
    assert at[0] == pytest.approx(0.5 / scale, rel=1e-12)
    if grid.columns > 1:
        assert at[-1] <= side + 1e-9 * side


def test_a_region_is_clipped_to_the_picture():
    assert Region(-5, 2, 10, 100).clipped(20, 30) == Region(0, 2, 5, 28)
    grid = Grid.for_scale(20, 30, 4.0, Region(-5, 2, 10, 100))
    assert (grid.columns, grid.rows) == (20, 112)
    assert grid.region == pytest.approx((0, 2, 5, 28))


@pytest.mark.parametrize(
    "region",
    [
        Region(20, 0, 5, 5),
        Region(-5, 0, 5, 5),
        Region(0, 30, 5, 5),
        Region(3, 3, 0, 5),
        Region(3, 3, 5, -1),
        Region(math.nan, 0, 5, 5),
    ],
)
def test_a_region_without_a_pixel_is_an_error(region):
    with pytest.raises(ValueError, match="no pixel in the picture of 20x30"):
        Grid.for_scale(20, 30, 2.0, region)


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf])
def test_a_scale_that_is_no_magnification_is_an_error(scale):
    with pytest.raises(ValueError, match="scale must be a number above 0"):
        Grid.for_scale(20, 30, scale)


@pytest.mark.parametrize("scale", [1e18, 1e300, 1e308])
def test_a_scale_at_which_samples_cannot_be_counted_is_an_error(scale):
    with pytest.raises(ValueError, match="choose a smaller one"):
        Grid.for_scale(20, 30, scale)


@pytest.mark.parametrize("region", [Region(50, 0, 1e-13, 10), Region(0, 0, 1e-320, 10)])
def test_a_region_in_which_they_cannot_is_an_error(region):
    with pytest.raises(ValueError, match="too small for so many pixels"):
        Grid.for_size(96, 96, 10**9, 1, region)


@pytest.mark.parametrize(("columns", "rows"), [(0, 5), (5, 0), (-1, 5)])
def test_a_size_without_a_sample_is_an_error(columns, rows):
    with pytest.raises(ValueError, match="at least 1x1"):
        Grid.for_size(20, 30, columns, rows)


@given(st.floats(0, 19_999), st.floats(1e-3, 1000))
def test_an_axis_through_a_place_has_a_sample_that_begins_there(start, step):
    axis, index = Axis.through(start, step)
    assert axis.positions(index, 1)[0] - step / 2 == pytest.approx(start, abs=2e-9 * max(step, 1))
    assert abs(axis.origin) <= 0.5 * step * (1 + 1e-9)


@given(st.floats(0, 10_000), st.floats(0.005, 50), st.integers(0, 2000))
def test_places_whole_steps_apart_lie_on_the_same_samples(start, step, count):
    first, index = Axis.through(start, step)
    second, other = Axis.through(start + count * step, step)
    here = first.positions(index + count, 5)
    np.testing.assert_allclose(second.positions(other, 5), here, atol=1e-9 * max(step, 1), rtol=0)


@given(st.integers(0, 5000), st.sampled_from([0.5, 1.0, 2.0, 4.0, 16.0, 64.0]))
def test_regions_at_whole_pixels_share_one_lattice(start, scale):
    # Tiles, and with them the very bits of the samples, are then those of the whole picture.
    assert Axis.through(start * 2.0, 1 / scale) == (Axis(0.0, 1 / scale), start * 2 * scale)


@pytest.mark.parametrize("scale", [1.5, 2.7, 3.0, 4.0, 7.3, 10.0, 33.3])
@pytest.mark.parametrize("phase", [0.3, 0.123, -0.41, 0.5])
def test_rounding_in_a_region_makes_no_other_lattice(scale, phase):
    # Tiles are kept by their lattice: one that differs in the last bit would find none of them.
    step = 1 / scale
    found = {
        (axis, index - count)
        for count in range(1, 6000, 97)
        for axis, index in [Axis.through((phase + count) * step, step)]
    }
    assert len(found) == 1


@given(st.floats(0.9, 100), st.integers(0, 400))
def test_whole_steps_from_the_corner_share_the_lattice_of_the_picture(scale, count):
    axis, index = Axis.through(count * (1 / scale), 1 / scale)
    assert (axis, index) == (Axis(0.0, 1 / scale), count)


@given(st.floats(-3, 3), st.floats(0.01, 20), st.integers(1, 500))
def test_inside_are_the_samples_whose_positions_are(origin, step, length):
    axis = Axis(origin, step)
    inside = axis.inside(length)
    around = axis.positions(inside.start - 2, len(inside) + 4)
    expected = [False, False, *[True] * len(inside), False, False]
    # Rounding may decide for a sample on the border itself.
    at_border = np.minimum(np.abs(around), np.abs(around - length)) < 1e-9
    assert ((((around >= 0) & (around < length)) == expected) | at_border).all()


def test_inside_takes_the_first_border_and_leaves_the_last():
    assert Axis(-0.5, 1.0).inside(4) == range(4)  # samples at 0, 1, 2, 3; the one at 4 is outside
    assert Axis(0.0, 1.0).inside(1) == range(1)
    assert Axis(0.0, 20.0).inside(1) == range(0)  # the only candidate lies at 10


@given(st.integers(-500, 500), st.integers(-500, 500), st.integers(1, 300), st.integers(1, 300))
def test_tiles_cover_a_window_exactly_once(column, row, columns, rows):
    window = Window(column, row, columns, rows)
    seen = np.zeros((rows, columns), dtype=int)
    for tile in tiles_of(window):
        in_rows, in_columns, tile_rows, tile_columns = overlap(window, tile)
        seen[in_rows, in_columns] += 1
        assert tile.row * TILE + tile_rows.start == row + in_rows.start
        assert tile.column * TILE + tile_columns.start == column + in_columns.start
        assert tile_rows.stop - tile_rows.start == in_rows.stop - in_rows.start > 0
        assert tile_columns.stop - tile_columns.start == in_columns.stop - in_columns.start > 0
        assert 0 <= tile_rows.start < tile_rows.stop <= TILE
        assert 0 <= tile_columns.start < tile_columns.stop <= TILE
    assert (seen == 1).all()


def test_tiles_come_row_by_row():
    grid = Grid(Lattice(Axis(0, 1), Axis(0, 1)), Window(63, 64, 2, 65))
    assert grid.tiles() == [Tile(0, 1), Tile(1, 1), Tile(0, 2), Tile(1, 2)]
    assert grid.tile_count == 4
    assert Tile(-1, 2).window == Window(-64, 128, 64, 64)


def test_a_lattice_reduces_if_either_axis_does():
    assert not Lattice(Axis(0, 1.0), Axis(0, 1.0)).reduces
    assert not Grid.for_scale(10, 10, 1.0).lattice.reduces
    assert Lattice(Axis(0, 0.5), Axis(0, 1.001)).reduces
    assert Lattice(Axis(0, 1.001), Axis(0, 0.5)).reduces


def test_a_grown_window_has_the_margin_on_each_side():
    assert Window(3, 5, 10, 20).grown(2) == Window(1, 3, 14, 24)


@given(st.floats(0, 19_000), st.floats(1, 1000), st.floats(0.01, 100))
def test_the_region_of_a_grid_is_the_one_asked_for(x, width, scale):
    box = Region(x, 0, width, 1).clipped(20_000, 1)
    region = Grid.for_scale(20_000, 1, scale, Region(x, 0, width, 1)).region
    assert region.x == pytest.approx(box.x, abs=1e-9 * max(1, 1 / scale))
    assert abs(region.width - box.width) <= max(0.5, abs(1 - box.width * scale)) / scale + 1e-9


def test_positions_keep_their_places_in_huge_pictures():
    # fp32 has steps of 0.002 here; a hundredth of a source pixel must not be lost.
    grid = Grid.for_scale(20_000, 8, 100.0)
    last = grid.lattice.x.positions(grid.columns - 1, 1)[0]
    assert last == pytest.approx(20_000 - 0.005, abs=1e-9)
