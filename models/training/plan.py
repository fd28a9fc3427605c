"""Which patches a step takes: all of its random numbers, drawn on the host.

The numbers of a step depend on the seed and on the step alone. So a run that goes on after a
checkpoint needs no saved random state, and several processes draw the same batch and take their
parts of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.config import Config
from models.training.data import ImageSet

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Plan:
    """The patches of a step, B of them.

    Pixel (i, j) of a patch, flipped and transposed as it may be, is pixel ``start + i·down +
    j·across`` of the image set.

    Attributes:
        side: side of the high-resolution patches; the scale is ``side / patch``.
        patch: side of the low-resolution patches.
        start, down, across: ``[B]`` int64.
        queries: ``[2, B, Q]`` int32, rows and columns (0..side−1) of the pixels that are asked for.
    """

    side: int
    patch: int
    start: Ints
    down: Ints
    across: Ints
    queries: NDArray[np.int32]


def draw(
    config: Config,
    images: ImageSet,
    iteration: int,
    part: slice | None = None,
    factor: int | None = None,
) -> Plan:
    """The plan of a step, or the part of it that one of several processes takes.

    With a ``factor`` this is the scale of every patch, and no single pixels are asked for.
    """
    rng = np.random.default_rng([config.seed, iteration])
    side, patch = (factor * config.patch, config.patch) if factor else _sides(config, rng)
    count = config.batch
    chosen = rng.integers(0, len(images), count)
    widths = images.widths[chosen]
    top = (rng.random(count) * (images.heights[chosen] - side + 1)).astype(np.int64)
    left = (rng.random(count) * (widths - side + 1)).astype(np.int64)
    corner = images.starts[chosen] + top * widths + left
    start, down, across = _turned(corner, widths, side, rng.integers(0, 8, count))
    none = np.zeros((2, count, 0), dtype=np.int32)
    queries = none if factor else _queries(config, side, rng)
    own = part or slice(None)
    return Plan(side, patch, start[own], down[own], across[own], queries[:, own])


def largest_side(config: Config) -> int:
    """Side of the largest patch that may be drawn."""
    usual = max(config.patch, round(config.patch * config.scale_max))
    return max(usual, config.wide_side) if config.wide_share else usual


def _sides(config: Config, rng: np.random.Generator) -> tuple[int, int]:
    """Sides of the high-resolution and of the low-resolution patches of a step."""
    exactly_one = rng.random() < config.unit_share
    scale = rng.uniform(config.scale_min, config.scale_max)
    # Drawn only where it is wanted: the numbers of other runs stay what they were.
    if config.wide_share and rng.random() < config.wide_share:
        # Every octave alike: evenly drawn, most of them would be blurs of a few pixels.
        scale = math.exp(rng.uniform(math.log(config.scale_max), math.log(config.wide_max)))
        patch = min(config.patch, round(config.wide_side / scale))
        return min(round(patch * scale), config.wide_side), patch
    return config.patch if exactly_one else round(config.patch * scale), config.patch


def _turned(corner: Ints, widths: Ints, side: int, code: Ints) -> tuple[Ints, Ints, Ints]:
    """First pixel and steps of patches under one of the square's eight symmetries each."""
    upside, mirrored, transposed = (code & 1) > 0, (code & 2) > 0, (code & 4) > 0
    by_row = np.where(upside, -widths, widths)
    by_column = np.where(mirrored, -1, 1)
    start = corner + (side - 1) * (np.where(upside, widths, 0) + mirrored)
    down = np.where(transposed, by_column, by_row)
    across = np.where(transposed, by_row, by_column)
    return start, down, across


def _queries(config: Config, side: int, rng: np.random.Generator) -> NDArray[np.int32]:
    block = config.block
    squares = config.queries // block**2
    corner = rng.integers(0, side - block + 1, (2, config.batch, squares, 1, 1), dtype=np.int32)
    ramp = np.arange(block, dtype=np.int32)
    rows = corner[0] + ramp[:, None] + 0 * ramp
    columns = corner[1] + ramp + 0 * ramp[:, None]
    return np.stack([rows, columns]).reshape(2, config.batch, config.queries)
