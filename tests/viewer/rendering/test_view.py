"""The laws of the view. Distances are device pixels; all hold to 1e-6 of one."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given
from hypothesis import strategies as st

from models.samplers.base import Picture
from models.samplers.grid import Lattice
from models.samplers.interpolation import Nearest
from viewer.rendering.view import (
    VISIBLE,
    Lattices,
    Size,
    View,
    between,
    fit_scale,
    fitted,
    kept_visible,
    limits,
    within_limits,
)

CLOSE = 1e-6
Point = tuple[float, float]


def corners(view: View) -> list[Point]:
    return list(itertools.product((0.0, float(view.width)), (0.0, float(view.height))))


def distance(one: View, other: View) -> float:
    """How far apart, in device pixels, two views of one size put a point of the canvas."""
    assert (one.width, one.height) == (other.width, other.height)
    moved = [(other.to_device(*one.to_source(*corner)), corner) for corner in corners(one)]
    return max(max(abs(a[0] - b[0]), abs(a[1] - b[1])) for a, b in moved)


def drift(before: View, after: View, point: Point) -> float:
    """How far the source point under a device point has moved."""
    x, y = after.to_device(*before.to_source(*point))
    return max(abs(x - point[0]), abs(y - point[1]))


def visible(view: View, picture: Size) -> Point:
    """Device pixels of the picture on the canvas, across and down."""
    left, top = view.to_device(0.0, 0.0)
    right, bottom = view.to_device(picture.width, picture.height)
    return min(right, view.width) - max(left, 0.0), min(bottom, view.height) - max(top, 0.0)


class Case(NamedTuple):
    """A view over a picture, both within the limits."""

    picture: Size
    view: View


sides = st.one_of(st.integers(1, 40), st.integers(40, 24_000))
canvases = st.tuples(st.integers(160, 3840), st.integers(120, 2160))
fractions = st.floats(0.0, 1.0)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    picture = Size(draw(sides), draw(sides))
    canvas = draw(canvases)
    low, high = limits(picture, *canvas)
    view = View(
        draw(fractions) * picture.width,
        draw(fractions) * picture.height,
        draw(st.one_of(st.floats(low, high), st.sampled_from([low, 0.0, 1.0, 2.0, high]))),
        *canvas,
    )
    return Case(picture, kept_visible(view, picture))


def point_in(view: View, across: float, down: float) -> Point:
    return across * view.width, down * view.height


def factor_within(case: Case, share: float) -> float:
    """A log₂ factor that stays within the limits: from the smallest scale to the largest."""
    low, high = limits(case.picture, case.view.width, case.view.height)
    return low + share * (high - low) - case.view.log2_scale


# -- zooming ------------------------------------------------------------------------------


@given(cases(), fractions, fractions, fractions)
def test_zooming_in_then_out_is_the_identity(case, share, across, down):
    factor, point = factor_within(case, share), point_in(case.view, across, down)
    there = case.view.zoomed(factor, *point)
    assert distance(there.zoomed(-factor, *point), case.view) < CLOSE


@given(cases(), fractions, fractions, fractions, fractions)
def test_zooming_by_two_factors_is_zooming_by_their_sum(case, first, second, across, down):
    point = point_in(case.view, across, down)
    start = case.view.zoomed(factor_within(case, first), *point)
    one = factor_within(Case(case.picture, start), second)
    two = factor_within(Case(case.picture, start.zoomed(one, *point)), first / 2)
    twice = start.zoomed(one, *point).zoomed(two, *point)
    assert distance(twice, start.zoomed(one + two, *point)) < CLOSE


@given(cases(), fractions, fractions, fractions)
def test_the_point_under_the_cursor_stays(case, share, across, down):
    point = point_in(case.view, across, down)
    zoomed = case.view.zoomed(factor_within(case, share), *point)
    assert drift(case.view, zoomed, point) < CLOSE


@given(cases(), fractions, fractions, fractions, st.lists(fractions, min_size=1, max_size=5))
def test_the_point_under_the_cursor_stays_on_the_way(case, share, across, down, times):
    point = point_in(case.view, across, down)
    end = case.view.zoomed(factor_within(case, share), *point)
    for t in times:
        assert drift(case.view, between(case.view, end, t), point) < CLOSE


@given(cases(), fractions, fractions)
def test_the_scale_moves_evenly_in_log_space(case, share, t):
    end = case.view.zoomed(factor_within(case, share), 10.0, 20.0)
    half = between(case.view, end, t)
    expected = case.view.log2_scale + t * (end.log2_scale - case.view.log2_scale)
    assert half.log2_scale == pytest.approx(expected, abs=1e-12)


@given(cases(), fractions, st.integers(-3000, 3000), st.integers(-3000, 3000))
def test_the_way_begins_at_its_start_and_ends_at_its_very_end(case, share, dx, dy):
    end = case.view.zoomed(factor_within(case, share), 0.0, 0.0).panned(dx, dy)
    assert distance(between(case.view, end, 0.0), case.view) < CLOSE
    assert between(case.view, end, 1.0) is end
    assert between(case.view, end, 1.5) is end


@given(cases(), st.integers(-3000, 3000), st.integers(-3000, 3000), fractions)
def test_a_way_without_a_zoom_is_straight(case, dx, dy, t):
    x, y = between(case.view, case.view.panned(dx, dy), t).to_device(case.view.x, case.view.y)
    assert x - case.view.width / 2 == pytest.approx(t * dx, abs=1e-5)
    assert y - case.view.height / 2 == pytest.approx(t * dy, abs=1e-5)


# -- limits -------------------------------------------------------------------------------


@given(sides, sides, canvases)
def test_the_limits_hold_a_quarter_of_the_fit_full_size_and_256_times(width, height, canvas):
    picture = Size(width, height)
    low, high = limits(picture, *canvas)
    fit = math.log2(fit_scale(picture, *canvas))
    assert low <= fit - 2.0
    assert low <= 0.0 <= high
    assert high >= math.log2(256)
    assert high >= fit + 2.0


@given(sides, sides, canvases, st.floats(-40, 40))
def test_a_scale_within_the_limits_is_left_alone_and_others_stop_there(w, h, canvas, log2_scale):
    low, high = limits(Size(w, h), *canvas)
    result = within_limits(log2_scale, Size(w, h), *canvas)
    assert low <= result <= high
    assert result == log2_scale or result in (low, high)


@given(sides, sides, canvases)
def test_the_whole_picture_fits_and_fills_one_axis(width, height, canvas):
    picture = Size(width, height)
    view = fitted(picture, *canvas)
    left, top = view.to_device(0.0, 0.0)
    right, bottom = view.to_device(width, height)
    spare = (canvas[0] - (right - left), canvas[1] - (bottom - top))
    assert min(spare) == pytest.approx(0.0, abs=CLOSE)
    for before, after, room in (
        (left, canvas[0] - right, spare[0]),
        (top, canvas[1] - bottom, spare[1]),
    ):
        assert before == pytest.approx(room / 2, abs=0.5 + CLOSE)
        assert after == pytest.approx(room / 2, abs=0.5 + CLOSE)
        assert before == pytest.approx(round(before), abs=CLOSE)


@given(cases(), fractions, fractions, fractions)
def test_64_device_pixels_stay_visible_after_a_zoom(case, share, across, down):
    zoomed = case.view.zoomed(factor_within(case, share), *point_in(case.view, across, down))
    kept = kept_visible(zoomed, case.picture)
    _check_visible(kept, case.picture)


@given(cases(), st.integers(-50_000, 50_000), st.integers(-50_000, 50_000))
def test_64_device_pixels_stay_visible_after_a_pan(case, dx, dy):
    _check_visible(kept_visible(case.view.panned(dx, dy), case.picture), case.picture)


def _check_visible(view: View, picture: Size) -> None:
    lengths = picture.width * view.scale, picture.height * view.scale
    for seen, length, canvas in zip(
        visible(view, picture), lengths, (view.width, view.height), strict=True
    ):
        least = min(VISIBLE, length, canvas)
        # Only a span as long as its canvas can miss a part of a pixel: pans are whole pixels.
        tight = length > canvas - 1.0 and least > canvas - 1.0
        assert seen >= least - (1.0 if tight else 0.0) - 2 * CLOSE


@given(cases(), fractions, fractions, fractions)
def test_zooming_never_recentres_while_enough_is_visible(case, share, across, down):
    zoomed = case.view.zoomed(factor_within(case, share), *point_in(case.view, across, down))
    lengths = case.picture.width * zoomed.scale, case.picture.height * zoomed.scale
    canvas = zoomed.width, zoomed.height
    enough = [
        seen >= min(VISIBLE, length, room)
        for seen, length, room in zip(visible(zoomed, case.picture), lengths, canvas, strict=True)
    ]
    assume(all(enough))
    assert kept_visible(zoomed, case.picture) is zoomed


@given(cases(), st.integers(-50_000, 50_000), st.integers(-50_000, 50_000))
def test_a_picture_is_brought_back_no_farther_than_needed(case, dx, dy):
    away = case.view.panned(dx, dy)
    kept = kept_visible(away, case.picture)
    for axis, (seen, length, canvas) in enumerate(
        zip(
            visible(kept, case.picture),
            (case.picture.width * kept.scale, case.picture.height * kept.scale),
            (kept.width, kept.height),
            strict=True,
        )
    ):
        moved = abs(kept.to_device(0.0, 0.0)[axis] - away.to_device(0.0, 0.0)[axis])
        assert moved == pytest.approx(round(moved), abs=1e-5)
        if moved > 0.5:
            assert seen < min(VISIBLE, length, canvas) + 1.0 + CLOSE


@pytest.mark.parametrize("picture", [Size(1, 20_000), Size(12, 20_000), Size(20_000, 1)])
def test_a_picture_thinner_than_a_sample_is_shown_by_one(picture):
    view = fitted(picture, 900, 600)
    placement = view.placement(picture)
    assert placement is not None
    assert min(placement.grid.window.columns, placement.grid.window.rows) == 1
    assert 0 <= placement.left < view.width
    assert 0 <= placement.top < view.height
    assert max(placement.grid.window.columns, placement.grid.window.rows) in (900, 600)


# -- lattices -----------------------------------------------------------------------------

pans = st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000))


@given(cases(), pans, pans)
def test_pans_compose(case, one, other):
    total = (one[0] + other[0], one[1] + other[1])
    assert distance(case.view.panned(*one).panned(*other), case.view.panned(*total)) < CLOSE


@given(cases(), st.lists(pans, min_size=1, max_size=6))
def test_pans_stay_on_the_same_lattice(case, path):
    lattices = Lattices()
    first = case.view.placement(case.picture, lattices)
    assume(first is not None)
    view = case.view
    for step in path:
        view = kept_visible(view.panned(*step), case.picture)
        placement = view.placement(case.picture, lattices)
        if placement is not None:
            assert placement.grid.lattice is first.grid.lattice


def half_way(log2_scale: float = 0.3, width: int = 1280, height: int = 720) -> Case:
    """A view whose samples lie half a step off the picture's corner: rounding decides the phase."""
    picture = Size(6000, 4000)
    view = View(0.0, 0.0, log2_scale, width, height).aligned()
    return Case(picture, view.panned(-1000, -700).zoomed(-1.0, 901.0, 333.0))


@example(half_way(), list(itertools.product((-1, 0, 1, 7, -311), (1, 0, -513))))
@example(half_way(0.77, 1281, 719), list(itertools.product((-1, 0, 1, 7, -311), (1, 0, -513))))
@example(
    Case(Size(1, 61), View(0.0, 0.0, -1.0238467419543678, 160, 120)), [(0, 1)]
)  # thinner than a sample
@given(cases(), st.lists(pans, min_size=1, max_size=3))
def test_samples_of_a_pan_keep_their_indices(case, path):
    """The sample of index k lies over the same source point before and after."""
    lattices = Lattices()
    first = case.view.placement(case.picture, lattices)
    assume(first is not None)
    view = case.view
    for dx, dy in path:
        view = view.panned(dx, dy)
        placement = view.placement(case.picture, lattices)
        if placement is None:
            continue
        assert placement.grid.lattice is first.grid.lattice
        _check_places(view, case.picture, placement)


@given(cases(), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
@example(half_way(), 0.4, -0.4, 0.0)
@example(half_way(), -0.4, 0.4, 0.0)
def test_a_view_within_a_millionth_of_a_pixel_takes_the_earlier_lattice(case, dx, dy, ds):
    lattices = Lattices()
    first = case.view.placement(case.picture, lattices)
    assume(first is not None)
    view, scale = case.view, case.view.scale
    side = max(view.width, view.height)
    near = replace(
        view,
        x=view.x + dx * CLOSE / scale,
        y=view.y + dy * CLOSE / scale,
        log2_scale=view.log2_scale + ds * CLOSE / side,
    )
    assume(distance(view, near) < 0.9 * CLOSE)
    assert near.placement(case.picture, lattices) == first


@given(cases(), st.floats(2e-6, 0.4))
def test_a_view_farther_away_gets_its_own_lattice(case, offset):
    lattices = Lattices()
    first = case.view.placement(case.picture, lattices)
    moved = replace(case.view, x=case.view.x + offset / case.view.scale)
    second = moved.placement(case.picture, lattices)
    assume(first is not None and second is not None)
    # Not where the offset is lost in the rounding of the position itself.
    assume(case.picture.width * case.view.scale < 1e7)
    assert second.grid.lattice != first.grid.lattice


@given(cases(), fractions, fractions, fractions)
def test_a_view_that_zooms_in_and_out_again_finds_its_lattice(case, share, across, down):
    lattices = Lattices()
    first = case.view.placement(case.picture, lattices)
    assume(first is not None)
    factor, point = factor_within(case, share), point_in(case.view, across, down)
    view = case.view
    for part in (0.3, 0.7, -0.7, -0.3):
        view = view.zoomed(part * factor, *point)
        view.placement(case.picture, lattices)
    assert view.placement(case.picture, lattices) == first


def test_a_lattice_in_use_is_not_forgotten_over_others():
    lattices, picture = Lattices(remember=4), Size(300, 200)
    home = fitted(picture, 640, 480)
    first = home.placement(picture, lattices).grid.lattice
    for step in range(1, 12):
        home.zoomed(step / 8, 5.0, 5.0).placement(picture, lattices)
        back = replace(home, x=home.x + 1e-7 / home.scale)
        assert back.placement(picture, lattices).grid.lattice is first


def test_only_some_lattices_are_remembered():
    lattices, picture = Lattices(remember=4), Size(300, 200)
    home = fitted(picture, 640, 480)
    first = home.placement(picture, lattices).grid.lattice
    for step in range(1, 6):
        home.zoomed(step / 8, 5.0, 5.0).placement(picture, lattices)
    assert home.placement(picture, lattices).grid.lattice is not first


# -- exact scales -------------------------------------------------------------------------


@given(cases(), fractions, fractions)
def test_at_100_percent_the_phase_is_exactly_0(case, across, down):
    view = case.view.scaled_to(1.0, *point_in(case.view, across, down))
    placement = kept_visible(view, case.picture).placement(case.picture)
    assume(placement is not None)
    lattice = placement.grid.lattice
    assert (lattice.x.origin, lattice.x.step) == (0.0, 1.0)
    assert (lattice.y.origin, lattice.y.step) == (0.0, 1.0)


@given(cases(), st.sampled_from([2.0, 3.0, 4.0, 8.0, 1 / 3, 0.37, 100.0]), fractions, fractions)
def test_at_any_scale_that_is_asked_for_source_pixels_begin_on_device_pixels(
    case, scale, across, down
):
    point = point_in(case.view, across, down)
    view = case.view.scaled_to(scale, *point)
    assert view.scale == pytest.approx(scale, rel=1e-15)
    assert drift(case.view, view, point) <= 0.5 + CLOSE
    placement = kept_visible(view, case.picture).placement(case.picture)
    if placement is not None:
        assert placement.grid.lattice.x.origin == placement.grid.lattice.y.origin == 0.0


@given(canvases, fractions, fractions)
def test_nearest_at_100_percent_is_the_source(canvas, across, down):
    pixels = np.random.default_rng(5).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    picture = Size(70, 50)
    view = fitted(picture, *canvas)
    view = kept_visible(view.scaled_to(1.0, *point_in(view, across, down)), picture)
    grid, left, top = view.placement(picture)
    samples = Nearest(Picture(pixels), torch.device("cpu")).sample(grid).numpy()
    x, y = view.to_source(left, top)
    rows, columns = slice(round(y), round(y) + grid.rows), slice(round(x), round(x) + grid.columns)
    np.testing.assert_array_equal(np.floor(samples * 255 + 0.5), pixels[rows, columns])


# -- placement ----------------------------------------------------------------------------


@given(cases(), pans)
def test_samples_lie_in_the_picture_on_the_right_device_pixels_and_none_is_left_out(case, pan):
    view = case.view.panned(*pan)
    placement = view.placement(case.picture)
    if placement is None:
        for axis, length in enumerate(case.picture):
            inside = [0 <= place < length for place in _centres(view, axis)]
            if not any(inside):
                return
        pytest.fail("samples inside the picture were left out")
    _check_places(view, case.picture, placement)


def _centres(view: View, axis: int) -> np.ndarray:
    """Source coordinates of the centres of device pixels along an axis."""
    count = (view.width, view.height)[axis]
    return (view.x, view.y)[axis] + (np.arange(count) + 0.5 - count / 2) / view.scale


def _check_places(view: View, picture: Size, placement) -> None:
    grid, left, top = placement
    axes = (
        (grid.lattice.x, grid.window.column, grid.columns, left, view.width, picture.width),
        (grid.lattice.y, grid.window.row, grid.rows, top, view.height, picture.height),
    )
    for number, (axis, first, count, offset, canvas, length) in enumerate(axes):
        places = axis.positions(first, count)
        if length >= axis.step:  # else no sample need lie in the picture, and one is shown
            assert places[0] >= -CLOSE * axis.step
            assert places[-1] < length + CLOSE * axis.step
        assert offset >= 0
        assert offset + count <= canvas
        centres = _centres(view, number)
        shown = centres[offset : offset + count]
        # A known lattice may be 1e-6 device pixels off; positions of 1e7 are rounded as well.
        assert np.abs(places - shown).max() <= 1.1 * CLOSE * axis.step + 1e-12 * length
        inside = (centres >= CLOSE * axis.step) & (centres < length - CLOSE * axis.step)
        assert not inside[:offset].any()
        assert not inside[offset + count :].any()


def test_a_view_beside_the_picture_has_no_placement():
    view = fitted(Size(100, 100), 640, 480)
    assert view.panned(5000, 0).placement(Size(100, 100)) is None
    assert view.panned(0, -5000).placement(Size(100, 100)) is None


def test_a_placement_through_memory_is_the_plain_one():
    view, picture = fitted(Size(123, 77), 641, 479).zoomed(1.234, 100.0, 50.0), Size(123, 77)
    lattices = Lattices()
    plain = view.placement(picture)
    assert view.placement(picture, lattices) == plain
    assert isinstance(plain.grid.lattice, Lattice)


# -- size of the canvas -------------------------------------------------------------------


@given(cases(), st.lists(canvases, min_size=1, max_size=5))
def test_a_resize_keeps_the_centre_and_the_lattice(case, sizes):
    lattices = Lattices()
    first = case.view.placement(case.picture, lattices)
    view = case.view
    for size in sizes:
        view = view.resized(*size)
        assert (view.width, view.height) == size
        assert view.log2_scale == case.view.log2_scale
        # Half a device pixel however many steps it took: dragging a window's border is many.
        assert abs(view.x - case.view.x) * view.scale <= 0.5 + CLOSE
        assert abs(view.y - case.view.y) * view.scale <= 0.5 + CLOSE
        placement = view.placement(case.picture, lattices)
        if first is not None and placement is not None:
            assert placement.grid.lattice is first.grid.lattice


@given(cases(), canvases, st.integers(-200, 200))
def test_a_resize_that_begins_at_a_row_moves_it_to_the_top(case, size, row):
    lattices = Lattices()
    first = case.view.placement(case.picture, lattices)
    view = case.view.resized(*size, row)
    assert (view.width, view.height, view.log2_scale) == (*size, case.view.log2_scale)
    assert abs(view.to_source(0, 0)[1] - case.view.to_source(0, row)[1]) * view.scale < CLOSE
    placement = view.placement(case.picture, lattices)
    if first is not None and placement is not None:
        assert placement.grid.lattice is first.grid.lattice
    back = view.resized(case.view.width, case.view.height, -row)
    assert distance(back, case.view) < CLOSE
    assert case.view.resized(case.view.width, case.view.height, 0) == case.view


@given(cases(), canvases)
def test_a_resize_and_back_is_the_identity(case, size):
    back = case.view.resized(*size).resized(case.view.width, case.view.height)
    assert distance(back, case.view) < CLOSE


# -- coordinates --------------------------------------------------------------------------


@given(cases(), fractions, fractions)
def test_source_and_device_coordinates_are_each_others_inverse(case, across, down):
    point = point_in(case.view, across, down)
    assert case.view.to_device(*case.view.to_source(*point)) == pytest.approx(point, abs=CLOSE)


@given(cases())
def test_the_region_is_what_the_canvas_covers(case):
    view = case.view
    region = view.region
    near = {"rel": 1e-12, "abs": 1e-9}
    assert view.to_source(0.0, 0.0) == pytest.approx((region.x, region.y), **near)
    assert view.to_source(view.width, view.height) == pytest.approx(
        (region.x + region.width, region.y + region.height), **near
    )


def test_a_drag_to_the_right_shows_what_lies_left():
    view = View(100.0, 100.0, 1.0, 640, 480)
    assert view.panned(10, -4) == replace(view, x=95.0, y=102.0)
    assert view.to_device(95.0, 102.0) == (310.0, 244.0)
