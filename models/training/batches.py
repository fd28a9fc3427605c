"""LIIF's batches on the device: crops, their antialiased reduction, and what is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.samplers.corners import corners
from models.samplers.grid import Axis
from models.training.config import Config
from models.training.data import ImageSet
from models.training.patches import Pair, Patches
from models.training.plan import Plan, draw
from models.training.reduction import reduce, reduction


@dataclass(frozen=True, eq=False)
class Batch(Pair):
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

    index: Tensor
    offset: Tensor
    weight: Tensor
    step: Tensor


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


class Batches(Patches):
    """Makes LIIF's batches."""

    def __init__(self, images: ImageSet, config: Config, part: slice | None = None):
        super().__init__(images, config, part)
        self._scales: dict[tuple[int, int], _Scale] = {}

    def make(self, iteration: int) -> Batch:
        """The batch of a step."""
        return self.realise(draw(self._config, self._images, iteration, self._part))

    def realise(self, plan: Plan) -> Batch:
        """The batch of a plan."""
        scale = self._scale(plan.side, plan.patch)
        patches = self._sent(plan)
        rows, columns = self._send(plan.queries).long()
        index, offset, weight = self._corners(scale, rows, columns)
        return Batch(
            image=reduce(self._crops(patches, plan.side), scale.reduction),
            index=index,
            offset=offset,
            weight=weight,
            step=scale.step,
            truth=self._pixels(patches, rows, columns),
        )

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
