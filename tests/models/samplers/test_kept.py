"""Kept tiles: what is put together out of them is what would have been evaluated."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.backend import Backend
from models.samplers.gradient import GradientSampler
from models.samplers.grid import TILE, Grid, Tile, Window
from models.samplers.kept import KeptTiles
from tests.models.nets import CPUS_OWN, sampler_of, small_liif
from tests.models.pictures import CPU, noise

LATTICE = Grid.for_scale(50, 44, 4.0).lattice
OTHER = Grid.for_scale(50, 44, 3.0).lattice

places = st.tuples(st.integers(-3, 3), st.integers(-3, 3))


def numbers(window: Window) -> torch.Tensor:
    """Samples that tell their place: ``[rows, columns, 3]``."""
    rows = torch.arange(window.row, window.row + window.rows)[:, None, None]
    columns = torch.arange(window.column, window.column + window.columns)[None, :, None]
    return (rows * 1000.0 + columns + torch.arange(3) / 4.0).float()


class Asked:
    """Evaluates windows, and notes which."""

    def __init__(self) -> None:
        self.windows: list[Window] = []

    def __call__(self, windows: list[Window]) -> torch.Tensor:
        assert len({(window.columns, window.rows) for window in windows}) == 1
        self.windows += windows
        return torch.stack([numbers(window) for window in windows])


def holding(*tiles: tuple[int, int]) -> KeptTiles:
    """Some tiles, of a sampler whose bits are known to be the same in windows of any shape."""
    kept = KeptTiles()
    for window in (Tile(*tile).window for tile in (*tiles, (99, 99))):
        kept.put(LATTICE, [window], numbers(window)[None])
    kept.bordered(LATTICE, [Tile(99, 99).window], Asked())
    assert kept.useful
    return kept


@given(st.sets(places), st.lists(places, min_size=1, max_size=5))
def test_borders_are_those_of_the_picture_whatever_is_kept(known, wanted):
    kept, asked = holding(*known), Asked()
    windows = [Tile(*place).window for place in wanted]
    found = kept.bordered(LATTICE, windows, asked)
    expected = torch.stack([numbers(window.grown(1)) for window in windows])
    assert torch.equal(found, expected)
    # Of a tile that is kept at most the lines around it are evaluated.
    whole = [window for window in windows if window.grown(1) in asked.windows]
    assert {(each.column // TILE, each.row // TILE) for each in whole} == set(wanted) - known
    assert all(min(each[2:]) == 1 for each in asked.windows if each.grown(-1) not in whole)


def test_between_tiles_that_are_kept_nothing_is_evaluated():
    kept, asked = holding(*((x, y) for y in range(3) for x in range(3))), Asked()
    kept.bordered(LATTICE, [Tile(1, 1).window], asked)
    assert asked.windows == []
    kept.bordered(LATTICE, [Tile(1, 0).window], asked)
    assert asked.windows == [Window(TILE - 1, -1, TILE + 2, 1)]


@pytest.mark.parametrize("shape", [(TILE + 2, TILE + 2), (TILE + 2, 1), (1, TILE)])
def test_where_bits_depend_on_a_windows_shape_nothing_is_kept(shape):
    kept, window = KeptTiles(), Tile(0, 0).window
    kept.put(LATTICE, [window], numbers(window)[None])

    def evaluate(windows):
        wrong = [1e-4 * ((each.columns, each.rows) == shape) for each in windows]
        made = torch.stack([numbers(each) for each in windows])
        return made * (1 + torch.tensor(wrong)[:, None, None, None])

    found = kept.bordered(LATTICE, [window], evaluate)
    assert torch.equal(found, evaluate([window.grown(1)]))
    assert not kept.useful
    kept.put(LATTICE, [window], numbers(window)[None])
    assert kept._cache.nbytes == 0


def test_a_plain_tile_tells_nothing_of_that():
    kept, plain, other = KeptTiles(), Tile(0, 0).window, Tile(5, 5).window
    kept.put(LATTICE, [plain, other], torch.stack([torch.zeros(TILE, TILE, 3), numbers(other)]))
    kept.bordered(LATTICE, [plain], lambda w: torch.zeros(len(w), w[0].rows, w[0].columns, 3))
    kept.bordered(LATTICE, [other], lambda w: torch.stack([numbers(each) + 1 for each in w]))
    assert not kept.useful


def test_another_lattice_has_other_samples():
    kept, asked = KeptTiles(), Asked()
    window = Tile(0, 0).window
    kept.put(OTHER, [window], torch.zeros(1, TILE, TILE, 3))
    assert torch.equal(kept.bordered(LATTICE, [window], asked)[0], numbers(window.grown(1)))


@pytest.mark.parametrize(
    "window", [Window(0, 0, TILE, TILE - 1), Window(1, 0, TILE, TILE), Window(0, 0, 128, TILE)]
)
def test_only_whole_tiles_are_kept(window):
    kept = KeptTiles()
    kept.put(LATTICE, [window], torch.zeros(1, window.rows, window.columns, 3))
    assert kept._cache.nbytes == 0
    asked = Asked()
    found = kept.bordered(LATTICE, [window], asked)
    assert torch.equal(found[0], numbers(window.grown(1)))


def test_what_is_kept_keeps_nothing_else_and_is_bounded():
    tiles = [Tile(x, 0).window for x in range(6)]
    batch = torch.stack([numbers(tile) for tile in tiles])
    kept = KeptTiles(budget=3 * batch[0].nbytes)
    kept.put(LATTICE, tiles, batch)
    kept.bordered(LATTICE, tiles[-1:], Asked())
    assert kept._cache.nbytes == 3 * batch[0].nbytes
    batch.zero_()
    asked = Asked()
    assert torch.equal(kept.bordered(LATTICE, tiles[-1:], asked)[0], numbers(tiles[-1].grown(1)))
    assert all(min(window.columns, window.rows) == 1 for window in asked.windows)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    "compiled",
    [False, pytest.param(True, marks=pytest.mark.skipif(CPUS_OWN != "LLVM", reason="no LLVM"))],
)
@pytest.mark.parametrize("scale", [1.0, 2.9, 8.0])
def test_a_map_of_kept_tiles_has_the_bits_of_one_without(monkeypatch, precision, compiled, scale):
    if not compiled:
        for module in ("compiled", "filtering"):
            monkeypatch.setattr(f"models.kernels.{module}.has_compiler", lambda: False)
    network, picture = small_liif(residual=True), noise(50, 44)
    keeping, plain = (sampler_of(network, picture, 16, Backend(CPU, precision)) for _ in range(2))
    keeping.kept = KeptTiles()
    lattice = Grid.for_scale(50, 44, scale).lattice
    tiles = [Tile(x, y) for y in range(-1, 3) for x in range(-1, 3)]
    shown = [tile.window for tile in tiles if min(tile) >= 0 and max(tile) < 2]
    for _ in keeping.prepare(lattice, [tile.window.grown(1) for tile in tiles]):
        pass
    codes = keeping.codes(lattice, shown)
    assert torch.equal(codes, plain.codes(lattice, shown))
    assert keeping.kept._cache.nbytes == compiled * len(shown) * TILE * TILE * 12
    assert torch.equal(keeping.codes(lattice, shown), codes)
    found = GradientSampler(keeping, 3.0).tiles(lattice, tiles)
    assert torch.equal(found, GradientSampler(plain, 3.0).tiles(lattice, tiles))
    assert np.isfinite(found.numpy()).all()
