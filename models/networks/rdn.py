"""RDN's trunk (Zhang et al., CVPR 2018, arXiv 1802.08797), LIIF's strong encoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.networks.encoder import WHOLE, Cut, Encoder, Steps, conv, dtype_of


class RDN(Encoder):
    """RDN without upsampling: dense blocks whose outputs are all fused at the end.

    Configuration B has 16 blocks of 8 layers with growth 64. Each layer of a block sees all
    that were before it in the block. The global shortcut starts at the first convolution. Two
    shallow convolutions, the blocks' layers and the last convolution give the radius
    ``n_resblocks·n_layers + 3``: 131. Children have the names of LIIF's published checkpoints.
    """

    def __init__(
        self, n_resblocks: int = 16, n_layers: int = 8, growth: int = 64, n_feats: int = 64
    ):
        super().__init__()
        args = {"n_resblocks": n_resblocks, "n_layers": n_layers}
        self.spec = {"name": "rdn", "args": {**args, "growth": growth, "n_feats": n_feats}}
        self.n_feats = n_feats
        self._n_layers = n_layers
        self.radius = n_resblocks * n_layers + 3
        self.SFENet1 = conv(3, n_feats, 3)
        self.SFENet2 = conv(n_feats, n_feats, 3)
        blocks = [DenseBlock(n_feats, growth, n_layers) for _ in range(n_resblocks)]
        self.RDBs = nn.ModuleList(blocks)
        fusion = conv(n_resblocks * n_feats, n_feats, 1), conv(n_feats, n_feats, 3)
        self.GFF = nn.Sequential(*fusion)

    @property
    def first(self) -> nn.Module:
        """The first convolution."""
        return self.SFENet1

    def steps(self, image: Tensor, cut: Cut = WHOLE) -> Steps:
        """Encode in steps (head, each block, fusion)."""
        head = cut.trimmed(self.SFENet1(image.to(dtype_of(self.SFENet1))).float(), 1)
        x = cut.trimmed(self.SFENet2(head.to(dtype_of(self.SFENet2))).float(), 1)
        outputs: list[Tensor] = []
        for block in self.RDBs:
            yield
            x = block(x, cut)
            outputs = [cut.trimmed(each, self._n_layers) for each in outputs]
            outputs.append(x.to(dtype_of(self.GFF)))
        yield
        fused: Tensor = cut.trimmed(self.GFF(torch.cat(outputs, dim=1)).float(), 1)
        return fused + cut.trimmed(head, self.radius - 1)


class DenseBlock(nn.Module):
    """Layers of 3×3 and ReLU on all that came before, fused by 1×1 and added to the input."""

    def __init__(self, n_feats: int, growth: int, n_layers: int):
        super().__init__()
        layers = [DenseLayer(n_feats + i * growth, growth) for i in range(n_layers)]
        self.convs = nn.Sequential(*layers)
        self.LFF = conv(n_feats + n_layers * growth, n_feats, 1)

    def forward(self, x: Tensor, cut: Cut = WHOLE) -> Tensor:
        """Fuse the layers' outputs and add the input; one pixel is cut off for each layer."""
        dense = x.to(dtype_of(self.LFF))
        for layer in self.convs:
            dense = cut.trimmed(torch.cat([dense, layer(dense)], dim=1), 1)
        change: Tensor = self.LFF(dense)
        return cut.trimmed(x, len(self.convs)) + change


class DenseLayer(nn.Module):
    """3×3 and ReLU: what a layer adds to the stack."""

    def __init__(self, inputs: int, growth: int):
        super().__init__()
        self.conv = nn.Sequential(conv(inputs, growth, 3), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        """The new channels."""
        added: Tensor = self.conv(x)
        return added
