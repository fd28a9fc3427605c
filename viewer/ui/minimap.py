"""The minimap: the whole picture, small, with a frame around what the canvas shows."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from viewer.ui import widgets_paint

SIDE: Final = 144
"""The longer side of the small picture, in logical pixels."""
_EDGE: Final = 2
_SHORTEST: Final = 12
_SMALLEST_FRAME: Final = 6.0


class Minimap(QWidget):
    """A small picture that can be clicked and dragged; it sets its own size.

    Signals:
        centre_requested(float x, float y): the canvas should centre there, in source pixels.
        entered(): the pointer came from the canvas, which is told of its leaving only beyond it.
    """

    centre_requested = Signal(float, float)
    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Minimap")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._picture = QImage()
        self._scaled = QImage()
        self._source = QSizeF(1, 1)
        self._view = QRectF()
        self._grip: QPointF | None = None
        self._resize()

    def set_picture(self, picture: QImage) -> None:
        """Show a picture of any size (a reduced one is enough)."""
        self._picture, self._scaled = picture, QImage()
        if not picture.isNull():
            self._source = QSizeF(picture.size())
            self._view = QRectF()
        self._resize()
        self.update()

    def set_view(self, visible: QRectF, width: int, height: int) -> None:
        """Frame the visible rectangle of a ``width`` × ``height`` picture, in source pixels."""
        if self._source != QSizeF(width, height):
            self._source = QSizeF(width, height)
            self._resize()
        if visible != self._view:
            self._view = QRectF(visible)
            self._update_with_ground()

    def _update_with_ground(self) -> None:
        """Paint again with what lies below: asked for by itself, that would be painted twice."""
        ground = self.parentWidget()
        if ground is None:
            self.update()
        else:
            ground.update(self.geometry())

    def _resize(self) -> None:
        width, height = max(self._source.width(), 1), max(self._source.height(), 1)
        zoom = SIDE / max(width, height)
        across, down = max(round(width * zoom), _SHORTEST), max(round(height * zoom), _SHORTEST)
        self.setFixedSize(across + 2 * _EDGE, down + 2 * _EDGE)

    def _box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)

    def frame_rect(self) -> QRectF:
        """Where the frame lies in the widget; it never gets smaller than 6 px."""
        box, whole = self._box(), QRectF(QPointF(), self._source)
        part = self._view.intersected(whole)
        across, down = box.width() / whole.width(), box.height() / whole.height()
        width = min(max(part.width() * across, _SMALLEST_FRAME), box.width())
        height = min(max(part.height() * down, _SMALLEST_FRAME), box.height())
        left = box.left() + part.center().x() * across - width / 2
        top = box.top() + part.center().y() * down - height / 2
        left = min(max(left, box.left()), box.right() - width)
        top = min(max(top, box.top()), box.bottom() - height)
        return QRectF(left, top, width, height)

    def enterEvent(self, event: QEnterEvent, /) -> None:
        """The pointer is not over the canvas's picture any more."""
        super().enterEvent(event)
        self.entered.emit()

    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        """Take hold of the frame where it is, or bring it to the pointer."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        frame = self.frame_rect()
        held = not self._view.isEmpty() and frame.contains(event.position())
        self._grip = event.position() - frame.center() if held else QPointF()
        if not held:
            self._ask(event.position())

    def mouseMoveEvent(self, event: QMouseEvent, /) -> None:
        """The frame follows."""
        if self._grip is not None:
            self._ask(event.position() - self._grip)

    def mouseReleaseEvent(self, _event: QMouseEvent, /) -> None:
        """Let go."""
        self._grip = None

    def mouseDoubleClickEvent(self, event: QMouseEvent, /) -> None:
        """A second click is a click: it must not reach the canvas below."""
        self.mousePressEvent(event)

    def _ask(self, place: QPointF) -> None:
        box = self._box()
        across = (place.x() - box.left()) / box.width()
        down = (place.y() - box.top()) / box.height()
        x = min(max(across, 0.0), 1.0) * self._source.width()
        y = min(max(down, 0.0), 1.0) * self._source.height()
        self.centre_requested.emit(x, y)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw edge, picture, frame."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 153))
        box = widgets_paint.snapped(painter, self._box())
        if not self._picture.isNull():
            painter.drawImage(box, self._small(painter, box))
        if not self._view.isEmpty():
            self._paint_frame(painter)

    def _small(self, painter: QPainter, box: QRectF) -> QImage:
        """The picture in the box's device pixels, made once per size."""
        size = painter.deviceTransform().mapRect(box).size().toSize()
        if self._scaled.size() != size:
            stretch, smooth = Qt.AspectRatioMode, Qt.TransformationMode
            self._scaled = self._picture.scaled(
                size, stretch.IgnoreAspectRatio, smooth.SmoothTransformation
            )
        return self._scaled

    def _paint_frame(self, painter: QPainter) -> None:
        frame = widgets_paint.snapped(painter, self.frame_rect())
        line, edge = (widgets_paint.hairline(painter, width) for width in (1.5, 1.0))
        # A dark line on either side of the white one keeps it visible on a bright sky.
        around = frame.adjusted(-edge, -edge, edge, edge)
        widgets_paint.outline(painter, around, line + 2 * edge, QColor(0, 0, 0, 110))
        widgets_paint.outline(painter, frame, line, QColor("white"))

    def sizeHint(self) -> QSize:
        """The size it has given itself."""
        return self.size()
