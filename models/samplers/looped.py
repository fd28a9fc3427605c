"""Separable resampling by compiled loops: which windows together, and on how many threads."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from models.kernels.crew import share_out
from models.kernels.filter_weights import VECTOR, Part, Weights, grouped
from models.samplers.grid import Axis, Lattice, Window
from models.samplers.pixels import Pixels
from models.samplers.taps import Kernel, taps

if TYPE_CHECKING:
    from models.kernels.filters import Filters

FAR = 32.0
"""Source pixels on each side of a sample from which filtering is dear, and weights are long."""

WORTH = 100_000
"""Products of vectors that take as long as several times what it takes to wake up a thread."""


def looped(
    filters: Filters, pixels: Pixels, lattice: Lattice, windows: Sequence[Window], kernel: Kernel
) -> Tensor:
    """Samples ``[N, rows, columns, C]`` fp32 of windows of one shape, as `separable.resample`."""
    out = torch.empty(len(windows), windows[0].rows, windows[0].columns, pixels.channels)
    far = kernel.support * max(lattice.x.step, lattice.y.step) > FAR
    source = _Source(filters, pixels, lattice, kernel, cache(_new_weights) if far else _kept)
    pairs = list(zip(windows, out, strict=True))
    if not far and pixels.whole is not None:
        source.fill(pairs)
        return out
    for window, samples in pairs:
        if far:
            source.fill_inside(window, samples)
        else:
            source.fill([(window, samples)])
    return out


@dataclass(frozen=True)
class _Source:
    """What is filtered, and how.

    Attributes:
        weights: as `_new_weights`.
    """

    filters: Filters
    pixels: Pixels
    lattice: Lattice
    kernel: Kernel
    weights: Callable[[Axis, int, int, int, Kernel, int | None], Weights]

    def fill(self, pairs: Sequence[tuple[Window, Tensor]]) -> None:
        """Put samples into the memory of each window; all have the same shape.

        Where the source has to be read first, all of them have it in memory at a time.
        """
        _, unit = self.pixels.whole or (None, 1.0)
        parts = [self._part(*pair) for pair in pairs]
        hands = _hands(parts)
        if len(parts) < hands:
            pieces = [[piece] for part in parts for piece in part.split(hands)]
        else:
            each = math.ceil(len(parts) / hands)
            pieces = [parts[first : first + each] for first in range(0, len(parts), each)]
        share_out(partial(self.filters.resample, piece, unit) for piece in pieces)

    def fill_inside(self, window: Window, out: Tensor) -> None:
        """The same for one window; samples outside the picture are copies of its border's.

        A tile has 64 rows even where three of them cover the picture.
        """
        rows, again_y = _inside(self.lattice.y, window.row, window.rows, self.pixels.height)
        columns, again_x = _inside(self.lattice.x, window.column, window.columns, self.pixels.width)
        if (len(rows), len(columns)) == (window.rows, window.columns):
            self.fill([(window, out)])
            return
        samples = out.new_empty(len(rows), len(columns), out.shape[2])
        inner = Window(columns.start, rows.start, len(columns), len(rows))
        self.fill([(inner, samples)])
        out.copy_(samples.index_select(0, again_y).index_select(1, again_x))

    def _part(self, window: Window, out: Tensor) -> Part:
        """What compiled loops are told of a window."""
        pixels, lattice, kernel = self.pixels, self.lattice, self.kernel
        down = self.weights(lattice.y, window.row, window.rows, pixels.height, kernel, None)
        across = self.weights(
            lattice.x, window.column, window.columns, pixels.width, kernel, pixels.channels
        )
        if pixels.whole is not None:
            return Part(pixels.whole[0], (0, 0), down, across, out)
        rows, columns = (slice(each.first, each.first + each.span) for each in (down, across))
        return Part(pixels.read(rows, columns), (down.first, across.first), down, across, out)


def _hands(parts: Sequence[Part]) -> int:
    """How many threads are worth waking up for some windows."""
    rows, columns, taps_down, groups, *_ = parts[0].sizes
    across = rows * columns * groups
    down = rows * taps_down * parts[0].length / VECTOR
    return min(torch.get_num_threads(), 1 + int(len(parts) * (across + down) / WORTH))


def _inside(axis: Axis, first: int, count: int, length: int) -> tuple[range, Tensor]:
    """The samples that differ, and for each of all samples which of them it equals.

    Beyond the picture all equal the one at its end.
    """
    positions = axis.positions(first, count)
    before, behind = int((positions <= 0).sum()), int((positions >= length).sum())
    start, stop = max(before - 1, 0), count - max(behind - 1, 0)
    again = torch.arange(-start, count - start).clamp_(0, stop - start - 1)
    return range(first + start, first + stop), again


def _new_weights(
    axis: Axis, first: int, count: int, length: int, kernel: Kernel, channels: int | None
) -> Weights:
    """`taps` for loops: of rows, or of columns of pixels with so many channels."""
    starts, table = taps(axis, first, count, length, kernel)
    start, span = int(starts[0]), int(starts[-1] - starts[0]) + table.shape[1]
    single, places = torch.from_numpy(table.astype(np.float32)), torch.from_numpy(starts - start)
    return Weights(start, span, places, grouped(single, channels) if channels else single)


_kept = lru_cache(maxsize=256)(_new_weights)
"""Tiles in a row or a column of a canvas share theirs, and they cost more than the filtering."""
