"""PSNR, SSIM and the protocol's sizes, pixel by pixel in float64."""

from __future__ import annotations

import math

import numpy as np

from tests.reference.layers import Array
from tests.reference.resample import resample


def luma(pixel: Array) -> float:
    """Luma on the scale of RGB 0..1: 16..235 of 255 (ITU-R BT.601)."""
    red, green, blue = (float(value) for value in pixel)
    return (16 + 255 * (65.738 * red + 129.057 * green + 25.064 * blue) / 256) / 255


def psnr(shown: Array, truth: Array, border: int, on_luma: bool) -> float:
    """``10·log10(1 / mse)`` over the pixels at least ``border`` from every edge."""
    height, width = truth.shape[:2]
    squares = []
    for y in range(border, height - border):
        for x in range(border, width - border):
            if on_luma:
                squares.append((luma(shown[y, x]) - luma(truth[y, x])) ** 2)
            else:
                squares.extend((shown[y, x, c] - truth[y, x, c]) ** 2 for c in range(3))
    return 10 * math.log10(len(squares) / sum(squares))


def ssim(shown: Array, truth: Array, border: int) -> float:
    """Mean SSIM of luma (Wang et al., 2004, equations 13 to 17), windows wholly inside."""
    height, width = truth.shape[:2]
    cut = slice(border, height - border), slice(border, width - border)
    x = np.array([[luma(pixel) for pixel in row] for row in shown[cut]])
    y = np.array([[luma(pixel) for pixel in row] for row in truth[cut]])
    weights = np.array(
        [[math.exp(-(i * i + j * j) / (2 * 1.5**2)) for j in range(-5, 6)] for i in range(-5, 6)]
    )
    weights /= weights.sum()
    values = []
    for top in range(x.shape[0] - 10):
        for left in range(x.shape[1] - 10):
            window = slice(top, top + 11), slice(left, left + 11)
            values.append(_similarity(x[window], y[window], weights))
    return sum(values) / len(values)


def _similarity(x: Array, y: Array, weights: Array) -> float:
    """SSIM of one window with K1 = 0.01, K2 = 0.03, L = 1."""
    c1, c2 = 0.01**2, 0.03**2
    mean_x, mean_y = (weights * x).sum(), (weights * y).sum()
    var_x = (weights * (x - mean_x) ** 2).sum()
    var_y = (weights * (y - mean_y) ** 2).sum()
    covariance = (weights * (x - mean_x) * (y - mean_y)).sum()
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return float(likeness / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)))


def bicubic_again(low: Array, height: int, width: int) -> Array:
    """A reduced picture ``[h, w, 3]`` in 0..1 enlarged to exactly ``height`` × ``width``."""
    steps = low.shape[0] / height, low.shape[1] / width
    ys = np.array([(k + 0.5) * steps[0] for k in range(height)])
    xs = np.array([(k + 0.5) * steps[1] for k in range(width)])
    return np.clip(resample(low, ys, xs, steps, "bicubic"), 0.0, 1.0)


def reduced(high: Array, height: int, width: int) -> Array:
    """Integer pixels ``[H, W, 3]`` reduced by antialiased bicubic, rounded after each axis."""
    xs = np.array([(k + 0.5) * high.shape[1] / width for k in range(width)])
    ys = np.array([(k + 0.5) * high.shape[0] / height for k in range(height)])
    own = np.arange(high.shape[0]) + 0.5
    across = _rounded(resample(high, own, xs, (1.0, high.shape[1] / width), "bicubic"))
    return _rounded(
        resample(across, ys, np.arange(width) + 0.5, (high.shape[0] / height, 1.0), "bicubic")
    )


def _rounded(values: Array) -> Array:
    return np.clip(np.floor(values + 0.5), 0, 255)
