"""Plans of fused launches: which encoder tiles some windows read, and where each sample lies.

Everything is computed here, on the host, in float64 per row and per column, and packed into one
buffer that goes to the device at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.samplers.corners import corners
from models.samplers.grid import Axis, Lattice, Tile, Window

UNIT = 16
"""Addresses of latents are counted in this many bytes."""


@dataclass(frozen=True, eq=False)
class AxisPlan:
    """Samples of a window along an axis.

    Attributes:
        index: ``[2, count]`` int32, source pixels of the two neighbours.
        reals: ``[4, count]`` fp32, both neighbours' offsets in source pixels, then their shares.
    """

    index: NDArray[np.int32]
    reals: NDArray[np.float32]

    def tiles(self, side: int) -> range:
        """Rows (or columns) of encoder tiles that the samples read."""
        return range(int(self.index[0, 0]) // side, int(self.index[1, -1]) // side + 1)


@lru_cache(maxsize=4096)
def axis_plan(axis: Axis, first: int, count: int, length: int) -> AxisPlan:
    """The plan of ``count`` samples from index ``first`` on an axis of ``length`` source pixels."""
    found = corners(axis, first, count, length)
    index = (found.index + found.start).astype(np.int32)
    shares = np.stack([1.0 - found.fraction, found.fraction])
    return AxisPlan(index, np.concatenate([found.offset, shares]).astype(np.float32))


@dataclass(frozen=True, eq=False)
class Plan:
    """The geometry of some windows of one shape; those in a row or column share theirs.

    Attributes:
        down, across: the different ranges of rows and of columns.
        places: ``[N, 2]`` int32, each window's place in ``down`` and ``across``.
        tiles: the encoder tiles that are read.
        corner: row and column of the first tile of their table.
        shape: rows and columns of their table.
    """

    down: list[AxisPlan]
    across: list[AxisPlan]
    places: NDArray[np.int32]
    tiles: list[Tile]
    corner: tuple[int, int]
    shape: tuple[int, int]

    def packed(self, addresses: Mapping[Tile, int]) -> Packed:
        """The buffer, for tiles whose latents begin at ``addresses`` (bytes from the first's)."""
        table = np.zeros(self.shape, np.int64)
        for tile, address in addresses.items():
            table[tile.row - self.corner[0], tile.column - self.corner[1]] = address // UNIT
        plans = [*self.down, *self.across]
        parts = (
            _joined([table.view(np.int32)]),
            _joined([self.places, *(plan.index for plan in plans)]),
            _joined([plan.reals.view(np.int32) for plan in plans]),
        )
        ends = len(parts[0]), len(parts[0]) + len(parts[1])
        return Packed(np.concatenate(parts), ends)


@dataclass(frozen=True, eq=False)
class Packed:
    """A plan in one buffer: the table of tiles (int64), then indices (int32), then fp32 numbers.

    Attributes:
        buffer: all of it as int32.
        ends: where table and indices end.
    """

    buffer: NDArray[np.int32]
    ends: tuple[int, int]

    def on(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        """Table (int64), words (int32) and reals (fp32) on a device, by one copy."""
        host = torch.from_numpy(self.buffer)
        if device.type == "cuda":
            host = host.pin_memory()  # else the copy would wait for all that runs before it
        sent = host.to(device, non_blocking=True)
        table, words, reals = sent.tensor_split(self.ends)
        return table.view(torch.int64), words, reals.view(torch.float32)


def _joined(arrays: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """Arrays end to end, filled up: a part that begins unaligned would be compiled for anew."""
    count = sum(array.size for array in arrays)
    filling = np.zeros(-count % (UNIT // 4), np.int32)
    return np.concatenate([*(array.reshape(-1) for array in arrays), filling])


def make_plan(
    lattice: Lattice, windows: Sequence[Window], height: int, width: int, side: int
) -> Plan:
    """Plan windows of one shape on a picture whose encoder tiles have a side."""
    rows = list(dict.fromkeys(window.row for window in windows))
    columns = list(dict.fromkeys(window.column for window in windows))
    shape = windows[0]
    down = [axis_plan(lattice.y, row, shape.rows, height) for row in rows]
    across = [axis_plan(lattice.x, column, shape.columns, width) for column in columns]
    places = [(rows.index(window.row), columns.index(window.column)) for window in windows]
    tiles = _tiles(down, across, places, side)
    top, left = min(tile.row for tile in tiles), min(tile.column for tile in tiles)
    bottom, right = max(tile.row for tile in tiles), max(tile.column for tile in tiles)
    corner, table = (top, left), (bottom - top + 1, right - left + 1)
    return Plan(down, across, np.array(places, np.int32), tiles, corner, table)


def _tiles(
    down: list[AxisPlan], across: list[AxisPlan], places: list[tuple[int, int]], side: int
) -> list[Tile]:
    rows, columns = ([plan.tiles(side) for plan in plans] for plans in (down, across))
    pairs = (product(rows[i], columns[j]) for i, j in places)
    return sorted({Tile(column, row) for each in pairs for row, column in each})
