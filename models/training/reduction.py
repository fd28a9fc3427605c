"""The antialiased bicubic reduction that makes low-resolution patches, like Pillow's."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from models.samplers.grid import Axis
from models.samplers.taps import BICUBIC, weights


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
