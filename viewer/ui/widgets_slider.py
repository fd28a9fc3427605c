"""A thin slider over a linear or logarithmic range of numbers."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QSlider, QWidget

from viewer.ui import own_keys, theme, widgets_paint

_POSITIONS = 1200
_HANDLE = 7.0


def wheel_steps(widget: QWidget, event: QWheelEvent) -> float:
    """Notches of a wheel event on a control, with the event's own magnitude; up is positive.

    0 where the wheel belongs to the scrolling panel around: it overflows, and the control has no
    focus.
    """
    delta = event.angleDelta()
    # With Alt some systems turn the wheel into a horizontal one.
    steps = (delta.y() or delta.x()) / 120
    return 0.0 if not widget.hasFocus() and _scrolls(widget) else steps


def _scrolls(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return parent.verticalScrollBar().maximum() > 0
        parent = parent.parentWidget()
    return False


class Slider(QSlider):
    """A level on a 4 px track with a round handle; a double click brings back the default.

    The track begins and ends 7 px inside the widget, so that the handle is never cut.

    Signals:
        level_edited(float): the person moved it (mouse, wheel, keys).
    """

    level_edited = Signal(float)

    def __init__(
        self,
        minimum: float,
        maximum: float,
        default: float,
        steps: int,
        parent: QWidget | None = None,
        *,
        logarithmic: bool = False,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._low, self._high, self._log = minimum, maximum, logarithmic
        self._default, self._notches = default, 0.0
        self.setRange(0, _POSITIONS)
        self.setSingleStep(_POSITIONS // steps)
        self.setPageStep(_POSITIONS // 8)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_level(default)
        self.valueChanged.connect(lambda _position: self.level_edited.emit(self.level()))

    def level(self) -> float:
        """The number that the handle stands at."""
        share = self.value() / _POSITIONS
        if self._log:
            return float(self._low * (self._high / self._low) ** share)
        return self._low + (self._high - self._low) * share

    def set_level(self, level: float) -> None:
        """Move the handle to a number (clamped), without a signal."""
        level = min(max(level, self._low), self._high)
        if self._log:
            share = math.log(level / self._low) / math.log(self._high / self._low)
        else:
            share = (level - self._low) / (self._high - self._low)
        with QSignalBlocker(self):
            self.setValue(round(share * _POSITIONS))
        self.update()

    def sizeHint(self) -> QSize:
        """A track of 126 px."""
        return QSize(140, 20)

    def minimumSizeHint(self) -> QSize:
        """Still usable."""
        return QSize(60, 20)

    def _track(self) -> QRectF:
        return QRectF(_HANDLE, self.height() / 2 - 2, self.width() - 2 * _HANDLE, 4)

    def _position_at(self, x: float) -> int:
        track = self._track()
        return round((x - track.left()) / track.width() * _POSITIONS)

    def event(self, event: QEvent, /) -> bool:
        """Keep the keys that mean something here from the window's commands."""
        return own_keys.keeps(event) or super().event(event)

    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        """The handle comes to the pointer."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.setSliderDown(True)
        self.setValue(self._position_at(event.position().x()))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent, /) -> None:
        """The handle follows the pointer."""
        if self.isSliderDown():
            self.setValue(self._position_at(event.position().x()))

    def mouseReleaseEvent(self, _event: QMouseEvent, /) -> None:
        """Let go."""
        self.setSliderDown(False)
        self.update()

    def mouseDoubleClickEvent(self, _event: QMouseEvent, /) -> None:
        """Back to the default."""
        self.set_level(self._default)
        self.level_edited.emit(self._default)

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        """One single step a notch; parts of a notch add up."""
        steps = wheel_steps(self, event)
        if not steps:
            event.ignore()
            return
        self._notches += steps
        whole = math.trunc(self._notches)
        self._notches -= whole
        self.setValue(self.value() + whole * self.singleStep())
        event.accept()

    def enterEvent(self, event: QEnterEvent, /) -> None:
        """Light up."""
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent, /) -> None:
        """Back to rest."""
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw track, level, handle, focus ring."""
        painter = QPainter(self)
        track = self._track()
        reach = track.width() * self.value() / _POSITIONS
        widgets_paint.frame(painter, track, 2, theme.LINE)
        level = QRectF(track.left(), track.top(), reach, track.height())
        on = self.isEnabled()
        widgets_paint.frame(painter, level, 2, theme.ACTION if on else theme.RAISED)
        centre = QPointF(track.left() + reach, track.center().y())
        if self.hasFocus():
            widgets_paint.dot(painter, centre, _HANDLE + 3, theme.ACTION)
            widgets_paint.dot(painter, centre, _HANDLE + 1, theme.PANEL)
        widgets_paint.dot(painter, centre, _HANDLE, QColor("white") if on else theme.FAINT)
