"""The hoisted decoder in plain torch: any device, fixed shapes, hidden layers in half precision."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from models.backend import Backend
from models.kernels.hoist import Hoisted
from models.samplers.corners import Corners, corners, span
from models.samplers.grid import Lattice, Window

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

    @classmethod
    def of(cls, axis: Corners, device: torch.device) -> Axes:
        """Hand the geometry of one axis to a device."""
        fraction = torch.from_numpy(axis.fraction)
        return cls(
            torch.from_numpy(axis.index).to(device),
            torch.from_numpy(axis.offset).to(device, torch.float32),
            torch.stack([1.0 - fraction, fraction]).to(device, torch.float32),
        )

    def rows(self, part: slice) -> Axes:
        """The geometry of some of the samples."""
        index, offset, weight = self.index[:, part], self.offset[:, part], self.weight[:, part]
        return Axes(index.contiguous(), offset.contiguous(), weight.contiguous())


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

    def geometry(
        self, lattice: Lattice, window: Window, height: int, width: int
    ) -> tuple[Footprint, Corners, Corners]:
        """Which latents a window needs, and its corners down and across."""
        down = corners(lattice.y, window.row, window.rows, height)
        across = corners(lattice.x, window.column, window.columns, width)
        rows, columns = span(lattice.y, window.rows), span(lattice.x, window.columns)
        return Footprint(down.start, across.start, rows, columns), down, across

    def window(
        self, lattice: Lattice, down: Corners, across: Corners, latents: Tensor, image: Tensor
    ) -> Tensor:
        """Samples ``[rows, columns, 3]`` fp32 (not clamped) of one window.

        Args:
            latents: folded latents ``[h, w, width]`` of the window's footprint.
            image: normalised pixels ``[h, w, 3]`` fp32 of the same footprint.
        """
        device = self._backend.device
        y, x = Axes.of(down, device), Axes.of(across, device)
        weights = self._weights
        constant = weights.constant(lattice.y.step, lattice.x.step)
        height, width = len(down.fraction), len(across.fraction)
        band = max(1, BAND // (4 * width * weights.width))
        mixed = torch.cat(
            [
                self._mixed(latents, y.rows(slice(top, min(top + band, height))), x, constant)
                for top in range(0, height, band)
            ]
        )
        # The last layer is linear and the shares sum to one, so it is applied once, to the mean.
        matrix, bias = weights.last
        out = torch.addmm(bias, mixed.view(-1, mixed.shape[-1]), matrix).view(height, width, 3)
        if self._residual:
            out += _bilinear(image, y, x)
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
        # Rounding keeps the sign, so the smaller tensor can be rectified.
        x = first.to(self._backend.precision).relu_()
        for matrix, bias in self._weights.hidden:
            x = torch.addmm(bias, x, matrix.t()).relu_()
        return x.float()


def _bilinear(image: Tensor, y: Axes, x: Axes) -> Tensor:
    """The ensemble's weighted sum of the corners' pixels."""
    total: Tensor | None = None
    for a, b in product((0, 1), (0, 1)):
        corner = image.index_select(0, y.index[a]).index_select(1, x.index[b])
        part = corner * (y.weight[a][:, None] * x.weight[b])[..., None]
        total = part if total is None else total.add_(part)
    assert total is not None
    return total
