"""How much arithmetic a step of training is."""

from __future__ import annotations

from torch import nn

from models.networks.encoder import Encoder
from models.networks.liif import LIIF
from models.networks.metasr import MetaSR
from models.training.config import Config

PASSES = 3
"""Forward, and backward to the weights and to the inputs, each of the same size."""


def flops(network: LIIF, config: Config) -> float:
    """Floating-point operations of the matrix products and convolutions of one step."""
    pixels = config.batch * config.patch**2
    queries = config.batch * config.queries
    first, *hidden, last = (layer.weight.numel() for layer in network.imnet.linears)
    per_pixel = _weights(network.encoder) + first
    return PASSES * 2.0 * (pixels * per_pixel + queries * (4 * sum(hidden) + last))


def metasr_flops(network: MetaSR, config: Config) -> float:
    """The same of Meta-SR: encoder and folded latents, then φ's first layer and the filter."""
    pixels = config.batch * config.patch**2
    queries = config.batch * config.queries
    first, last = network.imnet.linears
    per_pixel = _weights(network.encoder) + last.weight.numel() + last.bias.numel()
    per_query = 2 * first.out_features + 3 * first.out_features
    return PASSES * 2.0 * (pixels * per_pixel + queries * per_query)


def _weights(encoder: Encoder) -> int:
    """Weights of the convolutions: multiplications a pixel."""
    layers = (each for each in encoder.modules() if isinstance(each, nn.Conv2d))
    return sum(each.weight.numel() for each in layers)
