"""Pictures for tests of samplers, and their samples in float64."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from models.samplers.base import Picture
from models.samplers.grid import Grid
from tests.reference import resample as oracle

Array = NDArray[np.float64]
CPU = torch.device("cpu")


def noise(
    width: int, height: int, seed: int = 0, dtype: type = np.uint8, alpha: bool = False
) -> Picture:
    """White noise over the whole range: every source pixel is told from every other."""
    rng = np.random.default_rng(seed)
    top = np.iinfo(dtype).max
    pixels = rng.integers(0, top + 1, (height, width, 3), dtype=dtype)
    coverage = rng.integers(0, top + 1, (height, width), dtype=dtype) if alpha else None
    return Picture(pixels, coverage)


def drawing(width: int, height: int, seed: int = 0) -> Picture:
    """Soft shades with hard edges, discs and a little grain: what photographs are made of."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / 16.0
    shade = 0.5 + 0.3 * np.sin(x * 1.3 + 0.4) * np.cos(y * 0.9)
    channels = np.stack([shade, shade[::-1], 1 - shade], axis=-1)
    for _ in range(6):
        cy, cx = rng.uniform(0, height / 16), rng.uniform(0, width / 16)
        disc = (y - cy) ** 2 + (x - cx) ** 2 < rng.uniform(0.05, 0.6)
        channels[disc] = rng.uniform(0, 1, 3)
    channels += rng.normal(0, 0.01, channels.shape)
    return Picture((np.clip(channels, 0, 1) * 255 + 0.5).astype(np.uint8))


def premultiplied(picture: Picture) -> Array:
    """Colour in 0..1, multiplied by alpha: ``[H, W, 3]`` float64."""
    top = float(np.iinfo(picture.pixels.dtype).max)
    colour = picture.pixels / top
    return colour if picture.alpha is None else colour * (picture.alpha / top)[..., None]


def straight(picture: Picture) -> Array:
    """Colour in 0..1 as networks see it, hidden pixels filled: ``[H, W, 3]`` float64."""
    return picture.filled / float(np.iinfo(picture.pixels.dtype).max)


def cover(picture: Picture, grid: Grid, name: str = "bicubic") -> Array:
    """Alpha ``[rows, columns, 1]`` of a grid by a filter's oracle, not clamped; 1 if opaque."""
    alpha = np.full_like(picture.pixels[..., 0], 1) if picture.alpha is None else picture.alpha
    top = 1.0 if picture.alpha is None else float(np.iinfo(alpha.dtype).max)
    return oracle.resample(alpha[..., None] / top, *places(grid), name)


def interpolated(picture: Picture, grid: Grid, name: str) -> Array:
    """Premultiplied pixels of a grid by a filter's oracle, clamped; no lighter than covered."""
    pixels = oracle.resample(premultiplied(picture), *places(grid), name)
    return np.clip(pixels / np.maximum(cover(picture, grid, name), 1.0), 0.0, 1.0)


def places(grid: Grid) -> tuple[Array, Array, tuple[float, float]]:
    """Positions of rows and of columns, and the steps (y, x), by the definition of a lattice."""
    x, y, window = grid.lattice.x, grid.lattice.y, grid.window
    rows = np.array([y.origin + (window.row + k + 0.5) * y.step for k in range(grid.rows)])
    columns = np.array([x.origin + (window.column + k + 0.5) * x.step for k in range(grid.columns)])
    return rows, columns, (y.step, x.step)
