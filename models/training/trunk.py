"""What two models may share: the trunk, which makes features whatever is made of them then."""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn

from models.networks.liif import LIIF
from models.networks.metasr import MetaSR
from models.networks.network import Network
from models.networks.wdsr_upscaler import WDSR

CLOSING = re.compile(r"body\.\d+\.(weight|bias)")
"""The convolution after all blocks, which encoders have and networks of a fixed scale have not."""


def take_trunk(of: Network, to: Network) -> bool:
    """Copy the trunk's weights from one network to another, if both have the same trunk.

    It is the same if blocks agree in number, kind and width, and if both see colours alike. What
    only one of them has (the decoder, a tail, the convolution after the blocks) stays as it was.

    Returns:
        Whether it did; if not, nothing was changed.
    """
    given, taken = trunk(of), trunk(to)
    shared = given.keys() & taken.keys()
    apart = given.keys() ^ taken.keys()
    if not shared or not all(CLOSING.fullmatch(name) for name in apart):
        return False
    if any(given[name].shape != taken[name].shape for name in shared):
        return False
    if _seen(of) != _seen(to):
        return False
    with torch.no_grad():
        for name in shared:
            taken[name].copy_(given[name])
    return True


def trunk(network: Network) -> dict[str, Tensor]:
    """The weights of a network's trunk by their names in it; none where it has no such part."""
    if isinstance(network, LIIF | MetaSR):
        return dict(network.encoder.named_parameters())
    if isinstance(network, WDSR):
        parts = nn.ModuleDict({"head": network.head, "body": network.body})
        return dict(parts.named_parameters())
    return {}


def _seen(network: Network) -> tuple[object, float]:
    """What tells trunks apart beside their weights: how colours come in, how blocks are added."""
    part = network.encoder if isinstance(network, LIIF | MetaSR) else network
    return getattr(network, "normalisation", None), part.spec["args"].get("res_scale", 1.0)
