"""Batches on the device: crops, their antialiased reduction, and what is asked of the network."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.samplers.corners import corners
from models.samplers.grid import Axis
from models.samplers.separable import BICUBIC, weights
from models.training.config import Config
from models.training.data import ImageSet
from models.training.plan import Plan, draw


@dataclass(frozen=True, eq=False)
class Batch:
    """B patches of P × P pixels and, for each, Q queries.

    P is `Config.patch`, so the shapes are those of the step before, except at wide scales.

    Attributes:
        image: ``[B, 3, P, P]`` fp32 in 0..1, the low-resolution patches.
        index: ``[4, B·Q]`` int64, each query's four nearest latents among ``B·P·P``.
        offset: ``[4, B·Q, 2]`` fp32, query minus latent (y, x) in source pixels.
        weight: ``[4, B·Q]`` fp32, the corners' shares.
        step: ``[]`` fp32, the cell: source pixels per query, on both axes.
        truth: ``[B·Q, 3]`` fp32 in −1..1, the pixels at the queries.
    """

    image: Tensor
    index: Tensor
    offset: Tensor
    weight: Tensor
    step: Tensor
    truth: Tensor

    def copy_(self, other: Batch) -> None:
        """Take over another batch's numbers, in the same memory."""
        for each in fields(self):
            getattr(self, each.name).copy_(getattr(other, each.name))

    def clone(self) -> Batch:
        """The same numbers in memory of their own."""
        return Batch(**{each.name: getattr(self, each.name).clone() for each in fields(self)})


@dataclass(frozen=True, eq=False)
class _Scale:
    """What all batches of one scale share, on the device.

    Attributes:
        patch: P.
        reduction: ``[P, side]`` fp32, the bicubic reduction of a row.
        index: ``[2, side]`` int64, each sample's lower and upper latent on an axis.
        place: ``[4, side]`` fp32, its two offsets, then its two shares.
        step: ``[]`` fp32.
    """

    patch: int
    reduction: Tensor
    index: Tensor
    place: Tensor
    step: Tensor


class Batches:
    """Makes the batch of each step from a resident set of pictures.

    Nothing here waits for the device: what is random comes from the host in one small copy.
    """

    def __init__(self, images: ImageSet, config: Config, part: slice | None = None):
        self._images = images
        self._config = config
        self._part = part
        self._scales: dict[tuple[int, int], _Scale] = {}

    def make(self, iteration: int) -> Batch:
        """The batch of a step."""
        return self.realise(draw(self._config, self._images, iteration, self._part))

    def realise(self, plan: Plan) -> Batch:
        """The batch of a plan."""
        scale = self._scale(plan.side, plan.patch)
        patches = self._send(np.stack([plan.start, plan.down, plan.across]))
        rows, columns = self._send(plan.queries).long()
        start, down, across = patches[:, :, None]
        truth = self._images.read(start + rows * down + columns * across)
        index, offset, weight = self._corners(scale, rows, columns)
        return Batch(
            image=reduce(self._crops(patches, plan.side), scale.reduction),
            index=index,
            offset=offset,
            weight=weight,
            step=scale.step,
            truth=truth.view(-1, 3).float() / 127.5 - 1.0,
        )

    def _crops(self, patches: Tensor, side: int) -> Tensor:
        """High-resolution patches ``[B, 3, side, side]`` fp32 in 0..255."""
        ramp = torch.arange(side, device=patches.device)
        start, down, across = patches[:, :, None, None]
        pixels = self._images.read(start + ramp[:, None] * down + ramp * across)
        return pixels.permute(0, 3, 1, 2).float()

    def _corners(
        self, scale: _Scale, rows: Tensor, columns: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Index, offset and weight of a `Batch` for queries ``[B, Q]``."""
        side, count = scale.patch, rows.numel()
        first = torch.arange(rows.shape[0], device=rows.device)[:, None] * (side * side)
        rows, columns = rows.reshape(-1), columns.reshape(-1)
        down = scale.index.index_select(1, rows).view(2, *first.shape[:1], -1) * side + first
        across = scale.index.index_select(1, columns)
        y, x = scale.place.index_select(1, rows), scale.place.index_select(1, columns)
        shape = (2, 2, count)
        offset = torch.stack([y[:2, None].expand(shape), x[None, :2].expand(shape)], dim=-1)
        return (
            (down.view(2, 1, count) + across).view(4, count),
            offset.view(4, count, 2),
            (y[2:, None] * x[None, 2:]).view(4, count),
        )

    def _send(self, numbers: NDArray[Any]) -> Tensor:
        """Numbers of the host on the device, without waiting for it."""
        tensor = torch.from_numpy(numbers)
        if self._images.device.type == "cuda":
            return tensor.pin_memory().to(self._images.device, non_blocking=True)
        return tensor.to(self._images.device)

    def _scale(self, side: int, patch: int) -> _Scale:
        if (side, patch) not in self._scales:
            self._scales[side, patch] = self._make_scale(side, patch)
        return self._scales[side, patch]

    def _make_scale(self, side: int, patch: int) -> _Scale:
        axis = corners(Axis(0.0, patch / side), 0, side, patch)
        place = np.stack([*axis.offset, 1.0 - axis.fraction, axis.fraction])
        return _Scale(
            patch=patch,
            reduction=self._send(reduction(side, patch).numpy()),
            index=self._send(axis.index + axis.start),
            place=self._send(place.astype(np.float32)),
            step=torch.full((), patch / side, device=self._images.device),
        )


def reduction(side: int, patch: int) -> Tensor:
    """Bicubic weights ``[patch, side]`` fp32 that reduce a row of ``side`` pixels."""
    first, table = weights(Axis(0.0, side / patch), 0, patch, side, BICUBIC)
    full = np.zeros((patch, side), dtype=np.float32)
    full[:, first : first + table.shape[1]] = table
    return torch.from_numpy(full)


def reduce(high: Tensor, table: Tensor) -> Tensor:
    """Reduce pictures ``[B, 3, side, side]`` in 0..255 to ``[B, 3, P, P]`` in 0..1.

    Like Pillow, rows first, and rounded to 8 bits after each axis: the network learns from what it
    will be given.
    """
    across = _rounded(high @ table.t())
    return _rounded(table @ across) / 255.0


def _rounded(values: Tensor) -> Tensor:
    return values.add_(0.5).floor_().clamp_(0.0, 255.0)
