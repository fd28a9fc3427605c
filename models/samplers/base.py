"""What every sampler is: a picture, and a rule that turns windows of a lattice into pixels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from weakref import WeakValueDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.kernels.filtering import codes_of
from models.samplers.grid import Grid, Lattice, Tile, Window, overlap
from models.samplers.hidden import fill_hidden
from models.samplers.kept import KeptTiles
from models.samplers.separable import resample
from models.samplers.taps import BICUBIC, Kernel

TILES_AT_ONCE = 64
"""Tiles of a grid evaluated by one call; only many keep a GPU, or all of a CPU's cores, busy."""

Samples = NDArray[np.uint8] | NDArray[np.uint16]


class Plane:
    """Some channels of a picture on a device, read as fp32 in 0..1.

    Attributes:
        width, height: size in source pixels.
        channels: 3, or 1 of alpha.
    """

    def __init__(self, samples: Tensor, unit: float, alpha: Tensor | None = None):
        self.height, self.width, self.channels = samples.shape
        self._samples, self._alpha, self._unit = samples, alpha, unit

    @property
    def raw(self) -> tuple[Tensor, float]:
        """Integer samples ``[H, W, C]``, not premultiplied, and what makes 1 of the largest."""
        return self._samples, self._unit

    @property
    def whole(self) -> tuple[Tensor, float] | None:
        """`raw`, if that is what `read` reads: not where alpha is multiplied in."""
        return self.raw if self._alpha is None else None

    @property
    def straight(self) -> Plane:
        """The same samples, not premultiplied."""
        return self if self._alpha is None else Plane(self._samples, self._unit)

    @property
    def coverage(self) -> Plane | None:
        """Alpha as one channel, or None for an opaque picture."""
        return None if self._alpha is None else Plane(self._alpha.unsqueeze(-1), self._unit)

    def read(self, rows: slice, columns: slice) -> Tensor:
        """The samples ``[h, w, C]`` of a window inside the picture, premultiplied by alpha."""
        window = self._samples[rows, columns].to(torch.float32) * self._unit
        if self._alpha is None:
            return window
        return window * (self._alpha[rows, columns].to(torch.float32) * self._unit).unsqueeze(-1)


@dataclass(frozen=True, eq=False)
class Picture:
    """The pixels a sampler works on; two pictures are equal only if they are the same object.

    Attributes:
        pixels: ``[H, W, 3]`` uint8 or uint16, the source's own encoded RGB, not premultiplied.
        alpha: ``[H, W]`` of the same type, or None for an opaque picture.
    """

    pixels: Samples
    alpha: Samples | None = None
    _planes: WeakValueDictionary[torch.device, Plane] = field(
        default_factory=WeakValueDictionary, init=False, repr=False
    )

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or 0 in self.pixels.shape:
            raise ValueError(f"a picture is [H, W, 3], not {list(self.pixels.shape)}")
        if self.pixels.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"a picture is uint8 or uint16, not {self.pixels.dtype}")
        if self.alpha is not None and (
            self.alpha.shape != self.pixels.shape[:2] or self.alpha.dtype != self.pixels.dtype
        ):
            raise ValueError("alpha must have the picture's size and type")

    @property
    def width(self) -> int:
        """Width in source pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Height in source pixels."""
        return int(self.pixels.shape[0])

    def colour(self, device: torch.device) -> Plane:
        """RGB in 0..1, premultiplied by alpha, on a device.

        Whoever asks while another still holds it gets the same: a GPU then holds it once. Pixels
        without alpha have the colour of their neighbours in it, for those who read it straight.
        """
        plane = self._planes.get(device)
        if plane is None:
            plane = self._planes[device] = self._on(device)
        return plane

    @cached_property
    def filled(self) -> Samples:
        """The pixels, those without alpha in the colour of the nearest with some."""
        return self.pixels if self.alpha is None else fill_hidden(self.pixels, self.alpha)

    def _on(self, device: torch.device) -> Plane:
        samples = torch.from_numpy(np.ascontiguousarray(self.filled)).to(device)
        alpha = None
        if self.alpha is not None:
            alpha = torch.from_numpy(np.ascontiguousarray(self.alpha)).to(device)
        return Plane(samples, 1.0 / float(np.iinfo(self.pixels.dtype).max), alpha)


class Sampler(ABC):
    """Turns a grid into pixels. Holds caches and no other state.

    Where the lattice reduces the picture, every sampler shows the antialiased bicubic reduction
    of the source; subclasses only say what happens from 1:1 upward.

    Attributes:
        picture: the picture that is sampled.
        device: where the samples are computed and returned.
        title: a short name for people, such as ``Bicubic``.
        dear: whether its samples cost so much that they are worth keeping.
        kept: where tiles are kept as they are decoded, while somebody needs them again.
        straight: whether `_evaluate` takes and returns colour that is not premultiplied. Networks
            do: what is multiplied by alpha has edges to them that belong to alpha alone.
    """

    title: str
    dear = False
    kept: KeptTiles | None = None
    straight = False

    def __init__(self, picture: Picture, device: torch.device):
        self.picture = picture
        self.device = device
        self._premultiplied = picture.colour(device)
        self.colour = self._premultiplied.straight if self.straight else self._premultiplied

    @property
    @abstractmethod
    def key(self) -> Hashable:
        """Samplers of one picture with equal keys give equal pixels: caches are found by it."""

    @property
    def path(self) -> str:
        """How its network is decoded on this device, such as ``Triton``; empty without a choice."""
        return ""

    @property
    def keeps(self) -> bool:
        """Whether what is evaluated goes to `kept`."""
        return self.kept is not None and self.kept.useful

    def key_on(self, lattice: Lattice) -> Hashable:
        """The key on a lattice: where it reduces, all samplers of a picture are one."""
        return "reduced" if lattice.reduces else self.key

    @abstractmethod
    def _evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        """Samples ``[N, rows, columns, 3]``, fp32, of windows of one shape where step ≤ 1."""

    def lacking(self, lattice: Lattice, window: Window) -> Sequence[Tile]:  # noqa: ARG002
        """What `prepare` would make for a window: tiles that windows near each other share."""
        return ()

    def prepare(self, lattice: Lattice, windows: Sequence[Window]) -> Iterator[None]:  # noqa: ARG002
        """Do the work that windows share (encoding), in steps between which others may run."""
        return iter(())

    def evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        """Samples of windows that all have the same shape.

        Positions outside the picture are clamped to it.

        Returns:
            ``[N, rows, columns, 3]`` fp32 in 0..1 (colour premultiplied by alpha), on `device`.
        """
        with torch.inference_mode():
            if lattice.reduces:
                samples = self._interpolated(lattice, windows, BICUBIC)
            else:
                samples = self._evaluate(lattice, windows)
            samples.clamp_(0.0, 1.0)
            alpha = self._premultiplied.coverage
            if self.straight and alpha is not None and not lattice.reduces:
                samples *= self.cover(alpha, lattice, windows)
            if self.keeps:
                assert self.kept is not None
                self.kept.put(lattice, windows, samples)
            return samples

    def _interpolated(self, lattice: Lattice, windows: Sequence[Window], kernel: Kernel) -> Tensor:
        samples = resample(self._premultiplied, lattice, windows, kernel, self.device)
        alpha = self._premultiplied.coverage
        if alpha is None:
            return samples
        # What the kernel adds beyond full cover is no light of the picture's.
        cover = resample(alpha, lattice, windows, kernel, self.device)
        return samples.div_(cover.clamp_min_(1.0))

    def cover(self, alpha: Plane, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        """Alpha ``[N, rows, columns, 1]`` in 0..1 that belongs to the colour."""
        with torch.inference_mode():
            if lattice.reduces:
                cover = resample(alpha, lattice, windows, BICUBIC, self.device)
            else:
                cover = self._cover(alpha, lattice, windows)
            return cover.clamp_(0.0, 1.0)

    def _cover(self, alpha: Plane, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        """Alpha where step ≤ 1: by bicubic, but for samplers that interpolate it as the colour."""
        return resample(alpha, lattice, windows, BICUBIC, self.device)

    def codes(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        """The same samples as bytes for a screen, rounded on `device`.

        Returns:
            ``[N, rows, columns, 4]`` uint8: blue, green, red, 255.
        """
        with torch.inference_mode():
            return self._codes(lattice, windows)

    def _codes(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        return codes_of(self.evaluate(lattice, windows))

    def tiles(self, lattice: Lattice, tiles: Sequence[Tile]) -> Tensor:
        """Samples ``[N, 64, 64, 3]`` of whole tiles."""
        return self.evaluate(lattice, [tile.window for tile in tiles])

    def sample(self, grid: Grid) -> Tensor:
        """Pixels of a grid, evaluated tile by tile: ``[rows, columns, 3]`` fp32 in 0..1."""
        with torch.inference_mode():
            out = torch.empty(grid.rows, grid.columns, 3, device=self.device)
            tiles = grid.tiles()
            for first in range(0, len(tiles), TILES_AT_ONCE):
                some = tiles[first : first + TILES_AT_ONCE]
                for _ in self.prepare(grid.lattice, [tile.window for tile in some]):
                    pass
                for tile, samples in zip(some, self.tiles(grid.lattice, some), strict=True):
                    rows, columns, tile_rows, tile_columns = overlap(grid.window, tile)
                    out[rows, columns] = samples[tile_rows, tile_columns]
            return out


class Coverage:
    """Alpha of a picture, held once for all samplers of its colour."""

    def __init__(self, picture: Picture, device: torch.device):
        self._colour = picture.colour(device)  # held, so that all samplers share it

    def tiles(self, sampler: Sampler, lattice: Lattice, tiles: Sequence[Tile]) -> Tensor | None:
        """A sampler's alpha ``[N, 64, 64]`` of whole tiles, or None where all is opaque."""
        alpha = self._colour.coverage
        if alpha is None:
            return None
        return sampler.cover(alpha, lattice, [tile.window for tile in tiles])[..., 0]
