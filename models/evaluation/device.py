"""What a device can do at best: the rate of a large matrix product."""

from __future__ import annotations

import time

import torch

from models.backend import Backend

SMALLEST = 1024
"""Side of the smallest matrices that are multiplied where memory is short."""


def matmul_rate(backend: Backend, seconds: float = 0.2) -> float:
    """Floating-point operations a second of one large matrix product, as measured now."""
    side = 8192 if backend.device.type == "cuda" else 1024
    while side > SMALLEST:
        try:
            return _rate(backend, side, seconds)
        except torch.OutOfMemoryError:
            side //= 2  # a smaller one is a little slower, but tells enough
    return _rate(backend, side, seconds)


def _rate(backend: Backend, side: int, seconds: float) -> float:
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
