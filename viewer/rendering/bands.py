"""Bands: the pixels of a grid from top to bottom, one row of tiles after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from models.samplers.base import Coverage, Sampler, Samples
from models.samplers.grid import TILE, Grid, Tile, Window, overlap, tiles_of
from viewer.rendering.failures import may_lack_memory

Floats = NDArray[np.float32]

Convert = Callable[[Sampler, Floats, Floats | None], Samples]
"""Turns a sampler's colour ``[h, w, 3]``, premultiplied, and alpha ``[h, w]`` into integer samples
``[h, w, C]``.

It works pixel by pixel: a picture converted in parts equals the parts of a converted picture.
"""

Relieve = Callable[[], None]
"""Gives back memory that others can do without for now."""

T = TypeVar("T")

LARGEST_BAND = 8 << 30
"""Bytes of a band's samples, as floats: where a system promises more than it has, asking for more
ends the program, or others."""

TILES_AT_ONCE = {"cpu": 4}
"""Tiles evaluated by one call; a GPU gets more, so that it is asked for its answer less often."""


class NotFiniteError(ValueError):
    """A sampler gave pixels that are no numbers. `str()` is one sentence for people."""


class Piece(NamedTuple):
    """A small piece of finished work: how many tiles, and the rows that it completed, if any."""

    tiles: int = 0
    rows: Samples | None = None


def count_tiles(grid: Grid, sides: int = 1) -> int:
    """Tiles that a grid touches, for each of several samplers."""
    return grid.tile_count * sides


def bands(
    grid: Grid,
    samplers: Sequence[Sampler],
    coverage: Coverage,
    convert: Convert,
    relieve: Relieve | None = None,
) -> Iterator[Piece]:
    """Render a grid with one sampler, or with several side by side.

    Tiles are those of `Sampler.sample`, so the pixels are the same. Memory holds one band of
    integer samples, at most `TILE` rows. Where memory is short, ``relieve`` is called and the
    piece is tried once more.

    Yields:
        A piece after every encoder step and every call for tiles, with ``rows`` of
        ``[n, columns · len(samplers), C]`` whenever a band is complete.

    Raises:
        MemoryError: at once, if a band is beyond all reason.
        NotFiniteError: as integers such pixels would be black, and nobody would know why.
    """
    if 16 * min(TILE, grid.rows) * grid.columns * len(samplers) > LARGEST_BAND:
        raise MemoryError
    for strip in strips(grid.window):
        band: Samples | None = None
        for index, sampler in enumerate(samplers):
            left = index * strip.columns
            for tiles in _batches(strip, sampler.device):
                windows = [tile.window for tile in tiles]
                for _ in _relieved(partial(sampler.prepare, grid.lattice, windows), relieve):
                    yield Piece()
                shown = partial(_evaluate, grid, strip, sampler, coverage, convert, tiles)
                # Those that came before memory was short come again, to the same places.
                for columns, samples in _relieved(shown, relieve):
                    if band is None:
                        width = strip.columns * len(samplers)
                        band = np.empty((strip.rows, width, samples.shape[2]), samples.dtype)
                    band[:, left + columns.start : left + columns.stop] = samples
                yield Piece(tiles=len(tiles))
        yield Piece(rows=band)


def _relieved(work: Callable[[], Iterator[T]], relieve: Relieve | None) -> Iterator[T]:
    """What comes of work, which is begun once more if memory is short and can be given back."""
    try:
        yield from work()
        return
    except Exception as error:
        if relieve is None or not may_lack_memory(error):
            raise
    # Not before the error has gone, with all that its frames hold.
    relieve()
    yield from work()


def strips(window: Window) -> Iterator[Window]:
    """A window cut where the rows of tiles end, from top to bottom."""
    row, end = window.row, window.row + window.rows
    while row < end:
        rows = min((row // TILE + 1) * TILE, end) - row
        yield Window(window.column, row, window.columns, rows)
        row += rows


def _batches(strip: Window, device: torch.device) -> Iterator[list[Tile]]:
    """The tiles of a strip, as many at a time as its device takes well."""
    size = TILES_AT_ONCE.get(device.type, 8)
    tiles = tiles_of(strip)
    while batch := list(islice(tiles, size)):
        yield batch


def _evaluate(
    grid: Grid,
    strip: Window,
    sampler: Sampler,
    coverage: Coverage,
    convert: Convert,
    tiles: Sequence[Tile],
) -> Iterator[tuple[slice, Samples]]:
    """Converted samples of each tile inside the strip, and the strip's columns they belong to."""
    colour = sampler.tiles(grid.lattice, tiles).cpu().numpy()
    covered = coverage.tiles(sampler, grid.lattice, tiles)
    alpha = None if covered is None else covered.cpu().numpy()
    for index, tile in enumerate(tiles):
        _, columns, inner_rows, inner_columns = overlap(strip, tile)
        shown = colour[index, inner_rows, inner_columns]
        if not finite(shown):
            raise NotFiniteError(
                f"some pixels of {sampler.title} are no numbers; choose another sampler, or try "
                "--precision fp32"
            )
        part = None if alpha is None else alpha[index, inner_rows, inner_columns]
        yield columns, convert(sampler, shown, part)


def finite(samples: Floats) -> bool:
    """Whether all samples are numbers."""
    return bool(np.isfinite(samples).all())
