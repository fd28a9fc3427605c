"""Separable resampling with Pillow's conventions, in fp32 with float64 weights.

The kernel is widened by the step when it reduces, its window is cut at the picture's borders and
its weights are renormalised there. Bicubic is Keys' kernel with a = −0.5 (Keys, 1981).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from models.samplers.grid import Axis, Floats, Lattice, Window

WIDE = 512
"""Source pixels of a sample row or column whose weights are not kept: only reductions have more."""

CHUNK = 1024
"""Source rows that are reduced at a time; bounds the memory of strong reductions."""


class Pixels(Protocol):
    """A picture that can be read in windows."""

    width: int
    height: int

    def read(self, rows: slice, columns: slice) -> Tensor:
        """Channels-last fp32 samples in 0..1."""
        ...


@dataclass(frozen=True, slots=True)
class Kernel:
    """A filter: its name, its half width in source pixels, and its weight at a distance."""

    name: str
    support: float
    weight: Callable[[Floats], Floats]


def _cubic(x: Floats, a: float = -0.5) -> Floats:
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _lanczos(x: Floats) -> Floats:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


BICUBIC = Kernel("bicubic", 2.0, _cubic)
LANCZOS = Kernel("lanczos", 3.0, _lanczos)


@lru_cache(maxsize=4096)
def reach(axis: Axis, first: int, count: int, length: int, kernel: Kernel) -> range:
    """The source pixels that `weights` weigh, without the weights."""
    support = kernel.support * max(1.0, axis.step)
    span = min(math.ceil((count - 1) * axis.step + 2 * support) + 2, length)
    centre = min(max(float(axis.positions(first, 1)[0]), 0.0), float(length))
    start = min(max(math.floor(centre - support + 0.5), 0), length - span)
    return range(start, start + span)


def weights(axis: Axis, first: int, count: int, length: int, kernel: Kernel) -> tuple[int, Floats]:
    """Weights of the source pixels for ``count`` samples of an axis from index ``first``.

    Returns the first source pixel and a float64 matrix ``[count, span]``; rows sum to 1. ``span``
    depends on the step, ``count`` and ``length`` alone, so that every tile of a lattice has the
    same shape, and lies inside the picture. Samples outside the picture are clamped to it.
    """
    widening = max(1.0, axis.step)
    support = kernel.support * widening
    centre = np.clip(axis.positions(first, count), 0.0, float(length))
    low = np.maximum(np.floor(centre - support + 0.5), 0)
    high = np.minimum(np.floor(centre + support + 0.5), length)
    pixels = reach(axis, first, count, length, kernel)
    index = np.arange(pixels.start, pixels.stop, dtype=np.float64)
    table = kernel.weight((index[None, :] - centre[:, None] + 0.5) / widening)
    table *= (index >= low[:, None]) & (index < high[:, None])
    return pixels.start, table / table.sum(axis=1, keepdims=True)


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
    return torch.stack([_window(pixels, lattice, window, kernel, device) for window in windows])


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
    small = (count - 1) * axis.step + 2 * kernel.support * max(1.0, axis.step) < WIDE
    make = _kept_table if small else _new_table
    return make(axis, first, count, length, kernel, device)


def _new_table(
    axis: Axis, first: int, count: int, length: int, kernel: Kernel, device: torch.device
) -> tuple[int, Tensor]:
    start, table = weights(axis, first, count, length, kernel)
    # Usable in inference mode and out of it.
    with torch.inference_mode(False):
        return start, torch.from_numpy(table.astype(np.float32)).to(device)


_kept_table = lru_cache(maxsize=256)(_new_table)
"""Tiles in a row or a column of a canvas share theirs, and they cost more than the filtering."""
