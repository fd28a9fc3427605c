"""Painting that lands on whole device pixels at every device pixel ratio."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from viewer.ui import theme


def snapped(painter: QPainter, rect: QRectF) -> QRectF:
    """The logical rectangle whose device edges are those of ``rect``, rounded."""
    to_device = painter.deviceTransform()
    device = to_device.mapRect(rect)
    left, top = math.floor(device.left() + 0.5), math.floor(device.top() + 0.5)
    right, bottom = math.floor(device.right() + 0.5), math.floor(device.bottom() + 0.5)
    back, _ = to_device.inverted()
    return back.mapRect(QRectF(left, top, right - left, bottom - top))


def hairline(painter: QPainter, width: float = 1.0) -> float:
    """The logical width nearest below ``width`` that is a whole number (≥ 1) of device pixels."""
    ratio = painter.deviceTransform().m11()
    return max(1.0, math.floor(width * ratio)) / ratio


def frame(
    painter: QPainter,
    rect: QRectF,
    radius: float,
    fill: QColor | None = None,
    line: QColor | None = None,
    width: float = 1.0,
) -> None:
    """A rounded rectangle, filled and with its line inside ``rect``."""
    box = snapped(painter, rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    if line is None:
        painter.setPen(Qt.PenStyle.NoPen)
    else:
        pen = hairline(painter, width)
        painter.setPen(QPen(line, pen))
        box = box.adjusted(pen / 2, pen / 2, -pen / 2, -pen / 2)
        radius = max(radius - pen / 2, 0.0)
    painter.drawRoundedRect(box, radius, radius)


def focus_ring(
    painter: QPainter, rect: QRectF, radius: float, colour: QColor = theme.ACTION
) -> None:
    """The ring that says where the keyboard is, 2 px inside ``rect``."""
    frame(painter, rect, radius, None, colour, 2.0)


def rule(painter: QPainter, rect: QRectF, colour: QColor = theme.LINE) -> None:
    """Fill a straight line or block, sharp at its edges."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillRect(snapped(painter, rect), colour)


def baseline(painter: QPainter, rect: QRectF) -> float:
    """The y at which a line stands in the middle of ``rect``, on a whole device pixel."""
    metrics = QFontMetricsF(painter.font())
    middle = rect.center().y() + (metrics.ascent() - metrics.descent()) / 2
    return snapped(painter, QRectF(0, middle, 0, 0)).top()


def text(
    painter: QPainter,
    rect: QRectF,
    words: str,
    colour: QColor,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    """One line of text, in the vertical middle of ``rect``, elided to its width."""
    metrics = QFontMetricsF(painter.font())
    if metrics.horizontalAdvance(words) > rect.width():
        words = metrics.elidedText(words, elide, rect.width())
    spare = rect.width() - metrics.horizontalAdvance(words)
    share = {Qt.AlignmentFlag.AlignRight: 1.0, Qt.AlignmentFlag.AlignHCenter: 0.5}.get(align, 0.0)
    painter.setPen(colour)
    painter.drawText(QPointF(rect.left() + spare * share, baseline(painter, rect)), words)


def icon(painter: QPainter, name: str, centre: QPointF, size: float, colour: QColor) -> None:
    """An icon of ``size`` logical pixels about ``centre``, drawn in device pixels."""
    box = snapped(painter, QRectF(centre.x() - size / 2, centre.y() - size / 2, size, size))
    side = max(1, round(box.width() * painter.deviceTransform().m11()))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(box, theme.icon_image(name, side, colour.name()))


def dot(painter: QPainter, centre: QPointF, radius: float, colour: QColor) -> None:
    """A filled circle."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(centre, radius, radius)
