"""Painting that lands on whole device pixels at every device pixel ratio."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from viewer.ui import theme

_SHARES = {Qt.AlignmentFlag.AlignRight: 1.0, Qt.AlignmentFlag.AlignHCenter: 0.5}
"""How much of the room beside a text is on its left; of others none."""


def snapped(painter: QPainter, rect: QRectF) -> QRectF:
    """The logical rectangle whose device edges are those of ``rect``, rounded."""
    ratio, x, y = _placing(painter)
    left, right = (_snap(place, ratio, x) for place in (rect.left(), rect.right()))
    top, bottom = (_snap(place, ratio, y) for place in (rect.top(), rect.bottom()))
    return QRectF(left, top, right - left, bottom - top)


def _placing(painter: QPainter) -> tuple[float, float, float]:
    """Device pixels per logical one, and the device place of the logical corner.

    Widgets are neither turned nor stretched: that is all of the painter's transform.
    """
    placing = painter.deviceTransform()
    return placing.m11(), placing.dx(), placing.dy()


def _snap(place: float, ratio: float, offset: float) -> float:
    """The logical place whose device place is that of ``place``, rounded."""
    return (math.floor(place * ratio + offset + 0.5) - offset) / ratio


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


def outline(painter: QPainter, box: QRectF, width: float, colour: QColor) -> None:
    """Fill the inner edge of a box; the box and the width of its edge are whole device pixels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    edge = QPainterPath()
    edge.addRect(box)
    edge.addRect(box.adjusted(width, width, -width, -width))
    painter.fillPath(edge, colour)


def baseline(painter: QPainter, rect: QRectF) -> float:
    """The y at which a line stands in the middle of ``rect``, on a whole device pixel."""
    metrics = QFontMetricsF(painter.font())
    middle = rect.center().y() + (metrics.ascent() - metrics.descent()) / 2
    ratio, _, y = _placing(painter)
    return _snap(middle, ratio, y)


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
    fitted_text(painter, rect, words, colour, align)


def fitted_text(
    painter: QPainter, rect: QRectF, words: str, colour: QColor, align: Qt.AlignmentFlag
) -> None:
    """One line of text that is known to fit, in the vertical middle of ``rect``."""
    left, share = rect.left(), _SHARES.get(align, 0.0)
    if share:
        advance = QFontMetricsF(painter.font()).horizontalAdvance(words)
        left += share * (rect.width() - advance)
    painter.setPen(colour)
    painter.drawText(QPointF(left, baseline(painter, rect)), words)


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
