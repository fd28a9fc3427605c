"""LIIF's decoder in float64, query by query (Chen, Liu and Wang, CVPR 2021).

``I(x) = Σ_t (S_t / S) · f(z_t, [x − v_t, c])`` over the four latents around ``x`` (equation 4),
with feature unfolding (equation 3) and cell decoding (equation 6). Written twice: in source pixels
with the areas as fractions, and in the [−1, 1] coordinates of the published code.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tests.reference.layers import Array, Layer, perceptron


def decode(
    features: Array,
    layers: Sequence[Layer],
    ys: Array,
    xs: Array,
    steps: tuple[float, float],
    source: Array | None = None,
) -> Array:
    """Pixels ``[len(ys), len(xs), 3]`` in 0..1 (not clamped) at positions in source pixels.

    Args:
        features: ``[C, H, W]``.
        layers: weight and bias of each layer of ``f``; its input is the unfolded latent
            ``[9·C]``, the relative coordinate (y, x) and the cell (y, x).
        ys, xs: positions of the rows and columns, clamped to the picture.
        steps: source pixels per sample (y, x).
        source: the image ``[3, H, W]`` in 0..1 if ``f`` predicts the difference to it.
    """
    height, width = features.shape[1:]
    queries, corners, shares = [], [], []
    for y in np.clip(ys, 0.0, height):
        for x in np.clip(xs, 0.0, width):
            for row, column, share in _corners(y, x, height, width):
                relative = 2 * (y - (row + 0.5)), 2 * (x - (column + 0.5))
                cell = 2 * steps[0], 2 * steps[1]
                queries.append([*unfolded(features, row, column), *relative, *cell])
                corners.append((row, column))
                shares.append(share)
    predicted = perceptron(layers, np.array(queries))
    if source is not None:
        predicted += np.array([(source[:, row, column] - 0.5) / 0.5 for row, column in corners])
    blended = (predicted * np.array(shares)[:, None]).reshape(-1, 4, 3).sum(axis=1)
    return (blended * 0.5 + 0.5).reshape(len(ys), len(xs), 3)


def _corners(y: float, x: float, height: int, width: int) -> list[tuple[int, int, float]]:
    """The four latents around a position, clamped to the picture, with their shares.

    The area of the rectangle opposite to a latent is that latent's bilinear weight.
    """
    top, left = math.floor(y - 0.5), math.floor(x - 0.5)
    down, across = y - 0.5 - top, x - 0.5 - left
    return [
        (_clamp(top, height), _clamp(left, width), (1 - down) * (1 - across)),
        (_clamp(top, height), _clamp(left + 1, width), (1 - down) * across),
        (_clamp(top + 1, height), _clamp(left, width), down * (1 - across)),
        (_clamp(top + 1, height), _clamp(left + 1, width), down * across),
    ]


def _clamp(index: int, length: int) -> int:
    return min(max(index, 0), length - 1)


def unfolded(features: Array, row: int, column: int) -> Array:
    """The 3×3 neighbourhood of a latent, channel-major, zeros beyond the picture: ``[9·C]``."""
    out = np.zeros((features.shape[0], 3, 3))
    for i in range(3):
        for j in range(3):
            y, x = row + i - 1, column + j - 1
            if 0 <= y < features.shape[1] and 0 <= x < features.shape[2]:
                out[:, i, j] = features[:, y, x]
    return out.reshape(-1)


def decode_published(
    features: Array,
    layers: Sequence[Layer],
    ys: Array,
    xs: Array,
    steps: tuple[float, float],
) -> Array:
    """The same in [−1, 1] coordinates with shifts of 1e-6 and areas + 1e-9, as published.

    Differs from `decode` at the exact centres of the last row and column, where all four areas
    vanish and rounding noise is divided by itself.
    """
    height, width = features.shape[1:]
    out = np.empty((len(ys), len(xs), 3))
    for i, y in enumerate(ys):
        for j, x in enumerate(xs):
            coord = 2 * y / height - 1, 2 * x / width - 1
            predictions, areas = [], []
            for vy in (-1, 1):
                for vx in (-1, 1):
                    row = _nearest(coord[0] + vy / height + 1e-6, height)
                    column = _nearest(coord[1] + vx / width + 1e-6, width)
                    relative = (
                        (coord[0] - _centre(row, height)) * height,
                        (coord[1] - _centre(column, width)) * width,
                    )
                    cell = (2 * steps[0] / height) * height, (2 * steps[1] / width) * width
                    query = np.array([[*unfolded(features, row, column), *relative, *cell]])
                    predictions.append(perceptron(layers, query)[0])
                    areas.append(abs(relative[0] * relative[1]) + 1e-9)
            opposite = areas[::-1]
            total = sum(areas)
            out[i, j] = sum(p * a / total for p, a in zip(predictions, opposite, strict=True))
    return out * 0.5 + 0.5


def _nearest(coord: float, length: int) -> int:
    """The latent whose pixel covers a coordinate, after the published clamp."""
    clamped = min(max(coord, -1 + 1e-6), 1 - 1e-6)
    return _clamp(round(((clamped + 1) * length - 1) / 2), length)


def _centre(index: int, length: int) -> float:
    return -1 + (2 * index + 1) / length
