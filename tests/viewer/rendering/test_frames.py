from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
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
    assert frame.sheet.blank
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


def test_it_reaches_what_lies_inside_it():
    frame = completed(Window(10, 20, 100, 60), 0.5)  # x 5 to 55, y 10 to 40
    assert frame.reaches(Region(5.0, 10.0, 50.0, 30.0))
    assert frame.reaches(Region(20.0, 20.0, 1.0, 1.0))
    # Samples whose centres lie outside the picture are left out: half a sample may be missing.
    assert frame.reaches(Region(4.75, 9.75, 50.5, 30.5))
    for beyond in ((4.7, 10, 5, 5), (5, 9.7, 5, 5), (50, 10, 5.3, 5), (5, 35, 5, 5.3)):
        assert not frame.reaches(Region(*beyond))


def test_it_reaches_as_far_before_it_is_complete():
    grid = grid_of(Window(0, 0, TILE + 1, TILE))
    frame = Frame(grid)
    cut = patches(grid, numbered(grid))
    frame.paste(cut[0])
    assert not frame.complete
    assert frame.reaches(grid.region)
    frame.paste(cut[1])
    assert frame.complete


# -- the same lattice ---------------------------------------------------------------------

shifts = st.tuples(st.integers(-150, 150), st.integers(-150, 150))


def moved(window: Window, shift: tuple[int, int]) -> Window:
    return window._replace(column=window.column + shift[0], row=window.row + shift[1])


def lit(frame: Frame) -> np.ndarray:
    return frame.pixels[..., 3] > 0


@settings(max_examples=150)
@given(windows, st.lists(shifts, min_size=1, max_size=3), st.integers(0, 2**32 - 1))
def test_a_frame_takes_over_what_others_have_of_it(window, shifts, seed):
    """Sample by sample, and a tile is there only if all of it is."""
    rng = np.random.default_rng(seed)
    target = Frame(grid_of(window))
    rows, columns = np.indices((target.grid.rows, target.grid.columns))
    expected = np.zeros((target.grid.rows, target.grid.columns), bool)
    for shift in shifts:
        other = Frame(grid_of(moved(window, shift)))
        place = other.grid.window
        value = np.zeros((other.grid.rows, other.grid.columns, 4), np.uint8)
        down, across = np.indices(value.shape[:2])
        value[..., 0] = (down + place.row) % 251
        value[..., 1] = (across + place.column) % 241
        value[..., 3] = 255
        for patch in patches(other.grid, value):
            if rng.random() < 0.7:
                other.paste(patch)
        target.take_over(other)
        y, x = rows + window.row - place.row, columns + window.column - place.column
        inside = (y >= 0) & (y < place.rows) & (x >= 0) & (x < place.columns)
        expected[inside] |= lit(other)[y[inside], x[inside]]
    held = lit(target)
    # Of a tile that had arrived, what another frame has beside it may be left out.
    assert not (held & ~expected).any()
    for patch in patches(target.grid, target.pixels):
        here = (slice(patch.top, patch.top + patch.pixels.shape[0]),
                slice(patch.left, patch.left + patch.pixels.shape[1]))  # fmt: skip
        if target.has(patch):
            assert held[here].all()
        else:
            np.testing.assert_array_equal(held[here], expected[here])
    np.testing.assert_array_equal(target.pixels[held][:, 0], (rows[held] + window.row) % 251)
    np.testing.assert_array_equal(target.pixels[held][:, 1], (columns[held] + window.column) % 241)
    assert target.done == sum(target.has(patch) for patch in patches(target.grid, target.pixels))


@given(windows, st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=30))
def test_a_frame_that_follows_others_is_made_once_where_all_have_arrived(window, arrivals):
    grid = grid_of(window)
    pictures = numbered(grid), 255 - numbered(grid)
    sides = Frame(grid), Frame(grid)
    cut = [patches(grid, picture) for picture in pictures]
    frame, made = Frame(grid), 0

    def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        nonlocal made
        made += a.shape[0] * a.shape[1]
        return np.abs(a.astype(int) - b).astype(np.uint8)

    for side, number in arrivals:
        if number < len(cut[side]):
            sides[side].paste(cut[side][number])
        frame.follow(sides, distance)
        both = [a for a, b in zip(*cut, strict=True) if sides[0].has(a) and sides[1].has(b)]
        assert frame.done == len(both) == sum(frame.has(patch) for patch in both)
        assert made == sum(patch.pixels.shape[0] * patch.pixels.shape[1] for patch in both)
        expected = np.zeros_like(pictures[0])
        for patch in both:
            rows, columns = patch.pixels.shape[:2]
            here = np.s_[patch.top : patch.top + rows, patch.left : patch.left + columns]
            expected[here] = np.abs(pictures[0][here].astype(int) - pictures[1][here])
        np.testing.assert_array_equal(frame.pixels, expected)


@given(windows, st.sets(st.integers(0, 40)))
def test_what_is_missing_is_told_in_windows_that_do_not_overlap(window, arrived):
    grid = grid_of(window)
    frame = Frame(grid)
    expected = np.ones((grid.rows, grid.columns), int)
    for number, patch in enumerate(patches(grid, numbered(grid))):
        if number in arrived:
            frame.paste(patch)
            rows, columns = patch.pixels.shape[:2]
            expected[patch.top : patch.top + rows, patch.left : patch.left + columns] = 0
    found = np.zeros_like(expected)
    for part in frame.missing():
        found[part.row : part.row + part.rows, part.column : part.column + part.columns] += 1
    np.testing.assert_array_equal(found, expected)


def test_a_strip_that_is_missing_is_one_window():
    grid = grid_of(Window(0, 0, 640, 320))
    frame = Frame(grid)
    assert frame.missing() == [Window(0, 0, 640, 320)]
    for patch in patches(grid, numbered(grid)):
        if patch.left >= 128:
            frame.paste(patch)
    assert frame.missing() == [Window(0, 0, 128, 320)]
