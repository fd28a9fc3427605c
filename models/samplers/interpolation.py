"""Interpolators: nearest, bicubic and Lanczos."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.samplers.base import Picture, Plane, Sampler
from models.samplers.grid import Axis, Lattice, Window
from models.samplers.separable import resample
from models.samplers.taps import BICUBIC, LANCZOS, Kernel


class Separable(Sampler):
    """A separable filter with Pillow's conventions (see `separable`)."""

    def __init__(self, picture: Picture, device: torch.device, kernel: Kernel):
        super().__init__(picture, device)
        self._kernel = kernel
        self.title = kernel.name.capitalize()

    @property
    def key(self) -> Hashable:
        """The kernel's name."""
        return self._kernel.name

    def _evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        return self._interpolated(lattice, windows, self._kernel)

    def _cover(self, alpha: Plane, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        """Alpha by the kernel that made the colour: by another there would be a rim of light."""
        return resample(alpha, lattice, windows, self._kernel, self.device)


def bicubic(picture: Picture, device: torch.device) -> Separable:
    """Keys' cubic convolution with a = −0.5 (Keys, 1981)."""
    return Separable(picture, device, BICUBIC)


def lanczos(picture: Picture, device: torch.device) -> Separable:
    """Lanczos' windowed sinc with three lobes (Duchon, 1979)."""
    return Separable(picture, device, LANCZOS)


class Nearest(Sampler):
    """The source pixel that covers the sample."""

    title = "Nearest"

    @property
    def key(self) -> Hashable:
        """The sampler's name."""
        return "nearest"

    def _evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        return self._read(self.colour, lattice, windows)

    def _cover(self, alpha: Plane, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        """Alpha of the same pixels as the colour, which divided by any other would be another."""
        return self._read(alpha, lattice, windows)

    def _read(self, plane: Plane, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        return torch.stack([self._window(plane, lattice, window) for window in windows])

    def _window(self, plane: Plane, lattice: Lattice, window: Window) -> Tensor:
        columns = _covering(lattice.x, window.column, window.columns, plane.width)
        rows = _covering(lattice.y, window.row, window.rows, plane.height)
        left, top = int(columns[0]), int(rows[0])
        source = plane.read(slice(top, int(rows[-1]) + 1), slice(left, int(columns[-1]) + 1))
        across = torch.from_numpy(columns - left).to(self.device)
        down = torch.from_numpy(rows - top).to(self.device)
        return source.index_select(0, down).index_select(1, across)


def _covering(axis: Axis, first: int, count: int, length: int) -> NDArray[np.int64]:
    """Index of the source pixel that covers each sample."""
    # A hair's breadth keeps samples on a pixel's edge on their own side of rounding noise.
    index = np.floor(axis.positions(first, count) + 1e-9).astype(np.int64)
    return np.clip(index, 0, length - 1)
