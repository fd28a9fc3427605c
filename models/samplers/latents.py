"""Latents of a picture: encoder tiles with a decoder's first layer folded in, made when needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor

from models.kernels.decoder import Footprint
from models.networks.encoder import Steps, finish
from models.samplers.cache import ByteCache
from models.samplers.features import MARGIN, FeatureMap
from models.samplers.grid import Tile

Fold = Callable[[Tensor], Tensor]
"""Takes features ``[C, h + 2, w + 2]``, returns latents ``[h, w, width]``."""


class LatentMap:
    """Folded latents in the features' tiles, under a byte budget of their own."""

    def __init__(self, features: FeatureMap, fold: Fold, width: int, budget: int, band: int):
        """Fold ``band`` rows of a tile in one step."""
        self._features, self._fold = features, fold
        self._width, self._band = width, band
        self._cache = ByteCache[Tensor](budget)

    def __contains__(self, tile: Tile) -> bool:
        return tile in self._cache

    def tiles(self, area: Footprint) -> Iterator[Tile]:
        """The encoder tiles that hold a footprint (cut to the picture)."""
        rows = range(area.top, area.top + area.rows)
        return self._features.tiles(rows, range(area.left, area.left + area.columns))

    def steps(self, tile: Tile) -> Steps:
        """Latents ``[h, w, width]`` of a tile, made in steps if they are not there."""
        latents = self._cache.get(tile)
        if latents is None:
            features = yield from self._features.steps(tile)
            rows, columns = (side - 2 * MARGIN for side in features.shape[1:])
            latents = features.new_empty(rows, columns, self._width)
            for top in range(0, rows, self._band):
                if top:
                    yield
                part = features[:, top : top + self._band + 2 * MARGIN]
                latents[top : top + self._band] = self._fold(part)
            self._cache.put(tile, latents)
        return latents

    def latents(self, tile: Tile) -> Tensor:
        """Latents ``[h, w, width]`` of a tile, encoded if they are not there."""
        return finish(self.steps(tile))

    def assemble(self, area: Footprint) -> Tensor:
        """Latents ``[rows, columns, width]`` of a footprint, zero beyond the picture."""
        out: Tensor | None = None
        for tile in self.tiles(area):
            latents = self.latents(tile)
            if out is None:
                out = latents.new_zeros(area.rows, area.columns, self._width)
            rows, columns = self._features.extent(tile)
            y0, y1 = max(rows.start, area.top), min(rows.stop, area.top + area.rows)
            x0, x1 = max(columns.start, area.left), min(columns.stop, area.left + area.columns)
            part = latents[
                y0 - rows.start : y1 - rows.start, x0 - columns.start : x1 - columns.start
            ]
            out[y0 - area.top : y1 - area.top, x0 - area.left : x1 - area.left] = part
        assert out is not None  # a footprint begins inside the picture
        return out
