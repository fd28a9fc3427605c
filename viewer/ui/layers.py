"""A layer of the canvas: its frames as they arrive, and how they are painted in any view.

At rest a layer is one frame, drawn pixel by pixel. On the way there the last finished frame, a
preview and a half-finished frame are warped to the view and drawn over each other, coarsest first,
each where no finer one hides it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from models.samplers.grid import Grid, Region
from viewer.rendering.frames import Frame
from viewer.rendering.messages import Patch, Patches, Pixels
from viewer.rendering.view import View
from viewer.ui.stack import Pieces, exact_offset, visible

FADE = 0.12
"""Seconds in which a finished tile takes over from its placeholder."""

FAST_ABOVE = 2560 * 1440
"""Device pixels above which placeholders are warped without smoothing."""


@dataclass(frozen=True, eq=False)
class _Fresh:
    """A tile that is fading in since ``born``."""

    patch: Patch
    born: float


class Layer:
    """The pictures of one layer.

    Attributes:
        current: the frame of the newest view, being filled.
        whole: the last frame that was finished for another view.
        part: a half-finished frame of another view.
        preview: the last finished preview: reduced, or of a view on the way to the newest.
        coming: the preview that is being filled.
        preview_factor: device pixels per sample of the newest view's preview, 0 if it has none.
    """

    def __init__(self) -> None:
        self.current: Frame | None = None
        self.whole: Frame | None = None
        self.part: Frame | None = None
        self.preview: Frame | None = None
        self.coming: Frame | None = None
        self.preview_factor = 0
        self._fresh: list[_Fresh] = []

    def clear(self) -> None:
        """Forget everything, as for a new picture or another sampler."""
        self.current = self.whole = self.part = self.preview = self.coming = None
        self._fresh.clear()

    def restart(self) -> None:
        """Fill the newest frame anew, keeping nothing."""
        grid = None if self.current is None else self.current.grid
        self.clear()
        self.current = None if grid is None else Frame(grid)

    def begin(self, grid: Grid) -> None:
        """A new view: what was being filled becomes a placeholder."""
        old = self.current
        if old is not None and old.grid == grid:
            return  # asked for again, at rest after motion: what fades in goes on doing so
        self.settle(math.inf)
        before = (old, self.part, self.whole)
        if old is not None and old.complete:
            self.whole, self.part = old, None
        elif old is not None and (old.done * 2 >= old.total or (old.done and self.part is None)):
            self.part = old
        self.current = self._continued(grid, before)
        self.preview_factor = 0

    def _continued(self, grid: Grid, before: Sequence[Frame | None]) -> Frame:
        """A frame of a new view; on the same lattice it begins with what is known already."""
        frame = Frame(grid)
        for old in before:
            if old is not None and old.grid.lattice == grid.lattice:
                frame.take_over(old)
        return frame

    def take(self, patches: Patches, now: float, fade: bool) -> list[Patch]:
        """Put finished tiles into their frame; with ``fade``, new ones take over gradually.

        Returns:
            Those that change what is to be seen.
        """
        current = self.current
        if current is None or current.grid != patches.grid:
            return self._take_preview(patches)
        # Known tiles that were taken over from an earlier view are there, pixel by pixel.
        new = [each for each in patches.patches if not (patches.known and current.has(each))]
        if fade and not patches.known:
            self._fresh += [_Fresh(patch, now) for patch in new]
        else:
            for patch in new:
                current.paste(patch)
        return new

    def _take_preview(self, patches: Patches) -> list[Patch]:
        if self.coming is None or self.coming.grid != patches.grid:
            if self.coming is not None and self.coming.complete:
                self.preview = self.coming
            self.coming = Frame(patches.grid, patches.factor)
        self.preview_factor = patches.factor
        for patch in patches.patches:
            self.coming.paste(patch)
        return list(patches.patches)

    def settle(self, now: float) -> bool:
        """Paste tiles whose fade is over. True while some are still fading."""
        if self.current is not None:
            for fresh in self._fresh:
                if now - fresh.born >= FADE:
                    self.current.paste(fresh.patch)
        self._fresh = [fresh for fresh in self._fresh if now - fresh.born < FADE]
        return bool(self._fresh)

    @property
    def fading(self) -> list[QRect]:
        """Where tiles are fading in, in device pixels from the newest frame's corner."""
        return places_of(fresh.patch for fresh in self._fresh)

    @property
    def complete(self) -> bool:
        """Whether the newest view's frame is finished and shown in full."""
        return self.current is not None and self.current.complete and not self._fresh

    def shown(self, view: View, seen: Region | None = None) -> float:
        """Samples per device pixel of what can be shown in all of a view now, 0 for nothing.

        Args:
            seen: the part of the picture in the view; by default all of the view.
        """
        frames = (self.current, self.whole, self.preview, self.coming, self.part)
        useful = [f for f in frames if f is not None and f.done * 2 >= f.total]
        reaching = [f for f in useful if f.reaches(seen or view.region)]
        return max((min(1.0, frame.scale / view.scale) for frame in reaching), default=0.0)

    def paint(
        self,
        painter: QPainter,
        view: View,
        now: float,
        area: QRect | None = None,
        ground: Callable[[], None] | None = None,
    ) -> None:
        """Paint the layer in a view, in device pixels.

        Args:
            area: what is to be painted of the view; by default all.
            ground: paints what lies below, where that shows.
        """
        area = area or QRect(0, 0, view.width, view.height)
        frames, left = visible(self._frames(), view, area)
        if ground is not None:
            _paint_in(painter, left, area, ground)
        for frame, pieces in frames:
            _paint_in(painter, pieces, area, partial(draw_frame, painter, frame, view))
        self._paint_fresh(painter, view, now)

    def _frames(self) -> list[Frame]:
        """The frames that hold something, from the coarsest to the newest view's own."""
        frames = (self.whole, self.preview, self.coming, self.part)
        behind = [frame for frame in frames if frame is not None and frame.done]
        behind.sort(key=lambda frame: frame.scale)
        own = [self.current] if self.current is not None and self.current.done else []
        return behind + own

    def _paint_fresh(self, painter: QPainter, view: View, now: float) -> None:
        if not self._fresh or self.current is None:
            return
        offset = exact_offset(self.current, view)
        if offset is None:
            return
        for fresh in self._fresh:
            painter.setOpacity(min(max((now - fresh.born) / FADE, 0.0), 1.0))
            at = offset + QPoint(fresh.patch.left, fresh.patch.top)
            painter.drawImage(at, image_of(fresh.patch.pixels, opaque=True))
        painter.setOpacity(1.0)


def _paint_in(painter: QPainter, pieces: Pieces, area: QRect, paint: Callable[[], None]) -> None:
    """Paint in some pieces of an area only."""
    if pieces == [area]:
        paint()
        return
    for piece in pieces:
        painter.save()
        painter.setClipRect(piece, Qt.ClipOperation.IntersectClip)
        paint()
        painter.restore()


def places_of(patches: Iterable[Patch]) -> list[QRect]:
    """Where tiles lie, in device pixels from their frame's corner."""
    return [
        QRect(patch.left, patch.top, patch.pixels.shape[1], patch.pixels.shape[0])
        for patch in patches
    ]


def image_of(pixels: Pixels, *, opaque: bool) -> QImage:
    """A QImage over pixels, without a copy: the array must outlive it."""
    rows, columns = pixels.shape[:2]
    return _image(pixels.data, columns, rows, 4 * columns, opaque)


def _image_of_frame(frame: Frame) -> QImage:
    """A QImage over a frame's pixels, without a copy."""
    window, sheet = frame.grid.window, frame.sheet
    row = 4 * sheet.window.columns
    return _image(sheet.memory(window), window.columns, window.rows, row, frame.complete)


def _image(memory: memoryview, columns: int, rows: int, row: int, opaque: bool) -> QImage:
    kind = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
    return QImage(memory, columns, rows, row, kind)  # type: ignore[call-overload,no-any-return,unused-ignore]


def draw_frame(painter: QPainter, frame: Frame, view: View) -> None:
    """Draw a frame in a view: exactly if it was made for it, else warped."""
    image = _image_of_frame(frame)
    offset = exact_offset(frame, view)
    if offset is not None:
        painter.drawImage(offset, image)
    else:
        draw_warped(painter, image, frame.region, view)


def draw_warped(painter: QPainter, image: QImage, region: Region, view: View) -> None:
    """Draw an image that covers a region of the picture, scaled to a view."""
    per_x, per_y = image.width() / region.width, image.height() / region.height
    seen = view.region
    # Only what is visible is handed to Qt: at strong zooms the whole would overflow its numbers.
    left = max(0, math.floor((seen.x - region.x) * per_x) - 1)
    top = max(0, math.floor((seen.y - region.y) * per_y) - 1)
    right = min(image.width(), math.ceil((seen.x + seen.width - region.x) * per_x) + 1)
    bottom = min(image.height(), math.ceil((seen.y + seen.height - region.y) * per_y) + 1)
    if right <= left or bottom <= top:
        return
    start = view.to_device(region.x + left / per_x, region.y + top / per_y)
    end = view.to_device(region.x + right / per_x, region.y + bottom / per_y)
    smooth = view.width * view.height <= FAST_ABOVE
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(
        QRectF(QPointF(*start), QPointF(*end)),
        image,
        QRectF(left, top, right - left, bottom - top),
    )
