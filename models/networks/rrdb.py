"""Residual-in-residual dense blocks (Wang et al., ESRGAN, 2018), in steps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks.encoder import Cut, Steps, conv, dtype_of

LAYERS, BLOCKS = 5, 3
"""Convolutions of a dense block, and dense blocks of an RRDB."""

REACH = LAYERS * BLOCKS
"""How many pixels away an RRDB sees."""

SHARE = 0.2
"""Of what a dense block, and again an RRDB, adds to its input."""


class DenseBlock(nn.Module):
    """Five 3×3 convolutions, each reading the input and all outputs before it; leaky ReLU."""

    def __init__(self, n_feats: int, growth: int):
        super().__init__()
        self.convs = nn.ModuleList(
            conv(n_feats + i * growth, growth if i < LAYERS - 1 else n_feats, 3)
            for i in range(LAYERS)
        )

    def steps(self, x: Tensor, cut: Cut) -> Steps:
        """``x + 0.2·convs(x)``, in steps; the sum is fp32."""
        *layers, last = self.convs
        seen = x.to(dtype_of(last))
        for layer in layers:
            new = F.leaky_relu(cut.trimmed(layer(seen), 1), 0.2, inplace=True)
            seen = torch.cat([cut.trimmed(seen, 1), new], dim=1)
            yield
        change = cut.trimmed(run(last, seen), 1)
        yield
        return torch.add(cut.trimmed(x, LAYERS), change, alpha=SHARE)


class RRDB(nn.Module):
    """Three dense blocks and a shortcut over them."""

    def __init__(self, n_feats: int, growth: int):
        super().__init__()
        self.dense = nn.ModuleList(DenseBlock(n_feats, growth) for _ in range(BLOCKS))

    def steps(self, x: Tensor, cut: Cut) -> Steps:
        """``x + 0.2·dense(x)``, in steps."""
        inner = x
        for block in self.dense:
            assert isinstance(block, DenseBlock)
            inner = yield from block.steps(inner, cut)
        return torch.add(cut.trimmed(x, REACH), inner, alpha=SHARE)


def run(layer: nn.Module, x: Tensor) -> Tensor:
    """A layer's output in the type of its input, computed in the type of its weights."""
    output: Tensor = layer(x.to(dtype_of(layer)))
    return output.to(x.dtype)
