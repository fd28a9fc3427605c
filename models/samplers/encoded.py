"""Samplers that encode lazily: latents of encoder tiles, decoded only where samples are wanted."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from copy import deepcopy

import torch
from torch import Tensor

from models.backend import Backend, cache_budget
from models.kernels.decoder import Footprint
from models.kernels.pointwise import fuse_rectifiers
from models.networks.encoder import Encoder
from models.networks.normalisation import Colours
from models.samplers.base import Picture, Sampler
from models.samplers.features import FeatureMap
from models.samplers.grid import Lattice, Tile, Window
from models.samplers.latents import Fold, LatentMap
from models.samplers.steps import Unfinished

TILE_SIDE = {"cpu": 96}
"""Side of an encoder tile by device: small where a tile must not keep the viewer waiting."""


class EncodedModel:
    """An encoder placed on a backend, and what it is given.

    Attributes:
        name: what tells it from other models in caches.
        title: for people.
        backend: where it runs.
        encoder: the trunk in the backend's precision.
        normalisation: of the encoder's input.
    """

    def __init__(
        self, encoder: Encoder, normalisation: Colours, backend: Backend, name: str, title: str
    ):
        self.name, self.title, self.backend = name, title, backend
        self.encoder = deepcopy(encoder).eval().requires_grad_(False)
        self.encoder.to(backend.device, backend.precision)
        self.encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        # Half precision would cut 8-bit pixels short; the first layer costs little in fp32.
        self.encoder.first.float()
        fuse_rectifiers(self.encoder, backend)
        self.normalisation = normalisation


class EncodedSampler(Sampler):
    """A picture whose latents are decoded.

    The feature map is sparse: encoder tiles are encoded once each when a window needs them, and
    their latents (the decoder's first layer folded in) are kept under a byte budget.
    """

    straight = True

    def __init__(
        self,
        model: EncodedModel,
        picture: Picture,
        fold: tuple[Fold, int, int],
        side: int | None = None,
    ):
        """Fold features by a function, into a width, so many rows at a time."""
        super().__init__(picture, model.backend.device)
        kind = self.device.type
        budget = cache_budget(self.device)
        side = side or _side(kind, model.encoder.radius)
        self.title = model.title
        self._identity = model.name, model.backend
        self._features = FeatureMap(
            model.encoder, self.colour, model.backend, side, budget, model.normalisation
        )
        function, width, band = fold
        self._unfinished = Unfinished()
        self._latents = LatentMap(self._features, function, width, budget, band)

    @property
    def key(self) -> Hashable:
        """The model's name and its arithmetic."""
        return self._identity

    def lacking(self, lattice: Lattice, window: Window) -> Sequence[Tile]:
        """The tiles of the feature map that a window needs and that are not encoded."""
        if lattice.reduces:
            return ()
        tiles = self._latents.tiles(self._footprint(lattice, window))
        return [tile for tile in tiles if tile not in self._latents]

    def prepare(self, lattice: Lattice, windows: Sequence[Window]) -> Iterator[None]:
        """Encode the tiles that windows need, one layer block a step."""
        for window in windows:
            for tile in self.lacking(lattice, window):
                yield from self._unfinished.go_on(tile, self._latents.steps)

    def _evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        return torch.stack([self._window(lattice, window) for window in windows])

    @abstractmethod
    def _footprint(self, lattice: Lattice, window: Window) -> Footprint:
        """The source pixels whose latents a window needs."""

    @abstractmethod
    def _window(self, lattice: Lattice, window: Window) -> Tensor:
        """Samples ``[rows, columns, 3]`` of one window."""


def _side(kind: str, radius: int) -> int:
    """Side of an encoder tile: where the halo is wide, larger tiles share it among more pixels."""
    return max(TILE_SIDE.get(kind, 384), math.ceil(1.5 * radius / 32) * 32)
