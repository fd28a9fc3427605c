"""A hidden layer, ``relu(x·Wᵀ + b)``, by the fastest means a backend has."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor

from models.backend import Backend

Layer = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Takes ``x [n, in]``, ``W [out, in]`` and ``b [out]`` of one type; returns ``[n, out]``."""

log = logging.getLogger(__name__)


def plain_layer(x: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
    """A matrix product, then the rectifier in place."""
    return torch.addmm(bias, x, matrix.t()).relu_()


def fused_layer(x: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
    """Both at once in oneDNN: the result is rectified before it is written."""
    out: Tensor = torch.ops.mkldnn._linear_pointwise(x, matrix, bias, "relu", [], "")
    return out


def choose_layer(backend: Backend) -> Layer:
    """The fused form on CPUs with bf16 if this build of torch has it and it is right, else plain.

    torch does not promise the fused operator, so it is tried on a small layer first.
    """
    if backend.device.type != "cpu" or backend.precision != torch.bfloat16:
        return plain_layer
    generator = torch.Generator().manual_seed(0)
    x, matrix = (torch.randn(64, 64, generator=generator).bfloat16() for _ in range(2))
    bias = torch.randn(64, generator=generator).bfloat16()
    try:
        with torch.inference_mode():
            same = torch.equal(fused_layer(x, matrix, bias), plain_layer(x, matrix, bias))
    except (AttributeError, NotImplementedError, RuntimeError) as error:
        log.info("oneDNN's fused layer cannot be used: %s", error)
        return plain_layer
    return fused_layer if same else plain_layer
