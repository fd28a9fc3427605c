"""What networks make of a picture's colours before they see it, and how their output comes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Colour = tuple[float, float, float]
"""Red, green and blue."""

Matrix = tuple[Colour, Colour, Colour]
"""Rows of a matrix that mixes colours."""


class Colours(ABC):
    """An affine map of the colours of pixels in 0..1, and the one that leads back."""

    @abstractmethod
    def of(self, image: Tensor, axis: int) -> Tensor:
        """A picture as the network sees it; ``axis`` is that of the channels."""

    @abstractmethod
    def back(self, values: Tensor, axis: int = -1) -> Tensor:
        """A network's output as pixels; ``values`` may be overwritten."""

    @property
    @abstractmethod
    def spec(self) -> dict[str, Any]:
        """Its numbers as plain values, for a network's spec."""


@dataclass(frozen=True)
class Normalisation(Colours):
    """``(x − mean) / std`` per channel, of pixels in 0..1. No checkpoint's tensors tell it.

    Attributes:
        mean: of red, green and blue.
        std: of all three.
    """

    mean: Colour = (0.5, 0.5, 0.5)
    std: float = 0.5

    def of(self, image: Tensor, axis: int) -> Tensor:
        """A picture as the network sees it; ``axis`` is that of the channels."""
        return (image - self._mean(image, axis)) / self.std

    def back(self, values: Tensor, axis: int = -1) -> Tensor:
        """A network's output as pixels, in the memory of ``values``."""
        return values.mul_(self.std).add_(self._mean(values, axis))

    @property
    def spec(self) -> dict[str, Any]:
        """Mean and divisor."""
        return {"mean": list(self.mean), "std": self.std}

    def _mean(self, like: Tensor, axis: int) -> Tensor | float:
        if len(set(self.mean)) == 1:
            return self.mean[0]
        shape = [1] * like.ndim
        shape[axis] = 3
        return _constant(self.mean, like.dtype, like.device).view(shape)


@dataclass(frozen=True)
class Mixing(Colours):
    """``M·x + v`` of pixels in 0..1, and ``M'·y + v'`` back: what 1×1 convolutions do to colours.

    Attributes:
        matrix, offset: M and v.
        back_matrix, back_offset: M' and v', which need not undo them exactly.
    """

    matrix: Matrix
    offset: Colour
    back_matrix: Matrix
    back_offset: Colour

    def of(self, image: Tensor, axis: int) -> Tensor:
        """A picture as the network sees it; ``axis`` is that of the channels."""
        return _mixed(image, axis, self.matrix, self.offset)

    def back(self, values: Tensor, axis: int = -1) -> Tensor:
        """A network's output as pixels."""
        return _mixed(values, axis, self.back_matrix, self.back_offset)

    @property
    def spec(self) -> dict[str, Any]:
        """Both maps: rows of the matrix, then the offset."""
        there, back = (*self.matrix, self.offset), (*self.back_matrix, self.back_offset)
        return {"of": [list(row) for row in there], "back": [list(row) for row in back]}


def _mixed(values: Tensor, axis: int, matrix: Matrix, offset: Colour) -> Tensor:
    mix, add = (_constant(each, values.dtype, values.device) for each in (matrix, offset))
    return F.linear(values.movedim(axis, -1), mix, add).movedim(-1, axis)


@lru_cache(maxsize=64)
def _constant(values: Matrix | Colour, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Numbers on a device, sent there once: sending waits, and a captured step must not."""
    with torch.inference_mode(False):
        return torch.tensor(values, dtype=dtype, device=device)


STANDARD = Normalisation()
"""LIIF's own: to −1..1."""

DIV2K_MEAN = (0.4488, 0.4371, 0.4040)
"""The mean colour of DIV2K's training pictures, as EDSR and its descendants have it."""
