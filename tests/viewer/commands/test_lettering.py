from __future__ import annotations

import numpy as np
import pytest

from viewer.commands.lettering import BACKGROUND, SIDES, STRIP, TAB, Line, plain, tab


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("LIIF · WDSR light", "LIIF · WDSR light"),
        ("×4 − 2–3…", "x4 - 2-3…"),
        ("Grüße.jpg", "Gruße.jpg".replace("ß", "?")),
        ("日本.png", "??.png"),
    ],
)
def test_text_keeps_to_letters_the_font_has(text, shown):
    assert plain(text) == shown


def test_a_text_ends_where_it_is_said_to_end():
    line = Line(300)
    end = line.write(10, 290, "LIIF", SIDES[0])
    inked = (line.pixels != BACKGROUND).any((0, 2))
    assert 10 <= np.flatnonzero(inked)[0] <= 13
    assert end - 3 <= np.flatnonzero(inked)[-1] <= end


def test_a_text_without_room_is_left_out():
    line = Line(300)
    assert line.write(10, 12, "LIIF", SIDES[0]) == 10
    assert (line.pixels == BACKGROUND).all()


def test_numbers_are_told_apart():
    tabs = [tab(number, SIDES[1]) for number in (1, 2, 3)]
    for each in tabs:
        assert each.shape == (TAB, TAB, 3)
        assert (each[0] == SIDES[1]).all()
        assert (each < np.array(SIDES[1]) // 2).all(-1).any()
    assert not np.array_equal(tabs[0], tabs[1])
    line = Line(100)
    assert line.tab(5, 2, SIDES[1]) == 5 + TAB
    top = (STRIP - TAB) // 2
    np.testing.assert_array_equal(line.pixels[top : top + TAB, 5 : 5 + TAB], tabs[1])
