"""Pixels for benchmarks and training: 8 bits, and Pillow's antialiased bicubic reduction."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.samplers.base import Picture, Samples
from viewer.imaging.colour import flatten

Bytes = NDArray[np.uint8]


def eight_bits(picture: Picture) -> Bytes:
    """A picture's own RGB ``[H, W, 3]``, rounded to 8 bits; transparent parts lie over white."""
    samples = picture.pixels
    if picture.alpha is not None:
        both = np.concatenate([samples, picture.alpha[..., None]], axis=-1)
        samples = flatten(cast(Samples, both), 8 * samples.itemsize)
    if samples.dtype == np.uint16:
        return ((samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    return cast(Bytes, samples)


def reduce_bicubic(pixels: Bytes, width: int, height: int) -> Bytes:
    """Pixels ``[H, W, 3]`` as ``[height, width, 3]``, rounded to 8 bits after each axis.

    The samplers' own reduction has the same kernel but keeps fp32. Published figures were made
    with this one, and differ by hundredths of a dB with the other.
    """
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.array(image.resize((width, height), Image.Resampling.BICUBIC))
