"""Sheets: one memory for the frames of a lattice."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.samplers.grid import Window
from viewer.rendering.sheet import MARGIN, Sheet

windows = st.builds(
    Window, st.integers(-900, 900), st.integers(-900, 900), st.integers(1, 200), st.integers(1, 200)
)


def numbers(window: Window) -> np.ndarray:
    """Every sample has a colour of its own place."""
    rows, columns = np.indices((window.rows, window.columns))
    y, x = rows + window.row, columns + window.column
    return np.stack([y % 251, x % 241, (x + y) % 239, np.full_like(x, 255)], axis=-1).astype(
        np.uint8
    )


@given(st.lists(windows, min_size=1, max_size=4))
def test_a_sheet_that_moves_keeps_what_both_have(places):
    sheet = Sheet(places[0])
    sheet.part(places[0])[:] = numbers(places[0])
    for window in places[1:]:
        before, sheet = sheet, sheet.moved(window)
        known = before.part(window.common(before.window)) if window.common(before.window) else None
        part = sheet.part(window)
        assert part.shape == (window.rows, window.columns, 4)
        lit = part[..., 3] > 0
        np.testing.assert_array_equal(part[lit], numbers(window)[lit])
        assert lit.sum() == (0 if known is None else (known[..., 3] > 0).sum())


def test_there_is_room_for_a_margin_around_what_has_moved():
    first = Sheet(Window(0, 0, 100, 50))
    moved = first.moved(Window(10, 0, 100, 50))
    assert moved is not first
    assert moved.moved(Window(10 + MARGIN, -MARGIN, 100, 50)) is moved
    assert moved.moved(Window(10 - MARGIN, MARGIN, 100, 50)) is moved
    assert moved.moved(Window(11 + MARGIN, 0, 100, 50)) is not moved


@given(windows, st.data())
def test_its_bytes_are_those_of_its_pixels(window, data):
    sheet = Sheet(window)
    sheet.part(window)[:] = numbers(window)
    column = data.draw(st.integers(0, window.columns - 1))
    row = data.draw(st.integers(0, window.rows - 1))
    columns = data.draw(st.integers(1, window.columns - column))
    rows = data.draw(st.integers(1, window.rows - row))
    inner = Window(window.column + column, window.row + row, columns, rows)
    memory = np.frombuffer(sheet.memory(inner), np.uint8)
    strided = np.lib.stride_tricks.as_strided(
        memory, (rows, columns, 4), (4 * window.columns, 4, 1)
    )
    assert memory.size == (rows - 1) * 4 * window.columns + 4 * columns
    np.testing.assert_array_equal(strided, sheet.part(inner))


def test_nothing_is_taken_before_something_is_written():
    sheet = Sheet(Window(0, 0, 10, 10))
    assert sheet.blank
    assert not sheet.part(Window(2, 2, 3, 3)).any()
    assert not sheet.blank
