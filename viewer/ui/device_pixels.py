"""A widget in whole device pixels, at any device pixel ratio.

With a fractional ratio a widget's edges need not lie between device pixels. Its own are then those
that Qt lets it paint: each edge is rounded to the nearest, so that neighbours meet without a gap.
Painting starts at the first of them, so that one sample is one device pixel of the screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

_SLACK = 1e-6


@dataclass(frozen=True)
class DevicePixels:
    """Maps between a widget's logical points and its device pixels.

    Attributes:
        ratio: device pixels per logical pixel.
        corner: the widget's corner in the window, in (fractional) device pixels.
        rect: the device pixels of the window that are the widget's.
    """

    ratio: float
    corner: QPointF
    rect: QRect

    @classmethod
    def of(cls, widget: QWidget, above: int = 0, below: int = 0) -> DevicePixels:
        """Those of a widget now, or if it reached so many logical pixels further up and down."""
        ratio = widget.devicePixelRatioF()
        corner = QPointF(widget.mapTo(widget.window(), QPoint(0, -above))) * ratio
        left, top = _edge(corner.x()), _edge(corner.y())
        right = _edge(corner.x() + widget.width() * ratio)
        bottom = _edge(corner.y() + (above + widget.height() + below) * ratio)
        return cls(ratio, corner, QRect(left, top, max(1, right - left), max(1, bottom - top)))

    @property
    def width(self) -> int:
        """Width in device pixels."""
        return self.rect.width()

    @property
    def height(self) -> int:
        """Height in device pixels."""
        return self.rect.height()

    def from_logical(self, point: QPointF) -> QPointF:
        """A point of the widget, in device pixels from its first one."""
        return point * self.ratio + self.corner - QPointF(self.rect.topLeft())

    def to_logical(self, point: QPointF) -> QPointF:
        """A device point as a point of the widget."""
        return (point + QPointF(self.rect.topLeft()) - self.corner) / self.ratio

    def pixel_middle(self, point: QPointF) -> QPointF:
        """The middle of the device pixel at a point of the widget, as a point of the widget."""
        at = self.from_logical(point)
        x, y = (math.floor(place + _SLACK) + 0.5 for place in (at.x(), at.y()))
        return self.to_logical(QPointF(x, y))

    def logical_rect(self, rect: QRectF) -> QRectF:
        """A rectangle in device pixels as one of the widget."""
        return QRectF(self.to_logical(rect.topLeft()), self.to_logical(rect.bottomRight()))

    def touched(self, rect: QRect) -> QRect:
        """The device pixels that a rectangle of the widget touches."""
        corners = rect.topLeft(), rect.topLeft() + QPoint(rect.width(), rect.height())
        start, end = (self.from_logical(QPointF(corner)) for corner in corners)
        first = QPoint(math.floor(start.x() + _SLACK), math.floor(start.y() + _SLACK))
        last = QPoint(math.ceil(end.x() - _SLACK) - 1, math.ceil(end.y() - _SLACK) - 1)
        return QRect(first, last)

    def apply(self, painter: QPainter) -> None:
        """Let a painter of the widget draw in device pixels."""
        painter.scale(1.0 / self.ratio, 1.0 / self.ratio)
        painter.translate(QPointF(self.rect.topLeft()) - self.corner)


def _edge(place: float) -> int:
    """Where Qt clips a widget's paint: halves go up."""
    return math.floor(place + 0.5)
