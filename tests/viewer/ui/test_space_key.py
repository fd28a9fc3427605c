"""Space, held, in a window with and without things that need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from viewer.ui.space_key import SpaceKey

SPACE = Qt.Key.Key_Space


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    column = QVBoxLayout(window)
    plain = QWidget()
    plain.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    for widget in (plain, QLineEdit(), QComboBox(), QPushButton(), QSlider()):
        column.addWidget(widget)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    plain.setFocus()
    return window


@pytest.fixture
def flips() -> list[bool]:
    return []


@pytest.fixture
def space(window: QWidget, flips: list[bool]) -> Iterator[SpaceKey]:
    space = SpaceKey(window, flips.append)
    yield space
    space.remove()


def focus(window: QWidget, kind: type[QWidget]) -> QWidget:
    widget = window.findChild(kind)
    assert isinstance(widget, QWidget)
    widget.setFocus()
    return widget


def test_a_press_and_a_release(space: SpaceKey, flips: list[bool], qtbot: QtBot) -> None:
    plain = QApplication.focusWidget()
    assert plain is not None
    qtbot.keyPress(plain, SPACE)
    assert space.held
    qtbot.keyRelease(plain, SPACE)
    assert flips == [True, False]
    assert not space.held


@pytest.mark.parametrize("kind", [QLineEdit, QComboBox, QPushButton])
def test_it_is_left_to_widgets_that_need_it(
    space: SpaceKey, window: QWidget, flips: list[bool], qtbot: QtBot, kind: type[QWidget]
) -> None:
    qtbot.keyClick(focus(window, kind), SPACE)
    assert flips == []
    assert not space.held


def test_a_field_gets_the_space_that_is_typed(
    space: SpaceKey, window: QWidget, flips: list[bool], qtbot: QtBot
) -> None:
    del space
    field = focus(window, QLineEdit)
    assert isinstance(field, QLineEdit)
    qtbot.keyClicks(field, "a b")
    assert field.text() == "a b"
    assert flips == []


def test_a_slider_does_not_need_it(
    space: SpaceKey, window: QWidget, flips: list[bool], qtbot: QtBot
) -> None:
    del space
    qtbot.keyClick(focus(window, QSlider), SPACE)
    assert flips == [True, False]


def test_repeats_count_once(space: SpaceKey, window: QWidget, flips: list[bool]) -> None:
    none = Qt.KeyboardModifier.NoModifier
    steps = [
        (QEvent.Type.KeyPress, False),
        (QEvent.Type.KeyRelease, True),
        (QEvent.Type.KeyPress, True),
        (QEvent.Type.KeyRelease, True),
        (QEvent.Type.KeyPress, True),
    ]
    for kind, repeated in steps:
        event = QKeyEvent(kind, SPACE.value, none, " ", repeated, 1)
        QApplication.sendEvent(QApplication.focusWidget() or window, event)
    assert flips == [True]
    assert space.held


def test_it_is_let_go_wherever_the_focus_went(
    space: SpaceKey, window: QWidget, flips: list[bool], qtbot: QtBot
) -> None:
    qtbot.keyPress(QApplication.focusWidget() or window, SPACE)
    qtbot.keyRelease(focus(window, QLineEdit), SPACE)
    assert flips == [True, False]
    assert not space.held


def test_it_can_be_let_go_from_outside(
    space: SpaceKey, window: QWidget, flips: list[bool], qtbot: QtBot
) -> None:
    space.release()
    assert flips == []
    qtbot.keyPress(QApplication.focusWidget() or window, SPACE)
    space.release()
    space.release()
    assert flips == [True, False]
    qtbot.keyRelease(QApplication.focusWidget() or window, SPACE)
    assert flips == [True, False]


def test_other_windows_and_other_keys_are_none_of_its_business(
    space: SpaceKey, window: QWidget, flips: list[bool], qtbot: QtBot
) -> None:
    del space
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_G)
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    qtbot.keyClick(other, SPACE)
    assert flips == []


def test_once_removed_it_hears_nothing(
    space: SpaceKey, window: QWidget, flips: list[bool], qtbot: QtBot
) -> None:
    space.remove()
    qtbot.keyClick(QApplication.focusWidget() or window, SPACE)
    assert flips == []
