"""WDSR's trunks (Yu et al., 2018, arXiv 1808.08718) as light encoders for LIIF, and its blocks."""

from __future__ import annotations

from torch import nn

from models.networks.encoder import Residual, Trunk, conv


class WDSRA(Trunk):
    """WDSR-A blocks: 3×3 to ``expansion·n``, ReLU, 3×3 back to ``n``.

    Two 3×3 convolutions a block, the head and the tail give the radius ``2·n_resblocks + 2``: 34
    with 16 blocks. Weight normalisation is folded into the weights, as everywhere here.
    """

    def __init__(self, n_feats: int = 32, n_resblocks: int = 16, expansion: int = 4):
        super().__init__()
        args = {"n_feats": n_feats, "n_resblocks": n_resblocks, "expansion": expansion}
        self.spec = {"name": "wdsr-a", "args": args}
        self.n_feats = n_feats
        self.radius = 2 * n_resblocks + 2
        self.head = nn.Sequential(conv(3, n_feats, 3))
        wide = n_feats * expansion
        blocks = [Residual(block_a(n_feats, wide)) for _ in range(n_resblocks)]
        self.body = nn.Sequential(*blocks, conv(n_feats, n_feats, 3))


class WDSRB(Trunk):
    """WDSR-B blocks: 1×1 to ``expansion·n``, ReLU, 1×1 to ``⌊low_rank·n⌋``, 3×3 back to ``n``.

    One 3×3 convolution a block, the head and the tail give the radius ``n_resblocks + 2``: 18 with
    16 blocks. Weight normalisation is a way to train and is folded into the weights here.
    """

    def __init__(
        self,
        n_feats: int = 32,
        n_resblocks: int = 16,
        expansion: int = 6,
        low_rank: float = 0.8,
    ):
        super().__init__()
        self.spec = {
            "name": "wdsr-b",
            "args": {
                "n_feats": n_feats,
                "n_resblocks": n_resblocks,
                "expansion": expansion,
                "low_rank": low_rank,
            },
        }
        self.n_feats = n_feats
        self.radius = n_resblocks + 2
        self.head = nn.Sequential(conv(3, n_feats, 3))
        wide, narrow = n_feats * expansion, int(n_feats * low_rank)
        blocks = [Residual(block_b(n_feats, wide, narrow)) for _ in range(n_resblocks)]
        self.body = nn.Sequential(*blocks, conv(n_feats, n_feats, 3))


def block_a(n_feats: int, wide: int) -> nn.Sequential:
    """What a WDSR-A block adds: 3×3 to ``wide``, ReLU, 3×3 back."""
    return nn.Sequential(conv(n_feats, wide, 3), nn.ReLU(inplace=True), conv(wide, n_feats, 3))


def block_b(n_feats: int, wide: int, narrow: int) -> nn.Sequential:
    """What a WDSR-B block adds: 1×1 to ``wide``, ReLU, 1×1 to ``narrow``, 3×3 back."""
    return nn.Sequential(
        conv(n_feats, wide, 1),
        nn.ReLU(inplace=True),
        conv(wide, narrow, 1),
        conv(narrow, n_feats, 3),
    )
