"""Where the keyboard goes when what has it is hidden or disabled."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


def release(part: QWidget) -> None:
    """Give the keyboard to the window if a part of it has it.

    Of a part that goes Qt would hand it to the next field, which takes letters and figures from
    the commands.
    """
    focus = QApplication.focusWidget()
    if focus is not None and (focus is part or part.isAncestorOf(focus)):
        part.window().setFocus(Qt.FocusReason.OtherFocusReason)


def show(part: QWidget, shown: bool) -> None:
    """Show or hide a part of a window; the keyboard of one that goes is the window's."""
    if not shown:
        release(part)
    part.setVisible(shown)
