"""The source pixel that each sample's top left corner falls on: Meta-SR's location projection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.samplers.grid import Axis, Floats

SHIFT = 1e-6
"""A corner this little before a pixel's border belongs to that pixel: it is rounding noise."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """Per sample of one axis.

    Attributes:
        start: first source pixel that any sample needs.
        index: ``[count]`` int64, the pixels' places counted from ``start``.
        offset: ``[count]`` float64, from the pixel's first edge to the sample's, in source pixels:
            0..1 but for rounding, and below 0 where a sample sticks out of the picture.
    """

    start: int
    index: NDArray[np.int64]
    offset: Floats


def anchors(axis: Axis, first: int, count: int, length: int) -> Anchors:
    """Anchors of ``count`` samples from index ``first`` on an axis of ``length`` pixels.

    Sample ``x`` covers ``x ± step/2`` and begins at ``q = x − step/2``; its pixel is
    ``⌊q + 1e-6⌋``, clamped to the picture.
    """
    position = np.clip(axis.positions(first, count), 0.0, float(length))
    edge = position - axis.step / 2
    index = np.clip(np.floor(edge + SHIFT), 0, length - 1).astype(np.int64)
    start = int(index[0])
    return Anchors(start, index - start, edge - index)
