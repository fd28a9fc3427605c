from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.samplers.grid import TILE, Axis, Grid, Lattice, Region, Window, overlap
from viewer.rendering.frames import Frame
from viewer.rendering.messages import Patch

windows = st.builds(
    Window, st.integers(-300, 300), st.integers(-300, 300), st.integers(1, 200), st.integers(1, 200)
)


def grid_of(window: Window, step: float = 0.5, origin: float = 0.0) -> Grid:
    return Grid(Lattice(Axis(origin, step), Axis(origin, step)), window)


def patches(grid: Grid, picture: np.ndarray) -> list[Patch]:
    """A picture of a grid's size, cut as the renderer cuts it."""
    cut = []
    for tile in grid.tiles():
        rows, columns, _, _ = overlap(grid.window, tile)
        cut.append(Patch(columns.start, rows.start, picture[rows, columns].copy()))
    return cut


def numbered(grid: Grid) -> np.ndarray:
    rng = np.random.default_rng(grid.columns)
    picture = rng.integers(0, 256, (grid.rows, grid.columns, 4), dtype=np.uint8)
    picture[..., 3] = 255
    return picture


@given(windows, st.randoms(use_true_random=False))
def test_tiles_in_any_order_make_the_picture_and_are_counted(window, random):
    grid = grid_of(window)
    picture, frame = numbered(grid), Frame(grid)
    assert not frame.complete
    cut = patches(grid, picture)
    random.shuffle(cut)
    for number, patch in enumerate(cut, 1):
        frame.paste(patch)
        assert frame.done == number
    assert frame.complete
    np.testing.assert_array_equal(frame.pixels, picture)


def test_a_frame_that_nothing_has_come_for_takes_no_memory():
    frame = Frame(grid_of(Window(0, 0, 4000, 4000)))
    assert frame.total == 63 * 63
    assert not any(isinstance(value, np.ndarray) for value in vars(frame).values())
    assert not frame.pixels.any()
    assert frame.pixels.shape == (4000, 4000, 4)


def test_a_tile_that_comes_twice_counts_once_and_the_later_is_shown():
    grid = grid_of(Window(-10, 5, 100, 100))
    picture, frame = numbered(grid), Frame(grid)
    first = patches(grid, picture)[0]
    frame.paste(first)
    frame.paste(Patch(first.left, first.top, 255 - first.pixels))
    assert frame.done == 1
    rows, columns = first.pixels.shape[:2]
    np.testing.assert_array_equal(frame.pixels[:rows, :columns], 255 - first.pixels)


def test_where_nothing_has_arrived_it_is_transparent():
    grid = grid_of(Window(0, 0, 2 * TILE, TILE))
    frame = Frame(grid)
    assert not frame.pixels.any()
    frame.paste(patches(grid, numbered(grid))[1])
    assert not frame.pixels[:, :TILE].any()
    assert (frame.pixels[:, TILE:, 3] == 255).all()


def test_it_knows_its_region_and_scale():
    frame = Frame(grid_of(Window(4, 8, 100, 50), step=0.25, origin=0.1))
    assert frame.region == pytest.approx(Region(1.1, 2.1, 25.0, 12.5))
    assert frame.scale == 4.0


def completed(window: Window, step: float) -> Frame:
    grid = grid_of(window, step)
    frame = Frame(grid)
    for patch in patches(grid, numbered(grid)):
        frame.paste(patch)
    return frame


def test_it_covers_what_lies_inside_it_when_it_is_complete():
    frame = completed(Window(10, 20, 100, 60), 0.5)  # x 5 to 55, y 10 to 40
    assert frame.covers(Region(5.0, 10.0, 50.0, 30.0))
    assert frame.covers(Region(20.0, 20.0, 1.0, 1.0))
    # Samples whose centres lie outside the picture are left out: half a sample may be missing.
    assert frame.covers(Region(4.75, 9.75, 50.5, 30.5))
    for beyond in ((4.7, 10, 5, 5), (5, 9.7, 5, 5), (50, 10, 5.3, 5), (5, 35, 5, 5.3)):
        assert not frame.covers(Region(*beyond))


def test_it_covers_nothing_before_it_is_complete():
    grid = grid_of(Window(0, 0, TILE + 1, TILE))
    frame = Frame(grid)
    cut = patches(grid, numbered(grid))
    frame.paste(cut[0])
    assert not frame.covers(Region(1.0, 1.0, 2.0, 2.0))
    frame.paste(cut[1])
    assert frame.covers(Region(1.0, 1.0, 2.0, 2.0))
