"""What need not be done more often than a person can read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer

PACE_MS: Final = 50
"""Milliseconds between two of the numbers that a movement leads through."""


class Paced(QTimer):
    """Does something at once, and while it is asked for again and again, at a steady pace.

    The last time is never left out: what was asked for is done at most `PACE_MS` later.
    """

    def __init__(self, act: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent, singleShot=True, interval=PACE_MS)
        self._act = act
        self._again = False
        self.timeout.connect(self._due)

    @property
    def pending(self) -> bool:
        """Whether it has been asked for and is still to be done."""
        return self._again

    def ask(self) -> None:
        """Do it now, or when its time has come; asked for twice until then, it is done once."""
        if self.isActive():
            self._again = True
        else:
            self.now()

    def now(self) -> None:
        """Do it at once."""
        self._again = False
        self.start()
        self._act()

    def _due(self) -> None:
        if self._again:
            self.now()
