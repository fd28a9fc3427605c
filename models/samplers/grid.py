"""Grids: where, in source pixels, the samples of a picture lie.

Source pixel ``i`` covers ``[i, i + 1)`` and its centre is ``i + 0.5``. A lattice is regular per
axis: sample ``k`` lies at ``origin + (k + 1/2)·step``, and ``step = 1 / scale``. All is float64.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TILE = 64
"""Side of a tile in samples. Lattices are always evaluated in whole tiles, counted from index 0."""

SNAP = 2.0**-30
"""Phases are rounded to multiples of this many samples, so that rounding noise in a region's
numbers does not make another lattice of the same samples."""

EDGE = 1e-5
"""Samples that lie less than this many of their steps before the picture's end lie at it: whoever
counts the samples of a picture finds the same, for all rounding noise."""

MOST = 2.0**62
"""No index of a sample comes up to this: they are 64-bit integers."""

Floats = NDArray[np.float64]


class Region(NamedTuple):
    """A rectangle of the picture in source pixels (floats)."""

    x: float
    y: float
    width: float
    height: float

    def clipped(self, width: int, height: int) -> Region:
        """The part inside a picture of ``width`` × ``height``. Raises ValueError if it is empty."""
        left, right = max(self.x, 0.0), min(self.x + self.width, float(width))
        top, bottom = max(self.y, 0.0), min(self.y + self.height, float(height))
        if not (right > left and bottom > top):
            numbers = ",".join(f"{value:g}" for value in self)
            raise ValueError(
                f"the region {numbers} has no pixel in the picture of {width}x{height}; "
                "give X,Y,WIDTH,HEIGHT in source pixels"
            )
        return Region(left, top, right - left, bottom - top)

    def size_at(self, scale: float) -> tuple[int, int]:
        """Columns and rows of samples at a scale: ``max(1, ⌊side·scale + 1/2⌋)``."""
        across, down = (max(1, math.floor(side * scale + 0.5)) for side in self[2:])
        return across, down


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a lattice: sample ``k`` lies at ``origin + (k + 1/2)·step`` source pixels."""

    origin: float
    step: float

    @classmethod
    def through(cls, start: float, step: float) -> tuple[Axis, int]:
        """The axis on which one sample begins at ``start``, and that sample's index.

        Its origin is the phase nearest to the picture's corner, so that equal samples have equal
        indices, and therefore lie in equal tiles, whoever asks for them.
        """
        place = round(start / step / SNAP) * SNAP
        index = math.floor(place + 0.5)
        return cls((place - index) * step, step), index

    def positions(self, first: int, count: int) -> Floats:
        """Positions of ``count`` samples from index ``first``: float64 in source pixels."""
        return self.origin + (np.arange(first, first + count, dtype=np.float64) + 0.5) * self.step

    def inside(self, length: int) -> range:
        """Indices of the samples whose positions lie in ``[0, length)``."""
        first = math.ceil(-self.origin / self.step - 0.5 - EDGE)
        end = math.ceil((length - self.origin) / self.step - 0.5 - EDGE)
        return range(first, max(end, first))


@dataclass(frozen=True, slots=True)
class Lattice:
    """Regularly spaced sample points over the picture, with one `Axis` across and one down."""

    x: Axis
    y: Axis

    @property
    def reduces(self) -> bool:
        """Whether an axis has fewer samples than source pixels (then no network applies)."""
        return max(self.x.step, self.y.step) > 1.0 + SNAP


class Window(NamedTuple):
    """An integer window of a lattice: its first column and row, and how many of each."""

    column: int
    row: int
    columns: int
    rows: int

    def grown(self, margin: int) -> Window:
        """The window with ``margin`` more samples on each side."""
        return Window(
            self.column - margin,
            self.row - margin,
            self.columns + 2 * margin,
            self.rows + 2 * margin,
        )

    def common(self, other: Window) -> Window | None:
        """The samples that two windows share, or None."""
        left, top = max(self.column, other.column), max(self.row, other.row)
        right = min(self.column + self.columns, other.column + other.columns)
        bottom = min(self.row + self.rows, other.row + other.rows)
        if right <= left or bottom <= top:
            return None
        return Window(left, top, right - left, bottom - top)


class Tile(NamedTuple):
    """A tile's place on its lattice: it holds samples ``64·column … + 63``, rows alike."""

    column: int
    row: int

    @property
    def window(self) -> Window:
        """The samples of the tile."""
        return Window(self.column * TILE, self.row * TILE, TILE, TILE)


@dataclass(frozen=True, slots=True)
class Grid:
    """A lattice and an integer window of it."""

    lattice: Lattice
    window: Window

    @classmethod
    def for_scale(cls, width: int, height: int, scale: float, region: Region | None = None) -> Grid:
        """The samples of a region of a ``width`` × ``height`` picture at ``scale``.

        The size is ``max(1, ⌊side·scale + 1/2⌋)`` and the step exactly ``1 / scale``.
        """
        if not (scale > 0 and math.isfinite(scale) and math.isfinite(1.0 / scale)):
            raise ValueError(f"the scale must be a number above 0, not {scale:g}")
        box = (region or Region(0.0, 0.0, width, height)).clipped(width, height)
        if not max(box.x + box.width, box.y + box.height) * scale < MOST:
            raise ValueError(
                f"the scale {scale:g} is beyond what can be computed; choose a smaller one"
            )
        return cls._at(box, *box.size_at(scale), 1.0 / scale, 1.0 / scale)

    @classmethod
    def for_size(
        cls, width: int, height: int, columns: int, rows: int, region: Region | None = None
    ) -> Grid:
        """``columns`` × ``rows`` samples over a region: the steps are the sides over the counts."""
        if columns < 1 or rows < 1:
            raise ValueError(f"the size must be at least 1x1, not {columns}x{rows}")
        box = (region or Region(0.0, 0.0, width, height)).clipped(width, height)
        return cls._at(box, columns, rows, box.width / columns, box.height / rows)

    @classmethod
    def _at(cls, box: Region, columns: int, rows: int, step_x: float, step_y: float) -> Grid:
        if step_x <= (box.x + box.width) / MOST or step_y <= (box.y + box.height) / MOST:
            raise ValueError("the region is too small for so many pixels; choose a larger one")
        x, column = Axis.through(box.x, step_x)
        y, row = Axis.through(box.y, step_y)
        return cls(Lattice(x, y), Window(column, row, columns, rows))

    @property
    def columns(self) -> int:
        """Width in samples."""
        return self.window.columns

    @property
    def rows(self) -> int:
        """Height in samples."""
        return self.window.rows

    @property
    def region(self) -> Region:
        """The source pixels that the grid covers."""
        x, y = self.lattice.x, self.lattice.y
        return Region(
            x.origin + self.window.column * x.step,
            y.origin + self.window.row * y.step,
            self.columns * x.step,
            self.rows * y.step,
        )

    def tiles(self) -> list[Tile]:
        """The tiles that the window touches, row by row."""
        return list(tiles_of(self.window))

    @property
    def tile_count(self) -> int:
        """How many tiles the window touches."""
        column, row, columns, rows = self.window
        across = (column + columns - 1) // TILE - column // TILE + 1
        return across * ((row + rows - 1) // TILE - row // TILE + 1)


def tiles_of(window: Window) -> Iterator[Tile]:
    """The tiles that a window touches, row by row."""
    last_row = (window.row + window.rows - 1) // TILE
    last_column = (window.column + window.columns - 1) // TILE
    for row in range(window.row // TILE, last_row + 1):
        for column in range(window.column // TILE, last_column + 1):
            yield Tile(column, row)


def overlap(window: Window, tile: Tile) -> tuple[slice, slice, slice, slice]:
    """Where a tile lies in a window: rows and columns of the window, then of the tile."""
    left, top = tile.column * TILE - window.column, tile.row * TILE - window.row
    x0, x1 = max(left, 0), min(left + TILE, window.columns)
    y0, y1 = max(top, 0), min(top + TILE, window.rows)
    return slice(y0, y1), slice(x0, x1), slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
