"""The last step before the screen, the same for every side: profile → sRGB, 8 bits, checkerboard.

Where nothing has to be converted, samples become bytes where they are made: a third of the memory
has to be brought from a device, or read again on the host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from models.samplers.base import Coverage, Sampler
from models.samplers.gradient import GradientSampler
from models.samplers.grid import Lattice, Tile
from viewer.imaging.colour import MAP_COLOURS, DisplayTransform, to_display
from viewer.rendering.checker import SQUARE, over_checker
from viewer.rendering.messages import Pixels
from viewer.rendering.readback import readback

Ready = Callable[[], list[Pixels]]
"""Waits for the pixels of some tiles."""


class Display:
    """Turns tiles into pixels in two parts: asked for now, waited for when they are needed.

    Attributes:
        depth: batches that should be on their way while the next one is asked for.
    """

    def __init__(self, device: torch.device):
        self._readback = readback(device)
        self.depth = self._readback.depth

    def begin(
        self,
        sampler: Sampler,
        lattice: Lattice,
        tiles: Sequence[Tile],
        coverage: Coverage,
        transform: DisplayTransform,
        square: int = SQUARE,
    ) -> Ready:
        """Evaluate tiles; ``square`` is the side of the checkerboard's under transparent ones."""
        is_map = isinstance(sampler, GradientSampler)
        # A map has no profile and covers transparent parts as well.
        transform = MAP_COLOURS if is_map else transform
        cover = None if is_map else coverage.tiles(sampler, lattice, tiles)
        if cover is None and transform.identity:
            codes = self._readback.send(sampler.codes(lattice, [tile.window for tile in tiles]))
            return lambda: list(codes())
        rgb = self._readback.send(sampler.tiles(lattice, tiles))
        if cover is None:
            return lambda: list(to_display(rgb(), None, transform))
        alpha = self._readback.send(cover)
        return lambda: list(over_checker(to_display(rgb(), alpha(), transform), square))
