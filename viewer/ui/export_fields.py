"""Fields of a dialog: lines of text that are read while the person types."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from viewer.ui import theme


class LiveField(QLineEdit):
    """One line of text in a frame that turns red while its words are wrong.

    Enter and Esc are left to the dialog. The style sheet draws the frame.

    Attributes:
        wrong: whether the frame is red.

    Signals:
        stepped(int): the person turned the wheel over the focused field or pressed an arrow key:
            how many notches up (Shift: ten at once). Nothing changes by itself.
    """

    stepped = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None, *, steps: bool = False) -> None:
        super().__init__(parent)
        self.wrong = False
        self._steps, self._notches = steps, 0.0
        self.setAccessibleName(name)
        # QLineEdit keeps 2 px free beside the style sheet's padding, choice boxes do not.
        self.setTextMargins(-2, 0, -2, 0)
        self.setFont(theme.sized(self.font(), theme.TEXT_PX, tabular=True))

    def show_words(self, words: str) -> None:
        """Show words from elsewhere, unless what a person typed still counts as modified."""
        if not self.isModified() and words != self.text():
            self.setText(words)

    def set_wrong(self, wrong: bool) -> None:
        """Turn the frame red, or back."""
        if wrong != self.wrong:
            self.wrong = wrong
            self.setProperty("invalid", wrong)
            # A style sheet looks at properties only when a widget is polished.
            self.style().unpolish(self)
            self.style().polish(self)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Arrow keys step where the field takes steps; the rest edits."""
        notches = {Qt.Key.Key_Up: 1.0, Qt.Key.Key_Down: -1.0}.get(Qt.Key(event.key()))
        if notches is None or not self._steps:
            super().keyPressEvent(event)
            return
        self._step(notches, event.modifiers())

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        """Step by the wheel's own magnitude; parts of a notch add up."""
        notches = event.angleDelta().y() / 120
        if not (self._steps and self.hasFocus() and notches):
            event.ignore()
            return
        self._step(notches, event.modifiers())
        event.accept()

    def _step(self, notches: float, modifiers: Qt.KeyboardModifier) -> None:
        many = 10.0 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1.0
        self._notches += notches * many
        whole = math.trunc(self._notches)
        self._notches -= whole
        if whole:
            self.setModified(False)
            self.stepped.emit(whole)
            self.selectAll()
