"""SPSR's generator in float64 (Ma et al., CVPR 2020)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.reference.layers import Array, convolve, layer, leaky_relu


def enlarge(state: Mapping[str, Any], image: Array, taps: Sequence[int]) -> Array:
    """Pixels ``[3, 4·H, 4·W]`` of an image ``[3, H, W]`` in 0..1, not clamped."""
    shallow = convolve(image, *layer(state, "head"))
    edges = convolve(gradient(image), *layer(state, "branch_head"))
    trunk, branch, fused = shallow, edges, 0
    for block in range(len({key.split(".")[1] for key in state if key.startswith("body.")})):
        trunk = rrdb(state, f"body.{block}", trunk)
        if block + 1 in taps:
            branch = fuse(state, f"fusions.{fused}", branch, trunk)
            fused += 1
    trunk = shallow + convolve(trunk, *layer(state, "tail"))
    branch = edges + convolve(branch, *layer(state, "branch_tail"))
    x = fuse(state, "fusion", arm(state, "branch_arm", branch), arm(state, "arm", trunk))
    x = leaky_relu(convolve(x, *layer(state, "out.0")))
    return convolve(x, *layer(state, "out.1"))


def gradient(image: Array) -> Array:
    """``sqrt(dx² + dy² + 1e-6)`` per channel, with zeros beyond the picture's borders."""
    channels, height, width = image.shape
    out = np.empty(image.shape)

    def at(c: int, y: int, x: int) -> float:
        return float(image[c, y, x]) if 0 <= y < height and 0 <= x < width else 0.0

    for c in range(channels):
        for y in range(height):
            for x in range(width):
                dx = at(c, y, x + 1) - at(c, y, x - 1)
                dy = at(c, y + 1, x) - at(c, y - 1, x)
                out[c, y, x] = (dx**2 + dy**2 + 1e-6) ** 0.5
    return out


def dense(state: Mapping[str, Any], name: str, x: Array) -> Array:
    """``x + 0.2·conv5(…)``; each convolution reads the input and all outputs before it."""
    seen = [x]
    for number in range(4):
        everything = np.concatenate(seen)
        seen.append(leaky_relu(convolve(everything, *layer(state, f"{name}.convs.{number}"))))
    return x + 0.2 * convolve(np.concatenate(seen), *layer(state, f"{name}.convs.4"))


def rrdb(state: Mapping[str, Any], name: str, x: Array) -> Array:
    """``x + 0.2·`` three dense blocks of ``x``."""
    inner = x
    for number in range(3):
        inner = dense(state, f"{name}.dense.{number}", inner)
    return x + 0.2 * inner


def fuse(state: Mapping[str, Any], name: str, branch: Array, trunk: Array) -> Array:
    """Branch first, then trunk: an RRDB and a convolution of both."""
    both = rrdb(state, f"{name}.block", np.concatenate([branch, trunk]))
    return convolve(both, *layer(state, f"{name}.conv"))


def arm(state: Mapping[str, Any], name: str, x: Array) -> Array:
    """Nearest ×2, convolution, leaky ReLU, twice; then two convolutions, one leaky ReLU."""
    for number in (0, 1):
        doubled = x.repeat(2, axis=1).repeat(2, axis=2)
        x = leaky_relu(convolve(doubled, *layer(state, f"{name}.convs.{number}")))
    x = leaky_relu(convolve(x, *layer(state, f"{name}.convs.2")))
    return convolve(x, *layer(state, f"{name}.convs.3"))
