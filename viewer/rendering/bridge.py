"""The one place where callbacks of other threads become Qt signals."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Bridge(QObject):
    """Carries objects from any thread into the window's own.

    Signals:
        arrived(object): a message; slots of the window's thread get it through its event loop.
    """

    arrived = Signal(object)

    def send(self, message: object) -> None:
        """Send a message; callable from any thread, harmless once the window is gone."""
        try:
            self.arrived.emit(message)
        except RuntimeError:
            # The bridge was deleted with its window; nobody is left to hear.
            return
