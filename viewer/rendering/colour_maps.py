"""Colour maps for gradient maps, as tables of 256 colours."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import torch
from torch import Tensor

COLOUR_MAPS = ("grey", "viridis", "inferno", "magma")
"""Names that the inspector offers; ``grey`` is the map itself."""

_TABLES = {
    "viridis": cv2.COLORMAP_VIRIDIS,
    "inferno": cv2.COLORMAP_INFERNO,
    "magma": cv2.COLORMAP_MAGMA,
}


@lru_cache
def colour_table(name: str) -> Tensor | None:
    """``[256, 3]`` RGB in 0..1, or None for grey.

    Raises:
        ValueError: if the name is not one of `COLOUR_MAPS`.
    """
    if name == "grey":
        return None
    if name not in _TABLES:
        known = ", ".join(COLOUR_MAPS)
        raise ValueError(f"the colour map {name!r} is not known; known are {known}")
    ramp = np.arange(256, dtype=np.uint8).reshape(-1, 1)
    bgr = cv2.applyColorMap(ramp, _TABLES[name])[:, 0]
    return torch.from_numpy(bgr[:, ::-1].astype(np.float32) / 255.0)
