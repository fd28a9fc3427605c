"""What a fixed-scale network is: a picture becomes one that is a whole factor larger."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call

from models.networks.encoder import WHOLE, Cut, Steps, finish

COUNTED = 8
"""Side of the picture on which operations are counted: they grow with its area."""


class Spare(NamedTuple):
    """Source pixels at the picture's own borders that an input holds but nobody asked for.

    They are needed as neighbours. A side that is cut has none: its halo goes by itself.
    """

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def reduced(self, x: Tensor, kept: int, unit: int = 1) -> Tensor:
        """``x``, of ``unit`` pixels a source pixel, with at most ``kept`` spare ones a side."""
        top, bottom, left, right = (max(each - kept, 0) * unit for each in self)
        height, width = x.shape[-2:]
        return x[..., top : height - bottom, left : width - right]

    def within(self, kept: int) -> Spare:
        """What is spare after `reduced`."""
        return Spare(*(min(each, kept) for each in self))


NONE = Spare()
"""All pixels are asked for."""


class Upscaler(nn.Module, ABC):
    """A network ``[N, 3, H, W] → [N, 3, factor·H, factor·W]``, both RGB in 0..1, not clamped.

    It normalises its input itself; every layer pads its own input with zeros.

    Attributes:
        spec: name and arguments, enough to build the same network again.
        title: for people, such as ``WDSR-A ×2``.
        factor: output pixels per source pixel and axis.
        radius: an output pixel depends on source pixels at most this far from its own, per axis.
    """

    spec: dict[str, Any]
    title: str
    factor: int
    radius: int

    @abstractmethod
    def steps(self, image: Tensor, cut: Cut = WHOLE, spare: Spare = NONE) -> Steps:
        """Enlarge in steps between which others may run.

        Pixels that would have needed source pixels beyond a side that is cut are not returned:
        there are ``factor·radius`` rows or columns fewer on each of these sides. Nor are those of
        spare source pixels.
        """

    @abstractmethod
    def halve(self, precision: torch.dtype) -> None:
        """Keep in a half precision the weights whose rounding does not show in 8 bit."""

    def flops(self) -> float:
        """Floating-point operations a source pixel costs, counted without doing them."""
        # Imported here: it takes a quarter of a second, and few commands count.
        from torch.utils.flop_counter import FlopCounterMode

        shapes = {name: each.to("meta") for name, each in self.state_dict().items()}
        image = torch.empty(1, 3, COUNTED, COUNTED, device="meta")
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            functional_call(self, shapes, image)
        return float(counter.get_total_flops()) / COUNTED**2

    def forward(self, image: Tensor) -> Tensor:
        """Enlarge at once."""
        return finish(self.steps(image))
