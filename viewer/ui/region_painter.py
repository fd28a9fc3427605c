"""Drawing of a region over the canvas: dimmed outside, frame, handles and size label."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from models.samplers.grid import Region
from viewer.ui.notation import show_pixels

HANDLE: Final = 8
"""Side of a handle in logical pixels."""

_DIM = QColor(0, 0, 0, 110)
_HAIRLINE = QColor(0, 0, 0, 170)
_LABEL = QColor(0, 0, 0, 165)


def paint_region(painter: QPainter, rect: QRectF, canvas_rect: QRectF, label: str = "") -> None:
    """Draw a region that lies at ``rect``; both rectangles are in the painter's coordinates.

    Everything is drawn on whole device pixels, whatever the painter's scale.
    """
    transform = painter.deviceTransform()
    painter.save()
    painter.setTransform(transform.inverted()[0], True)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    canvas = transform.mapRect(canvas_rect).toRect()
    ratio = max(abs(transform.m11()), 1.0)
    frame = _on_pixels(transform.mapRect(rect), canvas, ratio)
    _paint_frame(painter, frame, canvas, ratio)
    if label:
        _paint_label(painter, label, frame, canvas, ratio)
    painter.restore()


def size_label(region: Region, output: tuple[int, int]) -> str:
    """Size in source pixels and in output pixels: ``145.0 × 103.3 → 1160 × 826``."""
    source = f"{show_pixels(region.width)} × {show_pixels(region.height)}"
    return f"{source} → {output[0]} × {output[1]}"


def _on_pixels(rect: QRectF, canvas: QRect, ratio: float) -> QRect:
    """The rectangle on whole device pixels, cut a little outside of the canvas.

    Deep zooms give sides of millions of pixels; what lies outside shows nothing, and the handles
    in the middle of the edges stay in the middle of what is seen.
    """
    margin = round(2 * HANDLE * ratio)
    bounds = canvas.adjusted(-margin, -margin, margin, margin)
    left = min(max(round(rect.left()), bounds.left()), bounds.right())
    top = min(max(round(rect.top()), bounds.top()), bounds.bottom())
    right = min(max(round(rect.right()), bounds.left()), bounds.right())
    bottom = min(max(round(rect.bottom()), bounds.top()), bounds.bottom())
    return QRect(left, top, max(right - left, 1), max(bottom - top, 1))


def _paint_frame(painter: QPainter, frame: QRect, canvas: QRect, ratio: float) -> None:
    """The dimmed outside, the line around the frame and its handles, in device pixels."""
    line = max(round(ratio), 1)
    outer = frame.adjusted(-line, -line, line, line)
    for rect in _around(canvas, outer.intersected(canvas)):
        painter.fillRect(rect, _DIM)
    for rect in _around(outer.adjusted(-1, -1, 1, 1), outer):
        painter.fillRect(rect, _HAIRLINE)
    for rect in _around(outer, frame):
        painter.fillRect(rect, Qt.GlobalColor.white)
    for rect in _handles(outer, round(HANDLE * ratio)):
        painter.fillRect(rect.adjusted(-1, -1, 1, 1), _HAIRLINE)
        painter.fillRect(rect, Qt.GlobalColor.white)


def _around(outer: QRect, inner: QRect) -> tuple[QRect, QRect, QRect, QRect]:
    """What lies in ``outer`` but not in ``inner``: above, below, left and right of it."""
    if inner.isEmpty():
        return outer, QRect(), QRect(), QRect()
    x0, y0 = outer.x(), outer.y()
    x1, y1 = x0 + outer.width(), y0 + outer.height()
    left, top = inner.x(), inner.y()
    right, bottom = left + inner.width(), top + inner.height()
    return (
        QRect(x0, y0, x1 - x0, top - y0),
        QRect(x0, bottom, x1 - x0, y1 - bottom),
        QRect(x0, top, left - x0, bottom - top),
        QRect(right, top, x1 - right, bottom - top),
    )


def _handles(frame: QRect, side: int) -> list[QRect]:
    """Squares on the corners, and on the middles of edges long enough for them."""
    xs = [frame.x(), frame.x() + frame.width() // 2, frame.x() + frame.width()]
    ys = [frame.y(), frame.y() + frame.height() // 2, frame.y() + frame.height()]
    long = (frame.width() >= 4 * side, frame.height() >= 4 * side)
    places = [(i, j) for j in range(3) for i in range(3) if (i, j) != (1, 1)]
    shown = [(i, j) for i, j in places if (i != 1 or long[0]) and (j != 1 or long[1])]
    return [QRect(xs[i] - side // 2, ys[j] - side // 2, side, side) for i, j in shown]


def _paint_label(painter: QPainter, text: str, frame: QRect, canvas: QRect, ratio: float) -> None:
    """The label as a pill below the frame; above it or inside where there is no room."""
    font = QFont(painter.font())
    font.setPixelSize(round(12 * ratio))
    metrics = QFontMetricsF(font)
    gap = round(8 * ratio)
    width = math.ceil(metrics.horizontalAdvance(text)) + 2 * gap
    height = math.ceil(metrics.height()) + gap
    below, above = frame.y() + frame.height() + gap, frame.y() - gap - height
    x = min(max(frame.x(), canvas.x() + gap), canvas.x() + canvas.width() - gap - width)
    floor = canvas.y() + canvas.height() - gap - height
    y = below if below <= floor else above if above >= canvas.y() + gap else floor
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_LABEL)
    painter.drawRoundedRect(QRect(x, y, width, height), height / 2, height / 2)
    painter.setPen(Qt.GlobalColor.white)
    painter.setFont(font)
    painter.drawText(QPointF(x + gap, y + gap / 2 + metrics.ascent()), text)
