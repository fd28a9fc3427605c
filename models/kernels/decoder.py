"""The hoisted decoder in plain torch: any device, fixed shapes, hidden layers in half precision."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from models.backend import Backend
from models.kernels.hoist import Hoisted
from models.kernels.linear import choose_layer
from models.samplers.corners import corners, span
from models.samplers.grid import Axis, Lattice, Window

BAND = 1 << 20
"""Pre-activations that are in flight at a time: few enough to stay in the processor's caches."""


@dataclass(frozen=True, eq=False)
class Axes:
    """Geometry of a window on the device. Everything was computed on the host in float64.

    Attributes:
        index: ``[2, count]`` int64, places of the neighbours in the window of latents.
        offset: ``[2, count]`` fp32, sample minus neighbour in source pixels.
        weight: ``[2, count]`` fp32, the neighbours' share.
    """

    index: Tensor
    offset: Tensor
    weight: Tensor

    @property
    def count(self) -> int:
        """How many samples."""
        return self.index.shape[1]

    def part(self, start: int, stop: int) -> Axes:
        """The geometry of some of the samples."""
        if (start, stop) == (0, self.count):
            return self
        index, offset, weight = (
            tensor[:, start:stop].contiguous() for tensor in (self.index, self.offset, self.weight)
        )
        return Axes(index, offset, weight)


@lru_cache(maxsize=2048)
def _axes(
    axis: Axis, first: int, count: int, length: int, device: torch.device
) -> tuple[int, Axes]:
    """First source pixel and geometry of some samples; tiles in a row or column share theirs."""
    found = corners(axis, first, count, length)
    fraction = torch.from_numpy(found.fraction)
    axes = Axes(
        torch.from_numpy(found.index).to(device),
        torch.from_numpy(found.offset).to(device, torch.float32),
        torch.stack([1.0 - fraction, fraction]).to(device, torch.float32),
    )
    return found.start, axes


@dataclass(frozen=True)
class Footprint:
    """The source pixels whose latents a window of samples needs.

    Attributes:
        top, left: first row and column.
        rows, columns: how many of each; the same for all windows of one shape on a lattice, so
            they may reach beyond the picture.
    """

    top: int
    left: int
    rows: int
    columns: int


class Decoder:
    """Evaluates equation (4) of LIIF on windows of a lattice, from folded latents."""

    def __init__(self, weights: Hoisted, backend: Backend, residual: bool):
        self._weights = weights
        self._backend = backend
        self._residual = residual
        self._layer = choose_layer(backend)

    def geometry(
        self, lattice: Lattice, window: Window, height: int, width: int
    ) -> tuple[Footprint, Axes, Axes]:
        """Which latents a window needs, and its geometry down and across."""
        device = self._backend.device
        top, down = _axes(lattice.y, window.row, window.rows, height, device)
        left, across = _axes(lattice.x, window.column, window.columns, width, device)
        rows, columns = span(lattice.y, window.rows), span(lattice.x, window.columns)
        return Footprint(top, left, rows, columns), down, across

    def window(
        self, lattice: Lattice, down: Axes, across: Axes, latents: Tensor, image: Tensor
    ) -> Tensor:
        """Samples ``[rows, columns, 3]`` fp32 (not clamped) of one window.

        Args:
            down, across: its geometry.
            latents: folded latents ``[h, w, width]`` of the window's footprint.
            image: normalised pixels ``[h, w, 3]`` fp32 of the same footprint.
        """
        weights = self._weights
        constant = weights.constant(lattice.y.step, lattice.x.step)
        height, width = down.count, across.count
        band = max(1, BAND // (4 * width * weights.width))
        bands = [
            self._mixed(latents, down.part(top, min(top + band, height)), across, constant)
            for top in range(0, height, band)
        ]
        mixed = bands[0] if len(bands) == 1 else torch.cat(bands)
        # The last layer is linear and the shares sum to one, so it is applied once, to the mean.
        matrix, bias = weights.last
        out = torch.addmm(bias, mixed.view(-1, mixed.shape[-1]), matrix).view(height, width, 3)
        if self._residual:
            out += _bilinear(image, down, across)
        return out.mul_(0.5).add_(0.5)

    def _mixed(self, latents: Tensor, y: Axes, x: Axes, constant: Tensor) -> Tensor:
        """Mean of the four corners' last hidden layers, ``[rows, columns, width]`` fp32."""
        weights = self._weights
        height, width = y.index.shape[1], x.index.shape[1]
        # Both corners of an axis stand side by side: [2·rows, 2·columns, width].
        rows = latents.index_select(0, y.index.view(-1)).float()
        rows += (y.offset.view(-1, 1) * weights.along_y + constant)[:, None, :]
        first = rows.index_select(1, x.index.view(-1))
        first += x.offset.view(-1, 1) * weights.along_x
        last = self._hidden(first.view(-1, weights.width)).view(2 * height, 2 * width, -1)
        last *= (y.weight.view(-1, 1) * x.weight.view(-1))[..., None]
        lines = last[:height].add_(last[height:])
        return lines[:, :width] + lines[:, width:]

    def _hidden(self, first: Tensor) -> Tensor:
        """The hidden layers after the first pre-activation: ``[n, width]`` fp32 in and out."""
        x = first.relu_().to(self._backend.precision)
        for matrix, bias in self._weights.hidden:
            x = self._layer(x, matrix, bias)
        return x.float()


def _bilinear(image: Tensor, y: Axes, x: Axes) -> Tensor:
    """The ensemble's weighted sum of the corners' pixels: bilinear, lines before columns."""
    upper, lower = (image.index_select(0, y.index[side]) for side in (0, 1))
    lines = upper.mul_(y.weight[0][:, None, None])
    lines += lower.mul_(y.weight[1][:, None, None])
    left, right = (lines.index_select(1, x.index[side]) for side in (0, 1))
    left *= x.weight[0][:, None]
    return left.add_(right.mul_(x.weight[1][:, None]))
