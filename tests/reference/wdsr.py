"""WDSR in float64 (Yu et al., 2018), as an encoder and complete; weight norm is folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.reference.layers import Array, convolve, layer, relu


def encode(state: Mapping[str, Any], image: Array, blocks: int = 16) -> Array:
    """Features ``[C, H, W]`` of an image ``[3, H, W]`` in 0..1: ``body(head(x)) + head(x)``.

    Each block of type B is ``x + conv3(conv1(relu(conv1(x))))``: wide before the activation, then a
    linear low-rank convolution. Those of type A are ``x + conv3(relu(conv3(x)))``.
    """
    head = convolve((image - 0.5) / 0.5, *layer(state, "encoder.head.0"))
    x = head
    for block in range(blocks):
        x = x + change(state, f"encoder.body.{block}.body", x)
    return convolve(x, *layer(state, f"encoder.body.{blocks}")) + head


def change(state: Mapping[str, Any], name: str, x: Array) -> Array:
    """What a block adds to its input; it is of type B where it has a third convolution."""
    inner = relu(convolve(x, *layer(state, f"{name}.0")))
    inner = convolve(inner, *layer(state, f"{name}.2"))
    if f"{name}.3.weight" in state:
        inner = convolve(inner, *layer(state, f"{name}.3"))
    return inner


def enlarge(
    state: Mapping[str, Any],
    image: Array,
    factor: int,
    mean: Sequence[float],
    std: float,
    res_scale: float = 1.0,
) -> Array:
    """Pixels ``[3, factor·H, factor·W]`` of an image ``[3, H, W]`` by a complete WDSR, not clamped.

    The blocks' shortcuts are the only ones of the trunk; tail and skip are shuffled and added.
    """
    centre = np.asarray(mean, dtype=np.float64)[:, None, None]
    normalised = (image - centre) / std
    x = convolve(normalised, *layer(state, "head.0"))
    for block in range(len({key.split(".")[1] for key in state if key.startswith("body.")})):
        x = x + res_scale * change(state, f"body.{block}.body", x)
    tail = shuffle(convolve(x, *layer(state, "tail.0")), factor)
    return (tail + shuffle(convolve(normalised, *layer(state, "skip.0")), factor)) * std + centre


def shuffle(values: Array, factor: int) -> Array:
    """Pixel shuffle: ``out[c, f·y + i, f·x + j] = values[c·f² + i·f + j, y, x]``."""
    channels, height, width = values.shape[0] // factor**2, *values.shape[1:]
    out = np.empty((channels, height * factor, width * factor))
    for c in range(channels):
        for i in range(factor):
            for j in range(factor):
                out[c, i::factor, j::factor] = values[c * factor**2 + i * factor + j]
    return out
