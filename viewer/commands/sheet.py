"""Comparison sheets: the same grid by several samplers, each under a label with its colour."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models.samplers.base import Coverage, Sampler
from models.samplers.grid import Grid
from viewer.imaging.colour import DisplayTransform, to_display
from viewer.rendering.bands import Floats, Piece, bands, count_tiles

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

SIDES: tuple[Colour, ...] = (
    (0x6A, 0xA9, 0xFF),
    (0xFF, 0xB4, 0x54),
    (0x6F, 0xD0, 0x8C),
    (0xD9, 0x8C, 0xF0),
)
"""A is blue, B amber, C green and D violet everywhere in the program."""

BACKGROUND: Colour = (0x1B, 0x1D, 0x20)
TEXT: Colour = (0xE6, 0xE8, 0xEA)
DIM: Colour = (0x9A, 0xA1, 0xA8)

MARGIN = 16
GAP = 16
STRIP = 34
"""Height of the line of text over a row of panels, and of the one over the sheet."""
NARROWEST = 220
"""Least width of a cell: a small panel still has room for its label."""
TEXT_SIZE = 15
DOT = 12
SHAPE = 1.6
"""Width over height that a sheet comes as near to as its panels allow."""


@dataclass(frozen=True)
class Layout:
    """Where the panels of a sheet lie, in pixels.

    Attributes:
        panel: width and height of a panel.
        across: panels in a row.
        count: panels altogether.
    """

    panel: tuple[int, int]
    across: int
    count: int

    @classmethod
    def of(cls, grid: Grid, count: int) -> Layout:
        """The arrangement without empty places whose shape is most like a screen's."""
        full = [across for across in range(1, count + 1) if count % across == 0]
        layouts = [cls((grid.columns, grid.rows), across, count) for across in full]
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
        return STRIP + self.down * (STRIP + self.panel[1]) + (self.down - 1) * GAP + MARGIN

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
    """

    title: str
    note: str
    grid: Grid
    samplers: Sequence[Sampler]
    transform: DisplayTransform

    @property
    def layout(self) -> Layout:
        """Where the panels lie."""
        return Layout.of(self.grid, len(self.samplers))

    @property
    def tiles(self) -> int:
        """Tiles that have to be rendered."""
        return count_tiles(self.grid, len(self.samplers))

    def pieces(self, coverage: Coverage) -> Iterator[Piece]:
        """The sheet's rows from top to bottom: ``[n, width, 3]`` uint8 in sRGB."""
        layout = self.layout
        yield Piece(rows=self._heading())
        for row in range(layout.down):
            first = row * layout.across
            samplers = self.samplers[first : first + layout.across]
            yield Piece(rows=self._labels(first, samplers))
            for piece in bands(self.grid, samplers, coverage, self._convert):
                rows = piece.rows
                yield Piece(piece.tiles, None if rows is None else self._placed(rows, layout))
            yield Piece(rows=_blank(GAP if row + 1 < layout.down else MARGIN, layout.width))

    def _convert(self, rgb: Floats, alpha: Floats | None) -> Pixels:
        """Premultiplied colour as it is shown, over the sheet's background."""
        shown = to_display(rgb, alpha, self.transform)
        colour = shown[..., 2::-1]
        if alpha is None:
            return np.ascontiguousarray(colour)
        behind = np.array(BACKGROUND, np.uint16) * (255 - shown[..., 3:].astype(np.uint16))
        return np.minimum(colour + (behind + 127) // 255, 255).astype(np.uint8)

    def _placed(self, band: NDArray[np.generic], layout: Layout) -> Pixels:
        """A band of panels side by side, moved to their places on the sheet."""
        columns = layout.panel[0]
        rows = _blank(band.shape[0], layout.width)
        for index in range(band.shape[1] // columns):
            left = layout.left(index)
            rows[:, left : left + columns] = band[:, index * columns : (index + 1) * columns]
        return rows

    def _heading(self) -> Pixels:
        line = _Line(self.layout.width)
        line.write(MARGIN, self.layout.width - MARGIN, self.title, DIM)
        return line.pixels

    def _labels(self, first: int, samplers: Sequence[Sampler]) -> Pixels:
        line = _Line(self.layout.width)
        for index, sampler in enumerate(samplers):
            left = self.layout.left(index)
            right = self.layout.left(index + 1) - GAP
            line.dot(left, SIDES[(first + index) % len(SIDES)])
            end = line.write(left + DOT + 8, right, sampler.title, TEXT)
            line.write(end + 10, right, self.note, DIM)
        return line.pixels


class _Line:
    """One line of text of the sheet."""

    def __init__(self, width: int):
        self._image = Image.new("RGB", (width, STRIP), BACKGROUND)
        self._draw = ImageDraw.Draw(self._image)
        self._font = ImageFont.load_default(TEXT_SIZE)

    @property
    def pixels(self) -> Pixels:
        return np.array(self._image)

    def dot(self, left: int, colour: Colour) -> None:
        """A disc, drawn larger and reduced so that its edge is smooth."""
        mask = Image.new("L", (4 * DOT, 4 * DOT))
        ImageDraw.Draw(mask).ellipse((0, 0, 4 * DOT - 1, 4 * DOT - 1), fill=255)
        self._image.paste(colour, (left, (STRIP - DOT) // 2), mask.reduce(4))

    def write(self, left: int, right: int, text: str, colour: Colour) -> int:
        """As much of a text as fits between two columns; where it ends."""
        shown = plain(text)
        while shown and left + self._font.getlength(shown) > right:
            shown = shown[:-2].rstrip() + "…" if len(shown) > 2 else ""
        self._draw.text((left, STRIP / 2), shown, fill=colour, font=self._font, anchor="lm")
        return left + math.ceil(self._font.getlength(shown))


_ASCII = str.maketrans("×–—−", "x---")


def plain(text: str) -> str:
    """A text in the letters of Pillow's own font, which knows little beyond ASCII."""
    kept = text.translate(_ASCII).replace("…", "\0").replace("·", "\1")
    split = unicodedata.normalize("NFKD", kept)
    letters = (each for each in split if not unicodedata.combining(each))
    shown = "".join(each if each < "\x7f" else "?" for each in letters)
    return shown.replace("\0", "…").replace("\1", "·")


def _blank(rows: int, width: int) -> Pixels:
    return np.full((rows, width, 3), BACKGROUND, np.uint8)
