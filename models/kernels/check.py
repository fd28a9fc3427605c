"""A small picture that a way of decoding must get right before it is used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.backend import Backend
from models.kernels.codes import to_codes
from models.kernels.decoder import Footprint
from models.kernels.hoist import hoist
from models.kernels.path import Path, TorchPath
from models.networks.liif import LIIF
from models.networks.normalisation import STANDARD, Normalisation
from models.samplers.base import Picture, Plane
from models.samplers.grid import Axis, Lattice, Tile, Window

TOLERANCE = 2e-2
"""Largest relative error: bf16 stays below 1e-2, a wrong index or layer is far above."""

LATTICE = Lattice(Axis(-0.07, 0.29), Axis(0.05, 0.37))
WINDOWS = Window(-4, -6, 21, 13), Window(60, 40, 21, 13), Window(130, 60, 21, 13)
"""One before the picture's corner, one across encoder tiles, one beyond the far corner."""


class Still:
    """A picture whose latents are all there: a `Source` for checks and for timing.

    Attributes:
        width, height: size in source pixels.
        side: side of an encoder tile.
        plane: the pixels, not premultiplied.
    """

    def __init__(
        self,
        latents: Tensor,
        picture: Picture,
        side: int,
        normalisation: Normalisation = STANDARD,
    ):
        self.width, self.height, self.side = picture.width, picture.height, side
        self.plane: Plane = picture.colour(latents.device).straight
        self._latents = latents
        self._normalisation = normalisation
        self._tiles = {
            Tile(column, row): latents[top : top + side, left : left + side].clone()
            for row, top in enumerate(range(0, picture.height, side))
            for column, left in enumerate(range(0, picture.width, side))
        }

    def latents(self, tile: Tile) -> Tensor:
        """Latents ``[h, w, width]`` of a tile."""
        return self._tiles[tile]

    def assemble(self, area: Footprint) -> Tensor:
        """Latents ``[rows, columns, width]`` of a footprint, zero beyond the picture."""
        part = self._latents[area.top : area.top + area.rows, area.left : area.left + area.columns]
        missing = area.columns - part.shape[1], area.rows - part.shape[0]
        return F.pad(part, (0, 0, 0, missing[0], 0, missing[1]))

    def image(self, area: Footprint) -> Tensor:
        """Normalised pixels ``[h, w, 3]`` fp32 of the part of a footprint inside the picture."""
        rows = slice(area.top, min(area.top + area.rows, self.height))
        columns = slice(area.left, min(area.left + area.columns, self.width))
        return self._normalisation.of(self.plane.read(rows, columns), -1)


def still(
    channels: int,
    backend: Backend,
    size: tuple[int, int],
    side: int,
    normalisation: Normalisation = STANDARD,
) -> Still:
    """A noisy picture of ``size`` (width, height) with random latents, the same everywhere."""
    rng = np.random.default_rng(0)
    width, height = size
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    numbers = rng.standard_normal((height, width, channels), dtype=np.float32)
    latents = torch.from_numpy(numbers).half().to(backend.device, backend.storage)
    return Still(latents, Picture(pixels), side, normalisation)


@dataclass(frozen=True, eq=False)
class Trial:
    """What a way of decoding is tried on.

    Attributes:
        source: the picture, on the device.
        expected: its windows by the CPU in fp32: ``[N, rows, columns, 3]``.
    """

    source: Still
    expected: Tensor

    def pass_or_raise(self, path: Path) -> None:
        """Decode the picture by a path.

        Raises:
            RuntimeError: one sentence, if the path is wrong, besides what the path itself raises.
        """
        with torch.inference_mode():
            samples = path.windows(LATTICE, WINDOWS, self.source)
            codes = path.codes(LATTICE, WINDOWS, self.source)
        error = relative_error(samples.cpu(), self.expected)
        if not error <= TOLERANCE:  # nor is NaN
            raise RuntimeError(f"it decodes wrongly (relative error {error:.3g})")
        if (codes.cpu().int() - to_codes(samples.cpu()).int()).abs().max() > 1:
            raise RuntimeError("it rounds to bytes wrongly")


def trial(network: LIIF, backend: Backend) -> Trial:
    """The trial of a model on a backend."""
    host = Backend(torch.device("cpu"))
    weights = hoist(network, host)
    here, there = (
        still(weights.width, place, (40, 27), 16, network.normalisation)
        for place in (host, backend)
    )
    reference = TorchPath(weights, host, network.residual, network.normalisation)
    with torch.inference_mode():
        return Trial(there, reference.windows(LATTICE, WINDOWS, here))


def relative_error(values: Tensor, expected: Tensor) -> float:
    """``‖values − expected‖ / ‖expected‖``."""
    return float((values - expected).norm() / expected.norm())
