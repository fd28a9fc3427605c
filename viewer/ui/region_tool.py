"""The region tool: a rectangle of the picture that is drawn, moved and resized with the pointer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QPainter

from models.samplers.grid import Region
from viewer.ui.region_geometry import between, fitted, hit, resized, shrunk
from viewer.ui.region_painter import paint_region, size_label

_NO_KEY = Qt.KeyboardModifier.NoModifier

_CURSORS = {
    "nw": Qt.CursorShape.SizeFDiagCursor,
    "se": Qt.CursorShape.SizeFDiagCursor,
    "ne": Qt.CursorShape.SizeBDiagCursor,
    "sw": Qt.CursorShape.SizeBDiagCursor,
    "n": Qt.CursorShape.SizeVerCursor,
    "s": Qt.CursorShape.SizeVerCursor,
    "w": Qt.CursorShape.SizeHorCursor,
    "e": Qt.CursorShape.SizeHorCursor,
    "inside": Qt.CursorShape.SizeAllCursor,
}


class RegionTool(QObject):
    """The region that a person edits over the picture; all coordinates are source pixels.

    The region always lies inside the picture, and on whole pixels while ``snap`` is on.

    Attributes:
        region: the rectangle, or None.
        active: whether the tool is switched on; only then does it take a press.
        aspect: width over height that drags keep, or None. Shift keeps the present one.
        snap: whether edges lie on whole source pixels.
        dragging: the handle under the pointer during a drag ("nw", "n", …, "inside"), or None.

    Signals:
        changed(object): the new region, or None.
    """

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.active = False
        self.dragging: str | None = None
        self._region: Region | None = None
        self._picture = (0, 0)
        self._aspect: float | None = None
        self._snap = False
        self._drag: _Drag | None = None
        self._moved = False

    @property
    def region(self) -> Region | None:
        """The rectangle in source pixels, or None."""
        return self._region

    @property
    def aspect(self) -> float | None:
        """Width over height that drags keep, or None."""
        return self._aspect

    @aspect.setter
    def aspect(self, ratio: float | None) -> None:
        if ratio is not None and not (ratio > 0 and math.isfinite(ratio)):
            raise ValueError(f"the aspect must be a number above 0, not {ratio:g}")
        self._aspect = ratio

    @property
    def snap(self) -> bool:
        """Whether edges lie on whole source pixels; switching it on moves them there."""
        return self._snap

    @snap.setter
    def snap(self, on: bool) -> None:
        self._snap = on
        self.set_region(self._region)

    def set_picture_size(self, width: int, height: int) -> None:
        """Size of the picture in source pixels; the region is brought inside. 0 × 0 drops it."""
        self._picture = (width, height)
        self._end()
        self.set_region(self._region if width > 0 and height > 0 else None)

    def set_region(self, region: Region | None) -> None:
        """Take a region from elsewhere (numeric fields), brought inside the picture.

        With an aspect to keep, one that is too large is made smaller on both axes alike.
        """
        if region is not None and min(self._picture) > 0:
            inside = region if self._aspect is None else shrunk(region, *self._picture)
            self._set(fitted(inside, *self._picture, self._snap))
        elif region is None:
            self._set(None)

    def nudge(self, dx: float, dy: float) -> None:
        """Move the region by ``dx``, ``dy`` source pixels, as far as the picture goes."""
        if self._region is not None:
            x, y, width, height = self._region
            self.set_region(Region(x + dx, y + dy, width, height))

    def hit(self, x: float, y: float, tolerance: float) -> str | None:
        """The handle at a point: a corner ("nw", …), an edge ("n", …), "inside", or None."""
        return hit(self._region, x, y, tolerance) if self._region is not None else None

    @staticmethod
    def cursor_for(handle: str | None) -> Qt.CursorShape:
        """The pointer's shape over a handle; a cross where a drag starts a new region."""
        return _CURSORS.get(handle or "", Qt.CursorShape.CrossCursor)

    def press(
        self, x: float, y: float, tolerance: float, modifiers: Qt.KeyboardModifier = _NO_KEY
    ) -> bool:
        """Begin a drag at a point; False when the tool is off and leaves the drag to others.

        ``tolerance`` is how near a handle counts as on it. ``modifiers`` count from the first move.
        """
        del modifiers
        if not self.active or min(self._picture) <= 0:
            return False
        handle = self.hit(x, y, tolerance)
        box, point = self._region, (x, y)
        if handle is None or box is None:
            point = (between(x, self._picture[0]), between(y, self._picture[1]))
            box = Region(*point, 0.0, 0.0)
        self._drag = _Drag(handle, box, self._region, (x, y), point, tolerance / 2)
        self._moved = False
        self.dragging = handle or "se"
        return True

    def move(self, x: float, y: float, modifiers: Qt.KeyboardModifier = _NO_KEY) -> None:
        """Drag on to a point; Shift keeps the aspect (a new region becomes a square)."""
        drag = self._drag
        if drag is None:
            return
        travel = math.hypot(x - drag.pressed[0], y - drag.pressed[1])
        self._moved = self._moved or travel >= drag.threshold
        if not self._moved:
            return
        shift = (x - drag.point[0], y - drag.point[1])
        if drag.handle == "inside":
            moved = Region(drag.box.x + shift[0], drag.box.y + shift[1], *drag.box[2:])
            self.set_region(moved)
        else:
            ratio = self._ratio(drag, bool(modifiers & Qt.KeyboardModifier.ShiftModifier))
            region, self.dragging = resized(
                drag.box, drag.handle or "se", shift, self._picture, ratio, self._snap
            )
            self._set(region)

    def release(self) -> None:
        """End the drag. A click beside the region, without movement, clears it."""
        cleared = self._drag is not None and self._drag.handle is None and not self._moved
        self._end()
        if cleared:
            self._set(None)

    def cancel(self) -> None:
        """Give up the drag and return to the region before it."""
        if self._drag is not None:
            before = self._drag.before
            self._end()
            self.set_region(before)

    def paint(
        self,
        painter: QPainter,
        to_device: Callable[[Region], QRectF],
        canvas_rect: QRectF,
        output: tuple[int, int] | None = None,
    ) -> None:
        """Draw the region over the canvas, if there is one.

        ``to_device`` maps a region to the painter's coordinates, ``canvas_rect`` is in them too.
        ``output`` is the size in output pixels for the label; without it there is none.
        """
        if self._region is not None:
            label = size_label(self._region, output) if output is not None else ""
            paint_region(painter, to_device(self._region), canvas_rect, label)

    def _ratio(self, drag: _Drag, shift_key: bool) -> float | None:
        if self._aspect is not None or not shift_key:
            return self._aspect
        return drag.box.width / drag.box.height if drag.handle else 1.0

    def _end(self) -> None:
        self._drag = None
        self.dragging = None

    def _set(self, region: Region | None) -> None:
        if region != self._region:
            self._region = region
            self.changed.emit(region)


@dataclass(frozen=True, slots=True)
class _Drag:
    """A drag under way: what was taken (None: a new region), and the state at the press.

    ``point`` is where the dragged thing was taken: ``pressed``, or for a new region that begins
    beside the picture the nearest point of the picture.
    """

    handle: str | None
    box: Region
    before: Region | None
    pressed: tuple[float, float]
    point: tuple[float, float]
    threshold: float
