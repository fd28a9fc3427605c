"""The pointer on the canvas: drags of the picture, the divider and the region, wheel, pinch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture

from viewer.rendering.view import View
from viewer.ui import overlays, own_keys
from viewer.ui.panes import Pane

if TYPE_CHECKING:
    from viewer.ui.canvas import Canvas

WHEEL_UNITS = 480.0
"""Eighths of a degree that double the scale: four notches of a common wheel."""

GRAB = 6.0
"""Logical pixels beside the divider or a region's edge at which it is still grasped."""


@dataclass(frozen=True)
class _Drag:
    """What is grasped (``divider``, ``region`` or ``picture``), with what and where.

    The pane of the press counts until the end: beyond its edge the same view goes on.
    """

    kind: str
    button: Qt.MouseButton
    start: QPointF
    view: View
    pane: Pane


class Pointer(QObject):
    """Turns pointer events of a canvas into views, regions and divider places.

    Attributes:
        position: where the pointer is, in logical pixels, or None if it is not on the canvas.
    """

    def __init__(self, canvas: Canvas):
        super().__init__(canvas)
        self.position: QPointF | None = None
        self._canvas = canvas
        self._drag: _Drag | None = None
        self._went: View | None = None
        canvas.grabGesture(Qt.GestureType.PinchGesture)
        # A filter, as an override of event() would stand between Qt and every other handler.
        canvas.installEventFilter(self)

    @property
    def held(self) -> Pane | None:
        """The pane in which something is grasped, or None."""
        return None if self._drag is None else self._drag.pane

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom about the cursor by the event's own magnitude."""
        delta = event.angleDelta().y() or event.angleDelta().x()
        if delta and self._canvas.camera.target is not None:
            self.position = event.position()
            self._zoom(delta / WHEEL_UNITS, event.position())
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pinches, from trackpads and from touch screens; Esc; screens of another pixel ratio."""
        del watched
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._zoom(math.log2(max(0.1, 1.0 + event.value())), event.position())
                return True
        elif isinstance(event, QGestureEvent):
            return self._pinch(event)
        elif event.type() == QEvent.Type.DevicePixelRatioChange:
            # A screen of another ratio: as many logical pixels, but not as many device pixels.
            self._canvas.refit()
        return self._drag is not None and own_keys.takes_escape(event)

    def canvas_moved(self, by: QPoint) -> None:
        """The canvas lies elsewhere in its window, and the pointer where it was."""
        if self.position is not None:
            self.position = self.position - QPointF(by)
            if not QRectF(self._canvas.rect()).contains(self.position):
                self.position = None

    def _pinch(self, event: QGestureEvent) -> bool:
        pinch = event.gesture(Qt.GestureType.PinchGesture)
        if not isinstance(pinch, QPinchGesture) or pinch.scaleFactor() <= 0.0:
            return False
        # The event of its end still bears the last step, which has been taken.
        if pinch.state() in (Qt.GestureState.GestureStarted, Qt.GestureState.GestureUpdated):
            at = QPointF(self._canvas.mapFromGlobal(pinch.hotSpot().toPoint()))
            self._zoom(math.log2(pinch.scaleFactor()), at)
        event.accept(pinch)
        return True

    def _zoom(self, log2_factor: float, position: QPointF) -> None:
        self._canvas.camera.zoom(log2_factor, *self._canvas.view_point(position))

    def press(self, event: QMouseEvent) -> None:
        """Grasp the divider, the region or the picture."""
        view = self._canvas.camera.target
        if view is None or self._drag is not None:
            return
        position, button = event.position(), event.button()
        left = button == Qt.MouseButton.LeftButton
        if left and self._over_divider(position):
            kind = "divider"
        elif left and self._press_region(event):
            kind = "region"
        elif left or button == Qt.MouseButton.MiddleButton:
            kind = "picture"
        else:
            return
        self._drag = _Drag(kind, button, position, view, self._canvas.pane_at(position))
        self._went = view

    def _press_region(self, event: QMouseEvent) -> bool:
        tool, point = self._canvas.region_tool, self._canvas.source_at(event.position())
        if not tool.active or point is None:
            return False
        return tool.press(*point, self._tolerance(), event.modifiers())

    def _tolerance(self) -> float:
        """`GRAB` in source pixels."""
        view = self._canvas.camera.shown
        return GRAB * self._canvas.devicePixelRatioF() / (1.0 if view is None else view.scale)

    def move(self, event: QMouseEvent) -> None:
        """Drag what was grasped, or show what could be."""
        self.position = event.position()
        drag, canvas = self._current(event), self._canvas
        if drag is None:
            self._hover(event.position())
        elif drag.kind == "divider":
            canvas.move_divider(event.position())
        elif drag.kind == "region":
            point = canvas.source_at(event.position(), drag.pane)
            if point is not None:
                canvas.region_tool.move(*point, event.modifiers())
        else:
            # The total displacement is rounded, so that no fraction is lost on the way.
            moved = (event.position() - drag.start) * canvas.devicePixelRatioF()
            canvas.setCursor(Qt.CursorShape.ClosedHandCursor)
            canvas.camera.pan_from(drag.view, round(moved.x()), round(moved.y()))
            self._went = canvas.camera.target

    def _current(self, event: QMouseEvent) -> _Drag | None:
        """The drag that goes on: from the view as it is now, if something else has changed it.

        That may be the wheel, a new size of the canvas, or another picture. None if the button was
        let go over another window, which was told of it instead.
        """
        drag, view = self._drag, self._canvas.camera.target
        if drag is None:
            return None
        if not event.buttons() & drag.button:
            if drag.kind == "region":
                self._canvas.region_tool.release()
            drag = None
        elif drag.kind == "picture" and view is not None and view != self._went:
            drag, self._went = replace(drag, start=event.position(), view=view), view
        self._drag = drag
        return drag

    def release(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._drag is None or event.button() != self._drag.button:
            return
        if self._drag.kind == "region":
            self._canvas.region_tool.release()
        self._drag = None
        self._hover(event.position())

    def cancel(self) -> bool:
        """Give up a drag of the region or the picture; whether there was one."""
        drag, self._drag = self._drag, None
        if drag is None:
            return False
        if drag.kind == "region":
            self._canvas.region_tool.cancel()
        elif drag.kind == "picture":
            self._take_back(drag.view)
        self._canvas.unsetCursor()
        return True

    def _take_back(self, before: View) -> None:
        """Undo a drag that began at a view; on a canvas that a bar has changed, its way alone."""
        camera, went = self._canvas.camera, self._went
        if camera.target is None or went is None:
            return
        if (camera.target.width, camera.target.height) == (before.width, before.height):
            camera.pan_from(before, 0, 0)
            return
        way = (went.x - before.x) * went.scale, (went.y - before.y) * went.scale
        camera.pan(*map(round, way))

    def double_click(self, event: QMouseEvent) -> None:
        """Toggle between the whole picture and 100 % at the cursor."""
        position, camera = event.position(), self._canvas.camera
        if event.button() != Qt.MouseButton.LeftButton or self._over_divider(position):
            return
        if camera.fits:
            camera.scale_to(1.0, *self._canvas.view_point(position))
        else:
            camera.fit()

    def _hover(self, position: QPointF) -> None:
        canvas = self._canvas
        point = canvas.source_at(position)
        if self._over_divider(position):
            canvas.setCursor(Qt.CursorShape.SplitHCursor)
        elif canvas.region_tool.active and point is not None:
            handle = canvas.region_tool.hit(*point, self._tolerance())
            canvas.setCursor(canvas.region_tool.cursor_for(handle))
        else:
            canvas.unsetCursor()

    def _over_divider(self, position: QPointF) -> bool:
        place = self._canvas.divider_place()
        if place is None:
            return False
        return overlays.on_divider(self._canvas.rect(), place, position, GRAB)
