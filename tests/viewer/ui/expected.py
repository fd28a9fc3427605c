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


def alpha(source: SourceImage, grid: Grid) -> Floats | None:
    """``[rows, columns]``, or None for an opaque picture."""
    coverage = Coverage(source.picture, CPU.device)
    out = np.empty((grid.rows, grid.columns), np.float32)
    for tile in grid.tiles():
        rows, columns, tile_rows, tile_columns = overlap(grid.window, tile)
        covered = coverage.tiles(grid.lattice, [tile])
        if covered is None:
            return None
        out[rows, columns] = covered.numpy()[0, tile_rows, tile_columns]
    return out


def exported(source: SourceImage, sampler: str | Path, grid: Grid, depth: int = 8) -> Samples:
    """The samples of a file: straight, unconverted."""
    return to_samples(colour(source, sampler, grid), alpha(source, grid), depth)


def shown(source: SourceImage, sampler: str | Path, grid: Grid) -> Pixels:
    """RGB on the canvas: profile → sRGB, 8 bits, over the checkerboard."""
    transform = DisplayTransform(source.icc_profile)
    bgra = to_display(colour(source, sampler, grid), alpha(source, grid), transform)
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
    device, comparison = window.canvas.device, window.comparison
    width, height = device.width, device.height
    whole = np.empty((height, width, 3), np.uint8)
    whole[...] = SURROUND.red(), SURROUND.green(), SURROUND.blue()
    places = {"split": (0, 0), "side": (0, width - (width - 2) // 2)}[comparison.mode]
    edges = {
        "split": (round(comparison.divider * width),) * 2,
        "side": ((width - 2) // 2, width - (width - 2) // 2),
    }[comparison.mode]
    clips = slice(0, edges[0]), slice(edges[1], width)
    for side, left, clip in zip(("a", "b"), places, clips, strict=True):
        sheet = whole.copy()
        window.frame(sheet, left)[...] = sides[side]
        whole[:, clip] = sheet[:, clip]
    return whole
