"""What waits until no mouse button is down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

_AGAIN_MS: Final = 40


class AfterRelease(QTimer):
    """Does something at once, or, while a mouse button is down, soon after its release.

    A press on one thing may apply what was typed in another: what follows from that must not come
    between the press and what it does by itself.
    """

    def __init__(self, act: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent, singleShot=True, interval=_AGAIN_MS)
        self._act = act
        self.timeout.connect(self.ask)

    def ask(self) -> None:
        """Do it as soon as it may be; asked for twice, it is done once."""
        if QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self.stop()
            self._act()
        else:
            self.start()
