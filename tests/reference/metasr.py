"""Meta-SR's decoder in float64, pixel by pixel (Hu et al., CVPR 2019), written three times.

In source pixels for any lattice, in the [−1, 1] coordinates of LIIF's version of it, and as the
original whole network has it, for its own output size and with its own order of inputs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.reference.layers import Array, Layer, convolve, layer, perceptron
from tests.reference.liif import unfolded
from tests.reference.rdn import trunk


def decode(
    features: Array, layers: Sequence[Layer], ys: Array, xs: Array, steps: tuple[float, float]
) -> Array:
    """Values ``[len(ys), len(xs), 3]`` in the network's units at positions in source pixels.

    Args:
        features: ``[C, H, W]``.
        layers: the weight predictor; its input is (dy, dx, vertical step).
        ys, xs: positions of the rows and columns, clamped to the picture.
        steps: source pixels per sample (y, x).
    """
    height, width = features.shape[1:]
    out = np.empty((len(ys), len(xs), 3))
    for i, y in enumerate(np.clip(ys, 0.0, height)):
        for j, x in enumerate(np.clip(xs, 0.0, width)):
            top, left = y - steps[0] / 2, x - steps[1] / 2
            row = min(max(math.floor(top + 1e-6), 0), height - 1)
            column = min(max(math.floor(left + 1e-6), 0), width - 1)
            filters = perceptron(layers, np.array([[top - row, left - column, steps[0]]]))
            out[i, j] = unfolded(features, row, column) @ filters.reshape(-1, 3)
    return out


def decode_published(
    features: Array, layers: Sequence[Layer], ys: Array, xs: Array, steps: tuple[float, float]
) -> Array:
    """The same in [−1, 1] coordinates, as LIIF's version has it."""
    height, width = features.shape[1:]
    cell = 2 * steps[0] / height, 2 * steps[1] / width
    out = np.empty((len(ys), len(xs), 3))
    for i, y in enumerate(ys):
        for j, x in enumerate(xs):
            corner = 2 * y / height - 1 - cell[0] / 2, 2 * x / width - 1 - cell[1] / 2
            row, column = _covering(corner[0], height), _covering(corner[1], width)
            relative = (
                (corner[0] - (-1 + 2 * row / height)) * height / 2,
                (corner[1] - (-1 + 2 * column / width)) * width / 2,
            )
            filters = perceptron(layers, np.array([[*relative, cell[0] * height / 2]]))
            out[i, j] = unfolded(features, row, column) @ filters.reshape(-1, 3)
    return out


def _covering(coord: float, length: int) -> int:
    """The pixel that covers a coordinate, after the published shift and clamp."""
    clamped = min(max(coord + 1e-6, -1 + 1e-6), 1 - 1e-6)
    return round(((clamped + 1) * length - 1) / 2)


def original(state: Mapping[str, Any], image: Array, scale: float) -> Array:
    """The original network: ``[⌊s·H⌋, ⌊s·W⌋, 3]`` in 0..255 of an image ``[3, H, W]`` in 0..255.

    Its predictor is given (1/s, dy, dx), of ``i/s`` for output row ``i``.
    """
    blocks = len({key.split(".")[1] for key in state if key.startswith("RDBs.")})
    features = trunk(state, convolve(image, *layer(state, "sub_mean")), blocks, "")
    predictor = [layer(state, f"P2W.meta_block.{number}") for number in (0, 2)]
    height, width = int(scale * image.shape[1]), int(scale * image.shape[2])
    values = np.empty((3, height, width))
    for i in range(height):
        for j in range(width):
            row, column = math.floor(i / scale), math.floor(j / scale)
            inputs = np.array([[1 / scale, i / scale - row, j / scale - column]])
            filters = perceptron(predictor, inputs).reshape(-1, 3)
            values[:, i, j] = unfolded(features, row, column) @ filters
    return convolve(values, *layer(state, "add_mean")).transpose(1, 2, 0)
