from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.samplers.base import Coverage, Picture, Sampler, Samples
from models.samplers.grid import TILE, Axis, Grid, Lattice, Region, Window
from models.samplers.interpolation import Nearest, bicubic, lanczos
from viewer.imaging.colour import to_samples
from viewer.rendering.bands import Floats, Piece, bands, count_tiles, strips

CPU = torch.device("cpu")


def picture(rng: np.random.Generator, alpha: bool = False) -> Picture:
    pixels = rng.integers(0, 256, (23, 31, 3), dtype=np.uint8)
    return Picture(pixels, rng.integers(0, 256, (23, 31), dtype=np.uint8) if alpha else None)


def rounded(_: Sampler | None, rgb: Floats, alpha: Floats | None) -> Samples:
    samples = rgb if alpha is None else np.concatenate([rgb, alpha[..., None]], axis=-1)
    return np.floor(255 * samples + 0.5).astype(np.uint8)


def straight(_: Sampler, rgb: Floats, alpha: Floats | None) -> Samples:
    return to_samples(rgb, alpha, depth=8)


def stacked(pieces: Iterator[Piece]) -> Samples:
    return np.concatenate([piece.rows for piece in pieces if piece.rows is not None])


GRIDS = [
    Grid.for_scale(31, 23, 1.0),
    Grid.for_scale(31, 23, 7.3),
    Grid.for_scale(31, 23, 0.4),
    Grid.for_size(31, 23, 65, 1),
    Grid.for_size(31, 23, 1, 129),
    Grid.for_scale(31, 23, 9.0, Region(3.3, 2.7, 20.1, 18.9)),
]


@pytest.mark.parametrize("grid", GRIDS)
def test_bands_are_the_pixels_of_sample(grid, rng):
    sampler = bicubic(picture(rng), CPU)
    expected = rounded(None, sampler.sample(grid).numpy(), None)
    result = stacked(bands(grid, [sampler], Coverage(sampler.picture, CPU), rounded))
    np.testing.assert_array_equal(result, expected)


def test_two_samplers_stand_side_by_side(rng):
    whole = picture(rng)
    grid = GRIDS[5]
    samplers = [bicubic(whole, CPU), lanczos(whole, CPU)]
    result = stacked(bands(grid, samplers, Coverage(whole, CPU), rounded))
    halves = [rounded(None, sampler.sample(grid).numpy(), None) for sampler in samplers]
    np.testing.assert_array_equal(result, np.concatenate(halves, axis=1))


def test_alpha_comes_with_its_own_tiles(rng):
    whole = picture(rng, alpha=True)
    grid = Grid.for_scale(31, 23, 4.0)
    coverage = Coverage(whole, CPU)
    result = stacked(bands(grid, [bicubic(whole, CPU)], coverage, rounded))
    alpha = Picture(np.repeat(whole.alpha[..., None], 3, axis=2))
    expected = rounded(None, bicubic(alpha, CPU).sample(grid).numpy(), None)
    np.testing.assert_array_equal(result[..., 3], expected[..., 0])


@pytest.mark.parametrize("scale", [1.0, 2.6, 9.0])
def test_nearest_has_only_the_colours_and_alphas_of_the_picture(rng, scale):
    """Also beside another sampler, whose alpha is another."""
    whole = picture(rng, alpha=True)
    grid = Grid.for_scale(31, 23, scale)
    samplers = [Nearest(whole, CPU), bicubic(whole, CPU)]
    both = stacked(bands(grid, samplers, Coverage(whole, CPU), straight))
    stored = np.concatenate([whole.pixels, whole.alpha[..., None]], axis=2)
    stored[whole.alpha == 0] = 0
    sizes = grid.rows, grid.columns
    rows, columns = (np.floor((np.arange(size) + 0.5) / scale).astype(int) for size in sizes)
    np.testing.assert_array_equal(both[:, : grid.columns], stored[rows][:, columns])
    alone = stacked(bands(grid, samplers[1:], Coverage(whole, CPU), straight))
    np.testing.assert_array_equal(both[:, grid.columns :], alone)


def test_a_band_is_never_taller_than_a_tile_and_every_tile_is_counted(rng):
    grid = GRIDS[1]
    sampler = bicubic(picture(rng), CPU)
    pieces = list(bands(grid, [sampler, sampler], Coverage(sampler.picture, CPU), rounded))
    assert max(len(piece.rows) for piece in pieces if piece.rows is not None) <= TILE
    assert sum(piece.tiles for piece in pieces) == count_tiles(grid, 2) == 2 * len(grid.tiles())
    assert max(piece.tiles for piece in pieces) > 1, "one at a time keeps few cores busy"


class Encoded(Sampler):
    """A sampler that has to be prepared, in three steps."""

    title = "Encoded"
    key = "encoded"
    steps = 0

    def prepare(self, *_):
        for _ in range(3):
            self.steps += 1
            yield

    def _evaluate(self, _, windows):
        assert self.steps
        return torch.zeros(len(windows), windows[0].rows, windows[0].columns, 3)


def test_others_may_run_between_the_steps_of_an_encoder(rng):
    sampler = Encoded(picture(rng), CPU)
    pieces = bands(Grid.for_scale(31, 23, 1.0), [sampler], Coverage(sampler.picture, CPU), rounded)
    assert [next(pieces) for _ in range(3)] == [Piece()] * 3
    assert next(pieces) == Piece(tiles=1)


def test_a_band_beyond_all_memory_is_refused_before_it_is_begun(rng):
    """Linux would promise it, and end whatever asks for the promise to be kept."""
    image = picture(rng)
    for columns, sides in ((1 << 24, 1), (1 << 23, 2)):
        grid = Grid.for_size(31, 23, columns, 64)
        with pytest.raises(MemoryError):
            next(bands(grid, sides * [bicubic(image, CPU)], Coverage(image, CPU), straight))
    for size in ((1 << 24, 1), (1, 1 << 30)):
        grid = Grid.for_size(31, 23, *size)
        assert next(bands(grid, [Nearest(image, CPU)], Coverage(image, CPU), straight)).tiles


@given(st.integers(-200, 200), st.integers(1, 300))
def test_strips_cover_a_window_and_stay_within_rows_of_tiles(row, rows):
    cut = list(strips(Window(-3, row, 5, rows)))
    assert sum(strip.rows for strip in cut) == rows
    assert [strip.row for strip in cut[1:]] == [strip.row + strip.rows for strip in cut[:-1]]
    assert all(strip.row // TILE == (strip.row + strip.rows - 1) // TILE for strip in cut)


@given(st.integers(-200, 200), st.integers(1, 300), st.integers(-200, 200), st.integers(1, 300))
def test_tiles_are_counted_without_being_listed(column, columns, row, rows):
    grid = Grid(Lattice(Axis(0.0, 0.5), Axis(0.0, 0.5)), Window(column, row, columns, rows))
    assert count_tiles(grid) == len(grid.tiles())


class Short(Sampler):
    """Bicubic that lacks memory the first times it is asked, while preparing or evaluating."""

    def __init__(self, whole: Picture, times: int, preparing: bool):
        super().__init__(whole, CPU)
        self.title = "Short"
        self._inner, self._left, self._preparing = bicubic(whole, CPU), times, preparing

    @property
    def key(self) -> object:
        return "short"

    def prepare(self, lattice: Lattice, windows: Sequence[Window]) -> Iterator[None]:
        del lattice, windows
        yield
        if self._preparing:
            self._lack()

    def _evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> torch.Tensor:
        if not self._preparing:
            self._lack()
        return self._inner.evaluate(lattice, windows)

    def _lack(self) -> None:
        if self._left:
            self._left -= 1
            raise torch.OutOfMemoryError("CUDA out of memory")


@pytest.mark.parametrize("preparing", [True, False])
def test_where_memory_is_short_it_is_given_back_and_the_piece_tried_again(rng, preparing):
    whole, relieved = picture(rng), []
    cover, grid = Coverage(whole, CPU), GRIDS[1]
    pieces = bands(grid, [Short(whole, 1, preparing)], cover, rounded, lambda: relieved.append(1))
    expected = stacked(bands(grid, [bicubic(whole, CPU)], cover, rounded))
    np.testing.assert_array_equal(stacked(pieces), expected)
    assert relieved == [1]


@pytest.mark.parametrize("preparing", [True, False])
def test_memory_that_stays_short_is_an_error_at_last(rng, preparing):
    whole = picture(rng)
    pieces = bands(
        GRIDS[1], [Short(whole, 2, preparing)], Coverage(whole, CPU), rounded, lambda: None
    )
    with pytest.raises(torch.OutOfMemoryError):
        stacked(pieces)


def test_where_nothing_can_be_given_back_it_is_one_at_once(rng):
    whole = picture(rng)
    with pytest.raises(torch.OutOfMemoryError):
        stacked(bands(GRIDS[1], [Short(whole, 1, True)], Coverage(whole, CPU), rounded))


def test_for_a_defect_nothing_is_given_back(rng, monkeypatch):
    """Nor is it met a second time: what is kept would be made again for nothing."""
    sampler, asked = bicubic(picture(rng), CPU), []

    def fail(*_: object) -> None:
        asked.append("evaluated")
        raise ValueError("a defect")

    monkeypatch.setattr(sampler, "evaluate", fail)
    relieve = partial(asked.append, "relieved")
    with pytest.raises(ValueError, match="a defect"):
        stacked(bands(GRIDS[1], [sampler], Coverage(sampler.picture, CPU), rounded, relieve))
    assert asked == ["evaluated"]
