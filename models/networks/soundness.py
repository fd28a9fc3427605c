"""Networks that fail in fp16: some GPUs convolve wrongly in it, and some weights overflow it."""

from __future__ import annotations

import logging

import torch
from torch import Tensor, nn

log = logging.getLogger(__name__)


def steadied(network: nn.Module, made: Tensor) -> bool:
    """Whether a network in fp16 made something that is no number; it computes in fp32 from now on.

    GPUs of the GTX 16 series give such pictures, at some sizes only, so what a decoder's trial
    finds is not enough; and fp16 ends at 65,504. Of other precisions nothing is asked: to wait for
    a GPU's answer takes a moment.
    """
    if not any(each.dtype == torch.float16 for each in network.parameters()):
        return False
    if bool(torch.isfinite(made).all()):
        return False
    log.warning("%s does not work in fp16 on %s: it goes on in fp32", _name(network), made.device)
    network.float()
    return True


def _name(network: nn.Module) -> str:
    return str(getattr(network, "title", "") or type(network).__name__)
