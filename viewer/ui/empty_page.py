"""The page of a window without a picture: how to get one, and the first gestures."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from viewer.ui import theme, widgets_paint
from viewer.ui.widgets_buttons import Button
from viewer.ui.widgets_text import ElidedLabel

WORDS: Final = "Open a picture, or drop one here"
HINT: Final = "Wheel zooms · drag pans · Space flips A and B · ? shows all keys"
_ICON: Final = 48


class EmptyPage(QWidget):
    """Centred words, two links, and a dim line of gestures.

    Signals:
        open_requested(): a file dialog is wanted.
        sample_requested(): the bundled sample is wanted.
    """

    open_requested = Signal()
    sample_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dropping = False
        centre = Qt.AlignmentFlag.AlignHCenter
        words = ElidedLabel(WORDS, theme.TEXT, 16, align=centre, line_height=24)
        hint = ElidedLabel(HINT, theme.DIM, theme.SMALL_PX, align=centre)
        self.open = Button("Open…", "link", padding=10)
        self.open.setToolTip("Open a picture (Ctrl+O)")
        self.sample = Button("Try the sample", "link", padding=10)
        self.open.clicked.connect(self.open_requested)
        self.sample.clicked.connect(self.sample_requested)
        links = QHBoxLayout()
        links.setSpacing(8)
        links.addStretch(1)
        links.addWidget(self.open)
        links.addWidget(self.sample)
        links.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(24, 24, 24, 24)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._column.addSpacing(_ICON + 20)
        self._column.addWidget(words)
        self._column.addSpacing(8)
        self._column.addLayout(links)
        self._column.addSpacing(20)
        self._column.addWidget(hint)
        self._column.addStretch(1)
        self._words = words

    def set_dropping(self, dropping: bool) -> None:
        """Show (or not) that what is dragged over the window would be opened."""
        if dropping != self._dropping:
            self._dropping = dropping
            self.update()

    def sizeHint(self) -> QSize:
        """Some room around the words."""
        return QSize(640, 360)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw the surround, the sign above the words, and the frame of a drop."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.SURROUND)
        place = QPointF(self.width() / 2, self._words.y() - 20 - _ICON / 2)
        widgets_paint.icon(painter, "picture", place, _ICON, theme.RAISED)
        if self._dropping:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.ACTION, 2, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(13, 13, -13, -13), 8, 8)
