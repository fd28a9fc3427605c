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


def epilogue_layer(x: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
    """Both at once in cuBLASLt, for the same reason."""
    out: Tensor = torch._addmm_activation(bias, x, matrix.t())
    return out


def choose_layer(backend: Backend) -> Layer:
    """A fused form where this build of torch has one for the backend and it is right, else plain.

    torch does not promise the fused operators, so they are tried on a small layer first.
    """
    if backend.device.type == "cuda":
        exact = backend.precision == torch.float32
        # cuBLAS may sum in another order for it.
        return _if_right(epilogue_layer, backend, 1e-4 if exact else 1e-2)
    if backend.device.type == "cpu" and backend.precision == torch.bfloat16:
        return _if_right(fused_layer, backend, 0.0)
    return plain_layer


def _if_right(layer: Layer, backend: Backend, tolerance: float) -> Layer:
    generator = torch.Generator().manual_seed(0)
    x, matrix, bias = (
        torch.randn(shape, generator=generator).to(backend.device, backend.precision)
        for shape in ((64, 64), (64, 64), (64,))
    )
    try:
        with torch.inference_mode():
            found, right = layer(x, matrix, bias), plain_layer(x, matrix, bias)
            same = torch.allclose(found, right, rtol=tolerance, atol=tolerance)
    except (AttributeError, NotImplementedError, RuntimeError) as error:
        log.info("the fused layer cannot be used: %s", error)
        return plain_layer
    return layer if same else plain_layer
