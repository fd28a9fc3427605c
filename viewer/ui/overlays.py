"""What lies over the picture: the pills of the sides, the divider, crosses, the scale bubble."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from viewer.ui import widgets_paint
from viewer.ui.notation import show_scale
from viewer.ui.theme import SMALL_PX, TEXT, TEXT_PX, side_colour

MARGIN = 14
"""Logical pixels between a pill and its pane's border."""

HANDLE = 15
"""Radius of the divider's handle."""

LINGER = 0.6
"""Seconds the scale bubble stays after the last zoom."""

_CROSS = (3.0, 9.0)
"""Where the lines of a cross begin and end, in logical pixels from its middle."""

_INK = QColor(20, 22, 24, 190)
_DIFFERENCE = QColor("#d6d9dc")


@dataclass(frozen=True)
class Pill:
    """The label of a side.

    Attributes:
        side: ``a`` to ``d``, or ``diff``.
        text: what it says.
        box: the pane it stands in.
        right: whether it stands in the pane's right corner.
    """

    side: str
    text: str
    box: QRectF
    right: bool


def paint_pills(painter: QPainter, pills: list[Pill]) -> None:
    """Paint the labels; one that does not fit its pane is cut with an ellipsis."""
    font = QFont(painter.font())
    font.setPixelSize(TEXT_PX)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    for pill in pills:
        room = pill.box.width() - 2 * MARGIN - 42
        if room > 24:
            text = metrics.elidedText(pill.text, Qt.TextElideMode.ElideRight, room)
            _paint_pill(painter, pill, text, metrics.horizontalAdvance(text))


def _paint_pill(painter: QPainter, pill: Pill, text: str, width: float) -> None:
    body = QRectF(0, 0, width + 41, 26)
    body.moveTop(pill.box.top() + MARGIN)
    if pill.right:
        body.moveRight(pill.box.right() - MARGIN)
    else:
        body.moveLeft(pill.box.left() + MARGIN)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_INK)
    painter.drawRoundedRect(body, 13, 13)
    painter.setBrush(_DIFFERENCE if pill.side == "diff" else side_colour(pill.side))
    painter.drawEllipse(QPointF(body.left() + 15, body.center().y()), 5, 5)
    painter.setPen(TEXT)
    words = body.adjusted(28, 0, 0, 0)
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


def paint_cross(painter: QPainter, place: QPointF) -> None:
    """The place that another pane has under the cursor: four short lines, the place itself free."""
    # In the middle of a pixel, so that thin lines stay sharp.
    middle = QPointF(math.floor(place.x()) + 0.5, math.floor(place.y()) + 0.5)
    lines = [
        QLineF(middle + way * near, middle + way * far)
        for way in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1))
        for near, far in (_CROSS,)
    ]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    # Dark below white is seen on every ground.
    for colour, width in ((QColor(0, 0, 0, 150), 3.0), (QColor("white"), 1.0)):
        painter.setPen(QPen(colour, width))
        painter.drawLines(lines)


def handle_centre(canvas: QRect, x: float) -> QPointF:
    """Middle of the divider's handle; it stays in view however far the line goes."""
    inside = min(max(x, HANDLE + 2.0), canvas.width() - HANDLE - 2.0)
    return QPointF(inside, canvas.height() / 2)


def on_divider(canvas: QRect, x: float, point: QPointF, grab: float) -> bool:
    """Whether a point grasps the divider: its line or its handle."""
    away = point - handle_centre(canvas, x)
    on_handle = away.x() ** 2 + away.y() ** 2 <= (HANDLE + 2) ** 2
    return on_handle or abs(point.x() - x) <= grab


def paint_divider(painter: QPainter, canvas: QRect, x: float) -> None:
    """A line of two pixels with a round handle."""
    # A dark hairline on either side keeps the line visible on white.
    widgets_paint.rule(painter, QRectF(x - 2, 0, 4, canvas.height()), QColor(0, 0, 0, 70))
    widgets_paint.rule(painter, QRectF(x - 1, 0, 2, canvas.height()), QColor("white"))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = handle_centre(canvas, x)
    painter.setPen(QPen(Qt.GlobalColor.white, 2))
    painter.setBrush(QColor(27, 29, 32, 230))
    painter.drawEllipse(middle, HANDLE, HANDLE)
    pen = QPen(Qt.GlobalColor.white, 1.8)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for way in (-1, 1):
        tip = middle + QPointF(way * 8.5, 0)
        back = -way * 4.5
        painter.drawPolyline([tip + QPointF(back, -5), tip, tip + QPointF(back, 5)])


class Bubble:
    """The scale beside the cursor while zooming, gone `LINGER` seconds later.

    Attributes:
        text: what it says.
    """

    def __init__(self) -> None:
        self.text = ""
        self._until = 0.0

    def show(self, scale: float) -> None:
        """Say a scale, from now on."""
        self.text = show_scale(scale)
        self._until = time.perf_counter() + LINGER

    def hide(self) -> None:
        """Say nothing any more."""
        self._until = 0.0

    @property
    def visible(self) -> bool:
        """Whether it is to be painted."""
        return time.perf_counter() < self._until

    def paint(self, painter: QPainter, canvas: QRect, cursor: QPointF) -> None:
        """Paint it below and right of the cursor, inside the canvas."""
        font = QFont(painter.font())
        font.setPixelSize(SMALL_PX)
        painter.setFont(font)
        width = QFontMetricsF(font).horizontalAdvance(self.text) + 18
        body = QRectF(cursor.x() + 16, cursor.y() + 18, width, 22)
        body.moveRight(min(body.right(), canvas.width() - 4.0))
        body.moveBottom(min(body.bottom(), canvas.height() - 4.0))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_INK)
        painter.drawRoundedRect(body, 6, 6)
        painter.setPen(TEXT)
        painter.drawText(body, Qt.AlignmentFlag.AlignCenter, self.text)
