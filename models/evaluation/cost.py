"""What a network costs before the first pixel can be painted."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch.utils.flop_counter import FlopCounterMode

from models.networks.liif import LIIF
from models.networks.metasr import MetaSR
from models.networks.network import Network
from models.networks.upscaler import Upscaler

SIDE = 64
"""Side of the picture that is counted on. Layers keep their size, so any other would do."""


def once(network: Network) -> float:
    """Floating-point operations a source pixel: encoding and folding, or the whole enlargement.

    Halos of tiles are not counted; the larger a tile, the less they matter.
    """
    if isinstance(network, Upscaler):
        return network.flops()
    shadow = deepcopy(network.encoder).to("meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        shadow(torch.empty(1, 3, SIDE, SIDE, device="meta"))
    return float(counter.get_total_flops()) / SIDE**2 + _fold(network)


def _fold(network: Network) -> float:
    """The convolution that takes a decoder's linear layer into the features."""
    match network:
        case LIIF():
            width = network.imnet.linears[0].out_features
        case MetaSR():
            width = 3 * network.imnet.linears[0].out_features + 3
        case _:
            return 0.0
    return 2.0 * 9 * network.encoder.n_feats * width


def reach(network: Network) -> int:
    """How many source pixels away, per axis, a pixel still matters."""
    # Unfolding looks one latent further than the encoder.
    return network.radius if isinstance(network, Upscaler) else network.encoder.radius + 1
