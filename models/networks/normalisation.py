"""What networks subtract from a picture and divide it by, and how their output comes back."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Normalisation:
    """``(x − mean) / std`` per channel, of pixels in 0..1. No checkpoint's tensors tell it.

    Attributes:
        mean: of red, green and blue.
        std: of all three.
    """

    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: float = 0.5

    def of(self, image: Tensor, axis: int) -> Tensor:
        """A picture as the network sees it; ``axis`` is that of the channels."""
        return (image - self._mean(image, axis)) / self.std

    def back(self, values: Tensor, axis: int = -1) -> Tensor:
        """A network's output as pixels, in the memory of ``values``."""
        return values.mul_(self.std).add_(self._mean(values, axis))

    def _mean(self, like: Tensor, axis: int) -> Tensor | float:
        if len(set(self.mean)) == 1:
            return self.mean[0]
        shape = [1] * like.ndim
        shape[axis] = 3
        return torch.tensor(self.mean, dtype=like.dtype, device=like.device).view(shape)


STANDARD = Normalisation()
"""LIIF's own: to −1..1."""

DIV2K_MEAN = (0.4488, 0.4371, 0.4040)
"""The mean colour of DIV2K's training pictures, as EDSR and its descendants have it."""
