"""Comparison sheets: the same grid by several samplers, each under a label with its colour."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.samplers.base import Coverage, Sampler
from models.samplers.gradient import GradientSampler
from models.samplers.grid import Grid
from viewer.commands import insets
from viewer.commands.insets import RING, Inset, Mark
from viewer.commands.lettering import (
    BACKGROUND,
    DIM,
    SIDES,
    STRIP,
    TEXT,
    Colour,
    Line,
    Pixels,
    blank,
)
from viewer.imaging.colour import MAP_COLOURS, DisplayTransform, to_display
from viewer.rendering.bands import Floats, Piece, bands, count_tiles

MARGIN = 16
GAP = 16
NARROWEST = 220
"""Least width of a cell: a small panel still has room for its label."""
SHAPE = 1.6
"""Width over height that a sheet comes as near to as its panels allow."""


@dataclass(frozen=True)
class Layout:
    """Where the panels of a sheet lie, in pixels.

    Attributes:
        panel: width and height of a panel.
        across: panels in a row.
        count: panels altogether.
        below: height of what belongs to a panel below it.
    """

    panel: tuple[int, int]
    across: int
    count: int
    below: int = 0

    @classmethod
    def of(cls, grid: Grid, count: int, insets: Sequence[Inset] = ()) -> Layout:
        """The arrangement without empty places whose shape is most like a screen's."""
        full = [across for across in range(1, count + 1) if count % across == 0]
        below = STRIP + insets[0].grid.rows + 2 * RING if insets else 0
        layouts = [cls((grid.columns, grid.rows), across, count, below) for across in full]
        return min(layouts, key=lambda each: abs(math.log(each.width / each.height / SHAPE)))

    @property
    def down(self) -> int:
        """Rows of panels."""
        return -(-self.count // self.across)

    @property
    def width(self) -> int:
        """Width of the sheet."""
        return self.left(self.across) - GAP + MARGIN

    @property
    def height(self) -> int:
        """Height of the sheet."""
        cell = STRIP + self.panel[1] + self.below
        return STRIP + self.down * cell + (self.down - 1) * GAP + MARGIN

    def left(self, column: int) -> int:
        """Where the panels of a column begin."""
        return MARGIN + column * (max(self.panel[0], NARROWEST) + GAP)


@dataclass(frozen=True)
class Sheet:
    """A sheet before it is drawn.

    Attributes:
        title: the line over all panels.
        note: a few words beside each sampler's name, such as the scale.
        grid: what every panel shows.
        samplers: one per panel.
        transform: from the picture's colours to sRGB.
        insets: what is enlarged below each panel.
    """

    title: str
    note: str
    grid: Grid
    samplers: Sequence[Sampler]
    transform: DisplayTransform
    insets: Sequence[Inset] = field(default=())

    @property
    def layout(self) -> Layout:
        """Where the panels lie."""
        return Layout.of(self.grid, len(self.samplers), self.insets)

    @property
    def tiles(self) -> int:
        """Tiles that have to be rendered."""
        grids = [self.grid, *(inset.grid for inset in self.insets)]
        return sum(count_tiles(grid, len(self.samplers)) for grid in grids)

    def pieces(self, coverage: Coverage) -> Iterator[Piece]:
        """The sheet's rows from top to bottom: ``[n, width, 3]`` uint8 in sRGB."""
        layout = self.layout
        yield Piece(rows=self._heading())
        for row in range(layout.down):
            first = row * layout.across
            samplers = self.samplers[first : first + layout.across]
            yield Piece(rows=self._labels(first, samplers))
            yield from self._panels(first, samplers, coverage)
            if self.insets:
                yield Piece(rows=self._inset_labels(first, samplers))
                yield from self._insets(first, samplers, coverage)
            yield Piece(rows=blank(GAP if row + 1 < layout.down else MARGIN, layout.width))

    def _panels(
        self, first: int, samplers: Sequence[Sampler], coverage: Coverage
    ) -> Iterator[Piece]:
        """A row of panels, with frames around what is enlarged below."""
        marks = [self._marks(first + index) for index in range(len(samplers))]
        top = 0
        for piece in bands(self.grid, samplers, coverage, self._convert):
            if piece.rows is None:
                yield piece
                continue
            columns = self.layout.panel[0]
            rows = blank(len(piece.rows), self.layout.width)
            for index, over in enumerate(marks):
                panel = piece.rows[:, index * columns : (index + 1) * columns].astype(np.uint8)
                insets.lay(over, panel, top)
                rows[:, self.layout.left(index) :][:, :columns] = panel
            top += len(rows)
            yield Piece(piece.tiles, rows)

    def _marks(self, index: int) -> list[Mark]:
        colour, panel = _colour(index), self.layout.panel
        return [mark for each in self.insets for mark in insets.marks(each, colour, panel)]

    def _insets(
        self, first: int, samplers: Sequence[Sampler], coverage: Coverage
    ) -> Iterator[Piece]:
        """The insets of a row of panels; they are complete only together."""
        out = blank(self.insets[0].grid.rows + 2 * RING, self.layout.width)
        for index, sampler in enumerate(samplers):
            for inset in self.insets:
                found: list[NDArray[np.generic]] = []
                for piece in bands(inset.grid, [sampler], coverage, self._convert):
                    found += [] if piece.rows is None else [piece.rows]
                    yield Piece(piece.tiles)
                shown = insets.ringed(np.concatenate(found), _colour(first + index))
                left = self.layout.left(index) + inset.left - RING
                out[:, left : left + shown.shape[1]] = shown
        yield Piece(rows=out)

    def _convert(self, sampler: Sampler, rgb: Floats, alpha: Floats | None) -> Pixels:
        """Premultiplied colour as it is shown, over the sheet's background."""
        is_map = isinstance(sampler, GradientSampler)
        shown = to_display(rgb, alpha, MAP_COLOURS if is_map else self.transform)
        colour = shown[..., 2::-1]
        if alpha is None:
            return np.ascontiguousarray(colour)
        behind = np.array(BACKGROUND, np.uint16) * (255 - shown[..., 3:].astype(np.uint16))
        return np.minimum(colour + (behind + 127) // 255, 255).astype(np.uint8)

    def _heading(self) -> Pixels:
        line = Line(self.layout.width)
        line.write(MARGIN, self.layout.width - MARGIN, self.title, DIM)
        return line.pixels

    def _labels(self, first: int, samplers: Sequence[Sampler]) -> Pixels:
        line = Line(self.layout.width)
        for index, sampler in enumerate(samplers):
            left = self.layout.left(index)
            right = self.layout.left(index + 1) - GAP
            end = line.dot(left, _colour(first + index)) + 8
            end = line.write(end, right, sampler.title, TEXT)
            line.write(end + 10, right, self.note, DIM)
        return line.pixels

    def _inset_labels(self, first: int, samplers: Sequence[Sampler]) -> Pixels:
        line = Line(self.layout.width)
        for index, sampler in enumerate(samplers):
            for inset, text in insets.labels(self.insets):
                left = self.layout.left(index) + inset.left
                right = left + inset.grid.columns
                if inset.number is not None:
                    left = line.tab(left, inset.number, _colour(first + index)) + 8
                end = line.write(left, right, text, TEXT)
                line.write(end + 10, right, sampler.title, DIM)
        return line.pixels


def _colour(index: int) -> Colour:
    return SIDES[index % len(SIDES)]
