"""Keys that controls keep from the window's commands while they have the focus."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent

_OWN: Final = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End)
_EXPORT: Final = QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_E)


def keeps(event: QEvent) -> bool:
    """Whether an event asks for a key that a field, list or slider has a use for; then accept it.

    Letters and figures stay the window's, but for fields in which one types.
    """
    asked = _asked(event)
    if asked is None or asked.key() not in _OWN:
        return False
    # Those of the numeric pad are the same keys.
    modifiers = asked.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if modifiers != Qt.KeyboardModifier.NoModifier:
        return False
    asked.accept()
    return True


def takes_escape(event: QEvent) -> bool:
    """Whether an event asks for Esc, which is the message bar's otherwise; then accept it."""
    asked = _asked(event)
    if asked is None or asked.key() != Qt.Key.Key_Escape:
        return False
    asked.accept()
    return True


def leaves(event: QEvent) -> bool:
    """Whether an event asks for Ctrl+E, which under X11 a field takes for End; then ignore it."""
    asked = _asked(event)
    if asked is None or asked.keyCombination() != _EXPORT:
        return False
    asked.ignore()
    return True


def _asked(event: QEvent) -> QKeyEvent | None:
    """The event if it asks whether the focus has a use for a key that is a command's too."""
    asks = event.type() == QEvent.Type.ShortcutOverride
    return event if asks and isinstance(event, QKeyEvent) else None
