"""The kernels of separable filters, and the source pixels that they weigh, in float64.

Pillow's conventions: the kernel is widened by the step when it reduces, its window is cut at the
picture's borders and its weights are renormalised there. Bicubic is Keys' kernel with a = −0.5
(Keys, 1981).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.samplers.grid import Axis, Floats


@dataclass(frozen=True, slots=True)
class Kernel:
    """A filter: its name, its half width in source pixels, and its weight at a distance.

    Beyond its half width it weighs nothing.
    """

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
    """The source pixels that `weights` weigh, without the weights, in one range."""
    support = kernel.support * max(1.0, axis.step)
    span = min(math.ceil((count - 1) * axis.step + 2 * support) + 2, length)
    centre = float(axis.positions(first, 1)[0])
    start = min(max(math.floor(centre - support + 0.5), 0), length - span)
    return range(start, start + span)


def taps(
    axis: Axis, first: int, count: int, length: int, kernel: Kernel
) -> tuple[NDArray[np.int64], Floats]:
    """The source pixels that make ``count`` samples of an axis from index ``first``.

    Returns each sample's first source pixel and a float64 matrix ``[count, n]`` of the weights from
    it on; rows sum to 1. ``n`` depends on the step and ``length`` alone; all pixels lie inside the
    picture. Samples outside it are clamped to it.
    """
    widening = max(1.0, axis.step)
    support = kernel.support * widening
    centre = np.clip(axis.positions(first, count), 0.0, float(length))
    most = min(math.ceil(2 * support), length)
    starts = np.clip(np.floor(centre - support + 0.5), 0, length - most)
    index = starts[:, None] + np.arange(most)
    table = kernel.weight((index - centre[:, None] + 0.5) / widening)
    return starts.astype(np.int64), table / table.sum(axis=1, keepdims=True)


def weights(axis: Axis, first: int, count: int, length: int, kernel: Kernel) -> tuple[int, Floats]:
    """The same as one matrix of all source pixels that these samples need.

    Returns the first source pixel and a float64 matrix ``[count, span]``. ``span`` depends on the
    step, ``count`` and ``length`` alone, so that every tile of a lattice has the same shape.
    """
    starts, table = taps(axis, first, count, length, kernel)
    pixels = reach(axis, first, count, length, kernel)
    full = np.zeros((count, len(pixels)))
    places = starts[:, None] - pixels.start + np.arange(table.shape[1])
    np.put_along_axis(full, places, table, axis=1)
    return pixels.start, full
