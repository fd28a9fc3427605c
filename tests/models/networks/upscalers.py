"""Fixed-scale networks for tests, small and random, and what they should show in float64."""

from __future__ import annotations

import torch
from torch import nn

from models.networks.encoder import Residual
from models.networks.upscaler import Upscaler
from models.networks.wdsr_upscaler import WDSR
from tests.models.pictures import Array
from tests.reference import wdsr

HALF = (0.5, 0.5, 0.5)
SMALL = {
    "wdsr-a": lambda: WDSR(2, n_feats=8, n_resblocks=2, wide=20),
    "wdsr-b": lambda: WDSR(3, n_feats=8, n_resblocks=3, wide=20, narrow=6, res_scale=0.3),
    "wdsr of 2019": lambda: WDSR(4, n_feats=6, n_resblocks=2, wide=24, mean=HALF, std=1.0),
}


def randomised(network: Upscaler, seed: int = 0) -> Upscaler:
    """Random weights with which pixels vary over most of 0..1 and every layer shows."""
    generator = torch.Generator().manual_seed(seed)
    for module in reversed(list(network.modules())):
        if isinstance(module, nn.Conv2d):
            inputs = module.weight[0].numel()
            module.weight.data.normal_(0, (1.0 / inputs) ** 0.5, generator=generator)
            if module.bias is not None:
                module.bias.data.normal_(0, 0.05, generator=generator)
        if isinstance(module, Residual):
            # As trained ones do, a block changes a part of what passes it.
            module.body[-1].weight.data *= 0.4
    return network.eval().requires_grad_(False)


def small(kind: str, seed: int = 0) -> Upscaler:
    """A small random network of a kind."""
    return randomised(SMALL[kind](), seed)


def literal(network: Upscaler, image: Array) -> Array:
    """Pixels ``[3, factor·H, factor·W]`` of an image ``[3, H, W]``, by the network's oracle."""
    assert isinstance(network, WDSR)
    args = network.spec["args"]
    return wdsr.enlarge(
        network.state_dict(), image, network.factor, args["mean"], args["std"], args["res_scale"]
    )
