"""Feature maps: encoder tiles of a picture, each encoded once, when first needed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from models.backend import Backend
from models.networks.encoder import Cut, Encoder
from models.networks.normalisation import STANDARD, Colours
from models.networks.soundness import steadied
from models.samplers.base import Plane
from models.samplers.cache import ByteCache
from models.samplers.grid import Tile

MARGIN = 1
"""Feature tiles keep one pixel of their neighbours, which 3×3 unfolding reads."""


class FeatureMap:
    """A picture's features, encoded in square tiles with their halo as they are asked for.

    Tile ``(i, j)`` covers source columns ``side·i …`` and rows ``side·j …``. Every layer sees zeros
    only outside the picture: a tile's input is cut at the picture's borders, never padded.

    Attributes:
        side: side of a tile in source pixels.
        width, height: size of the picture.
        channels: features per source pixel.
    """

    def __init__(
        self,
        encoder: Encoder,
        picture: Plane,
        backend: Backend,
        side: int,
        budget: int,
        normalisation: Colours = STANDARD,
    ):
        self.side = side
        self.width, self.height = picture.width, picture.height
        self.channels = encoder.n_feats
        self._encoder = encoder
        self._picture = picture
        self._backend = backend
        self._normalisation = normalisation
        self._cache = ByteCache[Tensor](budget)

    def tiles(self, rows: range, columns: range) -> Iterator[Tile]:
        """The tiles that hold the given source rows and columns (cut to the picture)."""
        last_row, last_column = min(rows.stop, self.height) - 1, min(columns.stop, self.width) - 1
        down = range(rows.start // self.side, last_row // self.side + 1)
        across = range(columns.start // self.side, last_column // self.side + 1)
        for j, i in product(down, across):
            yield Tile(i, j)

    def extent(self, tile: Tile) -> tuple[range, range]:
        """Source rows and columns that a tile covers."""
        top, left = tile.row * self.side, tile.column * self.side
        return (
            range(top, min(top + self.side, self.height)),
            range(left, min(left + self.side, self.width)),
        )

    def steps(self, tile: Tile) -> Generator[None, None, Tensor]:
        """Features ``[C, h + 2, w + 2]`` of a tile with `MARGIN`, encoded in steps if needed."""
        cached = self._cache.get(tile)
        if cached is not None:
            return cached
        rows, columns = self.extent(tile)
        reach = self._encoder.radius + MARGIN
        top, bottom = max(rows.start - reach, 0), min(rows.stop + reach, self.height)
        left, right = max(columns.start - reach, 0), min(columns.stop + reach, self.width)
        pixels = self._picture.read(slice(top, bottom), slice(left, right))
        cut = Cut(top > 0, bottom < self.height, left > 0, right < self.width)
        image = self._normalisation.of(pixels.permute(2, 0, 1)[None], 1)
        image = image.contiguous(memory_format=torch.channels_last)
        encoded = yield from steadied(self._encoder, lambda: self._encoder.steps(image, cut))
        radius = self._encoder.radius
        top, left = top + radius * cut.top, left + radius * cut.left
        inner = _with_margin(encoded[0], rows, columns, top, left).to(self._backend.storage)
        self._cache.put(tile, inner)
        return inner


def _with_margin(encoded: Tensor, rows: range, columns: range, top: int, left: int) -> Tensor:
    """Cut a tile and its margin out of an encoded window; zeros stand outside the picture."""
    y0, y1 = rows.start - MARGIN - top, rows.stop + MARGIN - top
    x0, x1 = columns.start - MARGIN - left, columns.stop + MARGIN - left
    height, width = encoded.shape[1:]
    inner = encoded[:, max(y0, 0) : min(y1, height), max(x0, 0) : min(x1, width)]
    padding = (max(-x0, 0), max(x1 - width, 0), max(-y0, 0), max(y1 - height, 0))
    return F.pad(inner, padding).contiguous()
