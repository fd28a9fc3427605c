"""The sheet of keys, made from actions."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.viewer.ui.driver import SmallScreen
from viewer.ui import theme
from viewer.ui.shortcuts import KeyCaps, ShortcutSheet, key_names, rows_of
from viewer.ui.widgets_buttons import Button
from viewer.ui.widgets_scroll import FittedScroll


@pytest.fixture(autouse=True, scope="module")
def _theme(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


def action(words: str, *keys: str) -> QAction:
    made = QAction(words)
    made.setShortcuts([QKeySequence(key) for key in keys])
    return made


def test_keys_are_readable() -> None:
    assert key_names(action("Fit", "F", "0", "Home")) == ["F", "0", "Home"]
    assert key_names(action("Pan", "Shift+Left")) == ["Shift+←"]
    assert key_names(action("Zoom", "+", "-", "Ctrl++")) == ["+", "−", "Ctrl++"]


def test_keys_that_are_no_shortcuts_can_be_named() -> None:
    flip = action("Flip A and B")
    flip.setProperty("keys", ["Space"])
    assert key_names(flip) == ["Space"]


def test_rows_leave_out_actions_without_keys() -> None:
    rows = rows_of([action("&Open…", "Ctrl+O"), action("Nothing"), action("", "X")])
    assert rows == [("Open", ["Ctrl+O"])]


@pytest.fixture
def sheet(qtbot: QtBot) -> ShortcutSheet:
    actions = [action("Open…", "Ctrl+O"), action("Fit", "F", "0"), action("Keys", "?")]
    widget = ShortcutSheet(actions, [("Zoom at the cursor", "Wheel")])
    qtbot.addWidget(widget)
    widget.show()
    return widget


def test_the_sheet_shows_actions_then_gestures_in_two_columns(sheet: ShortcutSheet) -> None:
    assert [words for words, _keys in sheet.rows] == ["Open", "Fit", "Keys", "Zoom at the cursor"]
    caps = sheet.findChildren(KeyCaps)
    assert [cap.keys for cap in caps] == [["Ctrl+O"], ["F", "0"], ["?"], ["Wheel"]]
    lefts = [cap.geometry().right() for cap in caps]
    assert lefts[0] == lefts[1] < lefts[2] == lefts[3]


def test_nothing_is_elided(sheet: ShortcutSheet) -> None:
    for label in sheet.findChildren(QLabel):
        assert label.toolTip() == ""


@pytest.mark.parametrize("key", ["?", Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_it_closes(sheet: ShortcutSheet, qtbot: QtBot, key: str | Qt.Key) -> None:
    with qtbot.waitSignal(sheet.finished):
        qtbot.keyClicks(sheet, key) if isinstance(key, str) else qtbot.keyClick(sheet, key)
    assert not sheet.isVisible()


def test_on_a_small_screen_it_scrolls_above_its_button(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FittedScroll, "screen", lambda _: SmallScreen())
    widget = ShortcutSheet([action(f"Do {number}", f"F{number}") for number in range(1, 31)])
    qtbot.addWidget(widget)
    widget.show()
    assert widget.height() < 400
    area = widget.findChild(FittedScroll)
    assert area.verticalScrollBar().maximum() > 0
    close = next(each for each in widget.findChildren(Button) if each.text() == "Close")
    assert widget.rect().contains(close.geometry())


def test_an_empty_sheet_is_no_error(qtbot: QtBot) -> None:
    widget = ShortcutSheet([])
    qtbot.addWidget(widget)
    widget.show()
    assert widget.rows == []
