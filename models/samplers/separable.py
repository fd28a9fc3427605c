"""Separable resampling in fp32, with the conventions and weights of `taps`.

On CPUs by loops that LLVM compiles (`looped`), elsewhere by matrix products.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from models.kernels.filtering import filters_on
from models.samplers.grid import Axis, Lattice, Window
from models.samplers.looped import looped
from models.samplers.pixels import Pixels
from models.samplers.taps import Kernel, reach, weights

WIDE = 512
"""Source pixels from which weights are not kept: only strong reductions have as many."""

CHUNK = 1024
"""Source rows that are read at a time; bounds the memory of strong reductions."""


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
    return looped(filters, pixels, lattice, windows, kernel)


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
