"""Where the keyboard goes when what has it is hidden."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


def show(part: QWidget, shown: bool) -> None:
    """Show or hide a part of a window; the keyboard of one that goes is the window's.

    Qt would hand it to the next field, which takes letters and figures from the commands.
    """
    focus = QApplication.focusWidget()
    if not shown and focus is not None and (focus is part or part.isAncestorOf(focus)):
        part.window().setFocus(Qt.FocusReason.OtherFocusReason)
    part.setVisible(shown)
