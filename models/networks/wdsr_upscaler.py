"""The complete WDSR-A and WDSR-B networks at a fixed scale (Yu et al., 2018; Fan et al., 2019)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks.encoder import WHOLE, Cut, Residual, Steps, conv
from models.networks.normalisation import DIV2K_MEAN, Normalisation
from models.networks.upscaler import NONE, Spare, Upscaler
from models.networks.wdsr import block_a, block_b

NTIRE = Normalisation(DIV2K_MEAN, 0.5)
"""Of the networks of 2018."""

BMVC = Normalisation((0.5, 0.5, 0.5), 1.0)
"""Of those of 2019."""


class WDSR(Upscaler):
    """3×3 head, wide residual blocks, 3×3 tail; beside them a 5×5 skip from the input.

    With ``x = (image − mean) / std`` the output is ``std·shuffle(tail(body(head(x))) + skip(x)) +
    mean``. The networks of the NTIRE challenge of 2018 have DIV2K's mean and a ``std`` of 0.5,
    those of the BMVC paper of 2019 a mean of 0.5 and a ``std`` of 1. (The former shuffle tail and
    skip each by itself, which is the same.) Weight normalisation is folded into the weights.

    Children are named as in the files of 2018: ``head.0``, ``body.i.body``, ``tail.0``, ``skip.0``.

    Attributes:
        n_feats: channels between the blocks.
    """

    def __init__(
        self,
        factor: int = 2,
        n_feats: int = 32,
        n_resblocks: int = 16,
        wide: int = 128,
        narrow: int | None = None,
        res_scale: float = 1.0,
        normalisation: Normalisation = NTIRE,
    ):
        """``wide`` channels before a block's activation; ``narrow`` ones after it make it a B."""
        super().__init__()
        self.spec = {
            "name": "wdsr",
            "args": {
                "factor": factor,
                "n_feats": n_feats,
                "n_resblocks": n_resblocks,
                "wide": wide,
                "narrow": narrow,
                "res_scale": res_scale,
                "normalisation": {"mean": list(normalisation.mean), "std": normalisation.std},
            },
        }
        self.title = f"WDSR-{'A' if narrow is None else 'B'} ×{factor}"
        self.factor, self.n_feats = factor, n_feats
        self.normalisation = normalisation
        self.radius = (2 if narrow is None else 1) * n_resblocks + 2
        outputs = 3 * factor * factor
        self.head = nn.Sequential(conv(3, n_feats, 3))
        self.body = nn.Sequential(
            *(Residual(_block(n_feats, wide, narrow), res_scale) for _ in range(n_resblocks))
        )
        self.tail = nn.Sequential(conv(n_feats, outputs, 3))
        self.skip = nn.Sequential(conv(3, outputs, 5))

    def steps(self, image: Tensor, cut: Cut = WHOLE, spare: Spare = NONE) -> Steps:
        """Enlarge in steps: head, each block, tail and skip."""
        normalised = self.normalisation.of(image, axis=-3)
        x: Tensor = cut.trimmed(self.head(normalised), 1)
        for block in self.body:
            yield
            x = block(x, cut)
        yield
        # The skip reaches two pixels; it needs not be computed in the rest of the halo.
        skipped = self.skip(cut.trimmed(normalised, self.radius - 2))
        summed = cut.trimmed(self.tail(x), 1) + cut.trimmed(skipped, 2)
        shuffled = F.pixel_shuffle(spare.reduced(summed, 0), self.factor)
        return self.normalisation.back(shuffled, axis=-3)

    def halve(self, precision: torch.dtype) -> None:
        """Halve the blocks; head, tail and skip see or make pixels and cost little."""
        self.body.to(precision)


def _block(n_feats: int, wide: int, narrow: int | None) -> nn.Sequential:
    return block_a(n_feats, wide) if narrow is None else block_b(n_feats, wide, narrow)
