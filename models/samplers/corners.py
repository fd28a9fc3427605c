"""The two nearest latents of each sample along an axis, and where the sample lies between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.samplers.grid import Axis, Floats


@dataclass(frozen=True, slots=True)
class Corners:
    """Per sample of one axis, for the lower (0) and upper (1) neighbour.

    Attributes:
        start: first source pixel that any sample needs.
        index: ``[2, count]`` int64, the neighbours' places counted from ``start``.
        offset: ``[2, count]`` float64, sample minus the neighbour's centre, in source pixels.
        fraction: ``[count]`` float64, weight of the upper neighbour. These are the area weights
            of LIIF's local ensemble, equation (4), as fractions.
    """

    start: int
    index: NDArray[np.int64]
    offset: Floats
    fraction: Floats


def corners(axis: Axis, first: int, count: int, length: int) -> Corners:
    """Neighbours of ``count`` samples from index ``first`` on an axis of ``length`` pixels.

    A neighbour beyond the border is the border's pixel, and offsets are measured from there, as
    LIIF's clamped coordinates have it.
    """
    position = np.clip(axis.positions(first, count), 0.0, float(length))
    low = np.floor(position - 0.5)
    index = np.clip(np.stack([low, low + 1]), 0, length - 1)
    offset = position - (index + 0.5)
    start = int(index[0, 0])
    return Corners(start, index.astype(np.int64) - start, offset, position - 0.5 - low)


def span(axis: Axis, count: int) -> int:
    """Source pixels that ``count`` samples of an axis may need; the same for all its windows."""
    return math.ceil((count - 1) * axis.step - 1e-9) + 2
