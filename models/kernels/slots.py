"""Meta-SR's geometry on the device: the samples of a window's rows or columns by source pixel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from models.samplers.anchors import Anchors, anchors
from models.samplers.corners import span
from models.samplers.grid import Axis


@dataclass(frozen=True, eq=False)
class Slots:
    """Places for samples along one axis, equally many at each of the window's source pixels.

    Samples that a pixel has fewer of leave their slots unused; those that lie at one place (they
    are clamped to the picture) share one.

    Attributes:
        pixels: source pixels of the window.
        each: slots at each of them.
        offset: ``[pixels·each]`` fp32, where in its pixel the sample of a slot begins.
        place: ``[count]`` int64, the slot of each sample.
    """

    pixels: int
    each: int
    offset: Tensor
    place: Tensor


@lru_cache(maxsize=2048)
def slots_of(
    axis: Axis, first: int, count: int, length: int, device: torch.device
) -> tuple[int, Slots]:
    """First source pixel and slots of some samples; tiles in a row or column share theirs."""
    found = anchors(axis, first, count, length)
    number, each = _numbered(found)
    pixels = span(axis, count)
    place = found.index * each + number
    offset = np.zeros(pixels * each)
    offset[place] = found.offset
    return found.start, Slots(
        pixels,
        each,
        torch.from_numpy(offset).to(device, torch.float32),
        torch.from_numpy(place).to(device),
    )


def _numbered(found: Anchors) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], int]:
    """Each sample's number among the places at its pixel, and how many the fullest pixel has."""
    index, offset = found.index, found.offset
    new = np.append(True, (np.diff(index) != 0) | (np.diff(offset) != 0))
    distinct = np.cumsum(new) - 1
    number = distinct - distinct[np.searchsorted(index, index)]
    return number, int(number.max()) + 1
