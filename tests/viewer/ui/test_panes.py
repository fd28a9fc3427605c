"""Panes: how many fit where, and which is under a point."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect

from viewer.ui.panes import GAP, Pane, cell, nearest, shape, tiled

sizes = st.integers(160, 4000)
counts = st.integers(1, 4)


def panes_of(count: int, width: int, height: int) -> list[Pane]:
    return tiled("abcd"[:count], shape(count, width, height)[0], width, height)


def starts(panes: Sequence[Pane]) -> list[tuple[int, int]]:
    return [(pane.area.left(), pane.area.top()) for pane in panes]


@pytest.mark.parametrize(
    ("count", "wide", "tall"),
    [(1, (1, 1), (1, 1)), (2, (2, 1), (1, 2)), (3, (3, 1), (1, 3)), (4, (2, 2), (2, 2))],
)
def test_no_cell_stays_empty(count: int, wide: tuple[int, int], tall: tuple[int, int]) -> None:
    assert shape(count, 640, 480) == shape(count, 480, 480) == wide
    assert shape(count, 480, 640) == tall


@pytest.mark.parametrize(
    ("size", "count", "places"),
    [
        ((642, 482), 2, [(0, 0), (322, 0)]),
        ((643, 482), 2, [(0, 0), (323, 0)]),
        ((642, 482), 3, [(0, 0), (215, 0), (430, 0)]),
        ((300, 700), 3, [(0, 0), (0, 234), (0, 468)]),
        ((642, 482), 4, [(0, 0), (322, 0), (0, 242), (322, 242)]),
        ((643, 483), 4, [(0, 0), (323, 0), (0, 243), (323, 243)]),
    ],
)
def test_where_they_lie(size: tuple[int, int], count: int, places: list[tuple[int, int]]) -> None:
    assert starts(panes_of(count, *size)) == places


@given(counts, sizes, sizes)
def test_all_are_of_one_size_apart_and_reach_the_edges(count: int, width: int, height: int) -> None:
    panes = panes_of(count, width, height)
    assert {pane.area.size() for pane in panes} == {panes[0].area.size()}
    assert panes[0].area.size().toTuple() == cell(*shape(count, width, height), width, height)
    assert all(pane.area == pane.clip for pane in panes)
    whole = QRect()
    for pane in panes:
        whole = whole.united(pane.area)
    assert whole == QRect(0, 0, width, height)
    for one, other in itertools.combinations(panes, 2):
        assert not one.area.adjusted(-1, -1, 1, 1).intersects(other.area), "no gap"


@given(counts, sizes, sizes)
def test_gaps_differ_by_a_pixel_at_most_and_less_than_a_pixel_a_pane_is_lost(
    count: int, width: int, height: int
) -> None:
    panes = panes_of(count, width, height)
    columns, rows = shape(count, width, height)
    lefts = sorted({pane.area.left() for pane in panes})
    tops = sorted({pane.area.top() for pane in panes})
    across, down = panes[0].area.width(), panes[0].area.height()
    for edges, size in ((lefts, across), (tops, down)):
        gaps = [second - first - size for first, second in itertools.pairwise(edges)]
        assert all(GAP <= gap <= GAP + 1 for gap in gaps)
        assert not gaps or max(gaps) - min(gaps) <= 1
    assert width - columns * across - GAP * (columns - 1) < columns
    assert height - rows * down - GAP * (rows - 1) < rows


@pytest.mark.parametrize(
    ("point", "side"),
    [
        ((0.0, 0.0), "a"),
        ((319.9, 239.9), "a"),
        ((322.0, 0.0), "b"),
        ((0.0, 242.0), "c"),
        ((641.9, 481.9), "d"),
        ((320.5, 100.0), "a"),
        ((321.5, 100.0), "b"),
        ((100.0, 241.5), "c"),
        ((-50.0, 700.0), "c"),
        ((700.0, -50.0), "b"),
    ],
)
def test_the_pane_under_a_point_or_nearest_to_it(point: tuple[float, float], side: str) -> None:
    assert nearest(panes_of(4, 642, 482), *point).side == side


@given(counts, sizes, sizes, st.floats(0, 1), st.floats(0, 1))
def test_a_point_in_a_pane_belongs_to_it(
    count: int, width: int, height: int, x: float, y: float
) -> None:
    panes = panes_of(count, width, height)
    for pane in panes:
        inside = pane.area.left() + x * pane.area.width(), pane.area.top() + y * pane.area.height()
        assert nearest(panes, *inside) == pane
