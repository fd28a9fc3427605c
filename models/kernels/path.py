"""What decoders have in common: what they read of a picture, and what they answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor

from models.backend import Backend
from models.kernels.crew import Job, share_out
from models.kernels.decoder import Decoder, Footprint, Put
from models.kernels.hoist import Hoisted
from models.networks.normalisation import STANDARD, Normalisation
from models.samplers.base import Plane
from models.samplers.corners import corners, span
from models.samplers.grid import Axis, Lattice, Tile, Window


class Source(Protocol):
    """A picture as decoders read it: its pixels, and latents in encoder tiles.

    Attributes:
        width, height: size in source pixels.
        side: side of an encoder tile; those at the right and lower border are cut.
        plane: the picture's pixels.
    """

    @property
    def width(self) -> int:
        """Source pixels across."""
        ...

    @property
    def height(self) -> int:
        """Source pixels down."""
        ...

    @property
    def side(self) -> int:
        """Side of an encoder tile."""
        ...

    @property
    def plane(self) -> Plane:
        """The pixels."""
        ...

    def latents(self, tile: Tile) -> Tensor:
        """Folded latents ``[h, w, width]`` of a tile, encoded if they are not there.

        Contiguous, and an allocation of their own (so they begin at a multiple of 16 bytes).
        """
        ...

    def assemble(self, area: Footprint) -> Tensor:
        """Folded latents ``[rows, columns, width]`` of a footprint, zero beyond the picture."""
        ...

    def image(self, area: Footprint) -> Tensor:
        """Normalised pixels ``[h, w, 3]`` fp32 of the part of a footprint inside the picture."""
        ...


class Path(Protocol):
    """A way of evaluating LIIF's equation (4) on windows.

    Attributes:
        name: for people: ``Triton``, ``torch``.
    """

    name: str

    def windows(self, lattice: Lattice, windows: Sequence[Window], source: Source) -> Tensor:
        """Samples ``[N, rows, columns, 3]`` fp32, not clamped, of windows of one shape."""
        ...

    def codes(self, lattice: Lattice, windows: Sequence[Window], source: Source) -> Tensor:
        """The same for a screen: ``[N, rows, columns, 4]`` uint8 BGRX, X = 255."""
        ...


class TorchPath:
    """The hoisted decoder in plain torch, any device; CPUs share bands of windows out."""

    def __init__(
        self,
        weights: Hoisted,
        backend: Backend,
        residual: bool,
        normalisation: Normalisation = STANDARD,
        name: str = "torch",
        decoder: type[Decoder] = Decoder,
    ):
        self.name = name
        self._device = backend.device
        self._decoder = decoder(weights, backend, residual, normalisation)

    def windows(self, lattice: Lattice, windows: Sequence[Window], source: Source) -> Tensor:
        """Samples ``[N, rows, columns, 3]`` fp32, not clamped, of windows of one shape."""
        out = torch.empty(_shape(windows, 3), device=self._device)
        self._fill(out, Tensor.copy_, lattice, windows, source)
        return out

    def codes(self, lattice: Lattice, windows: Sequence[Window], source: Source) -> Tensor:
        """The same for a screen: ``[N, rows, columns, 4]`` uint8 BGRX, X = 255."""
        out = torch.empty(_shape(windows, 4), dtype=torch.uint8, device=self._device)
        self._fill(out, self._decoder.put_codes, lattice, windows, source)
        return out

    def _fill(
        self, out: Tensor, put: Put, lattice: Lattice, windows: Sequence[Window], source: Source
    ) -> None:
        jobs = [
            job
            for window, place in zip(windows, out, strict=True)
            for job in self._jobs(lattice, window, source, place, put)
        ]
        if self._device.type == "cpu":
            share_out(jobs)
        else:
            for job in jobs:
                job()

    def _jobs(
        self, lattice: Lattice, window: Window, source: Source, out: Tensor, put: Put
    ) -> Iterator[Job]:
        decoder = self._decoder
        area, down, across = decoder.geometry(lattice, window, source.height, source.width)
        latents, image = source.assemble(area), source.image(area)
        return decoder.jobs(lattice, down, across, latents, image, out, put)


def _shape(windows: Sequence[Window], channels: int) -> tuple[int, ...]:
    return len(windows), windows[0].rows, windows[0].columns, channels


def footprint(lattice: Lattice, window: Window, height: int, width: int) -> Footprint:
    """The source pixels a window may need, without putting anything on a device."""
    rows = _extent(lattice.y, window.row, window.rows, height)
    columns = _extent(lattice.x, window.column, window.columns, width)
    return Footprint(rows.start, columns.start, len(rows), len(columns))


@lru_cache(maxsize=4096)
def _extent(axis: Axis, first: int, count: int, length: int) -> range:
    start = corners(axis, first, count, length).start
    return range(start, start + span(axis, count))
