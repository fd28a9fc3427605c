"""Plans of launches: geometry in one buffer, and the tiles that are read."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.kernels.plan import UNIT, axis_plan, make_plan
from models.samplers.corners import corners
from models.samplers.grid import Axis, Lattice, Tile, Window

LATTICE = Lattice(Axis(-0.07, 0.29), Axis(0.05, 0.37))


def brute_tiles(windows: list[Window], height: int, width: int, side: int) -> set[Tile]:
    """The tiles of every neighbour of every sample."""
    found = set()
    for window in windows:
        down = corners(LATTICE.y, window.row, window.rows, height)
        across = corners(LATTICE.x, window.column, window.columns, width)
        for row in (down.index + down.start).flatten():
            for column in (across.index + across.start).flatten():
                found.add(Tile(int(column) // side, int(row) // side))
    return found


@pytest.mark.parametrize("side", [5, 16, 100])
def test_tiles_are_those_of_all_neighbours(side):
    windows = [Window(-9, 3, 14, 11), Window(90, 3, 14, 11), Window(90, 70, 14, 11)]
    plan = make_plan(LATTICE, windows, 31, 43, side)
    assert set(plan.tiles) == brute_tiles(windows, 31, 43, side)
    assert len(plan.tiles) == len(set(plan.tiles))


def test_windows_of_a_row_share_its_geometry():
    windows = [Window(64 * i, 64 * j, 64, 64) for j in range(2) for i in range(3)]
    plan = make_plan(LATTICE, windows, 60, 70, 16)
    assert (len(plan.down), len(plan.across)) == (2, 3)
    assert plan.places.tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]


def test_shares_and_offsets_are_those_of_float64_rounded_once():
    plan = axis_plan(Axis(1e-3, 1 / 97.3), 123_456, 64, 10_000)
    exact = corners(Axis(1e-3, 1 / 97.3), 123_456, 64, 10_000)
    np.testing.assert_array_equal(plan.index, exact.index + exact.start)
    np.testing.assert_array_equal(plan.reals[:2], exact.offset.astype(np.float32))
    np.testing.assert_array_equal(plan.reals[2], (1.0 - exact.fraction).astype(np.float32))
    np.testing.assert_array_equal(plan.reals[3], exact.fraction.astype(np.float32))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_buffer_holds_table_words_and_reals(count):
    windows = [Window(0, 30 * i, 7, 5) for i in range(count)]
    plan = make_plan(LATTICE, windows, 60, 20, 8)
    addresses = {tile: UNIT * (3 - 5 * place) for place, tile in enumerate(plan.tiles)}
    table, words, reals = plan.packed(addresses).on(torch.device("cpu"))
    top, left = plan.corner
    for tile in plan.tiles:
        place = (tile.row - top) * plan.shape[1] + tile.column - left
        assert int(table[place]) * UNIT == addresses[tile]
    pairs = 2 * count
    assert words[:pairs].tolist() == plan.places.flatten().tolist()
    rows = words[pairs : pairs + 10 * count].view(count, 2, 5)
    for place, axis in enumerate(plan.down):
        np.testing.assert_array_equal(rows[place], axis.index)
    across = reals[20 * count :][: 4 * 7].view(4, 7)
    np.testing.assert_array_equal(across, plan.across[0].reals)
    # A part that begins unaligned would be compiled for anew.
    assert {(part.data_ptr() - table.data_ptr()) % UNIT for part in (table, words, reals)} == {0}
