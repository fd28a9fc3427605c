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
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    # Those of the numeric pad are the same keys.
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if event.key() not in _OWN or modifiers != Qt.KeyboardModifier.NoModifier:
        return False
    event.accept()
    return True


def leaves(event: QEvent) -> bool:
    """Whether an event asks for Ctrl+E, which under X11 a field takes for End; then ignore it."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    if event.keyCombination() != _EXPORT:
        return False
    event.ignore()
    return True
