"""Separable filters in float64, sample by sample, with Pillow's conventions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tests.reference.layers import Array

A = -0.5
"""Keys' parameter for third-order accuracy (Keys, 1981)."""


def cubic(x: float) -> float:
    """Keys' cubic convolution kernel (Keys, 1981, equation 14 with a free a)."""
    x = abs(x)
    if x < 1:
        return (A + 2) * x**3 - (A + 3) * x**2 + 1
    if x < 2:
        return A * x**3 - 5 * A * x**2 + 8 * A * x - 4 * A
    return 0.0


def lanczos(x: float) -> float:
    """Lanczos' window over a sinc, three lobes (Duchon, 1979)."""
    if x == 0:
        return 1.0
    if abs(x) >= 3:
        return 0.0
    return 3 * math.sin(math.pi * x) * math.sin(math.pi * x / 3) / (math.pi * x) ** 2


FILTERS: dict[str, tuple[Callable[[float], float], float]] = {
    "bicubic": (cubic, 2.0),
    "lanczos": (lanczos, 3.0),
}


def filter_line(line: Array, position: float, step: float, name: str) -> Array:
    """One sample of a line ``[length, …]`` at a position in source pixels.

    The kernel is widened by the step where it reduces; source pixels whose centres lie within the
    support take part; their weights are divided by their sum.
    """
    kernel, support = FILTERS[name]
    widening = max(1.0, step)
    position = min(max(position, 0.0), float(len(line)))
    first = max(0, math.floor(position - support * widening + 0.5))
    end = min(len(line), math.floor(position + support * widening + 0.5))
    weights = [kernel((index + 0.5 - position) / widening) for index in range(first, end)]
    total = np.zeros(line.shape[1:])
    for index, weight in zip(range(first, end), weights, strict=True):
        total += weight / sum(weights) * line[index]
    return total


def resample(image: Array, ys: Array, xs: Array, steps: tuple[float, float], name: str) -> Array:
    """``[len(ys), len(xs), C]`` of an image ``[H, W, C]``; steps are (y, x). Not clamped."""
    rows = np.stack([filter_line(image, y, steps[0], name) for y in ys])
    columns = rows.transpose(1, 0, 2)
    return np.stack([filter_line(columns, x, steps[1], name) for x in xs]).transpose(1, 0, 2)


def nearest(image: Array, ys: Array, xs: Array) -> Array:
    """The source pixels that cover the positions: ``[len(ys), len(xs), C]``."""
    height, width = image.shape[:2]
    rows = [min(max(math.floor(y), 0), height - 1) for y in ys]
    columns = [min(max(math.floor(x), 0), width - 1) for x in xs]
    return image[rows][:, columns]
