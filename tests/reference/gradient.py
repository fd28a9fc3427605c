"""The gradient map of a picture in float64 (Ma et al., CVPR 2020), per source pixel."""

from __future__ import annotations

import math

import numpy as np

from tests.reference.layers import Array

LUMA = (65.738 / 256, 129.057 / 256, 25.064 / 256)
"""Weights of red, green and blue in the grey picture (ITU-R BT.601, studio range)."""


def grey(image: Array) -> Array:
    """``[H, W]`` of ``[H, W, 3]``."""
    return image @ np.array(LUMA)


def magnitude(samples: Array, steps: tuple[float, float]) -> Array:
    """``sqrt(Ix² + Iy²)`` with ``Ix = (I(x + 1) − I(x − 1)) / step``.

    Args:
        samples: unrounded ``[rows + 2, columns + 2, 3]``, one sample wider on each side.
        steps: source pixels per sample (y, x).

    Returns:
        ``[rows, columns]``
    """
    lightness = grey(samples)
    out = np.empty((samples.shape[0] - 2, samples.shape[1] - 2))
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            across = lightness[row + 1, column + 2] - lightness[row + 1, column]
            down = lightness[row + 2, column + 1] - lightness[row, column + 1]
            out[row, column] = math.sqrt((across / steps[1]) ** 2 + (down / steps[0]) ** 2)
    return out
