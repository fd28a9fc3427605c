"""Work in steps that may be left and taken up again."""

from __future__ import annotations

import pytest
import torch

from models.samplers.grid import Tile
from models.samplers.steps import KEPT, Unfinished


class Work:
    """Four steps a tile; counts what is begun and what is done."""

    def __init__(self, fails: int = -1):
        self.begun: list[Tile] = []
        self.done = 0
        self._fails = fails

    def steps(self, tile: Tile):
        self.begun.append(tile)
        for step in range(4):
            assert torch.is_inference_mode_enabled()
            if step == self._fails:
                raise MemoryError("no room")
            self.done += 1
            yield
        return torch.zeros(1)


def test_steps_go_on_after_each_interruption():
    work, unfinished = Work(), Unfinished()
    for _ in range(4):
        next(unfinished.go_on(Tile(1, 2), work.steps))
    assert work.begun == [Tile(1, 2)]
    assert work.done == 4
    assert list(unfinished.go_on(Tile(1, 2), work.steps)) == []
    assert len(list(unfinished.go_on(Tile(1, 2), work.steps))) == 4, "finished work is forgotten"
    assert work.begun == [Tile(1, 2)] * 2


def test_only_the_last_tiles_are_remembered():
    work, unfinished = Work(), Unfinished()
    tiles = [Tile(place, 0) for place in range(KEPT + 1)]
    for tile in tiles:
        next(unfinished.go_on(tile, work.steps))
    for tile in reversed(tiles):
        next(unfinished.go_on(tile, work.steps))
    assert work.begun == [*tiles, tiles[0]]


def test_two_may_be_at_the_same_tile():
    """An export and the view: whoever comes later finds it done."""
    work, unfinished = Work(), Unfinished()
    one, other = (unfinished.go_on(Tile(0, 0), work.steps) for _ in range(2))
    next(one)
    assert len(list(other)) == 3
    assert list(one) == []
    assert work.begun == [Tile(0, 0)]


def test_what_failed_is_begun_anew():
    work, unfinished = Work(fails=2), Unfinished()
    with pytest.raises(MemoryError):
        list(unfinished.go_on(Tile(0, 0), work.steps))
    with pytest.raises(MemoryError):
        list(unfinished.go_on(Tile(0, 0), work.steps))
    assert len(work.begun) == 2
