"""What a prediction is worth: L1, and SPSR's loss on gradients where queries are neighbours."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from models.training.config import Config


def loss(predicted: Tensor, truth: Tensor, config: Config) -> Tensor:
    """Mean absolute difference, plus the gradient loss by its weight: one number.

    Args:
        predicted, truth: ``[B·Q, 3]`` fp32 in −1..1, queries in squares of ``config.block``.
    """
    total = F.l1_loss(predicted, truth)
    if config.gradient_loss:
        block = config.block
        total = total + config.gradient_loss * gradient_loss(
            predicted.view(-1, block, block, 3), truth.view(-1, block, block, 3)
        )
    return total


def gradient_loss(predicted: Tensor, truth: Tensor) -> Tensor:
    """L1 between the gradient maps of squares ``[N, n, n, 3]`` (Ma et al., CVPR 2020, eq. 6)."""
    return F.l1_loss(gradient(predicted), gradient(truth))


def gradient(squares: Tensor) -> Tensor:
    """``sqrt(Ix² + Iy² + 1e-6)`` by central differences, inside squares ``[N, n, n, 3]``."""
    down = squares[:, 2:, 1:-1] - squares[:, :-2, 1:-1]
    across = squares[:, 1:-1, 2:] - squares[:, 1:-1, :-2]
    return (down * down + across * across + 1e-6).sqrt()
