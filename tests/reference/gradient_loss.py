"""SPSR's gradient-pixel loss (Ma et al., CVPR 2020, equation 6), pixel by pixel in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def gradient_l1(shown: Array, truth: Array) -> float:
    """Mean of ``|M(shown) − M(truth)|`` over pictures ``[B, 3, H, W]``."""
    pairs = zip(_planes(shown), _planes(truth), strict=True)
    return float(np.mean([np.abs(m(one) - m(other)) for one, other in pairs]))


def m(plane: Array) -> Array:
    """``sqrt(Ix² + Iy² + 1e-6)`` of a plane ``[H, W]``, by central differences, 0 outside."""
    height, width = plane.shape

    def at(y: int, x: int) -> float:
        return float(plane[y, x]) if 0 <= y < height and 0 <= x < width else 0.0

    found = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            down, across = at(y + 1, x) - at(y - 1, x), at(y, x + 1) - at(y, x - 1)
            found[y, x] = np.sqrt(down**2 + across**2 + 1e-6)
    return found


def _planes(pictures: Array) -> Array:
    return pictures.reshape(-1, *pictures.shape[2:])
