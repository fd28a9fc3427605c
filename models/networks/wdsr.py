"""WDSR-B's trunk (Yu et al., 2018, arXiv 1808.08718) as a light encoder for LIIF."""

from __future__ import annotations

from torch import nn

from models.networks.encoder import Residual, Trunk, conv


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
        blocks = [Residual(_block(n_feats, wide, narrow)) for _ in range(n_resblocks)]
        self.body = nn.Sequential(*blocks, conv(n_feats, n_feats, 3))


def _block(n_feats: int, wide: int, narrow: int) -> nn.Sequential:
    return nn.Sequential(
        conv(n_feats, wide, 1),
        nn.ReLU(inplace=True),
        conv(wide, narrow, 1),
        conv(narrow, n_feats, 3),
    )
