"""Insets of comparison sheets: parts of a panel, sampled again at a larger scale below it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.samplers.grid import Grid, Region
from viewer.commands.lettering import BACKGROUND, TAB, Colour, Pixels, tab

TALLEST = 1024
"""Most rows of an inset."""

RING = 2
"""Width of the line around an inset, and around its place in the panel."""


@dataclass(frozen=True)
class Inset:
    """A part of the panels that is shown enlarged.

    Attributes:
        grid: its own samples.
        scale: samples a source pixel.
        left: where its samples begin, from the left edge of the panel.
        place: where it lies in the panel: left, top, right and bottom in the panel's pixels.
        number: 1, 2, 3 where there are several, or None.
    """

    grid: Grid
    scale: float
    left: int
    place: tuple[int, int, int, int]
    number: int | None


def arrange(
    regions: Sequence[Region], grid: Grid, size: tuple[int, int], gap: int, narrowest: int
) -> list[Inset]:
    """Insets in a row as wide as a panel; all have the same height, at most the panel's.

    Args:
        regions: in source pixels.
        grid: the panel's.
        size: width and height of the picture.
        gap: pixels between insets.
        narrowest: least width of the row.

    Raises:
        ValueError: one does not lie in the panel, or would not be enlarged.
    """
    for region in regions:
        _check_inside(region, grid.region)
    if not regions:
        return []
    room = max(grid.columns, narrowest)
    full = (room - gap * (len(regions) - 1)) / sum(each.width / each.height for each in regions)
    height = min(full, grid.rows, TALLEST)
    scales = [height / region.height for region in regions]
    for region, scale in zip(regions, scales, strict=True):
        if scale * grid.lattice.x.step <= 1:
            raise ValueError(f"the inset {_numbers(region)} cannot be enlarged; make it smaller")
    rows = max(1, math.floor(height + 0.5))
    pairs = zip(scales, regions, strict=True)
    grids = [_of_rows(rows, Grid.for_scale(*size, *pair)) for pair in pairs]
    lefts = _spread([each.columns for each in grids], gap, room if height == full else None)
    numbers = range(1, len(regions) + 1) if len(regions) > 1 else [None]
    places = [_place(region, grid) for region in regions]
    return [Inset(*each) for each in zip(grids, scales, lefts, places, numbers, strict=True)]


def _of_rows(rows: int, grid: Grid) -> Grid:
    """A grid with the rows that all insets have: near a half each would round by itself."""
    return Grid(grid.lattice, grid.window._replace(rows=rows))


def _check_inside(inset: Region, whole: Region) -> None:
    slack = 1e-6
    if not (
        inset.width > 0
        and inset.height > 0
        and inset.x >= whole.x - slack
        and inset.y >= whole.y - slack
        and inset.x + inset.width <= whole.x + whole.width + slack
        and inset.y + inset.height <= whole.y + whole.height + slack
    ):
        raise ValueError(
            f"the inset {_numbers(inset)} does not lie in the region {_numbers(whole)}; "
            "give X,Y,WIDTH,HEIGHT in source pixels"
        )


def _numbers(region: Region) -> str:
    return ",".join(f"{round(value, 2):g}" for value in region)


def _spread(widths: Sequence[int], gap: int, room: int | None) -> list[int]:
    """Left edges; with a room, rounding is shared out so that the last ends where it ends."""
    step = float(gap)
    if room is not None and len(widths) > 1:
        step = (room - sum(widths)) / (len(widths) - 1)
    return [sum(widths[:index]) + round(index * step) for index in range(len(widths))]


def _place(region: Region, grid: Grid) -> tuple[int, int, int, int]:
    whole, x, y = grid.region, grid.lattice.x.step, grid.lattice.y.step
    left, top = (region.x - whole.x) / x, (region.y - whole.y) / y
    right, bottom = left + region.width / x, top + region.height / y
    return round(left), round(top), round(right), round(bottom)


Mark = tuple[int, int, Pixels]
"""Pixels laid over a panel: their left and top, and ``[h, w, 3]``."""


def marks(inset: Inset, colour: Colour, panel: tuple[int, int]) -> list[Mark]:
    """A frame around an inset's place in a panel, with its number at a corner.

    Args:
        panel: columns and rows. Nothing of the frame lies outside.
    """
    left, top, right, bottom = _within(inset.place, RING, panel)
    edge = _within((left, top, right, bottom), RING + 1, panel)
    frame = [*_frame(edge, RING + 1, BACKGROUND), *_frame((left, top, right, bottom), RING, colour)]
    if inset.number is not None:
        frame.append((*_corner(left, top, panel), tab(inset.number, colour)))
    return frame


def _within(
    box: tuple[int, int, int, int], ring: int, panel: tuple[int, int]
) -> tuple[int, int, int, int]:
    """A box that leaves a ring around it inside the panel."""
    left, top, right, bottom = box
    columns, rows = panel
    return max(left, ring), max(top, ring), min(right, columns - ring), min(bottom, rows - ring)


def _frame(box: tuple[int, int, int, int], ring: int, colour: Colour) -> list[Mark]:
    left, top, right, bottom = box
    wide = np.full((ring, max(right - left, 0) + 2 * ring, 3), colour, np.uint8)
    high = np.full((max(bottom - top, 0), ring, 3), colour, np.uint8)
    return [
        (left - ring, top - ring, wide),
        (left - ring, bottom, wide),
        (left - ring, top, high),
        (right, top, high),
    ]


def _corner(left: int, top: int, panel: tuple[int, int]) -> tuple[int, int]:
    """Where a number goes: on the frame's upper left corner, outside it if there is room."""
    above = top - RING - TAB
    return min(left - RING, panel[0] - TAB), above if above >= 0 else top


def lay(marks: Sequence[Mark], band: Pixels, first: int) -> None:
    """Put marks over a band of a panel whose top row is the panel's row ``first``.

    What lies outside is cut: a number is larger than a small panel.
    """
    for left, top, pixels in marks:
        rows, mark_rows = _shared(top - first, len(pixels), len(band))
        columns, mark_columns = _shared(left, pixels.shape[1], band.shape[1])
        band[rows, columns] = pixels[mark_rows, mark_columns]


def _shared(begin: int, length: int, room: int) -> tuple[slice, slice]:
    """The part of a stretch that lies in a room, counted in the room and in the stretch."""
    start = min(max(begin, 0), room)
    stop = min(max(begin + length, start), room)
    return slice(start, stop), slice(start - begin, stop - begin)


def ringed(samples: Pixels, colour: Colour) -> Pixels:
    """Samples with a line around them."""
    rows, columns = samples.shape[:2]
    out = np.full((rows + 2 * RING, columns + 2 * RING, 3), colour, np.uint8)
    out[RING:-RING, RING:-RING] = samples
    return out


def labels(insets: Sequence[Inset]) -> Iterator[tuple[Inset, str]]:
    """What is written over each inset."""
    for inset in insets:
        reduced = " · source, reduced" if inset.grid.lattice.reduces else ""
        yield inset, f"×{inset.scale:.4g}{reduced}"
