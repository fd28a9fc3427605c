"""Labels that elide instead of clipping."""

from __future__ import annotations

import math
from html import escape

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextLayout,
)
from PySide6.QtWidgets import QLabel, QWidget

from viewer.ui import theme, widgets_paint


def break_lines(
    words: str, font: QFont, width: float, count: int, elide: Qt.TextElideMode
) -> list[str]:
    """At most ``count`` lines of at most ``width`` logical pixels; the last one elided."""
    layout = QTextLayout(words, font)
    layout.beginLayout()
    starts: list[int] = []
    while len(starts) < count:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width)
        starts.append(line.textStart())
    layout.endLayout()
    lines = [words[a:b].rstrip() for a, b in zip(starts, [*starts[1:], len(words)], strict=True)]
    metrics = QFontMetricsF(font)
    return [
        line if metrics.horizontalAdvance(line) <= width else metrics.elidedText(line, elide, width)
        for line in lines
    ]


def plain_tip(words: str) -> str:
    """Words for a tool tip, which would take tags in them for its own."""
    return f"<qt>{escape(words)}</qt>" if "<" in words or "&lt;" in words else words


class ElidedLabel(QLabel):
    """Plain text in one line (or a few), elided to its width; the tool tip then has all of it."""

    def __init__(
        self,
        words: str = "",
        colour: QColor = theme.TEXT,
        pixels: int = theme.TEXT_PX,
        parent: QWidget | None = None,
        *,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        lines: int = 1,
        line_height: int = 20,
        tabular: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.sized(self.font(), pixels, tabular=tabular))
        self._colour, self._align, self._elide = colour, align, elide
        self._lines, self._line_height = lines, line_height
        self.setText(words)

    def setText(self, words: str, /) -> None:
        """Show other words (nothing happens if they are the same)."""
        if words != self.text():
            super().setText(words)
            self.updateGeometry()
            self._tell()

    def set_colour(self, colour: QColor) -> None:
        """Paint the words in another colour."""
        if colour != self._colour:
            self._colour = colour
            self.update()

    def set_elide(self, elide: Qt.TextElideMode) -> None:
        """Elide elsewhere."""
        if elide != self._elide:
            self._elide = elide
            self.update()

    def shown_lines(self, width: float | None = None) -> list[str]:
        """The lines as they are painted at the label's (or a given) width."""
        room = float(self.width()) if width is None else width
        if self._lines == 1:
            metrics = QFontMetricsF(self.font())
            fits = metrics.horizontalAdvance(self.text()) <= room
            return [self.text() if fits else metrics.elidedText(self.text(), self._elide, room)]
        return break_lines(self.text(), self.font(), room, self._lines, self._elide)

    def is_elided(self) -> bool:
        """Whether some of the words are missing on screen."""
        return "".join(self.shown_lines()).replace(" ", "") != self.text().replace(" ", "")

    def natural_width(self) -> int:
        """Width in logical pixels at which one line needs no elision."""
        return math.ceil(QFontMetricsF(self.font()).horizontalAdvance(self.text()))

    def sizeHint(self) -> QSize:
        """One line at its natural width."""
        return QSize(self.natural_width(), self._line_height)

    def minimumSizeHint(self) -> QSize:
        """A few letters are enough."""
        return QSize(min(self.natural_width(), 24), self._line_height)

    def hasHeightForWidth(self) -> bool:
        """Only labels of several lines grow."""
        return self._lines > 1

    def heightForWidth(self, width: int) -> int:
        """Height of the lines that the words take at a width."""
        return self._line_height * max(1, len(self.shown_lines(width)))

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        """What is elided now is in the tool tip."""
        super().resizeEvent(event)
        self._tell()

    def _tell(self) -> None:
        self.setToolTip(plain_tip(self.text()) if self.is_elided() else "")

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw the lines."""
        painter = QPainter(self)
        painter.setFont(self.font())
        colour = self._colour if self.isEnabled() else theme.FAINT
        lines = self.shown_lines()
        top = (self.height() - self._line_height * len(lines)) / 2
        for row, words in enumerate(lines):
            box = QRectF(0, top + row * self._line_height, self.width(), self._line_height)
            widgets_paint.fitted_text(painter, box, words, colour, self._align)
