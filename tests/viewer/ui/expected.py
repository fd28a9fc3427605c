"""What the canvas should show, made without it: samplers, colour, checkerboard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.backend import Backend
from models.catalogue import make_sampler
from models.samplers.base import Coverage, Samples
from models.samplers.grid import Grid, overlap
from tests.viewer.ui.driver import Window
from viewer.imaging.colour import DisplayTransform, to_display, to_samples
from viewer.imaging.source import SourceImage
from viewer.rendering.checker import DARK, LIGHT, SQUARE
from viewer.ui.theme import SURROUND

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

CPU = Backend(torch.device("cpu"))


def colour(source: SourceImage, sampler: str | Path, grid: Grid, gain: float = 1.0) -> Floats:
    """Premultiplied ``[rows, columns, 3]`` of a sampler of its own."""
    made = make_sampler(str(sampler), source.picture, CPU, gain)
    return made.sample(grid).numpy()


def alpha(source: SourceImage, sampler: str | Path, grid: Grid) -> Floats | None:
    """``[rows, columns]`` of a sampler of its own, or None for an opaque picture."""
    made = make_sampler(str(sampler), source.picture, CPU)
    coverage = Coverage(source.picture, CPU.device)
    out = np.empty((grid.rows, grid.columns), np.float32)
    for tile in grid.tiles():
        rows, columns, tile_rows, tile_columns = overlap(grid.window, tile)
        covered = coverage.tiles(made, grid.lattice, [tile])
        if covered is None:
            return None
        out[rows, columns] = covered.numpy()[0, tile_rows, tile_columns]
    return out


def exported(source: SourceImage, sampler: str | Path, grid: Grid, depth: int = 8) -> Samples:
    """The samples of a file: straight, unconverted."""
    return to_samples(colour(source, sampler, grid), alpha(source, sampler, grid), depth)


def shown(source: SourceImage, sampler: str | Path, grid: Grid) -> Pixels:
    """RGB on the canvas: profile → sRGB, 8 bits, over the checkerboard."""
    transform = DisplayTransform(source.icc_profile)
    bgra = to_display(colour(source, sampler, grid), alpha(source, sampler, grid), transform)
    return over_board(bgra[..., 2::-1], bgra[..., 3], grid)


def over_board(rgb: Pixels, cover: Pixels, grid: Grid) -> Pixels:
    """Premultiplied codes laid over a board whose squares hang on the grid's lattice."""
    columns = grid.window.column + np.arange(grid.columns)
    rows = grid.window.row + np.arange(grid.rows)
    light = (columns[None, :] // SQUARE + rows[:, None] // SQUARE) % 2 == 0
    board = np.where(light, LIGHT, DARK)
    under = np.floor(board * (255.0 - cover) / 255.0 + 0.5)
    laid: Pixels = np.minimum(rgb + under[..., None], 255).astype(np.uint8)
    return laid


def canvas(window: Window, **sides: Pixels) -> Pixels:
    """The whole canvas: each side's pixels of the grid where its mode puts them."""
    device = window.canvas.device
    whole = np.empty((device.height, device.width, 3), np.uint8)
    whole[...] = SURROUND.red(), SURROUND.green(), SURROUND.blue()
    for side, (left, top), clip in places(window, "".join(sides)):
        # Frames may reach beyond their pane, and may begin before it.
        grid, (x, y) = window.grid, window.view.to_device(*window.grid.region[:2])
        x, y = round(x) + left, round(y) + top
        rows, columns = np.arange(y, y + grid.rows), np.arange(x, x + grid.columns)
        in_rows = (rows >= clip[1].start) & (rows < clip[1].stop)
        in_columns = (columns >= clip[0].start) & (columns < clip[0].stop)
        whole[np.ix_(rows[in_rows], columns[in_columns])] = sides[side][in_rows][:, in_columns]
    return whole


Place = tuple[str, tuple[int, int], tuple[slice, slice]]
"""A side, the corner of its view, and the columns and rows in which it is shown."""


def places(window: Window, sides: str) -> list[Place]:
    """Where the sides lie: the divider's halves, or cells of one size with two pixels between."""
    width, height = window.canvas.device.width, window.canvas.device.height
    comparison = window.comparison
    if comparison.mode == "split":
        x, rows = round(comparison.divider * width), slice(0, height)
        halves = slice(0, x), slice(x, width)
        return [(s, (0, 0), (half, rows)) for s, half in zip(sides, halves, strict=True)]
    columns, rows_of_cells = {2: (2, 1), 3: (3, 1), 4: (2, 2)}[len(sides)]
    if comparison.mode == "grid" and len(sides) < 4 and height > width:
        columns, rows_of_cells = 1, len(sides)
    across = _cells(width, columns)
    down = _cells(height, rows_of_cells)
    corners = [(x, y) for y in down for x in across]
    return [(side, (x.start, y.start), (x, y)) for side, (x, y) in zip(sides, corners, strict=True)]


def _cells(length: int, count: int) -> list[slice]:
    size = (length - 2 * (count - 1)) // count
    starts = {1: [0], 2: [0, length - size], 3: [0, (length - size) // 2, length - size]}[count]
    return [slice(start, start + size) for start in starts]
