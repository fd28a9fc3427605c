"""The field that edits one number."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from viewer.ui import theme
from viewer.ui.fields import NumberField
from viewer.ui.notation import FACTOR, PERCENT, PIXELS, SCALE, Notation


@pytest.fixture(autouse=True, scope="module")
def _theme(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


@pytest.fixture
def field(qtbot: QtBot) -> NumberField:
    widget = NumberField(PIXELS, -100.0, 1000.0, "Left edge")
    widget.set_value(72.0)
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def edits(field: NumberField) -> list[float]:
    heard: list[float] = []
    field.value_edited.connect(heard.append)
    return heard


def wheel(widget: QWidget, delta: int, modifiers: Qt.KeyboardModifier | None = None) -> bool:
    centre = QPointF(widget.rect().center())
    event = QWheelEvent(
        centre,
        widget.mapToGlobal(centre),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        modifiers or Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def type_over(field: NumberField, words: str, qtbot: QtBot) -> None:
    """Type in place of what stands there, without applying it."""
    field.selectAll()
    qtbot.keyClicks(field, words)


def test_enter_applies(field: NumberField, edits: list[float], qtbot: QtBot) -> None:
    type_over(field, "80,5", qtbot)
    assert edits == []
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert edits == [80.5]
    assert field.text() == "80.5"


def test_escape_takes_the_typing_back(field: NumberField, edits: list[float], qtbot: QtBot) -> None:
    qtbot.keyClicks(field, "999")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert (field.text(), edits, field.warning) == ("72.0", [], "")


def test_unreadable_text_is_named_and_the_number_comes_back(
    field: NumberField, edits: list[float], qtbot: QtBot
) -> None:
    type_over(field, "7o", qtbot)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "72.0"
    assert "“7o”" in field.warning
    assert "72.0" in field.warning
    assert field.accessibleDescription() == field.warning
    assert edits == []


def test_the_cue_is_a_red_frame_and_goes_with_the_next_key(
    field: NumberField, qtbot: QtBot
) -> None:
    def corner() -> str:
        return field.grab().toImage().pixelColor(field.width() // 2, 0).name()

    type_over(field, "?", qtbot)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert corner() == theme.WARNING.name()
    qtbot.keyClicks(field, "1")
    assert corner() != theme.WARNING.name()


def test_a_number_out_of_range_is_clamped_and_said(
    field: NumberField, edits: list[float], qtbot: QtBot
) -> None:
    type_over(field, "5000", qtbot)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert edits == [1000.0]
    assert "1000.0" in field.warning


def test_entering_the_same_number_tells_nothing(
    field: NumberField, edits: list[float], qtbot: QtBot
) -> None:
    type_over(field, "72", qtbot)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert (field.text(), edits) == ("72.0", [])


def test_arrows_step_and_shift_steps_ten(
    field: NumberField, edits: list[float], qtbot: QtBot
) -> None:
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.keyClick(field, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert edits == [73.0, 63.0]


def test_the_wheel_steps_by_its_own_magnitude(field: NumberField, edits: list[float]) -> None:
    assert wheel(field, 120)
    assert wheel(field, -60)
    assert edits == [73.0, 72.5]


def test_stepping_applies_what_was_typed_first(
    field: NumberField, edits: list[float], qtbot: QtBot
) -> None:
    type_over(field, "10", qtbot)
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert edits == [10.0, 11.0]


def test_a_new_value_from_outside_does_not_disturb_typing(field: NumberField, qtbot: QtBot) -> None:
    type_over(field, "12", qtbot)
    field.set_value(99.0)
    assert field.text() == "12"
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "99.0"


def test_an_empty_field_ignores_the_wheel(field: NumberField, edits: list[float]) -> None:
    field.set_value(None)
    wheel(field, 120)
    assert (field.text(), edits) == ("", [])


@pytest.mark.parametrize(
    ("notation", "start", "after"),
    [(PERCENT, 0.4, 0.41), (FACTOR, 4.0, 4.0 * 2**0.25), (SCALE, 8.0, 8.0 * 2**0.25)],
)
def test_each_notation_has_its_own_step(
    qtbot: QtBot, notation: Notation, start: float, after: float
) -> None:
    widget = NumberField(notation, 0.0, 100.0, "any")
    qtbot.addWidget(widget)
    widget.set_value(start)
    widget.step_by(1)
    assert widget.value == pytest.approx(after)


@pytest.fixture
def window(qtbot: QtBot, field: NumberField) -> Iterator[QWidget]:
    top = QWidget()
    qtbot.addWidget(top)
    column = QVBoxLayout(top)
    column.addWidget(field)
    column.addWidget(QLineEdit())
    top.show()
    top.activateWindow()
    qtbot.waitUntil(top.isActiveWindow)
    yield top
    field.setParent(None)


def test_after_enter_the_focus_of_a_click_goes_back(
    window: QWidget, field: NumberField, qtbot: QtBot
) -> None:
    assert window.isVisible()
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
    assert field.hasFocus()
    assert field.selectedText() == "72.0"
    qtbot.keyClicks(field, "5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not field.hasFocus()


def test_after_enter_the_focus_of_a_tab_stays(
    window: QWidget, field: NumberField, qtbot: QtBot
) -> None:
    assert window.isVisible()
    field.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.hasFocus()


def test_leaving_applies(
    window: QWidget, field: NumberField, edits: list[float], qtbot: QtBot
) -> None:
    field.setFocus(Qt.FocusReason.TabFocusReason)
    type_over(field, "5", qtbot)
    other = window.findChildren(QLineEdit)[-1]
    other.setFocus(Qt.FocusReason.TabFocusReason)
    assert edits == [5.0]


def test_a_press_elsewhere_in_the_window_applies(
    window: QWidget, field: NumberField, edits: list[float], qtbot: QtBot
) -> None:
    """Also on what takes no focus by a click, as buttons do here."""
    field.setFocus(Qt.FocusReason.TabFocusReason)
    type_over(field, "5", qtbot)
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
    assert edits == []
    qtbot.mouseClick(window, Qt.MouseButton.LeftButton)
    assert edits == [5.0]


def test_ctrl_e_is_left_to_the_window(field: NumberField, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under X11 it moves the cursor in a field of Qt's, which keeps it from the window."""
    monkeypatch.setattr(QLineEdit, "event", lambda _, event: event.accept() or True)
    control, accepted = Qt.KeyboardModifier.ControlModifier, []
    for key in (Qt.Key.Key_E, Qt.Key.Key_A):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, control)
        QApplication.sendEvent(field, event)
        accepted.append(event.isAccepted())
    assert accepted == [False, True]
