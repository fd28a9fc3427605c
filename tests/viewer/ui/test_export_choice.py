"""Sizes of an export: scale, width and height that belong together, and the canvas's own grid."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from models.samplers.grid import Axis, Grid, Lattice, Region, Window
from viewer.rendering.view import Lattices, Size, View
from viewer.ui.export_choice import Area, ExportChoice, SizedBy, is_shown

WIDTH, HEIGHT = 400, 300
PART = Region(72.0, 50.0, 145.0, 103.25)
WHOLE = Region(0.0, 0.0, float(WIDTH), float(HEIGHT))


def canvas_grid(region: Region, scale: float, phase: tuple[float, float] = (0.3, -0.2)) -> Grid:
    """What a canvas shows: the samples of a lattice of any phase whose centres are in a region."""
    (x, columns), (y, rows) = (
        _span(*each, 1 / scale)
        for each in ((region.x, region.width, phase[0]), (region.y, region.height, phase[1]))
    )
    return Grid(Lattice(x, y), Window(columns.start, rows.start, len(columns), len(rows)))


def _span(start: float, length: float, phase: float, step: float) -> tuple[Axis, range]:
    axis, _ = Axis.through(start + phase * step, step)
    first = math.ceil((start - axis.origin) / step - 0.5)
    return axis, range(first, math.ceil((start + length - axis.origin) / step - 0.5))


@pytest.mark.parametrize(
    ("by", "value", "size", "scale"),
    [
        ("scale", 8.0, (1160, 826), 8.0),
        ("scale", 0.5, (73, 52), 0.5),
        ("scale", 1e-6, (1, 1), 1e-6),
        ("width", 290.0, (290, 207), 2.0),
        ("width", 1.0, (1, 1), 1 / 145),
        ("height", 413.0, (580, 413), 4.0),
        ("height", 1.0, (1, 1), 1 / 103.25),
    ],
)
def test_one_number_gives_the_other_two(
    by: SizedBy, value: float, size: tuple[int, int], scale: float
) -> None:
    sizing = Area(WIDTH, HEIGHT, PART).sized(by, value)
    assert (sizing.grid.columns, sizing.grid.rows) == size
    assert sizing.scale == pytest.approx(scale, rel=1e-12)
    assert (sizing.by, sizing.value) == (by, value)


def test_a_scale_gives_the_grid_of_the_command_line() -> None:
    for scale in (3.0, 7.981234, 0.4):
        grid = Area(WIDTH, HEIGHT, PART).sized("scale", scale).grid
        assert grid == Grid.for_scale(WIDTH, HEIGHT, scale, PART)
        assert grid.lattice.x.step == grid.lattice.y.step == 1 / scale


def test_a_size_gives_the_grid_of_the_command_line() -> None:
    grid = Area(WIDTH, HEIGHT, PART).sized("width", 1000).grid
    assert grid == Grid.for_size(WIDTH, HEIGHT, 1000, 712, PART)
    assert grid.lattice.x.step == 145 / 1000
    assert grid.lattice.y.step == 103.25 / 712


@given(
    st.floats(0.01, WIDTH / 2),
    st.floats(0.01, HEIGHT / 2),
    st.integers(1, 100_000),
    st.sampled_from(["width", "height"]),
)
def test_what_was_asked_for_is_exact_and_the_aspect_is_kept(
    width: float, height: float, pixels: int, by: SizedBy
) -> None:
    region = Region(3.7, 5.1, width, height)
    sizing = Area(WIDTH, HEIGHT, region).sized(by, pixels)
    columns, rows = sizing.grid.columns, sizing.grid.rows
    assert (columns if by == "width" else rows) == pixels
    asked, follows = (width, height) if by == "width" else (height, width)
    other = rows if by == "width" else columns
    assert abs(other - max(1.0, follows * pixels / asked)) <= 0.5 + 1e-6 * other


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_scale_that_is_none_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        Area(WIDTH, HEIGHT, PART).sized("scale", value)


# The canvas's own grid.


@pytest.mark.parametrize("scale", [1.0, 7.981234, 63.7, 0.31])
@pytest.mark.parametrize("phase", [(0.0, 0.0), (0.3, -0.2), (-0.49, 0.49)])
def test_the_canvas_grid_is_taken_as_it_is(scale: float, phase: tuple[float, float]) -> None:
    grid = canvas_grid(PART, scale, phase)
    assert Area(WIDTH, HEIGHT, PART, grid).sized("scale", scale).grid is grid


@given(
    st.floats(-50, WIDTH + 50),
    st.floats(-50, HEIGHT + 50),
    st.floats(-3.0, 9.0),
    st.integers(1, 900),
    st.integers(1, 600),
)
@example(0.99999, 0.0, 0.0, 3, 1)  # a centre lies at the picture's very edge
def test_whatever_the_canvas_shows_is_taken_as_it_is(
    x: float, y: float, log2_scale: float, width: int, height: int
) -> None:
    view = View(x, y, log2_scale, width, height)
    placement = view.placement(Size(WIDTH, HEIGHT))
    assume(placement is not None)
    assert placement is not None
    visible = view.region.clipped(WIDTH, HEIGHT)
    found = Area(WIDTH, HEIGHT, visible, placement.grid).sized("scale", view.scale).grid
    shown = placement.grid
    assert found.lattice is shown.lattice
    assert found.window[:2] == shown.window[:2]
    more = found.columns - shown.columns, found.rows - shown.rows
    assert set(more) <= ({0, 1} if visible == WHOLE else {0})


@pytest.mark.parametrize("scale", [0.5, 1.5, 2.5, 3.0])
def test_a_whole_picture_has_the_size_of_the_command_line(scale: float) -> None:
    """At 1.5 a centre of the last column of 121 source pixels lies at the picture's very end."""
    view = View(0.0, 0.0, math.log2(scale), 800, 800).scaled_to(scale, 400.0, 400.0)
    view = replace(view, x=60.5, y=120.5).aligned()
    placement = view.placement(Size(121, 241))
    assert placement is not None
    whole = view.region.clipped(121, 241)
    assert whole == (0.0, 0.0, 121.0, 241.0)
    grid = Area(121, 241, whole, placement.grid).sized("scale", view.scale).grid
    assert grid.window == Grid.for_scale(121, 241, scale).window


def test_the_lattice_of_an_earlier_view_counts_as_the_canvas_s() -> None:
    lattices, picture = Lattices(), Size(WIDTH, HEIGHT)
    first = View(140.0, 100.0, 3.0, 520, 224)
    second = replace(first, log2_scale=3.0 + 5e-9)
    one, two = (view.placement(picture, lattices) for view in (first, second))
    assert one is not None
    assert two is not None
    assert two.grid.lattice is one.grid.lattice
    area = Area(WIDTH, HEIGHT, second.region, two.grid)
    assert area.sized("scale", second.scale).grid is two.grid


@pytest.mark.parametrize(
    "region",
    [
        PART._replace(x=PART.x + 1),
        PART._replace(y=PART.y - 0.2),
        PART._replace(width=PART.width - 0.2),
        PART._replace(height=PART.height + 3),
        WHOLE,
    ],
)
def test_another_region_gets_a_grid_of_its_own(region: Region) -> None:
    grid = canvas_grid(PART, 8.0)
    found = Area(WIDTH, HEIGHT, region, grid).sized("scale", 8.0).grid
    assert found == Grid.for_scale(WIDTH, HEIGHT, 8.0, region)


def test_another_scale_gets_a_grid_of_its_own() -> None:
    grid = canvas_grid(PART, 8.0)
    found = Area(WIDTH, HEIGHT, PART, grid).sized("scale", 8.001).grid
    assert found == Grid.for_scale(WIDTH, HEIGHT, 8.001, PART)


def test_a_width_is_exact_even_where_the_canvas_grid_has_as_many_columns() -> None:
    grid = canvas_grid(PART, 8.0)
    found = Area(WIDTH, HEIGHT, PART, grid).sized("width", grid.columns).grid
    assert found == Grid.for_size(WIDTH, HEIGHT, 1160, 826, PART)


def test_both_axes_count() -> None:
    grid = canvas_grid(PART, 8.0)
    stretched = Grid(Lattice(grid.lattice.x, Axis(0.0, 1 / 9)), grid.window)
    assert is_shown(grid, PART, 8.0)
    assert not is_shown(stretched, PART, 8.0)


def test_a_choice_does_not_change_once_it_is_made() -> None:
    grid = Grid.for_scale(WIDTH, HEIGHT, 2.0)
    choice = ExportChoice(Path("a.png"), grid, ("b",), 8, 95, overwrite=False)
    with pytest.raises(FrozenInstanceError):
        choice.overwrite = True  # type: ignore[misc]
