"""Space, held: it flips A and B wherever the focus is, except where it types or presses."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QWidget


class SpaceKey(QObject):
    """Tells when Space is pressed and let go in a window.

    Attributes:
        held: whether it is down.
    """

    def __init__(self, window: QWidget, flip: Callable[[bool], None]):
        super().__init__(window)
        self.held = False
        self._window = window
        self._flip = flip
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    def remove(self) -> None:
        """Hear no more keys."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)

    def release(self) -> None:
        """Let go, as when the window loses the keyboard."""
        if self.held:
            self.held = False
            self._flip(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Space before the widgets do."""
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            return False
        if not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Space:
            return False
        if not self._mine(watched):
            return False
        if not event.isAutoRepeat():
            pressed = event.type() == QEvent.Type.KeyPress
            if pressed != self.held:
                self.held = pressed
                self._flip(pressed)
        return True

    def _mine(self, watched: QObject) -> bool:
        """Whether the key goes to this window and not to a field or button that needs it."""
        if self.held:
            return True
        if not isinstance(watched, QWidget) or watched.window() is not self._window:
            return False
        return not isinstance(watched, QLineEdit | QComboBox | QAbstractButton)
