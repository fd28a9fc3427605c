"""The message bar: what it says, its one action, and how it goes."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from viewer.ui import theme
from viewer.ui.message_bar import HEIGHT, MessageBar

LONG = "“" + "folder/" * 40 + "broken.tif” cannot be read; choose another file."


@pytest.fixture(autouse=True, scope="module")
def _theme(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    top = QWidget()
    qtbot.addWidget(top)
    column = QVBoxLayout(top)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(MessageBar())
    column.addStretch(1)
    top.resize(700, 300)
    top.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    top.show()
    top.activateWindow()
    qtbot.waitUntil(top.isActiveWindow)
    return top


@pytest.fixture
def bar(window: QWidget) -> MessageBar:
    found = window.findChild(MessageBar)
    assert isinstance(found, MessageBar)
    return found


def test_it_is_hidden_until_there_is_something_to_say(bar: MessageBar) -> None:
    assert not bar.isVisible()
    bar.show_message("“x.png” is empty; choose another file.")
    assert bar.isVisible()
    assert bar.text.startswith("“x.png”")
    assert bar.accessibleName() == bar.text
    assert bar.height() == HEIGHT
    assert not bar.action.isVisible()


def test_the_cross_closes_it(bar: MessageBar, qtbot: QtBot) -> None:
    bar.show_message("no")
    with qtbot.waitSignal(bar.dismissed):
        qtbot.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    assert bar.text == ""


def test_escape_closes_it_wherever_the_focus_is(
    bar: MessageBar, window: QWidget, qtbot: QtBot
) -> None:
    window.setFocus()
    bar.show_message("no")
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not bar.isVisible()


def test_closing_a_closed_bar_tells_nothing(bar: MessageBar, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(bar.dismissed):
        bar.dismiss()


def test_a_sentence_is_taken_back_while_it_is_shown(bar: MessageBar) -> None:
    bar.show_message("One export at a time.")
    bar.take_back("One export at a time.")
    assert not bar.isVisible()


def test_taking_back_leaves_what_is_said_instead(bar: MessageBar) -> None:
    bar.show_message("One export at a time.")
    bar.show_message("There is no picture.")
    bar.take_back("One export at a time.")
    bar.take_back("")
    assert (bar.isVisible(), bar.text) == (True, "There is no picture.")


def test_the_action_closes_and_then_acts(bar: MessageBar, qtbot: QtBot) -> None:
    seen: list[bool] = []
    bar.show_message("no", "Try again", lambda: seen.append(bar.isVisible()))
    assert bar.action.text() == "Try again"
    qtbot.mouseClick(bar.action, Qt.MouseButton.LeftButton)
    assert seen == [False]


def test_an_action_may_say_something_new(bar: MessageBar, qtbot: QtBot) -> None:
    bar.show_message("no", "Try again", lambda: bar.show_message("still no"))
    qtbot.mouseClick(bar.action, Qt.MouseButton.LeftButton)
    assert bar.isVisible()
    assert bar.text == "still no"


def test_a_newer_message_forgets_the_older_action(bar: MessageBar) -> None:
    bar.show_message("no", "Try again", lambda: pytest.fail("the old action ran"))
    bar.show_message("something else")
    assert not bar.action.isVisible()
    bar.action.click()


def test_a_long_sentence_takes_two_lines_and_is_elided(bar: MessageBar) -> None:
    bar.show_message(LONG)
    lines = bar.label.shown_lines()
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert bar.height() == HEIGHT + 18
    assert bar.label.toolTip() == LONG


def test_in_a_wider_window_it_needs_one_line(
    bar: MessageBar, window: QWidget, qtbot: QtBot
) -> None:
    bar.show_message("a sentence of some length " * 5)
    assert bar.height() == HEIGHT + 18
    window.resize(1900, 300)
    qtbot.waitUntil(lambda: bar.height() == HEIGHT)
    # Its contents are laid out in the new height, not in that of two lines.
    qtbot.waitUntil(lambda: abs(bar.close_button.geometry().center().y() - HEIGHT / 2) <= 2)
    assert bar.label.toolTip() == ""


def test_it_is_as_high_as_it_stays_from_the_first(bar: MessageBar, window: QWidget) -> None:
    """Also where the window has become wider while there was nothing to say."""
    window.resize(1900, 300)
    bar.show_message("a sentence of some length " * 5)
    assert bar.height() == HEIGHT


def test_its_buttons_take_no_focus_by_click(bar: MessageBar) -> None:
    for button in (bar.action, bar.close_button):
        assert button.focusPolicy() == Qt.FocusPolicy.TabFocus
