"""Separable resampling in fp32, with the conventions and weights of `taps`.

On CPUs by loops that LLVM compiles, elsewhere by matrix products.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from models.kernels.crew import share_out
from models.kernels.filter_weights import VECTOR, Part, Weights, grouped
from models.kernels.filtering import filters_on
from models.samplers.grid import Axis, Lattice, Window
from models.samplers.taps import Kernel, reach, taps, weights

WIDE = 512
"""Source pixels from which weights are not kept: only strong reductions have as many."""

WORTH = 100_000
"""Products of vectors that take as long as several times what it takes to wake up a thread."""

CHUNK = 1024
"""Source rows that are read at a time; bounds the memory of strong reductions."""


class Pixels(Protocol):
    """A picture that can be read in windows.

    Attributes:
        width, height, channels: its size.
    """

    width: int
    height: int
    channels: int

    @property
    def whole(self) -> tuple[Tensor, float] | None:
        """All of it, ``[H, W, C]``, and what makes 1 of its largest number.

        None where `read` makes the numbers; one thread at a time may then ask.
        """
        ...

    def read(self, rows: slice, columns: slice) -> Tensor:
        """Channels-last fp32 samples in 0..1."""
        ...


def resample(
    pixels: Pixels,
    lattice: Lattice,
    windows: Sequence[Window],
    kernel: Kernel,
    device: torch.device,
) -> Tensor:
    """Filtered samples of each window: ``[N, rows, columns, C]`` fp32, not clamped.

    All windows have the same shape.
    """
    filters = filters_on(device)
    rows = reach(lattice.y, windows[0].row, windows[0].rows, pixels.height, kernel)
    if filters is None or (pixels.whole is None and len(rows) > CHUNK):
        made = [_window(pixels, lattice, window, kernel, device) for window in windows]
        return torch.stack(made)
    out = torch.empty(len(windows), windows[0].rows, windows[0].columns, pixels.channels)
    pairs = list(zip(windows, out, strict=True))
    if pixels.whole is None:
        for window, samples in pairs:
            filters.resample([_part(pixels, lattice, window, kernel, samples)], 1.0)
        return out
    _, unit = pixels.whole
    parts = [_part(pixels, lattice, window, kernel, samples) for window, samples in pairs]
    each = max(1, math.ceil(len(parts) / _hands(parts)))
    share_out(
        partial(filters.resample, parts[first : first + each], unit)
        for first in range(0, len(parts), each)
    )
    return out


def _part(pixels: Pixels, lattice: Lattice, window: Window, kernel: Kernel, out: Tensor) -> Part:
    """What compiled loops are told of a window."""
    down = _weights(lattice.y, window.row, window.rows, pixels.height, kernel, None)
    across = _weights(
        lattice.x, window.column, window.columns, pixels.width, kernel, pixels.channels
    )
    if pixels.whole is not None:
        return Part(pixels.whole[0], (0, 0), down, across, out)
    rows, columns = (slice(each.first, each.first + each.span) for each in (down, across))
    return Part(pixels.read(rows, columns), (down.first, across.first), down, across, out)


def _hands(parts: Sequence[Part]) -> int:
    """How many threads are worth waking up for some windows."""
    rows, columns, taps, groups, *_ = parts[0].sizes
    across = rows * columns * groups
    down = rows * taps * parts[0].length / VECTOR
    return min(torch.get_num_threads(), 1 + int(len(parts) * (across + down) / WORTH))


def _window(
    pixels: Pixels, lattice: Lattice, window: Window, kernel: Kernel, device: torch.device
) -> Tensor:
    left, horizontal = _table(
        lattice.x, window.column, window.columns, pixels.width, kernel, device
    )
    top, vertical = _table(lattice.y, window.row, window.rows, pixels.height, kernel, device)
    total: Tensor | None = None
    for offset in range(0, vertical.shape[1], CHUNK):
        part = vertical[:, offset : offset + CHUNK]
        if offset and not bool(part.any()):
            continue
        first, last = top + offset, top + offset + part.shape[1]
        source = pixels.read(slice(first, last), slice(left, left + horizontal.shape[1]))
        # [h, w, C] → [h, C, columns] → [rows, C·columns]
        rows = source.permute(0, 2, 1).reshape(-1, horizontal.shape[1]) @ horizontal.t()
        product = part @ rows.reshape(part.shape[1], -1)
        total = product if total is None else total.add_(product)
    assert total is not None
    return total.reshape(window.rows, -1, window.columns).permute(0, 2, 1)


def _weights(
    axis: Axis, first: int, count: int, length: int, kernel: Kernel, channels: int | None
) -> Weights:
    """`taps` for loops: of rows, or of columns of pixels with so many channels."""
    make = _kept_weights if kernel.support * axis.step < WIDE else _new_weights
    return make(axis, first, count, length, kernel, channels)


def _new_weights(
    axis: Axis, first: int, count: int, length: int, kernel: Kernel, channels: int | None
) -> Weights:
    starts, table = taps(axis, first, count, length, kernel)
    start, span = int(starts[0]), int(starts[-1] - starts[0]) + table.shape[1]
    # Usable in inference mode and out of it.
    with torch.inference_mode(False):
        single = torch.from_numpy(table.astype(np.float32))
        places = torch.from_numpy(starts - start)
        return Weights(start, span, places, grouped(single, channels) if channels else single)


_kept_weights = lru_cache(maxsize=256)(_new_weights)
"""Tiles in a row or a column of a canvas share theirs, and they cost more than the filtering."""


def _table(
    axis: Axis, first: int, count: int, length: int, kernel: Kernel, device: torch.device
) -> tuple[int, Tensor]:
    """`weights` in fp32 on a device."""
    make = _kept_table if len(reach(axis, first, count, length, kernel)) < WIDE else _new_table
    return make(axis, first, count, length, kernel, device)


def _new_table(
    axis: Axis, first: int, count: int, length: int, kernel: Kernel, device: torch.device
) -> tuple[int, Tensor]:
    start, table = weights(axis, first, count, length, kernel)
    # Usable in inference mode and out of it.
    with torch.inference_mode(False):
        return start, torch.from_numpy(table.astype(np.float32)).to(device)


_kept_table = lru_cache(maxsize=256)(_new_table)
