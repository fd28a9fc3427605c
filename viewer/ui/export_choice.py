"""What an export starts from, what a person chose for it, and its size in pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.samplers.grid import EDGE, Axis, Grid, Region
from viewer.imaging.source import SourceImage

SizedBy = Literal["scale", "width", "height"]
"""Which of the three linked numbers a person set."""


@dataclass(frozen=True, eq=False)
class ExportContext:
    """What the window shows when an export begins."""

    source: SourceImage
    region: Region
    """The region drawn on the canvas, else the visible one, in source pixels."""
    scale: float
    """Of the canvas, in device pixels per source pixel."""
    titles: Mapping[str, str]
    """Titles of the samplers of the sides there are: "a" and "b", in a grid up to "d"."""
    pixels_per_second: Callable[[str], float | None]
    """Measured speed of a side in output pixels a second, None where it is unknown."""
    canvas_grid: Grid | None = None
    """The canvas's own grid, exported as it is where region and scale are the canvas's."""
    drawn: bool = False
    """Whether ``region`` was drawn (else it is what is visible)."""
    sides: tuple[str, ...] | None = None
    """Sides to offer first; None offers the last ones."""


@dataclass(frozen=True)
class ExportChoice:
    """What a person wants written."""

    out: Path
    grid: Grid
    sides: tuple[str, ...]
    """One such as ("b",), or some that stand side by side, ("a", "b"): A on the left."""
    depth: int
    """Bits a sample: 8 or 16."""
    quality: int
    """1 to 100; formats without loss ignore it."""
    overwrite: bool
    """Whether the person agreed to replace the file that is there."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """A size of the output.

    Attributes:
        by, value: what was asked for: the scale, or the width or height in output pixels.
        scale: output pixels per source pixel (but for the rounding to whole pixels).
        grid: the samples.
    """

    by: SizedBy
    value: float
    scale: float
    grid: Grid


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a picture (``width`` × ``height`` source pixels) whose scale and size are linked.

    ``canvas_grid`` is taken as it is wherever it shows this part at the scale that is asked for.
    """

    width: int
    height: int
    region: Region
    canvas_grid: Grid | None = None

    def sized(self, by: SizedBy, value: float) -> Sizing:
        """The size of a scale, of a width (the height follows) or of a height.

        Raises ValueError if the value is no number above 0.
        """
        if by == "scale":
            return Sizing(by, value, value, self._at_scale(value))
        length = self.region.width if by == "width" else self.region.height
        scale = value / length
        columns, rows = _side(self.region.width * scale), _side(self.region.height * scale)
        # The quotient may be a little off, what was asked for must not be.
        columns, rows = (_side(value), rows) if by == "width" else (columns, _side(value))
        grid = Grid.for_size(self.width, self.height, columns, rows, self.region)
        return Sizing(by, value, scale, grid)

    def _at_scale(self, scale: float) -> Grid:
        grid, shown = Grid.for_scale(self.width, self.height, scale, self.region), self.canvas_grid
        if shown is None or not is_shown(shown, self.region, scale):
            return grid
        # A canvas leaves out a last sample that lies at the picture's end; a file of it all has it.
        whole = self.region == (0.0, 0.0, self.width, self.height)
        return Grid(shown.lattice, grid.window) if whole and _begins_alike(shown) else shown


def _begins_alike(grid: Grid) -> bool:
    """Whether a grid's first sample begins in the picture's corner."""
    x, y = grid.lattice.x, grid.lattice.y
    aligned = abs(x.origin) <= EDGE * x.step and abs(y.origin) <= EDGE * y.step
    return aligned and grid.window[:2] == (0, 0)


def is_shown(grid: Grid, region: Region, scale: float) -> bool:
    """Whether a grid is the region at the scale, but for samples whose centres lie outside."""
    lattice, window = grid.lattice, grid.window
    across = (region.x, region.x + region.width)
    down = (region.y, region.y + region.height)
    return _covers(lattice.x, window.column, window.columns, across, scale) and _covers(
        lattice.y, window.row, window.rows, down, scale
    )


def _covers(axis: Axis, first: int, count: int, ends: tuple[float, float], scale: float) -> bool:
    # A view takes an earlier lattice whose samples lie a millionth of a pixel beside its own.
    if abs(axis.step * scale - 1.0) * count > 1e-5:
        return False
    # A window is whole samples, so its edges may lie up to half a sample beside the region's, and
    # a hair more where a sample that lies at the picture's end counts as beyond it.
    starts = axis.origin / axis.step + first, axis.origin / axis.step + first + count
    return all(
        abs(start - end / axis.step) <= 0.5 + 1.1 * EDGE
        for start, end in zip(starts, ends, strict=True)
    )


def _side(length: float) -> int:
    return max(1, math.floor(length + 0.5))
