"""The tasks of continuous models: pixels at queries, at scales drawn for each batch."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from torch import Tensor, nn

from models.networks.liif import LIIF
from models.training import arithmetic
from models.training.batches import Batch, Batches
from models.training.data import ImageSet
from models.training.forward import predict
from models.training.losses import loss
from models.training.patches import Pair
from models.training.plan import largest_side
from models.training.task import Task


class Continuous(Task):
    """Pixels at queries; where these are neighbours, gradients may be compared as well."""

    @property
    def largest_side(self) -> int:
        """That of the largest scale."""
        return largest_side(self.config)

    def loss(self, predicted: Tensor, batch: Pair) -> Tensor:
        """The loss on pixels and on gradients over ``[B·Q, 3]``."""
        return loss(predicted, batch.truth, len(batch.image), self.config, self.finish)

    def told(self) -> dict[str, Any]:
        """Queries and scales."""
        config = self.config
        wide = [config.wide_share, config.wide_max, config.wide_side]
        return {
            "queries": config.queries,
            "block": config.block,
            "scale": [config.scale_min, config.scale_max],
            "scale_is_1": config.unit_share,
            "scale_beyond": wide if config.wide_share else None,
            "loss": config.loss,
            "rms_share": config.rms_share,
            "gradient_loss": config.gradient_loss,
        }

    @abstractmethod
    def predict(self, network: Any, batch: Any) -> Tensor:
        """Pixels ``[B·Q, 3]`` fp32 in −1..1."""


class LIIFTask(Continuous):
    """LIIF (Chen, Liu and Wang, CVPR 2021)."""

    def begin(self, network: LIIF) -> None:
        """The residual form begins as bilinear interpolation."""
        if network.residual:
            nn.init.zeros_(network.imnet.linears[-1].weight)
            nn.init.zeros_(network.imnet.linears[-1].bias)

    def batches(self, images: ImageSet, part: slice | None = None) -> Batches:
        """Patches, and four latents for each query."""
        return Batches(images, self.config, part)

    def predict(self, network: LIIF, batch: Batch) -> Tensor:
        """Equation (4), its first layer hoisted."""
        return predict(network, batch)

    def flops(self, network: LIIF) -> float:
        """Encoder, folded layer, and the decoder at four corners."""
        return arithmetic.flops(network, self.config)
