"""How much arithmetic a step is, and how much a device can do."""

from __future__ import annotations

import time

import torch
from torch import nn

from models.backend import Backend
from models.networks.liif import LIIF
from models.training.config import Config

PASSES = 3
"""Forward, and backward to the weights and to the inputs, each of the same size."""


def flops(network: LIIF, config: Config) -> float:
    """Floating-point operations of the matrix products and convolutions of one step."""
    pixels = config.batch * config.patch**2
    queries = config.batch * config.queries
    convolutions = (each for each in network.encoder.modules() if isinstance(each, nn.Conv2d))
    per_pixel = sum(each.weight.numel() for each in convolutions)
    first, *hidden, last = (layer.weight.numel() for layer in network.imnet.linears)
    return PASSES * 2.0 * (pixels * (per_pixel + first) + queries * (4 * sum(hidden) + last))


def matmul_rate(backend: Backend, seconds: float = 0.2) -> float:
    """Floating-point operations a second of one large matrix product, as measured now."""
    side = 8192 if backend.device.type == "cuda" else 1024
    left, right = torch.randn(2, side, side, device=backend.device, dtype=backend.precision)
    _finish(left @ right)
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        product = left @ right
        count += 1
        if count % 8 == 0 or backend.device.type != "cuda":
            _finish(product)
    _finish(product)
    return 2.0 * side**3 * count / (time.perf_counter() - began)


def _finish(product: torch.Tensor) -> None:
    """Wait for a product."""
    product[0, 0].item()
