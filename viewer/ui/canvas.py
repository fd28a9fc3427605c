"""The canvas: the widget that shows the sides in one view.

Painting is in device pixels. Each paint draws what there is: the resident base, warped frames,
finished tiles. The window's thread never waits for more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from models.samplers.grid import Region
from viewer.rendering.messages import Pixels, Request, Scene
from viewer.rendering.view import Size
from viewer.ui import overlays
from viewer.ui.camera import Camera, Room
from viewer.ui.compare import Comparison
from viewer.ui.device_pixels import DevicePixels
from viewer.ui.panes import Pane, nearest
from viewer.ui.pictures import Pictures
from viewer.ui.pointer import Pointer
from viewer.ui.region_tool import RegionTool
from viewer.ui.theme import SURROUND


class Canvas(QWidget):
    """The picture, in one to four panes that share one view.

    Attributes:
        camera: moves the view.
        pictures: what is asked of the worker, and what has come.
        region_tool: the rubber band.
        pointer: what the mouse does.
        titles: names of the samplers by side, for their labels.
        bars: the one that may stand above it and the one that may stand below; the window says.

    Signals:
        view_changed(): the target view or the canvas's size changed.
        hovered(object): the source point under the cursor as (x, y), or None.
        divider_moved(float): the divider was dragged there, 0 (left) to 1 (right).
    """

    view_changed = Signal()
    hovered = Signal(object)
    divider_moved = Signal(float)

    def __init__(
        self,
        render: Callable[[Request], None],
        parent: QWidget | None = None,
        *,
        animated: bool = True,
    ):
        super().__init__(parent)
        self.camera = Camera(self, animated=animated)
        self.pictures = Pictures(render, self.camera, self, animated=animated)
        self.region_tool = RegionTool(self)
        self.pointer = Pointer(self)
        self.titles: dict[str, str] = {}
        self.bars: tuple[QWidget, ...] = ()
        self._taken = (0, 0)  # logical pixels, by the bars
        self._corner = QPoint()  # of the window, when it was last resized
        self._bubble = overlays.Bubble()
        self._bubble_end = QTimer(self, interval=round(overlays.LINGER * 1000), singleShot=True)
        self._bubble_end.timeout.connect(self._hide_bubble)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Picture")
        self.camera.target_changed.connect(self._target_changed)
        self.camera.shown_changed.connect(self.update)
        self.camera.settled.connect(self._request)
        self.pictures.changed.connect(self.update)
        self.pictures.freshened.connect(self._freshened)
        self.region_tool.changed.connect(self.update)

    # -- the picture and the comparison -------------------------------------------------

    @property
    def comparison(self) -> Comparison:
        """What is compared, and how."""
        return self.pictures.comparison

    @property
    def scene(self) -> Scene | None:
        """The open picture."""
        return self.pictures.scene

    @property
    def picture(self) -> Size | None:
        """Its size in source pixels."""
        return self.pictures.size

    def show_scene(self, scene: Scene, base: Pixels) -> None:
        """Show another picture, all of it."""
        self.pictures.show_scene(scene, base)
        self.region_tool.set_region(None)
        self.region_tool.set_picture_size(scene.source.width, scene.source.height)
        size = Size(scene.source.width, scene.source.height)
        self.camera.show_picture(size, *self._room())

    def compare(self, comparison: Comparison) -> None:
        """Change what is compared, or how."""
        self.pictures.compare(comparison)
        self.camera.resize(*self._room())
        if self.pictures.lacks():
            self._request()
        self.update()

    def set_divider(self, place: float) -> None:
        """Move the divider, 0 (left) to 1 (right)."""
        self.compare(replace(self.comparison, divider=place))

    def _target_changed(self) -> None:
        if self.camera.moving and self.camera.target is not None:
            self._bubble.show(self.camera.target.scale)
            self._bubble_end.start()
        self._request()
        self.view_changed.emit()

    def _hide_bubble(self) -> None:
        # The timer may be a little early: without this the last paint would still show it.
        self._bubble.hide()
        self.update()

    def _request(self) -> None:
        self.pictures.request(self._panes(), self.pivot())

    # -- geometry -----------------------------------------------------------------------

    @property
    def device(self) -> DevicePixels:
        """The canvas in device pixels."""
        return DevicePixels.of(self)

    def _view_size(self) -> tuple[int, int]:
        device = self.device
        return self.comparison.view_size(device.width, device.height)

    def _room(self) -> tuple[int, int, Room]:
        """Size of the view, and the room that it would have without bars."""
        device, free = self.device, DevicePixels.of(self, *self._taken)
        width, height = self._view_size()
        rows = device.height // height  # of panes, which share what bars take
        above = round((device.rect.top() - free.rect.top()) / rows)
        return width, height, Room(*self.comparison.view_size(free.width, free.height), above)

    def _panes(self, device: DevicePixels | None = None) -> list[Pane]:
        device = device or self.device
        return self.comparison.panes(device.width, device.height)

    def pane_at(self, position: QPointF) -> Pane:
        """The pane under a point of the widget, or the one nearest to it."""
        at = self.device.from_logical(position)
        return nearest(self._panes(), at.x(), at.y())

    def view_point(self, position: QPointF, pane: Pane | None = None) -> tuple[float, float]:
        """A point of the widget in device pixels of the view, in the pane it lies in (or one)."""
        pane = pane or self.pane_at(position)
        at = self.device.from_logical(position) - QPointF(pane.area.topLeft())
        return at.x(), at.y()

    def source_at(self, position: QPointF, pane: Pane | None = None) -> tuple[float, float] | None:
        """The source point under a point of the widget, or None without a picture."""
        if self.camera.shown is None:
            return None
        return self.camera.shown.to_source(*self.view_point(position, pane))

    def source_under_cursor(self) -> tuple[float, float] | None:
        """The source point that the device pixel under the cursor shows, None if there is none.

        A device pixel shows its middle, while the cursor's place is its corner.
        """
        position = self.pointer.position
        if position is None:
            return None
        return self.source_at(self.device.pixel_middle(position), self.pointer.held)

    def centre(self) -> tuple[float, float]:
        """The middle of the view, in its device pixels."""
        width, height = self._view_size()
        return width / 2, height / 2

    def pivot(self) -> tuple[float, float]:
        """Where keys zoom: the cursor if it is on the canvas, else the middle."""
        position = self.pointer.position
        return self.centre() if position is None else self.view_point(position)

    def visible_region(self) -> Region | None:
        """The part of the picture that the target view shows, or None without one.

        Bars do not count: they go again.
        """
        view, picture = self.camera.without_bars, self.picture
        if view is None or picture is None:
            return None
        try:
            return view.region.clipped(*picture)
        except ValueError:
            return None

    def divider_place(self, device: DevicePixels | None = None) -> float | None:
        """The divider's logical x, or None if there is none."""
        if self.comparison.mode != "split" or self.scene is None:
            return None
        device = device or self.device
        return device.to_logical(QPointF(self.comparison.divider_x(device.width), 0.0)).x()

    def move_divider(self, position: QPointF) -> None:
        """Ask for the divider at a point of the widget."""
        device = self.device
        place = device.from_logical(position).x() / device.width
        self.divider_moved.emit(min(max(place, 0.0), 1.0))

    # -- painting -----------------------------------------------------------------------

    def _freshened(self, layer: str, places: list[QRect]) -> None:
        """Paint again only where tiles of a layer have come; one that is hidden costs nothing."""
        device = self.device
        # A region is fewer rectangles than there are tiles: those beside each other are one.
        fresh = QRegion()
        for place in places:
            fresh += place
        for pane in self._panes(device):
            if pane.shows(layer):
                seen = fresh.translated(pane.area.topLeft()) & pane.clip
                for place in cast(Sequence[QRect], seen):
                    self.update(device.logical_rect(QRectF(place)).toAlignedRect())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panes in device pixels, then what lies over them in logical ones."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), SURROUND)
        if self.camera.shown is not None and self.scene is not None:
            device = self.device
            panes = self._panes(device)
            painter.save()
            device.apply(painter)
            self.pictures.paint(painter, panes, device.touched(event.rect()))
            painter.restore()
            self._paint_overlays(painter, device, panes)
        painter.end()

    def _paint_overlays(self, painter: QPainter, device: DevicePixels, panes: list[Pane]) -> None:
        if self.region_tool.region is not None:
            self._paint_region(painter, device, panes)
        divider = self.divider_place(device)
        if divider is not None:
            overlays.paint_divider(painter, self.rect(), divider)
        for place in self._echoes(device, panes):
            overlays.paint_cross(painter, place)
        overlays.paint_pills(painter, self._pills(device, panes))
        if self._bubble.visible and self.pointer.position is not None:
            self._bubble.paint(painter, self.rect(), self.pointer.position)

    def _echoes(self, device: DevicePixels, panes: list[Pane]) -> list[QPointF]:
        """Where the other panes show the point under the cursor, in logical pixels."""
        position = self.pointer.position
        if position is None or self.pointer.held is not None:
            return []
        at, here = device.from_logical(position), self.pane_at(position).area
        others = {(p.area.left(), p.area.top()) for p in panes if p.area != here}
        away = at - QPointF(here.topLeft())
        return [device.to_logical(away + QPointF(*corner)) for corner in others]

    def _paint_region(self, painter: QPainter, device: DevicePixels, panes: list[Pane]) -> None:
        assert self.region_tool.region is not None
        assert self.camera.shown is not None
        output = self.region_tool.region.size_at(self.camera.shown.scale)
        # The halves of a split share one area: the region is drawn once over both.
        areas = {(pane.area.left(), pane.area.top()): pane for pane in panes}
        for pane in areas.values():
            clip = device.logical_rect(QRectF(pane.area))
            painter.save()
            painter.setClipRect(clip)
            self.region_tool.paint(painter, partial(self._on_pane, device, pane), clip, output)
            painter.restore()

    def _on_pane(self, device: DevicePixels, pane: Pane, region: Region) -> QRectF:
        """A region of the picture as a rectangle of the widget, in a pane."""
        assert self.camera.shown is not None
        start = self.camera.shown.to_device(region.x, region.y)
        end = self.camera.shown.to_device(region.x + region.width, region.y + region.height)
        corner = QPointF(pane.area.topLeft())
        return device.logical_rect(QRectF(QPointF(*start) + corner, QPointF(*end) + corner))

    def _pills(self, device: DevicePixels, panes: list[Pane]) -> list[overlays.Pill]:
        """The labels of the sides: in the outer corners of A and B, in the grid all alike."""
        apart = self.comparison.mode != "grid"
        return [
            overlays.Pill(
                pane.side,
                self._pill_text(pane.side),
                device.logical_rect(QRectF(pane.clip)),
                right=apart and (index == 1 or (len(panes) == 1 and pane.side == "b")),
            )
            for index, pane in enumerate(panes)
        ]

    def _pill_text(self, side: str) -> str:
        reduced = " · source, reduced" if self.pictures.reduced else ""
        if side == "diff":
            return f"|A − B| × {self.comparison.factor:g}{reduced}"
        title = self.titles.get(side, self.comparison.sampler(side))
        return f"{side.upper()} {title}{reduced}"

    def rendered(self) -> QImage:
        """What the panes show now, in device pixels, without labels, divider and region."""
        device = self.device
        image = QImage(device.rect.size(), QImage.Format.Format_RGB32)
        image.fill(SURROUND)
        painter = QPainter(image)
        self.pictures.paint(painter, self._panes(device), image.rect())
        painter.end()
        return image

    # -- events -------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the centre, or between bars the place; a fitted picture stays fitted."""
        super().resizeEvent(event)
        if self.bars:
            above, below = (0 if bar.isHidden() else bar.height() for bar in self.bars)
            self._taken = above, below
        before, self._corner = self._corner, self.mapTo(self.window(), QPoint(0, 0))
        self.pointer.canvas_moved(self._corner - before)
        self.refit()

    def refit(self) -> None:
        """Follow a change of the canvas's size in device pixels."""
        if self.scene is not None:
            self.camera.resize(*self._room())
            self.view_changed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the cursor."""
        self.pointer.wheel(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Grasp something."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, and say what lies under the cursor."""
        self.pointer.move(event)
        self.hovered.emit(self.source_under_cursor())
        self._move_echoes()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.pointer.release(event)
        self._move_echoes()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Toggle between fit and 100 %."""
        self.pointer.double_click(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the cursor any more."""
        super().leaveEvent(event)
        self.forget_cursor()

    def forget_cursor(self) -> None:
        """The cursor is elsewhere, such as over the minimap."""
        self.pointer.position = None
        self.hovered.emit(None)
        self._move_echoes()

    def _move_echoes(self) -> None:
        if self.comparison.panes_apart:
            self.update()

    def sizeHint(self) -> QSize:
        """Large: the picture is everything."""
        return QSize(1160, 826)
