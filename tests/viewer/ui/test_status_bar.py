"""The status bar: what it says, what it gives up when narrow, and its scale."""

import itertools

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from viewer.ui import theme
from viewer.ui.status_bar import HEIGHT, StatusBar


@pytest.fixture(autouse=True, scope="module")
def _theme(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


@pytest.fixture
def bar(qtbot: QtBot) -> StatusBar:
    widget = StatusBar()
    qtbot.addWidget(widget)
    widget.resize(1440, HEIGHT)
    widget.set_file("dog.jpg", 288, 288)
    widget.set_scale(8.0)
    widget.set_cursor(131.4, 96.2, (199, 154, 95))
    widget.set_device("CPU, bf16")
    widget.show()
    return widget


def test_it_says_file_size_scale_cursor_and_colour(bar: StatusBar) -> None:
    assert bar.name.text() == "dog.jpg"
    assert bar.size_text.text() == "288 × 288"
    assert bar.scale.text() == "800 %"
    assert bar.cursor_text.text() == "x 131.4  y 96.2"
    assert bar.colour_text.text() == "199 154 95"
    assert bar.patch.grab().toImage().pixelColor(5, 5).getRgb()[:3] == (199, 154, 95)


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (208.96, "208.9"),
        (209.0, "209.0"),
        (33.6 - 1e-9, "33.6"),
        (209.0 - 1e-9, "208.9"),
        (-0.0, "0.0"),
        (-0.04, "-0.1"),
        (-1e-17, "-0.1"),
        (-3.5, "-3.5"),
    ],
)
def test_the_cursors_place_lies_in_the_pixel_that_is_named(
    bar: StatusBar, place: float, shown: str
) -> None:
    bar.set_cursor(place, place, (1, 2, 3))
    assert bar.cursor_text.text() == f"x {shown}  y {shown}"


def test_every_tenth_is_shown_as_it_is(bar: StatusBar) -> None:
    for tenth in range(-300, 300):
        bar.set_cursor(tenth / 10, tenth * 0.1, None)
        assert bar.cursor_text.text() == f"x {tenth / 10:.1f}  y {tenth / 10:.1f}"


def test_it_says_state_and_device(bar: StatusBar) -> None:
    bar.set_state("refining 57 %", 0.57)
    assert bar.state.text() == "refining 57 % · CPU, bf16"
    bar.set_state("final · 38 ms", None)
    assert bar.state.text() == "final · 38 ms · CPU, bf16"


@pytest.mark.parametrize(("fraction", "reach"), [(None, 0), (0.0, 0), (0.57, 821), (1.0, 1440)])
def test_the_line_shows_refinement_in_bs_colour(
    bar: StatusBar, fraction: float | None, reach: int
) -> None:
    bar.set_state("refining", fraction)
    image = bar.grab().toImage()
    for y in (0, 1):
        row = [image.pixelColor(x, y) == theme.SIDE_B for x in range(1440)]
        assert row == [x < reach for x in range(1440)]
    assert image.pixelColor(3, 2) == theme.PANEL


def test_a_fraction_beyond_the_ends_is_clamped(bar: StatusBar) -> None:
    bar.set_state("x", 1.5)
    assert bar.fraction == 1.0


@pytest.mark.parametrize(("typed", "scale"), [("400", 4.0), ("4x", 4.0), ("1:2", 0.5)])
def test_a_typed_scale_is_told(bar: StatusBar, qtbot: QtBot, typed: str, scale: float) -> None:
    bar.scale.selectAll()
    with qtbot.waitSignal(bar.scale_entered) as told:
        qtbot.keyClicks(bar.scale, typed)
        qtbot.keyClick(bar.scale, Qt.Key.Key_Return)
    assert told.args == [scale]


def test_showing_a_scale_tells_nothing(bar: StatusBar, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(bar.scale_entered):
        bar.set_scale(1 / 3)
    assert bar.scale.text() == "33.3 %"


def test_the_largest_scale_has_room(bar: StatusBar) -> None:
    """Such as that of a picture of one pixel that fills a window."""
    bar.set_scale(9999.0)
    assert bar.scale.text_width("999900 %") <= bar.scale.width()


def test_the_scale_opens_for_typing_by_a_click(bar: StatusBar, qtbot: QtBot) -> None:
    bar.activateWindow()
    qtbot.waitUntil(bar.isActiveWindow)
    qtbot.mouseClick(bar.scale, Qt.MouseButton.LeftButton)
    assert bar.scale.selectedText() == "800 %"


def test_words_do_not_jump_while_the_cursor_moves(bar: StatusBar) -> None:
    before = bar.colour_text.geometry()
    bar.set_cursor(5.0, 7.0, (1, 2, 3))
    assert bar.colour_text.geometry() == before
    assert bar.cursor_text.text() == "x 5.0  y 7.0"


def test_sixteen_bits_have_room_and_the_right_patch(bar: StatusBar) -> None:
    bar.set_cursor(1, 2, (65535, 32768, 0), maximum=65535)
    assert bar.colour_text.text() == "65535 32768 0"
    assert bar.patch.colour.getRgb()[:3] == (255, 128, 0)
    assert not bar.colour_text.is_elided()


def test_leaving_the_picture_clears_the_cursor(bar: StatusBar) -> None:
    bar.clear_cursor()
    assert not bar.cursor_text.isVisible()
    assert not bar.patch.isVisible()
    assert bar.name.isVisible()


def test_a_cursor_without_a_colour(bar: StatusBar) -> None:
    bar.set_cursor(1, 2, None)
    assert bar.cursor_text.isVisible()
    assert not bar.colour_text.isVisible()


def test_clearing_leaves_only_the_device(bar: StatusBar) -> None:
    bar.clear()
    shown = [w for w in (bar.name, bar.size_text, bar.scale, bar.cursor_text) if w.isVisible()]
    assert shown == []
    assert bar.state.text() == "CPU, bf16"


@pytest.mark.parametrize("width", [240, 300, 400, 500, 600, 700, 900, 1440])
def test_at_no_width_do_words_overlap_or_get_cut(bar: StatusBar, width: int) -> None:
    bar.set_file("a rather long name of a photograph of a dog.jpg", 12000, 9000)
    bar.set_cursor(11999.9, 8999.9, (255, 255, 255))
    bar.set_state("source, reduced · final · 38 ms", None)
    bar.resize(width, HEIGHT)
    parts = [bar.name, bar.size_text, bar.scale, bar.cursor_text, bar.colour_text, bar.state]
    shown = [part for part in parts if part.isVisible()]
    for left, right in itertools.pairwise(shown):
        assert left.geometry().right() < right.geometry().left()
    assert shown[-1].geometry().right() < width
    for label in (bar.size_text, bar.cursor_text, bar.colour_text):
        assert not label.isVisible() or label.natural_width() <= label.width()


def test_a_narrow_window_gives_up_the_colour_first(bar: StatusBar) -> None:
    bar.set_state("final · 38 ms", None)
    gone: list[str] = []
    parts = {"colour": bar.colour_text, "cursor": bar.cursor_text, "size": bar.size_text}
    for width in range(900, 240, -10):
        bar.resize(width, HEIGHT)
        gone += [name for name, w in parts.items() if not w.isVisible() and name not in gone]
    assert gone == ["colour", "cursor", "size"]


def test_a_long_name_is_elided_in_the_middle(bar: StatusBar) -> None:
    name = "a-very-" + "long-" * 20 + "name.png"
    bar.set_file(name, 10, 10)
    [line] = bar.name.shown_lines()
    assert "…" in line
    assert line.startswith("a-very")
    assert line.endswith(".png")
    assert bar.name.toolTip() == name


def test_tags_in_a_long_name_are_told_as_they_are(bar: StatusBar) -> None:
    bar.set_file("<b>" + "long-" * 20 + "&amp;.png", 10, 10)
    assert bar.name.toolTip() == "<qt>&lt;b&gt;" + "long-" * 20 + "&amp;amp;.png</qt>"
