"""The view: what part of a picture the canvas shows, as an immutable value.

Device coordinates count device pixels from the canvas's top left corner; source coordinates count
source pixels from the picture's. Zooming keeps the point under the cursor where it is.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from typing import NamedTuple

from models.samplers.grid import Axis, Grid, Lattice, Region, Window

VISIBLE = 64
"""Device pixels of the picture that always stay on the canvas, per axis."""

LARGEST = 512.0
"""The largest scale (a picture of a few pixels may be enlarged to four times its fit)."""

SAME = 1e-6
"""Two lattices are one if no sample of the view moves by more than this many device pixels."""


class Placement(NamedTuple):
    """The grid of a view, and where its first sample lies on the canvas.

    Attributes:
        grid: the samples whose centres lie inside the picture and on the canvas; of a picture
            thinner than a sample, the next one.
        left, top: device pixel of the grid's first column and row.
    """

    grid: Grid
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class View:
    """What the canvas shows.

    Attributes:
        x, y: source point in the middle of the canvas.
        log2_scale: log₂ of device pixels per source pixel.
        width, height: size of the canvas in device pixels.
    """

    x: float
    y: float
    log2_scale: float
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Device pixels per source pixel."""
        return math.exp2(self.log2_scale)

    def to_source(self, x: float, y: float) -> tuple[float, float]:
        """The source point under a device point."""
        scale = self.scale
        return self.x + (x - self.width / 2) / scale, self.y + (y - self.height / 2) / scale

    def to_device(self, x: float, y: float) -> tuple[float, float]:
        """The device point over a source point."""
        scale = self.scale
        return (x - self.x) * scale + self.width / 2, (y - self.y) * scale + self.height / 2

    @property
    def region(self) -> Region:
        """The part of the plane that the canvas covers, in source pixels."""
        left, top = self.to_source(0.0, 0.0)
        return Region(left, top, self.width / self.scale, self.height / self.scale)

    def zoomed(self, log2_factor: float, x: float, y: float) -> View:
        """Enlarged by ``2^log2_factor`` about a device point, which stays over its source point."""
        return self._about(self.log2_scale + log2_factor, x, y)

    def _about(self, log2_scale: float, x: float, y: float) -> View:
        source_x, source_y = self.to_source(x, y)
        scale = math.exp2(log2_scale)
        return replace(
            self,
            x=source_x - (x - self.width / 2) / scale,
            y=source_y - (y - self.height / 2) / scale,
            log2_scale=log2_scale,
        )

    def scaled_to(self, scale: float, x: float, y: float) -> View:
        """At an exact scale, near a device point, with source pixels aligned to device pixels."""
        return self._about(math.log2(scale), x, y).aligned()

    def aligned(self) -> View:
        """Moved by at most half a device pixel: the picture's corner lies on a pixel's corner."""
        left, top = self.to_device(0.0, 0.0)
        scale = self.scale
        x = (self.width / 2 - math.floor(left + 0.5)) / scale
        y = (self.height / 2 - math.floor(top + 0.5)) / scale
        return replace(self, x=x, y=y)

    def panned(self, dx: int, dy: int) -> View:
        """The picture moved right and down by whole device pixels: the lattice stays the same."""
        return replace(self, x=self.x - dx / self.scale, y=self.y - dy / self.scale)

    def resized(self, width: int, height: int, first_row: int | None = None) -> View:
        """On a canvas of another size, about the same centre and on the same lattice.

        With ``first_row``, the row of the old canvas that is the new one's first, it is cut or
        goes on there.
        """
        # From the whole halves, so that many small steps end where one large step does.
        dx, dy = width // 2 - self.width // 2, height // 2 - self.height // 2
        row = -dy if first_row is None else first_row
        if (width, height, row) == (self.width, self.height, 0):
            return self
        left, top = self.to_source(-float(dx), float(row))
        scale = self.scale
        return replace(
            self,
            x=left + width / 2 / scale,
            y=top + height / 2 / scale,
            width=width,
            height=height,
        )

    def placement(self, picture: Size, lattices: Lattices | None = None) -> Placement | None:
        """The grid of the view over a picture, or None if no sample lies inside it."""
        region, step = self.region, 1.0 / self.scale
        x, column = Axis.through(region.x, step)
        y, row = Axis.through(region.y, step)
        lattice = Lattice(x, y)
        if lattices is not None:
            seen = Window(column, row, self.width, self.height)
            lattice, (column, row, *_) = lattices.known(lattice, seen)
        columns = _common(lattice.x.inside(picture.width), column, self.width)
        rows = _common(lattice.y.inside(picture.height), row, self.height)
        if not columns or not rows:
            return None
        window = Window(columns.start, rows.start, len(columns), len(rows))
        return Placement(Grid(lattice, window), columns.start - column, rows.start - row)


class Size(NamedTuple):
    """Width and height of a picture in source pixels."""

    width: int
    height: int


def _common(inside: range, first: int, count: int) -> range:
    if not inside:
        # A picture thinner than a sample, between two centres: the next one shows it.
        inside = range(inside.start, inside.start + 1)
    return range(max(inside.start, first), min(inside.stop, first + count))


class Lattices:
    """The lattices seen last. A view that returns to one takes it, so its tiles are found again."""

    def __init__(self, remember: int = 256):
        self._seen: deque[Lattice] = deque(maxlen=remember)

    def known(self, lattice: Lattice, window: Window) -> tuple[Lattice, Window]:
        """An earlier lattice that puts no sample of a window elsewhere, or the given one.

        Returns it with the window in its own indices: where the phase is half a sample, rounding
        decides whether it is counted as +½ or as −½ of the next one.
        """
        # By far most have another step; no more than this apart at the window's ends.
        step, apart = lattice.x.step, 2.02 * SAME * lattice.x.step / window.columns
        for earlier in self._seen:
            if abs(earlier.x.step - step) > apart:
                continue
            across = _shift(earlier.x, lattice.x, window.column, window.columns)
            down = _shift(earlier.y, lattice.y, window.row, window.rows)
            if across is not None and down is not None:
                self._seen.remove(earlier)
                self._seen.appendleft(earlier)
                moved = window._replace(column=window.column + across, row=window.row + down)
                return earlier, moved
        self._seen.appendleft(lattice)
        return lattice, window


def _shift(one: Axis, other: Axis, first: int, count: int) -> int | None:
    """What to add to indices of an axis to find the same samples on another, or None."""
    shift = round((other.origin - one.origin) / one.step)
    start = one.origin + shift * one.step - other.origin
    for index in (first, first + count):
        if abs(start + (index + 0.5) * (one.step - other.step)) > SAME * one.step:
            return None
    return shift


def fit_scale(picture: Size, width: int, height: int) -> float:
    """The scale at which the whole picture just fits a canvas."""
    return min(width / picture.width, height / picture.height)


def fitted(picture: Size, width: int, height: int) -> View:
    """The whole picture in the middle of a canvas."""
    log2_scale = math.log2(fit_scale(picture, width, height))
    return View(picture.width / 2, picture.height / 2, log2_scale, width, height).aligned()


def limits(picture: Size, width: int, height: int) -> tuple[float, float]:
    """Smallest and largest log₂ scale: a quarter of the fit to `LARGEST` or four times the fit."""
    fit = math.log2(fit_scale(picture, width, height))
    return min(fit - 2.0, 0.0), max(math.log2(LARGEST), fit + 2.0)


def within_limits(log2_scale: float, picture: Size, width: int, height: int) -> float:
    """The nearest log₂ scale that is allowed."""
    low, high = limits(picture, width, height)
    return min(max(log2_scale, low), high)


def kept_visible(view: View, picture: Size) -> View:
    """The view, moved by whole device pixels only if less than `VISIBLE` of the picture is left."""
    left, top = view.to_device(0.0, 0.0)
    dx = _back(left, picture.width * view.scale, view.width)
    dy = _back(top, picture.height * view.scale, view.height)
    return view.panned(dx, dy) if dx or dy else view


def _back(start: float, length: float, canvas: int) -> int:
    """Whole pixels to move a span so that enough of it is on the canvas."""
    least = min(VISIBLE, length, canvas)
    if start + length < least:
        return math.ceil(least - start - length - SAME)
    if start > canvas - least:
        return -math.ceil(start - canvas + least - SAME)
    return 0


def same_view(one: View, other: View) -> bool:
    """Whether two views put every point within `SAME` device pixels of the same place."""
    if (one.width, one.height) != (other.width, other.height):
        return False
    corners = ((0.0, 0.0), (float(one.width), float(one.height)))
    return all(
        math.dist(other.to_device(*one.to_source(*corner)), corner) <= SAME for corner in corners
    )


def between(start: View, end: View, t: float) -> View:
    """A view on the way from one to another, ``t`` from 0 to 1.

    The scale moves evenly in log space about the one device point that both views put over the
    same source point, so that a zoom stays under its cursor all the way.
    """
    if t >= 1.0:
        return end
    log2_scale = start.log2_scale + (end.log2_scale - start.log2_scale) * t
    span = 1.0 / start.scale - 1.0 / end.scale
    if abs(span) * start.scale < 1e-9:
        share = t
    else:
        share = (1.0 / start.scale - math.exp2(-log2_scale)) / span
    return replace(
        end,
        x=start.x + (end.x - start.x) * share,
        y=start.y + (end.y - start.y) * share,
        log2_scale=log2_scale,
    )
