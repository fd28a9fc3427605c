"""Frames: pixels of one grid as they arrive, and where they lie in another view."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from models.samplers.grid import TILE, Grid, Region
from viewer.rendering.messages import Patch, Pixels


@dataclass(eq=False)
class Frame:
    """The pixels of a grid, filled tile by tile.

    Attributes:
        grid: where its samples lie.
        factor: device pixels per sample of the view it was made for; above 1 in previews.
        done, total: tiles that have arrived, and how many there are.
    """

    grid: Grid
    factor: int = 1
    done: int = 0
    total: int = 0
    _arrived: set[tuple[int, int]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.total = self.grid.tile_count

    @cached_property
    def pixels(self) -> Pixels:
        """``[rows, columns, 4]`` BGRA, opaque; transparent where nothing has arrived.

        Made when first needed: most views of a movement are gone before a pixel arrives.
        """
        return np.zeros((self.grid.rows, self.grid.columns, 4), np.uint8)

    @property
    def complete(self) -> bool:
        """Whether every tile has arrived."""
        return self.done == self.total

    @property
    def region(self) -> Region:
        """The source pixels it covers."""
        return self.grid.region

    @property
    def scale(self) -> float:
        """Samples per source pixel."""
        return 1.0 / self.grid.lattice.x.step

    def paste(self, patch: Patch) -> None:
        """Put a tile in its place."""
        rows, columns = patch.pixels.shape[:2]
        self.pixels[patch.top : patch.top + rows, patch.left : patch.left + columns] = patch.pixels
        place = (
            (self.grid.window.column + patch.left) // TILE,
            (self.grid.window.row + patch.top) // TILE,
        )
        if place not in self._arrived:
            self._arrived.add(place)
            self.done += 1

    def covers(self, region: Region) -> bool:
        """Whether it is complete over a region.

        Half a sample may be missing: frames hold the samples whose centres lie in the picture.
        """
        own = self.region
        slack = 0.501 * self.grid.lattice.x.step
        return (
            self.complete
            and own.x <= region.x + slack
            and own.y <= region.y + slack
            and own.x + own.width >= region.x + region.width - slack
            and own.y + own.height >= region.y + region.height - slack
        )
