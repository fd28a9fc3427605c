"""Meta-SR's batches on the device: as LIIF's, but with one latent for each query."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.samplers.anchors import anchors
from models.samplers.grid import Axis
from models.training.config import Config
from models.training.data import ImageSet
from models.training.patches import Pair, Patches
from models.training.plan import Plan, draw
from models.training.reduction import reduce, reduction


@dataclass(frozen=True, eq=False)
class AnchoredBatch(Pair):
    """B patches of P × P pixels and, for each, Q queries.

    Attributes:
        image: ``[B, 3, P, P]`` fp32 in 0..1, the low-resolution patches.
        truth: ``[B·Q, 3]`` fp32 in −1..1, the pixels at the queries.
        index: ``[B·Q]`` int64, the latent among ``B·P·P`` that each query's corner falls on.
        offset: ``[B·Q, 2]`` fp32, from that pixel's corner to the query's (y, x), in source pixels.
        step: ``[]`` fp32, source pixels per query: the paper's ``1/s``.
    """

    index: Tensor
    offset: Tensor
    step: Tensor


@dataclass(frozen=True, eq=False)
class _Scale:
    """What all batches of one scale share, on the device.

    Attributes:
        reduction: ``[P, side]`` fp32, the bicubic reduction of a row.
        index: ``[side]`` int64, each sample's latent on an axis.
        offset: ``[side]`` fp32, where in that pixel it begins.
        step: ``[]`` fp32.
    """

    reduction: Tensor
    index: Tensor
    offset: Tensor
    step: Tensor


class AnchoredBatches(Patches):
    """Makes Meta-SR's batches; their patches and queries are those that LIIF would be given."""

    def __init__(self, images: ImageSet, config: Config, part: slice | None = None):
        super().__init__(images, config, part)
        self._scales: dict[tuple[int, int], _Scale] = {}

    def make(self, iteration: int) -> AnchoredBatch:
        """The batch of a step."""
        return self.realise(draw(self._config, self._images, iteration, self._part))

    def realise(self, plan: Plan) -> AnchoredBatch:
        """The batch of a plan."""
        scale = self._scale(plan.side, plan.patch)
        patches = self._sent(plan)
        rows, columns = self._send(plan.queries).long()
        first = torch.arange(rows.shape[0], device=rows.device)[:, None] * plan.patch**2
        index = first + scale.index[rows] * plan.patch + scale.index[columns]
        return AnchoredBatch(
            image=reduce(self._crops(patches, plan.side), scale.reduction),
            truth=self._pixels(patches, rows, columns),
            index=index.view(-1),
            offset=torch.stack([scale.offset[rows], scale.offset[columns]], dim=-1).view(-1, 2),
            step=scale.step,
        )

    def _scale(self, side: int, patch: int) -> _Scale:
        if (side, patch) not in self._scales:
            axis = anchors(Axis(0.0, patch / side), 0, side, patch)
            self._scales[side, patch] = _Scale(
                reduction=self._send(reduction(side, patch).numpy()),
                index=self._send(axis.index + axis.start),
                offset=self._send(axis.offset.astype(np.float32)),
                step=torch.full((), patch / side, device=self._images.device),
            )
        return self._scales[side, patch]
