"""The EDSR-baseline encoder in float64 (Lim et al., CVPRW 2017), without its upsampler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.reference.layers import Array, convolve, layer, relu


def encode(
    state: Mapping[str, Any], image: Array, blocks: int = 16, residual_scale: float = 1.0
) -> Array:
    """Features ``[C, H, W]`` of an image ``[3, H, W]`` in 0..1.

    Each block is ``x + s · conv(relu(conv(x)))``; a last convolution closes the body, whose
    input is added to its output.
    """
    head = convolve((image - 0.5) / 0.5, *layer(state, "encoder.head.0"))
    x = head
    for block in range(blocks):
        inner = relu(convolve(x, *layer(state, f"encoder.body.{block}.body.0")))
        x = x + residual_scale * convolve(inner, *layer(state, f"encoder.body.{block}.body.2"))
    return head + convolve(x, *layer(state, f"encoder.body.{blocks}"))
