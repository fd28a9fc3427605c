"""LIIF as a sampler."""

from __future__ import annotations

from torch import Tensor

from models.backend import Backend
from models.kernels.decoder import Decoder, Footprint
from models.kernels.hoist import hoist
from models.networks.liif import LIIF
from models.samplers.base import Picture
from models.samplers.encoded import EncodedModel, EncodedSampler
from models.samplers.grid import Lattice, Window

WHOLE = 1 << 16
"""Rows folded in one step: all of a tile, which is quickly done."""


class LIIFModel(EncodedModel):
    """A LIIF network placed on a backend, shared by the samplers of all pictures.

    Attributes:
        weights: of the decoder, split for its fast form.
        decoder: the decoder in its fast form.
    """

    def __init__(self, network: LIIF, backend: Backend, name: str, title: str):
        super().__init__(network.encoder, network.normalisation, backend, name, title)
        self.weights = hoist(network, backend)
        self.decoder = Decoder(self.weights, backend, network.residual, network.normalisation)


class LIIFSampler(EncodedSampler):
    """A picture decoded by a LIIF model."""

    def __init__(self, model: LIIFModel, picture: Picture, side: int | None = None):
        super().__init__(model, picture, (model.weights.latents, model.weights.width, WHOLE), side)
        self._model = model

    def _footprint(self, lattice: Lattice, window: Window) -> Footprint:
        height, width = self.colour.height, self.colour.width
        return self._model.decoder.geometry(lattice, window, height, width)[0]

    def _window(self, lattice: Lattice, window: Window) -> Tensor:
        decoder, colour = self._model.decoder, self.colour
        footprint, down, across = decoder.geometry(lattice, window, colour.height, colour.width)
        latents = self._latents.assemble(footprint)
        rows = slice(footprint.top, min(footprint.top + footprint.rows, colour.height))
        columns = slice(footprint.left, min(footprint.left + footprint.columns, colour.width))
        image = self._model.normalisation.of(colour.read(rows, columns), -1)
        return decoder.window(lattice, down, across, latents, image)
