"""What an encoder is: a convolutional trunk from a picture to features of the same size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

Steps = Generator[None, None, Tensor]
"""Work in steps: yields between them, returns the result."""


class Cut(NamedTuple):
    """Sides of an input that are not the picture's border: the picture goes on beyond them."""

    top: bool = False
    bottom: bool = False
    left: bool = False
    right: bool = False

    def trimmed(self, x: Tensor, count: int) -> Tensor:
        """``x`` without ``count`` rows or columns on the sides that are cut."""
        height, width = x.shape[-2:]
        top, left = count * self.top, count * self.left
        return x[..., top : height - count * self.bottom, left : width - count * self.right]


WHOLE = Cut()
"""Of an input that is a whole picture."""


class Encoder(nn.Module, ABC):
    """A trunk ``[N, 3, H, W] → [N, n_feats, H, W]``; every layer pads its input with zeros.

    The input is a normalised picture. The residual stream is fp32 whatever the weights' type.

    Attributes:
        spec: name and arguments, enough to build the same encoder again.
        n_feats: channels of the features.
        radius: a feature depends on source pixels at most this far away, per axis.
    """

    spec: dict[str, Any]
    n_feats: int
    radius: int

    @property
    @abstractmethod
    def first(self) -> nn.Module:
        """The first convolution, which sees the picture itself."""

    @abstractmethod
    def steps(self, image: Tensor, cut: Cut = WHOLE) -> Steps:
        """Encode in steps (head, each block, tail), between which others may run.

        Features that would have needed pixels beyond a side that is cut are not returned: there
        are `radius` rows or columns fewer on each of these sides.
        """

    def forward(self, image: Tensor) -> Tensor:
        """Encode at once."""
        return finish(self.steps(image))


class Trunk(Encoder):
    """Head, residual blocks, one more convolution, and a shortcut from the head's output.

    Children are ``head`` (a sequence of one 3×3 convolution) and ``body`` (blocks, then a 3×3
    convolution), as in the published EDSR and in checkpoints of it.
    """

    head: nn.Sequential
    body: nn.Sequential

    @property
    def first(self) -> nn.Module:
        """The head."""
        return self.head

    def steps(self, image: Tensor, cut: Cut = WHOLE) -> Steps:
        """Encode in steps (head, each block, tail).

        What a layer would compute from missing neighbours is dropped at once, so that a halo
        costs about half of what it would if it were dropped at the end.
        """
        head = cut.trimmed(self.head(image.to(dtype_of(self.head))).float(), 1)
        x = head
        *blocks, tail = self.body
        for block in blocks:
            yield
            x = block(x, cut)
        yield
        features: Tensor = cut.trimmed(tail(x.to(dtype_of(tail))), 1)
        return features + cut.trimmed(head, self.radius - 1)


class Residual(nn.Module):
    """``x + scale·body(x)``, the sum in the type of ``x``."""

    def __init__(self, body: nn.Sequential, scale: float = 1.0):
        super().__init__()
        self.body = body
        self.scale = scale
        convs = (layer for layer in body if isinstance(layer, nn.Conv2d))
        self._reach = sum(conv.kernel_size[0] // 2 for conv in convs)

    def forward(self, x: Tensor, cut: Cut = WHOLE) -> Tensor:
        """Add the body's output to its input, without what has missing neighbours."""
        change = cut.trimmed(self.body(x.to(dtype_of(self.body))), self._reach)
        scaled = change if self.scale == 1.0 else change * self.scale
        return cut.trimmed(x, self._reach) + scaled


def finish(steps: Steps) -> Tensor:
    """Run steps to their end and return their result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def dtype_of(module: nn.Module) -> torch.dtype:
    """The type of a module's weights, which its input must have."""
    return next(module.parameters()).dtype


def conv(inputs: int, outputs: int, side: int) -> nn.Conv2d:
    """A ``side`` × ``side`` convolution that keeps the size by zero padding."""
    return nn.Conv2d(inputs, outputs, side, padding=side // 2)
