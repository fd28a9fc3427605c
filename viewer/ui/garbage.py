"""Python's search for garbage, where and when it does a window no harm."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

from viewer.ui.main_window import MainWindow

EVERY_MS = 1000
"""Milliseconds between two searches."""


class Garbage(QObject):
    """Searches for objects in cycles in the window's own thread, thoroughly only at rest.

    By itself Python searches in whichever thread has just made an object, and now and then among
    all there are: with torch loaded that stops every thread for a tenth of a second, in the middle
    of a movement as well as elsewhere. And another thread might find what is left of a widget,
    which only its own may destroy. What is there at the start stays and is never searched.
    """

    def __init__(self, window: MainWindow):
        super().__init__(window)
        self._pictures = window.canvas.pictures
        self._seen = self._searched = -1
        gc.collect()
        gc.freeze()
        gc.disable()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def look(self) -> None:
        """Search among all objects once a view has been at rest for a while, else the young."""
        before, self._seen = self._seen, self._pictures.generation
        resting = before == self._seen and (self._pictures.at_rest or self._seen == 0)
        if not resting:
            gc.collect(1)
        elif self._searched != self._seen:
            self._searched = self._seen
            gc.collect()
