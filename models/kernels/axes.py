"""Geometry of a window's rows or columns on the device, made on the host in float64."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from models.samplers.corners import Corners, corners, span
from models.samplers.grid import Axis


@dataclass(frozen=True, eq=False)
class Axes:
    """Geometry of a window's samples along one axis.

    Attributes:
        index: ``[2, count]`` int64, places of the neighbours in the window of latents.
        offset: ``[2, count]`` fp32, sample minus neighbour in source pixels.
        weight: ``[2, count]`` fp32, the neighbours' share.
        blend: ``[count, n]`` fp32, the same shares as a matrix over the window's ``n`` source
            pixels (those inside the picture).
    """

    index: Tensor
    offset: Tensor
    weight: Tensor
    blend: Tensor

    @property
    def count(self) -> int:
        """How many samples."""
        return self.index.shape[1]


@lru_cache(maxsize=2048)
def axes_of(
    axis: Axis, first: int, count: int, length: int, device: torch.device
) -> tuple[int, Axes]:
    """First source pixel and geometry of some samples; tiles in a row or column share theirs."""
    found = corners(axis, first, count, length)
    fraction = torch.from_numpy(found.fraction)
    weight = torch.stack([1.0 - fraction, fraction])
    axes = Axes(
        torch.from_numpy(found.index).to(device),
        torch.from_numpy(found.offset).to(device, torch.float32),
        weight.to(device, torch.float32),
        _blend(found, weight, min(span(axis, count), length - found.start)).to(device),
    )
    return found.start, axes


def _blend(found: Corners, weight: Tensor, pixels: int) -> Tensor:
    """Shares ``[2, count]`` float64 as a matrix; at the border both neighbours are one pixel."""
    matrix = torch.zeros(weight.shape[1], pixels, dtype=torch.float64)
    matrix.scatter_add_(1, torch.from_numpy(found.index).t(), weight.t())
    return matrix.float()


@lru_cache(maxsize=2048)
def bands_of(axes: Axes, height: int) -> tuple[Axes, ...]:
    """The geometry of ``height`` samples at a time."""
    if height >= axes.count:
        return (axes,)
    return tuple(_part(axes, slice(top, top + height)) for top in range(0, axes.count, height))


def _part(axes: Axes, part: slice) -> Axes:
    index, offset, weight = (
        each[:, part].contiguous() for each in (axes.index, axes.offset, axes.weight)
    )
    return Axes(index, offset, weight, axes.blend[part])
