"""A picture enlarged by a fixed-scale network, tile by tile, each computed once when needed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor

from models.networks.encoder import Cut, Steps, finish
from models.networks.soundness import steadied
from models.networks.upscaler import Spare, Upscaler
from models.samplers.base import Plane
from models.samplers.cache import ByteCache
from models.samplers.grid import Tile


class Enlarged:
    """The network's own picture, readable in windows of its pixels like a `Plane`.

    Tile ``(i, j)`` covers source columns ``side·i …`` and rows ``side·j …``. A tile's input has the
    network's radius around it and is cut at the picture's borders, never padded, so that every
    layer sees zeros only outside the picture and all tiles together are the whole picture
    enlarged at once.

    Attributes:
        side: side of a tile in source pixels.
        width, height: size in enlarged pixels.
    """

    channels = 3
    whole = None

    def __init__(self, network: Upscaler, picture: Plane, side: int, budget: int):
        self.side = side
        self.width, self.height = picture.width * network.factor, picture.height * network.factor
        self._network = network
        self._picture = picture
        self._cache = ByteCache[Tensor](budget)

    def __contains__(self, tile: Tile) -> bool:
        return tile in self._cache

    def read(self, rows: slice, columns: slice) -> Tensor:
        """Pixels ``[h, w, 3]`` of a window, fp32 in 0..1; tiles that are missing are computed."""
        tiles = list(self.tiles(rows, columns))
        height, width = rows.stop - rows.start, columns.stop - columns.start
        out: Tensor | None = None
        for tile in tiles:
            pixels = finish(self.steps(tile))
            if out is None:
                out = pixels.new_empty(height, width, 3)
            y, ty = _shared(rows, tile.row * self.side * self._network.factor, pixels.shape[0])
            x, tx = _shared(
                columns, tile.column * self.side * self._network.factor, pixels.shape[1]
            )
            out[y, x] = pixels[ty, tx]
        assert out is not None, "a window holds a pixel"
        return out

    def tiles(self, rows: slice, columns: slice) -> Iterator[Tile]:
        """The tiles that hold a window of enlarged pixels."""
        side = self.side * self._network.factor
        down = range(rows.start // side, (rows.stop - 1) // side + 1)
        across = range(columns.start // side, (columns.stop - 1) // side + 1)
        for j, i in product(down, across):
            yield Tile(i, j)

    def steps(self, tile: Tile) -> Steps:
        """Pixels ``[h, w, 3]`` of a tile, computed in steps if they are not there."""
        cached = self._cache.get(tile)
        if cached is not None:
            return cached
        rows, *down = self._reach(tile.row, self._picture.height)
        columns, *across = self._reach(tile.column, self._picture.width)
        cuts, spares = zip(*down, *across, strict=True)
        image = self._picture.read(rows, columns).permute(2, 0, 1)[None]
        image = image.contiguous(memory_format=torch.channels_last)
        ends = Cut(*cuts), Spare(*spares)
        enlarged = yield from steadied(self._network, lambda: self._network.steps(image, *ends))
        pixels = enlarged[0].permute(1, 2, 0).float().clamp(0.0, 1.0).contiguous()
        self._cache.put(tile, pixels)
        return pixels

    def _reach(self, index: int, length: int) -> tuple[slice, tuple[bool, int], tuple[bool, int]]:
        """Source pixels a tile's input covers on an axis; per end, whether it is cut there and
        how many spare pixels there are if it is the picture's border."""
        radius = self._network.radius
        start, stop = index * self.side, min((index + 1) * self.side, length)
        first, last = max(start - radius, 0), min(stop + radius, length)
        before = (True, 0) if first > 0 else (False, start)
        behind = (True, 0) if last < length else (False, length - stop)
        return slice(first, last), before, behind


def _shared(window: slice, start: int, count: int) -> tuple[slice, slice]:
    """Where the run ``start … start + count`` lies in a window, and the window in the run."""
    first, last = max(window.start, start), min(window.stop, start + count)
    return (
        slice(first - window.start, last - window.start),
        slice(first - start, last - start),
    )
