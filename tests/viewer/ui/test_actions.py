"""Actions made from commands."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from viewer.ui.actions import Command, make_actions


@pytest.fixture
def pressed() -> list[str]:
    return []


@pytest.fixture
def widget(qtbot: QtBot, pressed: list[str]) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    commands = {
        "fit": Command("Fit", ("F", "0", "Home"), lambda: pressed.append("fit")),
        "in": Command("Zoom in", ("+", "="), lambda: pressed.append("in")),
        "held": Command("Held", ("Ctrl+H",), lambda on: pressed.append(f"held {on}"), True),
    }
    widget.setProperty("names", list(make_actions(widget, commands)))
    widget.show()
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    return widget


def test_they_belong_to_the_window_under_their_names_and_words(widget: QWidget) -> None:
    assert widget.property("names") == ["fit", "in", "held"]
    assert [action.text() for action in widget.actions()] == ["Fit", "Zoom in", "Held"]
    assert [action.isCheckable() for action in widget.actions()] == [False, False, True]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (Qt.Key.Key_F, "fit"),
        (Qt.Key.Key_0, "fit"),
        (Qt.Key.Key_Home, "fit"),
        (Qt.Key.Key_Plus, "in"),
        (Qt.Key.Key_Equal, "in"),
    ],
)
def test_each_key_runs_its_command(
    widget: QWidget, qtbot: QtBot, pressed: list[str], key: Qt.Key, name: str
) -> None:
    qtbot.keyClick(widget, key)
    assert pressed == [name]


def test_one_that_can_be_held_says_whether_it_is(
    widget: QWidget, qtbot: QtBot, pressed: list[str]
) -> None:
    for _ in range(2):
        qtbot.keyClick(widget, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert pressed == ["held True", "held False"]
