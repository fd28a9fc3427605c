"""Fixed-scale networks for tests, small and random, and what they should show in float64."""

from __future__ import annotations

import torch
from torch import nn

from models.networks.encoder import Residual
from models.networks.rrdb import DenseBlock
from models.networks.spsr import SPSR
from models.networks.upscaler import Upscaler
from models.networks.wdsr_upscaler import BMVC, WDSR
from tests.models.pictures import Array
from tests.reference import spsr, wdsr

SMALL = {
    "wdsr-a": lambda: WDSR(2, n_feats=8, n_resblocks=2, wide=20),
    "wdsr-b": lambda: WDSR(3, n_feats=8, n_resblocks=3, wide=20, narrow=6, res_scale=0.3),
    "wdsr of 2019": lambda: WDSR(4, n_feats=6, n_resblocks=2, wide=24, normalisation=BMVC),
    "spsr": lambda: SPSR(n_feats=4, n_blocks=3, growth=2, taps=(1, 2)),
    "spsr with a tap at the end": lambda: SPSR(n_feats=4, n_blocks=2, growth=3, taps=(1, 2)),
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
        if isinstance(module, DenseBlock):
            # Else the two factors of 0.2 would hide the blocks.
            module.convs[-1].weight.data *= 4.0
    return network.eval().requires_grad_(False)


def small(kind: str, seed: int = 0) -> Upscaler:
    """A small random network of a kind."""
    return randomised(SMALL[kind](), seed)


def literal(network: Upscaler, image: Array) -> Array:
    """Pixels ``[3, factor·H, factor·W]`` of an image ``[3, H, W]``, by the network's oracle."""
    args = network.spec["args"]
    if isinstance(network, SPSR):
        return spsr.enlarge(network.state_dict(), image, args["taps"])
    told = args["normalisation"]
    return wdsr.enlarge(
        network.state_dict(), image, network.factor, told["mean"], told["std"], args["res_scale"]
    )
