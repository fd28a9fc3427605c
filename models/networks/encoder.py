"""What an encoder is: a convolutional trunk from a picture to features of the same size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import Any

import torch
from torch import Tensor, nn

Steps = Generator[None, None, Tensor]
"""Work in steps: yields between them, returns the result."""


class Encoder(nn.Module, ABC):
    """A trunk ``[N, 3, H, W] → [N, n_feats, H, W]``; every layer pads its input with zeros.

    The input is normalised to −1..1. The residual stream is fp32 whatever the weights' type.

    Attributes:
        spec: name and arguments, enough to build the same encoder again.
        n_feats: channels of the features.
        radius: a feature depends on source pixels at most this far away, per axis.
        head: the first convolution.
    """

    spec: dict[str, Any]
    n_feats: int
    radius: int
    head: nn.Sequential

    @abstractmethod
    def steps(self, image: Tensor) -> Steps:
        """Encode in steps (head, each block, tail), between which others may run."""

    def forward(self, image: Tensor) -> Tensor:
        """Encode at once."""
        steps = self.steps(image)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]


class Trunk(Encoder):
    """Head, residual blocks, one more convolution, and a shortcut from the head's output.

    Children are ``head`` (a sequence of one 3×3 convolution) and ``body`` (blocks, then a 3×3
    convolution), as in the published EDSR and in checkpoints of it.
    """

    body: nn.Sequential

    def steps(self, image: Tensor) -> Steps:
        """Encode in steps (head, each block, tail)."""
        head = self.head(image.to(dtype_of(self.head))).float()
        x = head
        *blocks, tail = self.body
        for block in blocks:
            yield
            x = block(x)
        yield
        features: Tensor = tail(x.to(dtype_of(tail))) + head
        return features


class Residual(nn.Module):
    """``x + scale·body(x)``, the sum in the type of ``x``."""

    def __init__(self, body: nn.Sequential, scale: float = 1.0):
        super().__init__()
        self.body = body
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """Add the body's output to its input."""
        change: Tensor = self.body(x.to(dtype_of(self.body)))
        return x + (change if self.scale == 1.0 else change * self.scale)


def dtype_of(module: nn.Module) -> torch.dtype:
    """The type of a module's weights, which its input must have."""
    return next(module.parameters()).dtype


def conv(inputs: int, outputs: int, side: int) -> nn.Conv2d:
    """A ``side`` × ``side`` convolution that keeps the size by zero padding."""
    return nn.Conv2d(inputs, outputs, side, padding=side // 2)
