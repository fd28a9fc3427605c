"""EDSR's trunk (Lim et al., CVPR workshops 2017), LIIF's baseline encoder."""

from __future__ import annotations

from torch import nn

from models.networks.encoder import Residual, Trunk, conv


class EDSR(Trunk):
    """EDSR without upsampling: 16 blocks of 64 features in the baseline.

    A block is 3×3, ReLU, 3×3. Two convolutions a block, the head and the tail give the radius
    ``2·n_resblocks + 2``: 34 in the baseline.
    """

    def __init__(self, n_resblocks: int = 16, n_feats: int = 64, res_scale: float = 1.0):
        super().__init__()
        args = {"n_resblocks": n_resblocks, "n_feats": n_feats, "res_scale": res_scale}
        self.spec = {"name": "edsr", "args": args}
        self.n_feats = n_feats
        self.radius = 2 * n_resblocks + 2
        self.head = nn.Sequential(conv(3, n_feats, 3))
        blocks = [Residual(_block(n_feats), res_scale) for _ in range(n_resblocks)]
        self.body = nn.Sequential(*blocks, conv(n_feats, n_feats, 3))


def _block(n_feats: int) -> nn.Sequential:
    return nn.Sequential(
        conv(n_feats, n_feats, 3), nn.ReLU(inplace=True), conv(n_feats, n_feats, 3)
    )
