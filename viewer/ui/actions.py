"""What can be done by keys: the window's actions, from which the sheet under ? is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from viewer.ui.fields import apply_typing

GESTURES = (
    ("Zoom at the cursor", "Wheel"),
    ("Pan", "Drag"),
    ("Pan", "Arrows"),
    ("Pan by a screen", "Shift+Arrows"),
    ("Move the region, if there is one", "Arrows"),
    ("Move it by ten pixels", "Shift+Arrows"),
    ("Fit or 100 % at the cursor", "Double-click"),
    ("Flip A and B while held", "Space"),
    ("Keep the region's aspect", "Shift+Drag"),
    ("Give up a drag, leave full screen", "Esc"),
)


@dataclass(frozen=True)
class Command:
    """An action: its words, its keys, what it does, and whether it can be held on or off."""

    words: str
    keys: tuple[str, ...]
    run: Callable[..., object]
    checkable: bool = False


def make_actions(window: QWidget, commands: dict[str, Command]) -> dict[str, QAction]:
    """Add an action for each command to a window, by name."""
    actions: dict[str, QAction] = {}
    for name, command in commands.items():
        action = QAction(command.words, window)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setCheckable(command.checkable)
        # First: a key leaves the focus in the field, and what is typed there would be ignored.
        action.triggered.connect(apply_typing)
        action.triggered.connect(command.run)
        window.addAction(action)
        actions[name] = action
    return actions
