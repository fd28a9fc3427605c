"""A layer of the canvas: its frames as they arrive, and how they are painted in any view.

At rest a layer is one frame, drawn pixel by pixel. On the way there the last finished frame, a
preview and a half-finished frame are warped to the view and drawn over each other, coarsest first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from models.samplers.grid import Grid, Region
from viewer.rendering.frames import Frame
from viewer.rendering.messages import Patch, Patches, Pixels
from viewer.rendering.view import View

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
        preview: the last reduced preview.
        preview_factor: device pixels per sample of the newest view's preview, 0 if it has none.
    """

    def __init__(self) -> None:
        self.current: Frame | None = None
        self.whole: Frame | None = None
        self.part: Frame | None = None
        self.preview: Frame | None = None
        self.preview_factor = 0
        self._fresh: list[_Fresh] = []

    def clear(self) -> None:
        """Forget everything, as for a new picture or another sampler."""
        self.current = self.whole = self.part = self.preview = None
        self._fresh.clear()

    def restart(self) -> None:
        """Fill the newest frame anew, keeping nothing."""
        grid = None if self.current is None else self.current.grid
        self.clear()
        self.current = None if grid is None else Frame(grid)

    def begin(self, grid: Grid) -> None:
        """A new view: what was being filled becomes a placeholder."""
        self.settle(math.inf)
        old = self.current
        if old is not None and old.grid == grid:
            return
        if old is not None and old.complete:
            self.whole, self.part = old, None
        elif old is not None and (old.done * 2 >= old.total or (old.done and self.part is None)):
            self.part = old
        self.current = Frame(grid)
        self.preview_factor = 0

    def take(self, patches: Patches, now: float, fade: bool) -> None:
        """Put finished tiles into their frame; with ``fade``, new ones take over gradually."""
        if patches.factor > 1:
            self._take_preview(patches)
            return
        if self.current is None or self.current.grid != patches.grid:
            return
        if fade and not patches.known:
            self._fresh += [_Fresh(patch, now) for patch in patches.patches]
            return
        for patch in patches.patches:
            self.current.paste(patch)

    def _take_preview(self, patches: Patches) -> None:
        if self.preview is None or self.preview.grid != patches.grid:
            self.preview = Frame(patches.grid, patches.factor)
        self.preview_factor = patches.factor
        for patch in patches.patches:
            self.preview.paste(patch)

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

    def shown(self, view: View) -> float:
        """Samples per device pixel of what can be shown in a view now, 0 for nothing."""
        frames = (self.current, self.whole, self.preview, self.part)
        useful = [f for f in frames if f is not None and f.done * 2 >= f.total]
        covering = [f for f in useful if _contains(f.region, view.x, view.y)]
        return max((min(1.0, frame.scale / view.scale) for frame in covering), default=0.0)

    def paint(self, painter: QPainter, view: View, now: float, seen: Region | None = None) -> None:
        """Paint the layer in a view, in device pixels.

        Args:
            seen: the part of the picture in the view; by default all of the view.
        """
        current = self.current
        if current is not None and current.complete and exact_offset(current, view) is not None:
            draw_frame(painter, current, view)
            return
        for frame in self._stack(seen or view.region):
            draw_frame(painter, frame, view)
        self._paint_fresh(painter, view, now)

    def _stack(self, region: Region) -> list[Frame]:
        """The frames to paint, from the coarsest to the newest view's own.

        Warping is most of a paint's time, so nothing is painted that another frame hides.
        """
        behind = [f for f in (self.whole, self.preview, self.part) if f is not None and f.done]
        behind.sort(key=lambda frame: frame.scale)
        if self.current is not None and self.current.done:
            behind.append(self.current)
        hiding = [index for index, frame in enumerate(behind) if frame.covers(region)]
        return behind[hiding[-1] :] if hiding else behind

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

    def hides_base(self, region: Region) -> bool:
        """Whether a finished frame covers a region, so that nothing below it shows."""
        frames = (self.current, self.whole, self.preview)
        return any(frame is not None and frame.covers(region) for frame in frames)


def _contains(region: Region, x: float, y: float) -> bool:
    return region.x <= x <= region.x + region.width and region.y <= y <= region.y + region.height


def places_of(patches: Iterable[Patch]) -> list[QRect]:
    """Where tiles lie, in device pixels from their frame's corner."""
    return [
        QRect(patch.left, patch.top, patch.pixels.shape[1], patch.pixels.shape[0])
        for patch in patches
    ]


def image_of(pixels: Pixels, *, opaque: bool) -> QImage:
    """A QImage over pixels, without a copy: the array must outlive it."""
    rows, columns = pixels.shape[:2]
    kind = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.data, columns, rows, pixels.strides[0], kind)  # type: ignore[call-overload,no-any-return,unused-ignore]


def exact_offset(frame: Frame, view: View) -> QPoint | None:
    """Where a frame's pixels fall exactly on device pixels in a view, or None if they do not."""
    if abs(frame.scale / view.scale - 1.0) * max(frame.grid.columns, frame.grid.rows) > 1e-3:
        return None
    x, y = view.to_device(frame.region.x, frame.region.y)
    left, top = math.floor(x + 0.5), math.floor(y + 0.5)
    return QPoint(left, top) if abs(x - left) < 1e-3 and abs(y - top) < 1e-3 else None


def draw_frame(painter: QPainter, frame: Frame, view: View) -> None:
    """Draw a frame in a view: exactly if it was made for it, else warped."""
    image = image_of(frame.pixels, opaque=frame.complete)
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
