"""Tiles of a request: their order, the coarse grid of a preview, and the parts that are sent."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence

import numpy as np

from models.samplers.grid import TILE, Axis, Grid, Lattice, Tile, Window, overlap
from viewer.rendering.messages import Patch, Pixels


def outward(grid: Grid, tiles: Sequence[Tile], focus: tuple[float, float]) -> deque[Tile]:
    """Tiles by the distance of their centres from a point counted from the grid's first sample."""

    def distance(tile: Tile) -> float:
        x = (tile.column + 0.5) * TILE - grid.window.column - focus[0]
        y = (tile.row + 0.5) * TILE - grid.window.row - focus[1]
        return x * x + y * y

    return deque(sorted(tiles, key=distance))


def as_they_come(
    tiles: Sequence[Tile], lacking: Callable[[Tile], Iterable[Hashable]]
) -> deque[Tile]:
    """Tiles in the order in which they can be shown, if what they lack is made in theirs.

    Args:
        tiles: in the order in which they are wanted.
        lacking: what has to be made for a tile; others may lack it, too.
    """
    made: dict[Hashable, int] = {}

    def turn(tile: Tile) -> int:
        return max((made.setdefault(part, len(made) + 1) for part in lacking(tile)), default=0)

    return deque(sorted(tiles, key=turn))


def coarser(grid: Grid, factor: int) -> Grid:
    """The grid whose samples each stand in the middle of ``factor`` × ``factor`` of a grid's.

    It hangs on the finer lattice's origin, so that it too is the same after a pan.
    """
    lattice, window = grid.lattice, grid.window
    column, row = window.column // factor, window.row // factor
    columns = math.ceil((window.column + window.columns) / factor) - column
    rows = math.ceil((window.row + window.rows) / factor) - row
    return Grid(
        Lattice(
            Axis(lattice.x.origin, lattice.x.step * factor),
            Axis(lattice.y.origin, lattice.y.step * factor),
        ),
        Window(column, row, columns, rows),
    )


def patch(grid: Grid, tile: Tile, pixels: Pixels) -> Patch:
    """The part of a tile that lies in a grid's window."""
    rows, columns, tile_rows, tile_columns = overlap(grid.window, tile)
    part = np.ascontiguousarray(pixels[tile_rows, tile_columns])
    return Patch(columns.start, rows.start, part)
