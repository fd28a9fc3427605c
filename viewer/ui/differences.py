"""The amplified difference of two sides as they are shown."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from viewer.rendering.messages import Pixels


def difference(a: Pixels, b: Pixels, factor: float) -> Pixels:
    """``|A − B|·factor`` of two BGRA pictures; opaque where both have arrived, else empty.

    Taken from the pixels on screen: after the same colour conversion and the same rounding.
    """
    result = cast(Pixels, cv2.convertScaleAbs(cv2.absdiff(a, b), alpha=factor))
    arrived = np.minimum(a[..., 3:], b[..., 3:])
    # Premultiplied: a colour without alpha would be added to what lies below.
    result[..., :3] &= arrived
    result[..., 3:] = arrived
    return result
