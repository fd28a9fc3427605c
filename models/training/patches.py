"""What all kinds of batches share: patches read on the device, and how they are handed on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.training.config import Config
from models.training.data import ImageSet
from models.training.plan import Plan, draw


@dataclass(frozen=True, eq=False)
class Pair:
    """B low-resolution patches of P × P pixels, and what is to be shown of them.

    Attributes:
        image: ``[B, 3, P, P]`` fp32 in 0..1, the low-resolution patches.
        truth: fp32, the pixels that a prediction is compared with.
    """

    image: Tensor
    truth: Tensor

    def copy_(self, other: Self) -> None:
        """Take over another batch's numbers, in the same memory."""
        for each in fields(self):
            getattr(self, each.name).copy_(getattr(other, each.name))

    def clone(self) -> Self:
        """The same numbers in memory of their own."""
        return type(self)(**{each.name: getattr(self, each.name).clone() for each in fields(self)})


class Patches(ABC):
    """Makes the batch of each step from a resident set of pictures.

    Nothing here waits for the device: what is random comes from the host in one small copy.
    """

    def __init__(self, images: ImageSet, config: Config, part: slice | None = None):
        self._images = images
        self._config = config
        self._part = part

    def make(self, iteration: int) -> Pair:
        """The batch of a step."""
        return self.realise(draw(self._config, self._images, iteration, self._part))

    @abstractmethod
    def realise(self, plan: Plan) -> Pair:
        """The batch of a plan."""

    def _crops(self, patches: Tensor, side: int) -> Tensor:
        """High-resolution patches ``[B, 3, side, side]`` fp32 in 0..255."""
        ramp = torch.arange(side, device=patches.device)
        start, down, across = patches[:, :, None, None]
        pixels = self._images.read(start + ramp[:, None] * down + ramp * across)
        return pixels.permute(0, 3, 1, 2).float()

    def _pixels(self, patches: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """The truth ``[B·Q, 3]`` fp32 in −1..1 at queries ``[B, Q]`` of patches."""
        start, down, across = patches[:, :, None]
        pixels = self._images.read(start + rows * down + columns * across)
        return pixels.view(-1, 3).float() / 127.5 - 1.0

    def _send(self, numbers: NDArray[Any]) -> Tensor:
        """Numbers of the host on the device, without waiting for it."""
        tensor = torch.from_numpy(numbers)
        if self._images.device.type == "cuda":
            return tensor.pin_memory().to(self._images.device, non_blocking=True)
        return tensor.to(self._images.device)

    def _sent(self, plan: Plan) -> Tensor:
        """Where a plan's patches lie: ``[3, B]`` int64, start, down and across."""
        return self._send(np.stack([plan.start, plan.down, plan.across]))
