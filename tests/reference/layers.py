"""Literal float64 layers: what a convolution and a perceptron are, written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Layer = tuple[Array, Array]


def parameter(state: Mapping[str, Any], name: str) -> Array:
    """A tensor of a state dict in float64."""
    return np.asarray(state[name].detach().cpu().double().numpy(), dtype=np.float64)


def layer(state: Mapping[str, Any], name: str) -> Layer:
    """Weight and bias of a layer of a state dict."""
    return parameter(state, f"{name}.weight"), parameter(state, f"{name}.bias")


def imnet(state: Mapping[str, Any]) -> list[Layer]:
    """The perceptron `imnet.layers.{0, 2, 4, …}` of a state dict, first layer first."""
    numbers = sorted(int(key.split(".")[2]) for key in state if key.startswith("imnet.layers."))
    return [layer(state, f"imnet.layers.{number}") for number in sorted(set(numbers))]


def convolve(image: Array, weight: Array, bias: Array) -> Array:
    """A cross-correlation of odd size with zeros beyond the picture's borders.

    ``out[o, y, x] = bias[o] + Σ_{c, i, j} weight[o, c, i, j] · image[c, y + i − r, x + j − r]``
    """
    height, width = image.shape[1:]
    radius = weight.shape[2] // 2
    padded = np.pad(image, ((0, 0), (radius, radius), (radius, radius)))
    out = np.empty((weight.shape[0], height, width))
    out[:] = bias[:, None, None]
    for i in range(weight.shape[2]):
        for j in range(weight.shape[3]):
            shifted = padded[:, i : i + height, j : j + width]
            out += np.tensordot(weight[:, :, i, j], shifted, axes=1)
    return out


def relu(values: Array) -> Array:
    """``max(0, x)``."""
    return np.maximum(values, 0.0)


def leaky_relu(values: Array) -> Array:
    """``x`` where it is positive, ``0.2·x`` elsewhere."""
    return np.where(values > 0, values, 0.2 * values)


def perceptron(layers: Sequence[Layer], inputs: Array) -> Array:
    """Linear layers with ReLU between them: ``[N, in]`` → ``[N, out]``."""
    values = inputs
    for weight, bias in layers[:-1]:
        values = relu(values @ weight.T + bias)
    weight, bias = layers[-1]
    return values @ weight.T + bias
