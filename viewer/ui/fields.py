"""The field that edits one number."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QObject,
    QPoint,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip, QWidget

from viewer.ui import own_keys, theme, widgets_paint
from viewer.ui.after_release import AfterRelease
from viewer.ui.notation import Notation
from viewer.ui.widgets_slider import wheel_steps

_CUE_MS: Final = 1800


def apply_typing() -> None:
    """Apply what is typed in the number field that has the focus, if one has."""
    field = QApplication.focusWidget()
    if isinstance(field, NumberField):
        field.apply()


def _application() -> QCoreApplication:
    application = QCoreApplication.instance()
    assert application is not None
    return application


class NumberField(QLineEdit):
    """One number: type it, turn the wheel, or press the arrow keys (Shift: ten at once).

    Enter applies, Esc takes the typing back; leaving applies, and so does a press elsewhere in the
    window, for buttons and sliders take no focus. What cannot be read or is out of range is named
    in a tool tip beside a red frame, and the last good number comes back. After Enter or Esc the
    focus goes back to the window if a click had brought it here, so that Space flips again.

    Attributes:
        warning: what was wrong with the last typing, "" when nothing was.

    Signals:
        about_to_change(): the person will have set a number; the one before must be of now.
        value_edited(float): the person set another number.
    """

    about_to_change = Signal()
    value_edited = Signal(float)

    def __init__(
        self,
        notation: Notation,
        minimum: float,
        maximum: float,
        name: str,
        parent: QWidget | None = None,
        *,
        flat: bool = False,
        dim: bool = False,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        padding: int = 9,
    ) -> None:
        super().__init__(parent)
        self._notation, self._low, self._high = notation, minimum, maximum
        self._value: float | None = None
        self._by_click, self.warning = False, ""
        self._flat = flat
        self._cue = QTimer(self)
        self._cue.setSingleShot(True)
        self._cue.setInterval(_CUE_MS)
        self._cue.timeout.connect(self._forgive)
        self._tip = AfterRelease(self._show_tip, self)  # which would take it away
        self.textEdited.connect(self._forgive)
        self.setAccessibleName(name)
        self.setFont(theme.sized(self.font(), theme.SMALL_PX, tabular=True))
        self.setFrame(False)
        self.setProperty("dim", dim)
        self.setAlignment(align | Qt.AlignmentFlag.AlignVCenter)
        # QLineEdit itself keeps 2 px free beside its margins, and room for its cursor.
        self.setTextMargins(padding - 1, 0, padding - 4, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(24)

    @property
    def value(self) -> float | None:
        """The number shown or, while the person types, the one before; None when empty."""
        return self._value

    def set_value(self, value: float | None) -> None:
        """Show a number without a signal. Unfinished typing stays; Enter or Esc ends it."""
        self._value = value
        if not self.isModified():
            self._show()

    def apply(self) -> None:
        """Take what was typed, as Enter does; what is wrong is named and taken back."""
        if not self.isModified():
            return
        self.about_to_change.emit()
        typed = self.text()
        number = self._notation.read(typed)
        self._show()
        if number is None:
            self._complain(f"“{typed}” is not a number here; {self.text() or 'nothing'} is kept.")
            return
        self._set_by_person(number)
        if self._value != number:
            low, high = self._notation.show(self._low), self._notation.show(self._high)
            self._complain(f"“{typed}” is outside {low} to {high}.")

    def revert(self) -> None:
        """Forget what was typed, as Esc does."""
        self._show()
        self._forgive()

    def step_by(self, steps: float) -> None:
        """Change the number by notches, as the wheel and the arrow keys do."""
        self.apply()
        self.about_to_change.emit()
        if self._value is not None and not self.warning:
            self._set_by_person(self._notation.step(self._value, steps))

    def text_width(self, words: str) -> int:
        """The width that the field needs to show some words, in logical pixels."""
        margins = self.textMargins()
        words_width = math.ceil(QFontMetricsF(self.font()).horizontalAdvance(words))
        return words_width + margins.left() + margins.right() + 6

    def sizeHint(self) -> QSize:
        """As wide as its grid wants."""
        return QSize(100, 24)

    def minimumSizeHint(self) -> QSize:
        """A few figures."""
        return QSize(40, 24)

    def _set_by_person(self, number: float) -> None:
        number = min(max(number, self._low), self._high)
        changed = number != self._value
        self._value = number
        self._show()
        if changed:
            self.value_edited.emit(number)

    def _show(self) -> None:
        self.setText("" if self._value is None else self._notation.show(self._value))
        self.setModified(False)
        if self.hasFocus():
            self.selectAll()
        else:
            self.setCursorPosition(0)

    def _complain(self, sentence: str) -> None:
        self.warning = sentence
        self.setAccessibleDescription(sentence)
        self._cue.start()
        self.update()
        self._tip.ask()

    def _show_tip(self) -> None:
        below = self.mapToGlobal(QPoint(0, self.height()))
        QToolTip.showText(below, self.warning, self, self.rect(), 2 * _CUE_MS)

    def _forgive(self) -> None:
        self._tip.stop()
        if self.warning:
            self.warning = ""
            self.setAccessibleDescription("")
            self.update()

    def event(self, event: QEvent, /) -> bool:
        """Keep the keys that mean something here from the window's commands, and no others."""
        if self.isModified() and own_keys.takes_escape(event):
            return True
        return own_keys.keeps(event) or own_keys.leaves(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Enter, Esc, arrows and pages; the rest edits."""
        many = 10.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        steps = {
            Qt.Key.Key_Up: many,
            Qt.Key.Key_Down: -many,
            Qt.Key.Key_PageUp: 10.0,
            Qt.Key.Key_PageDown: -10.0,
        }.get(Qt.Key(event.key()))
        if steps is not None:
            self.step_by(steps)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.apply()
            self._leave()
        elif event.key() == Qt.Key.Key_Escape:
            self.revert()
            self._leave()
        else:
            super().keyPressEvent(event)

    def _leave(self) -> None:
        if self._by_click:
            self.clearFocus()
        else:
            self.selectAll()

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        """Remember how the focus came."""
        if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self._by_click = event.reason() == Qt.FocusReason.MouseFocusReason
        super().focusInEvent(event)
        _application().installEventFilter(self)

    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        """Leaving applies; a menu or another window on top is no leaving."""
        super().focusOutEvent(event)
        _application().removeEventFilter(self)
        staying = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
        if event.reason() not in staying:
            self.apply()
            self.deselect()

    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        """While the field has the focus: a press elsewhere in the window applies."""
        if event.type() != QEvent.Type.MouseButtonPress or watched is self:
            return False
        if isinstance(watched, QWidget) and watched.window() is self.window():
            self.apply()
        return False

    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        """The first click selects all, so that typing replaces the number."""
        fresh = not self.isModified() and not self.hasSelectedText()
        self._by_click = True
        super().mousePressEvent(event)
        if fresh and event.button() == Qt.MouseButton.LeftButton:
            self.selectAll()

    def mouseMoveEvent(self, event: QMouseEvent, /) -> None:
        """A trembling hand does not undo the first click's selection."""
        if self.selectedText() != self.text():
            super().mouseMoveEvent(event)

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        """Step by the wheel's own magnitude."""
        steps = wheel_steps(self, event)
        if not self.isEnabled() or self._value is None or not steps:
            event.ignore()
            return
        many = 10.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self.step_by(steps * many)
        event.accept()

    def enterEvent(self, event: QEnterEvent, /) -> None:
        """A flat field shows its frame under the pointer."""
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent, /) -> None:
        """Back to rest."""
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent, /) -> None:
        """Draw the frame, then the text."""
        under = self.underMouse() and self.isEnabled()
        if self.warning or self.hasFocus() or under or not self._flat:
            line = theme.RAISED if under else theme.LINE
            if self.warning or self.hasFocus():
                line = theme.WARNING if self.warning else theme.ACTION
            painter = QPainter(self)
            widgets_paint.frame(painter, QRectF(self.rect()), 4, theme.WINDOW, line)
            painter.end()
        super().paintEvent(event)
