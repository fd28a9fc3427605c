"""Meta-SR as a sampler."""

from __future__ import annotations

from torch import Tensor

from models.backend import Backend
from models.kernels.decoder import Footprint
from models.kernels.metasr import MetaDecoder
from models.networks.metasr import MetaSR
from models.samplers.base import Picture
from models.samplers.encoded import EncodedModel, EncodedSampler
from models.samplers.grid import Lattice, Window

BAND = 32
"""Rows folded in one step. A latent has twelve times the features' channels: what is made at once
bounds the memory, and how long others wait."""


class MetaSRModel(EncodedModel):
    """A Meta-SR network placed on a backend, shared by the samplers of all pictures.

    Attributes:
        decoder: location projection, weight prediction and feature mapping in their fast form.
    """

    def __init__(self, network: MetaSR, backend: Backend, name: str, title: str):
        super().__init__(network.encoder, network.normalisation, backend, name, title)
        self.decoder = MetaDecoder(network, backend)


class MetaSRSampler(EncodedSampler):
    """A picture decoded by a Meta-SR model."""

    def __init__(self, model: MetaSRModel, picture: Picture, side: int | None = None):
        super().__init__(model, picture, (model.decoder.latents, model.decoder.width, BAND), side)
        self._model = model

    def _footprint(self, lattice: Lattice, window: Window) -> Footprint:
        height, width = self.colour.height, self.colour.width
        return self._model.decoder.geometry(lattice, window, height, width)[0]

    def _window(self, lattice: Lattice, window: Window) -> Tensor:
        decoder, colour = self._model.decoder, self.colour
        footprint, down, across = decoder.geometry(lattice, window, colour.height, colour.width)
        return decoder.window(lattice, down, across, self._latents.assemble(footprint))
