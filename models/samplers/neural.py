"""LIIF as a sampler: latents of lazily encoded tiles, decoded only where samples are wanted."""

from __future__ import annotations

import math
from collections.abc import Generator, Hashable, Iterator, Sequence
from copy import deepcopy

import torch
from torch import Tensor

from models.backend import Backend
from models.kernels.decoder import Decoder, Footprint
from models.kernels.hoist import hoist
from models.networks.encoder import finish
from models.networks.liif import LIIF
from models.samplers.base import Picture, Sampler
from models.samplers.cache import ByteCache
from models.samplers.features import FeatureMap
from models.samplers.grid import Lattice, Tile, Window
from models.samplers.steps import in_inference_mode

TILE_SIDE = {"cpu": 96}
"""Side of an encoder tile by device: small where a tile must not keep the viewer waiting."""

BUDGETS = {"cpu": 512 << 20}
"""Bytes of features, and again of latents, kept by device."""


class LIIFModel:
    """A LIIF network placed on a backend, shared by the samplers of all pictures.

    Attributes:
        name: what tells it from other models in caches.
        title: for people.
        backend: where it runs.
        encoder: the trunk in the backend's precision.
        decoder: the decoder in its fast form.
        normalisation: of the encoder's input.
    """

    def __init__(self, network: LIIF, backend: Backend, name: str, title: str):
        self.name, self.title, self.backend = name, title, backend
        self.weights = hoist(network, backend)
        self.encoder = deepcopy(network.encoder).eval().requires_grad_(False)
        self.encoder.to(backend.device, backend.precision)
        self.encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        # Half precision would cut 8-bit pixels short; the first layer costs little in fp32.
        self.encoder.first.float()
        self.normalisation = network.normalisation
        self.decoder = Decoder(self.weights, backend, network.residual, network.normalisation)


class LIIFSampler(Sampler):
    """A picture decoded by a LIIF model.

    The feature map is sparse: encoder tiles are encoded once each when a window needs them, and
    their latents (first layer folded in) are kept under a byte budget.
    """

    def __init__(self, model: LIIFModel, picture: Picture, side: int | None = None):
        super().__init__(picture, model.backend.device)
        kind = self.device.type
        self.title = model.title
        self._model = model
        self._features = FeatureMap(
            model.encoder,
            self.colour,
            model.backend,
            side or _side(kind, model.encoder.radius),
            BUDGETS.get(kind, 4 << 30),
            model.normalisation,
        )
        self._latents = ByteCache[Tensor](BUDGETS.get(kind, 4 << 30))

    @property
    def key(self) -> Hashable:
        """The model's name and its arithmetic."""
        return self._model.name, self._model.backend

    def prepare(self, lattice: Lattice, windows: Sequence[Window]) -> Iterator[None]:
        """Encode the tiles that windows need, one layer block a step."""
        if lattice.reduces:
            return
        for window in windows:
            for tile in self._needed(self._footprint(lattice, window)):
                if tile not in self._latents:
                    yield from in_inference_mode(self._fold(tile))

    def _evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        return torch.stack([self._window(lattice, window) for window in windows])

    def _window(self, lattice: Lattice, window: Window) -> Tensor:
        decoder = self._model.decoder
        height, width = self._features.height, self._features.width
        footprint, down, across = decoder.geometry(lattice, window, height, width)
        latents = self._assemble(footprint)
        rows = slice(footprint.top, min(footprint.top + footprint.rows, height))
        columns = slice(footprint.left, min(footprint.left + footprint.columns, width))
        image = self._model.normalisation.of(self.colour.read(rows, columns), -1)
        return decoder.window(lattice, down, across, latents, image)

    def _footprint(self, lattice: Lattice, window: Window) -> Footprint:
        features = self._features
        return self._model.decoder.geometry(lattice, window, features.height, features.width)[0]

    def _needed(self, area: Footprint) -> Iterator[Tile]:
        return self._features.tiles(
            range(area.top, area.top + area.rows), range(area.left, area.left + area.columns)
        )

    def _assemble(self, area: Footprint) -> Tensor:
        """Latents ``[rows, columns, width]`` of a footprint, zero beyond the picture."""
        out = torch.zeros(
            area.rows,
            area.columns,
            self._model.weights.width,
            dtype=self._model.backend.storage,
            device=self.device,
        )
        for tile in self._needed(area):
            rows, columns = self._features.extent(tile)
            y0, y1 = max(rows.start, area.top), min(rows.stop, area.top + area.rows)
            x0, x1 = max(columns.start, area.left), min(columns.stop, area.left + area.columns)
            out[y0 - area.top : y1 - area.top, x0 - area.left : x1 - area.left] = finish(
                self._fold(tile)
            )[y0 - rows.start : y1 - rows.start, x0 - columns.start : x1 - columns.start]
        return out

    def _fold(self, tile: Tile) -> Generator[None, None, Tensor]:
        """Latents of one encoder tile, making them in steps if they are not there."""
        latents = self._latents.get(tile)
        if latents is None:
            features = yield from self._features.steps(tile)
            latents = self._model.weights.latents(features).to(self._model.backend.storage)
            self._latents.put(tile, latents)
        return latents


def _side(kind: str, radius: int) -> int:
    """Side of an encoder tile: where the halo is wide, larger tiles share it among more pixels."""
    return max(TILE_SIDE.get(kind, 384), math.ceil(1.5 * radius / 32) * 32)
