"""LIIF as a sampler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor

from models.backend import Backend
from models.kernels.choice import COMPILED, Decoders
from models.kernels.decoder import Footprint
from models.kernels.path import footprint
from models.networks.liif import LIIF
from models.networks.normalisation import Normalisation
from models.samplers.base import Picture, Plane
from models.samplers.encoded import EncodedModel, EncodedSampler
from models.samplers.grid import Lattice, Window
from models.samplers.latents import LatentMap

WHOLE = 1 << 16
"""Rows folded in one step: all of a tile, which is quickly done."""


class LIIFModel(EncodedModel):
    """A LIIF network placed on a backend, shared by the samplers of all pictures.

    Attributes:
        decoder: the decoder, by the fastest path that works on the backend.
        weights: of the decoder, split for its fast form.
        colours: the normalisation of the encoder's input and of the decoder's output.
    """

    def __init__(self, network: LIIF, backend: Backend, name: str, title: str):
        super().__init__(network.encoder, network.normalisation, backend, name, title)
        self.colours = network.normalisation
        self.decoder = Decoders(network, backend)
        self.weights = self.decoder.weights

    @property
    def path(self) -> str:
        """How it is decoded here (`Decoders.path`)."""
        return self.decoder.path


class Encoded:
    """A picture as decoders read it (`kernels.path.Source`).

    Attributes:
        width, height: size in source pixels.
        side: side of an encoder tile.
        plane: the pixels.
    """

    def __init__(self, latents: LatentMap, plane: Plane, side: int, colours: Normalisation):
        self.width, self.height, self.side = plane.width, plane.height, side
        self.plane = plane
        self.latents, self.assemble = latents.latents, latents.assemble
        self._colours = colours

    def image(self, area: Footprint) -> Tensor:
        """Normalised pixels ``[h, w, 3]`` fp32 of the part of a footprint inside the picture."""
        rows = slice(area.top, min(area.top + area.rows, self.height))
        columns = slice(area.left, min(area.left + area.columns, self.width))
        return self._colours.of(self.plane.read(rows, columns), -1)


class LIIFSampler(EncodedSampler):
    """A picture decoded by a LIIF model."""

    dear = True

    def __init__(self, model: LIIFModel, picture: Picture, side: int | None = None):
        super().__init__(model, picture, (model.weights.latents, model.weights.width, WHOLE), side)
        self._model = model
        self._encoded = Encoded(self._latents, self.colour, self._features.side, model.colours)

    @property
    def path(self) -> str:
        """How its model is decoded here."""
        return self._model.path

    @property
    def keeps(self) -> bool:
        """Not what torch's operations blend: the last of a row's samples may be rounded apart."""
        return super().keeps and self.path == COMPILED

    def prepare(self, lattice: Lattice, windows: Sequence[Window]) -> Iterator[None]:
        """Encode the tiles that windows need, and find out how they are decoded."""
        yield from super().prepare(lattice, windows)
        if not lattice.reduces:
            self._model.decoder.chosen()

    def _footprint(self, lattice: Lattice, window: Window) -> Footprint:
        return footprint(lattice, window, self.colour.height, self.colour.width)

    def _evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        return self._model.decoder.windows(lattice, windows, self._encoded)

    def _window(self, lattice: Lattice, window: Window) -> Tensor:
        return self._evaluate(lattice, [window])[0]

    def _codes(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        if lattice.reduces or self.picture.alpha is not None or self.keeps:
            return super()._codes(lattice, windows)
        return self._model.decoder.codes(lattice, windows, self._encoded)
