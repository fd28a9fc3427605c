"""Networks that fail in fp16: some GPUs convolve wrongly in it, and some weights overflow it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import nn

from models.networks.encoder import Steps

log = logging.getLogger(__name__)


def steadied(network: nn.Module, begin: Callable[[], Steps]) -> Steps:
    """What the steps of a network make; if that is no numbers and it is in fp16, once more in fp32.

    The network then stays in fp32. GPUs of the GTX 16 series give such pictures, at some sizes
    only, so what a decoder's trial finds is not enough; and fp16 ends at 65,504. Of other
    precisions nothing is asked: to wait for a GPU's answer takes a moment.
    """
    made = yield from begin()
    if _is_half(network) and not bool(torch.isfinite(made).all()):
        where = made.device
        log.warning("%s does not work in fp16 on %s: it goes on in fp32", _name(network), where)
        network.float()
        made = yield from begin()
    return made


def _is_half(network: nn.Module) -> bool:
    return any(each.dtype == torch.float16 for each in network.parameters())


def _name(network: nn.Module) -> str:
    return str(getattr(network, "title", "") or type(network).__name__)
