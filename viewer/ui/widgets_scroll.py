"""What is larger than the screen scrolls."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

FRAME: Final = QSize(16, 48)
"""Logical pixels that a system's frame and title take around a window."""


class FittedScroll(QScrollArea):
    """As large as what it holds where the screen has room for that; else it scrolls.

    ``beside`` is what else of the dialog needs room, in logical pixels.
    """

    def __init__(self, content: QWidget, beside: QSize) -> None:
        super().__init__()
        self._content, self._beside = content, beside
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setWidget(content)

    def event(self, event: QEvent, /) -> bool:
        """Follow the content, which may have got another size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)

    def sizeHint(self) -> QSize:
        """The content, and the bars that it then needs."""
        wanted = self._content.sizeHint().boundedTo(self._content.maximumSize())
        room = self.screen().availableGeometry().size() - FRAME - self._beside
        bars = QSize(
            self.verticalScrollBar().sizeHint().width() if wanted.height() > room.height() else 0,
            self.horizontalScrollBar().sizeHint().height() if wanted.width() > room.width() else 0,
        )
        return (wanted + bars).boundedTo(room)

    def minimumSizeHint(self) -> QSize:
        """As its hint: a dialog begins with two thirds of the screen at most."""
        return self.sizeHint()
