"""The field that is read while the person types: its frame, its words, its steps."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from viewer.ui import theme
from viewer.ui.export_fields import LiveField

SHIFT = Qt.KeyboardModifier.ShiftModifier
NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True, scope="module")
def _theme(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


class Page(QWidget):
    """Two fields, the first of which takes steps, and what they told."""

    def __init__(self) -> None:
        super().__init__()
        self.field = LiveField("Width in pixels", steps=True)
        self.plain = LiveField("File")
        self.steps: list[int] = []
        self.keys: list[int] = []
        self.field.stepped.connect(self.steps.append)
        self.plain.stepped.connect(self.steps.append)
        column = QVBoxLayout(self)
        column.addWidget(self.field)
        column.addWidget(self.plain)

    def keyPressEvent(self, event: object, /) -> None:
        self.keys.append(event.key())  # type: ignore[attr-defined]


@pytest.fixture
def page(qtbot: QtBot) -> Page:
    widget = Page()
    qtbot.addWidget(widget)
    widget.show()
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    widget.field.setFocus()
    assert widget.field.hasFocus()
    return widget


def wheel(widget: QWidget, delta: int, modifiers: Qt.KeyboardModifier = NO_KEY) -> bool:
    centre = QPointF(widget.rect().center())
    event = QWheelEvent(
        centre,
        widget.mapToGlobal(centre),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def frame(field: LiveField) -> QColor:
    """The colour of the frame, away from its round corners."""
    return field.grab().toImage().pixelColor(field.width() // 2, 0)


def test_it_has_a_name_for_screen_readers(page: Page) -> None:
    assert page.field.accessibleName() == "Width in pixels"


def test_the_frame_turns_red_and_back(page: Page) -> None:
    page.plain.setFocus()
    assert frame(page.field) == theme.LINE
    page.field.set_wrong(True)
    assert page.field.wrong
    assert frame(page.field) == theme.WARNING
    page.field.set_wrong(False)
    assert not page.field.wrong
    assert frame(page.field) == theme.LINE


def test_the_frame_is_red_while_the_person_types_there(page: Page) -> None:
    assert frame(page.field) == theme.ACTION
    page.field.set_wrong(True)
    assert frame(page.field) == theme.WARNING


def test_typed_words_stay_until_they_no_longer_count_as_typed(page: Page, qtbot: QtBot) -> None:
    page.field.show_words("1160")
    assert page.field.text() == "1160"
    page.field.selectAll()
    qtbot.keyClicks(page.field, "29")
    page.field.show_words("290")
    assert page.field.text() == "29"
    page.field.setModified(False)
    page.field.show_words("290")
    assert page.field.text() == "290"


def test_showing_words_tells_nobody(page: Page, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(page.field.textEdited):
        page.field.show_words("7")


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape])
def test_enter_and_escape_are_left_to_the_dialog(page: Page, qtbot: QtBot, key: Qt.Key) -> None:
    qtbot.keyClick(page.field, key)
    assert page.keys == [key]


def test_arrow_keys_step_by_one_and_by_ten(page: Page, qtbot: QtBot) -> None:
    qtbot.keyClick(page.field, Qt.Key.Key_Up)
    qtbot.keyClick(page.field, Qt.Key.Key_Down)
    qtbot.keyClick(page.field, Qt.Key.Key_Down, SHIFT)
    assert page.steps == [1, -1, -10]


def test_a_step_takes_the_place_of_what_was_typed(page: Page, qtbot: QtBot) -> None:
    page.field.stepped.connect(lambda notches: page.field.show_words(str(40 + notches)))
    qtbot.keyClicks(page.field, "40")
    qtbot.keyClick(page.field, Qt.Key.Key_Up)
    assert page.field.text() == "41"
    assert page.field.selectedText() == "41"


def test_the_wheel_steps_by_its_own_magnitude(page: Page) -> None:
    assert wheel(page.field, 120)
    assert wheel(page.field, -360)
    assert wheel(page.field, 120, SHIFT)
    assert page.steps == [1, -3, 10]


def test_parts_of_a_notch_add_up(page: Page) -> None:
    for _ in range(8):
        assert wheel(page.field, 30)
    assert page.steps == [1, 1]
    for _ in range(4):
        wheel(page.field, -30)
    assert page.steps == [1, 1, -1]


def test_without_the_focus_the_wheel_belongs_to_others(page: Page) -> None:
    page.plain.setFocus()
    assert not wheel(page.field, 120)
    assert page.steps == []


def test_a_field_without_steps_leaves_wheel_and_arrows_alone(page: Page, qtbot: QtBot) -> None:
    page.plain.setFocus()
    assert not wheel(page.plain, 120)
    qtbot.keyClick(page.plain, Qt.Key.Key_Up)
    assert page.steps == []
    assert page.keys == [Qt.Key.Key_Up]


def test_letters_and_cursor_keys_still_edit(page: Page, qtbot: QtBot) -> None:
    qtbot.keyClicks(page.field, "12")
    qtbot.keyClick(page.field, Qt.Key.Key_Left)
    qtbot.keyClicks(page.field, "0")
    assert page.field.text() == "102"
    assert page.steps == []
