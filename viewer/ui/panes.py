"""Panes: the parts of the canvas that show a side each, all of one size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect

GAP = 2
"""Device pixels between panes that lie beside or below each other."""


@dataclass(frozen=True)
class Pane:
    """A part of the canvas that shows one side.

    Attributes:
        side: ``a`` to ``d``, or ``diff`` (the difference of A and B).
        area: where the whole view lies, in device pixels.
        clip: the part of it that is shown.
    """

    side: str
    area: QRect
    clip: QRect

    def shows(self, layer: str) -> bool:
        """Whether a layer (``a``, or ``ga`` for its map) is seen in the pane."""
        return layer[-1] == self.side or (self.side == "diff" and layer in ("a", "b"))


def shape(count: int, width: int, height: int) -> tuple[int, int]:
    """Columns and rows for some sides on a canvas: no cell stays empty.

    Four stand two by two; two or three in a row, or one below the other on an upright canvas.
    """
    if count == 4:
        return 2, 2
    return (count, 1) if width >= height else (1, count)


def cell(columns: int, rows: int, width: int, height: int) -> tuple[int, int]:
    """Size of each pane on a canvas, in device pixels."""
    return _share(width, columns), _share(height, rows)


def tiled(sides: Sequence[str], columns: int, width: int, height: int) -> list[Pane]:
    """Panes of one size, row by row; the outer ones lie at the canvas's edges."""
    rows = len(sides) // columns
    across, down = cell(columns, rows, width, height)
    panes = []
    for place, side in enumerate(sides):
        row, column = divmod(place, columns)
        left = _start(column, columns, across, width)
        area = QRect(left, _start(row, rows, down, height), across, down)
        panes.append(Pane(side, area, area))
    return panes


def nearest(panes: Sequence[Pane], x: float, y: float) -> Pane:
    """The pane that a device point lies in, or the one that is nearest to it."""

    def distance(pane: Pane) -> float:
        area = pane.area
        beside = max(area.left() - x, x - area.left() - area.width(), 0.0)
        below = max(area.top() - y, y - area.top() - area.height(), 0.0)
        return math.hypot(beside, below)

    return min(panes, key=distance)


def _share(length: int, count: int) -> int:
    return max(1, (length - GAP * (count - 1)) // count)


def _start(place: int, count: int, size: int, length: int) -> int:
    """Where a pane begins: the first at 0, the last at the end, the gaps alike to a pixel."""
    return place * (length - size) // (count - 1) if count > 1 else 0
