"""Colour maps for gradient maps, as tables of 256 colours."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_TABLES = MappingProxyType(
    {
        "viridis": cv2.COLORMAP_VIRIDIS,
        "inferno": cv2.COLORMAP_INFERNO,
        "magma": cv2.COLORMAP_MAGMA,
    }
)

COLOUR_MAPS = ("grey", *_TABLES)
"""Names to choose from; ``grey`` is the map itself."""


@lru_cache
def colours(name: str) -> NDArray[np.uint8]:
    """The 256 colours of a map, ``[256, 3]`` RGB, from no gradient to the steepest; read-only.

    Raises:
        KeyError: if the name is not one of `COLOUR_MAPS`.
    """
    ramp = np.arange(256, dtype=np.uint8).reshape(-1, 1)
    if name == "grey":
        table = np.repeat(ramp, 3, axis=1)
    else:
        bgr = np.asarray(cv2.applyColorMap(ramp, _TABLES[name]), np.uint8)
        table = np.ascontiguousarray(bgr[:, 0, ::-1])
    table.flags.writeable = False
    return table


@lru_cache
def colour_table(name: str) -> Tensor | None:
    """``[256, 3]`` RGB in 0..1, or None for grey, which needs no table."""
    if name == "grey":
        return None
    return torch.from_numpy(colours(name).astype(np.float32) / 255.0)
