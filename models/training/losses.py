"""What a prediction is worth: L1 or RMS, and SPSR's loss on gradients of neighbouring queries."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from models.training.config import Config

FLOOR = 1e-8
"""Mean squares far below this weigh as squares: a root cannot be differentiated at 0."""


def loss(
    predicted: Tensor, truth: Tensor, patches: int, config: Config, finish: Tensor | None = None
) -> Tensor:
    """The loss on pixels, plus the gradient loss by its weight: one number.

    Args:
        predicted, truth: ``[B·Q, 3]`` fp32 in −1..1, queries in squares of ``config.block``.
        patches: B.
        finish: as `pixel_loss` takes it.
    """
    total = pixel_loss(predicted, truth, patches, config, finish)
    if config.gradient_loss:
        block = config.block
        total = total + config.gradient_loss * gradient_loss(
            predicted.view(-1, block, block, 3), truth.view(-1, block, block, 3)
        )
    return total


def pixel_loss(
    predicted: Tensor, truth: Tensor, patches: int, config: Config, finish: Tensor | None = None
) -> Tensor:
    """Mean absolute difference, or the root of the mean squared one of each patch, in the mean.

    L1 is what SR networks learn best by; the square's best guess is a pixel's mean, as PSNR asks,
    where L1's is its median. Its root weighs hard patches no more than easy ones, as L1 does.

    Args:
        predicted, truth: of one shape, all of a patch after all of the one before.
        patches: their number.
        finish: ``[]``, 1 in the part of the run that ends it by RMS (`Config.rms_share`), else 0.
            On the device, so that a captured step obeys it. None is 0.
    """
    if config.loss == "rms":
        return _root_mean_square(predicted, truth, patches)
    absolute = F.l1_loss(predicted, truth)
    if finish is None or not config.rms_share:
        return absolute
    return torch.lerp(absolute, _root_mean_square(predicted, truth, patches), finish)


def _root_mean_square(predicted: Tensor, truth: Tensor, patches: int) -> Tensor:
    squares = (predicted - truth).square().reshape(patches, -1).mean(dim=1)
    roots = (squares + FLOOR).sqrt() - math.sqrt(FLOOR)
    return roots.mean()


def gradient_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """L1 between the gradient maps of squares ``[N, n, n, 3]`` (Ma et al., CVPR 2020, eq. 6)."""
    return F.l1_loss(gradient(predicted), gradient(truth))


def gradient(squares: Tensor) -> Tensor:
    """``sqrt(Ix² + Iy² + 1e-6)`` by central differences, inside squares ``[N, n, n, 3]``."""
    down = squares[:, 2:, 1:-1] - squares[:, :-2, 1:-1]
    across = squares[:, 1:-1, 2:] - squares[:, 1:-1, :-2]
    return (down * down + across * across + 1e-6).sqrt()
