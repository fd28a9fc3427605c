"""Turning samples upright, as the EXIF orientation of a photograph says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What has to be done to rows and columns for each value of the tag (Exif 2.32, tag 0x0112).
_TURNS: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a[:, ::-1].swapaxes(0, 1),
}


def upright(samples: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Samples ``[H, W, …]`` as stored → as the photographer saw them, contiguous.

    Args:
        samples: rows and columns in the order of the file.
        orientation: EXIF value 1 to 8; any other is taken for 1.
    """
    turn = _TURNS.get(orientation)
    return np.ascontiguousarray(samples if turn is None else turn(samples))


def swaps_axes(orientation: int) -> bool:
    """Whether width and height change places."""
    return 5 <= orientation <= 8
