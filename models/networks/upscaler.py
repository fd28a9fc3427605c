"""What a fixed-scale network is: a picture becomes one that is a whole factor larger."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from models.networks.encoder import WHOLE, Cut, Steps, finish


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
    def steps(self, image: Tensor, cut: Cut = WHOLE) -> Steps:
        """Enlarge in steps between which others may run.

        Pixels that would have needed source pixels beyond a side that is cut are not returned:
        there are ``factor·radius`` rows or columns fewer on each of these sides.
        """

    @abstractmethod
    def halve(self, precision: torch.dtype) -> None:
        """Keep in a half precision the weights whose rounding does not show in 8 bit."""

    def forward(self, image: Tensor) -> Tensor:
        """Enlarge at once."""
        return finish(self.steps(image))
