"""Geometry of the region tool: fitting, resizing and hitting a rectangle. Pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from models.samplers.grid import Region

SMALLEST: Final = 1e-3
"""Smallest side of a region in source pixels; 1 where edges snap to whole pixels."""

_VERTICAL = {-1: "n", 0: "", 1: "s"}
_HORIZONTAL = {-1: "w", 0: "", 1: "e"}


def fitted(region: Region, width: int, height: int, snap: bool = False) -> Region:
    """The region brought inside a picture of ``width`` × ``height``: moved first, then cut.

    With ``snap`` its corner and its size become whole source pixels.
    """
    x, across = _fit(region.x, region.width, width, snap)
    y, down = _fit(region.y, region.height, height, snap)
    return Region(x, y, across, down)


def shrunk(region: Region, width: int, height: int) -> Region:
    """The region made no larger than a picture of ``width`` × ``height``, its aspect kept."""
    across, down = max(region.width, SMALLEST), max(region.height, SMALLEST)
    factor = min(1.0, width / across, height / down)
    return region._replace(width=region.width * factor, height=region.height * factor)


def resized(
    box: Region,
    handle: str,
    shift: tuple[float, float],
    picture: tuple[int, int],
    ratio: float | None = None,
    snap: bool = False,
) -> tuple[Region, str]:
    """The box after its ``handle`` was dragged by ``shift``, and the handle it is now.

    All lengths are source pixels. The result lies inside the picture; an edge dragged across the
    opposite one turns the box over. ``ratio`` is width over height to keep; with ``snap`` too, the
    longer side leads and the other is rounded.
    """
    across = _Side.dragged((box.x, box.width), shift[0], _signs(handle)[0], picture[0], snap)
    down = _Side.dragged((box.y, box.height), shift[1], _signs(handle)[1], picture[1], snap)
    size = (across.span, down.span) if ratio is None else _locked(across, down, ratio, snap)
    region = Region(across.start_of(size[0], snap), down.start_of(size[1], snap), size[0], size[1])
    return region, _VERTICAL[down.direction] + _HORIZONTAL[across.direction]


def hit(region: Region, x: float, y: float, tolerance: float) -> str | None:
    """The handle of a region at a point: a corner ("nw", …), an edge ("n", …), "inside", or None.

    Edges take the whole side. They reach ``tolerance`` source pixels outwards, but at most a
    quarter of the region inwards, so that a small region can still be moved.
    """
    across = _near(x - region.x, region.width, tolerance)
    down = _near(y - region.y, region.height, tolerance)
    if across is None or down is None:
        return None
    return _VERTICAL[down] + _HORIZONTAL[across] or "inside"


@dataclass(frozen=True, slots=True)
class _Side:
    """One axis of a resize.

    ``anchor`` is the edge that stays, the moved edge lies ``span`` away from it in ``direction``
    (−1, 1) and has ``room`` until the border. ``direction`` 0: this axis is not dragged, and
    ``anchor`` is its centre.
    """

    anchor: float
    direction: int
    span: float
    room: float
    length: int

    @classmethod
    def dragged(
        cls, extent: tuple[float, float], shift: float, sign: int, length: int, snap: bool
    ) -> _Side:
        """The axis of a box (``extent``: start and size) whose edge on side ``sign`` moved."""
        start, size = extent
        if sign == 0:
            return cls(start + size / 2, 0, size, float(length), length)
        anchor, end = (start, start + size) if sign > 0 else (start + size, start)
        anchor, end = between(anchor, length), between(end + shift, length)
        if snap:
            anchor, end = _rounded(anchor), _rounded(end)
        direction = sign if end == anchor else int(math.copysign(1, end - anchor))
        smallest = 1.0 if snap else SMALLEST
        if (length - anchor if direction > 0 else anchor) < smallest / 2:
            direction = -direction
        room = length - anchor if direction > 0 else anchor
        span = min(max(abs(end - anchor), smallest), room)
        return cls(anchor, direction, span, room, length)

    def start_of(self, size: float, snap: bool) -> float:
        """Where a side of ``size`` begins."""
        if self.direction:
            return max(self.anchor if self.direction > 0 else self.anchor - size, 0.0)
        start = self.anchor - size / 2
        return min(max(_rounded(start) if snap else start, 0.0), self.length - size)


def _locked(across: _Side, down: _Side, ratio: float, snap: bool) -> tuple[float, float]:
    """Width and height of ``ratio`` that follow the drag as far as the picture has room."""
    wishes = [across.span] * bool(across.direction) + [down.span * ratio] * bool(down.direction)
    width = min(max(wishes), across.room, down.room * ratio)
    if not snap:
        return width, min(width / ratio, down.room)
    if ratio >= 1:
        width = _counted(width, across.room)
        return width, _counted(width / ratio, down.room)
    height = _counted(width / ratio, down.room)
    return _counted(height * ratio, across.room), height


def _fit(start: float, size: float, length: int, snap: bool) -> tuple[float, float]:
    if snap:
        start, size = _rounded(start), _rounded(size)
    size = min(max(size, 1.0 if snap else SMALLEST), float(length))
    return min(max(start, 0.0), length - size), size


def _signs(handle: str) -> tuple[int, int]:
    return ("e" in handle) - ("w" in handle), ("s" in handle) - ("n" in handle)


def _near(offset: float, size: float, tolerance: float) -> int | None:
    """-1, 0, 1 for the first edge, the inside and the second edge of a side; None beside it."""
    if not -tolerance <= offset <= size + tolerance:
        return None
    inwards = min(tolerance, size / 4)
    return (offset > size - inwards) - (offset < inwards)


def between(value: float, length: float) -> float:
    """The value, or the nearer end of 0 … ``length``."""
    return min(max(value, 0.0), float(length))


def _rounded(value: float) -> float:
    """The nearest whole number, halves upwards (Python's ``round`` would take the even one)."""
    return float(math.floor(value + 0.5))


def _counted(value: float, room: float) -> float:
    return min(max(_rounded(value), 1.0), room)
