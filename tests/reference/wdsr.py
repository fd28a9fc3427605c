"""The WDSR-B encoder in float64 (Yu et al., 2018), without its upsampler; weight norm is folded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.reference.layers import Array, convolve, layer, relu


def encode(state: Mapping[str, Any], image: Array, blocks: int = 16) -> Array:
    """Features ``[C, H, W]`` of an image ``[3, H, W]`` in 0..1: ``body(head(x)) + head(x)``.

    Each block is ``x + conv3(conv1(relu(conv1(x))))``: wide before the activation, then a linear
    low-rank convolution.
    """
    head = convolve((image - 0.5) / 0.5, *layer(state, "encoder.head.0"))
    x = head
    for block in range(blocks):
        name = f"encoder.body.{block}.body"
        wide = relu(convolve(x, *layer(state, f"{name}.0")))
        low_rank = convolve(wide, *layer(state, f"{name}.2"))
        x = x + convolve(low_rank, *layer(state, f"{name}.3"))
    return convolve(x, *layer(state, f"encoder.body.{blocks}")) + head
