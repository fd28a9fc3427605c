"""How much arithmetic a step of training is."""

from __future__ import annotations

from torch import nn

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
