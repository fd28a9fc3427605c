"""A network of a fixed scale as a sampler: its picture is computed once, then interpolated."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from copy import deepcopy

import torch
from torch import Tensor

from models.backend import Backend, cache_budget, device_memory
from models.kernels.pointwise import fuse_rectifiers
from models.networks.upscaler import Upscaler
from models.samplers.base import Picture, Sampler
from models.samplers.enlarged import Enlarged
from models.samplers.grid import Axis, Lattice, Tile, Window
from models.samplers.separable import resample
from models.samplers.steps import Unfinished
from models.samplers.taps import LANCZOS, Kernel, reach

TILE_SIDE = {"cpu": 96}
"""Side of a tile in source pixels by device, for networks that do not see far."""

AMPLE = 12 << 30
"""Bytes of a GPU's memory from which tiles need not be smaller for networks that see far."""

SEES_FAR = 128
"""Two thirds of a halo, in source pixels, from which a network is one of those."""


class FixedScaleModel:
    """A fixed-scale network placed on a backend, shared by the samplers of all pictures.

    Attributes:
        name: what tells it from other models in caches.
        title: for people.
        backend: where it runs.
        network: the network in the backend's precision.
    """

    def __init__(self, network: Upscaler, backend: Backend, name: str, title: str):
        self.name, self.title, self.backend = name, title, backend
        self.network = deepcopy(network).eval().requires_grad_(False).to(backend.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if backend.precision != torch.float32:
            self.network.halve(backend.precision)
        fuse_rectifiers(self.network, backend)

    @property
    def side(self) -> int:
        """Side of a tile in source pixels: at least two thirds of the halo of those that see far.

        With a halo of radius R, a tile of side s costs up to ``((s + R) / s)²`` of its share.
        SPSR (R = 353) holds up to 6.7 GiB for one of 384 and 2.6 GiB for one of 235, which small
        GPUs have.
        """
        device, far = self.backend.device, 2 * self.network.radius // 3
        memory = device_memory(device)
        if memory is not None and memory < AMPLE and far > SEES_FAR:
            return far
        return max(TILE_SIDE.get(device.type, 384), far)


class FixedScaleSampler(Sampler):
    """A picture enlarged by a network of factor r and shown at any scale.

    Where the step is exactly ``1 / r`` and the phase that of the picture's corner, the samples are
    the network's own pixels; elsewhere these are interpolated, and antialiased below ×r, with
    Pillow's conventions. (The network's picture is clamped to 0..1 first, as a file of it is.)
    """

    straight = True

    def __init__(
        self,
        model: FixedScaleModel,
        picture: Picture,
        kernel: Kernel = LANCZOS,
        side: int | None = None,
    ):
        super().__init__(picture, model.backend.device)
        self.title = f"{model.title} + {kernel.name.capitalize()}"
        self._model, self._kernel = model, kernel
        budget = cache_budget(self.device)
        self._unfinished = Unfinished()
        self._enlarged = Enlarged(model.network, self.colour, side or model.side, budget)

    @property
    def key(self) -> Hashable:
        """The model's name, its arithmetic, and the kernel."""
        return self._model.name, self._model.backend, self._kernel.name

    def lacking(self, lattice: Lattice, window: Window) -> Sequence[Tile]:
        """The tiles of the network's picture that a window needs and that are not there."""
        if lattice.reduces:
            return ()
        tiles = self._needed(self._finer(lattice), window)
        return [tile for tile in tiles if tile not in self._enlarged]

    def prepare(self, lattice: Lattice, windows: Sequence[Window]) -> Iterator[None]:
        """Enlarge the tiles that windows need, in the network's steps."""
        for window in windows:
            for tile in self.lacking(lattice, window):
                yield from self._unfinished.go_on(tile, self._enlarged.steps)

    def _evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        return resample(self._enlarged, self._finer(lattice), windows, self._kernel, self.device)

    def _needed(self, finer: Lattice, window: Window) -> Iterator[Tile]:
        """The tiles whose pixels the kernel reads for a window."""
        enlarged, kernel = self._enlarged, self._kernel
        across = reach(finer.x, window.column, window.columns, enlarged.width, kernel)
        down = reach(finer.y, window.row, window.rows, enlarged.height, kernel)
        return enlarged.tiles(slice(down.start, down.stop), slice(across.start, across.stop))

    def _finer(self, lattice: Lattice) -> Lattice:
        """The lattice in pixels of the network's picture."""
        return Lattice(*(self._stretched(axis) for axis in (lattice.x, lattice.y)))

    def _stretched(self, axis: Axis) -> Axis:
        factor = self._model.network.factor
        return Axis(axis.origin * factor, axis.step * factor)
