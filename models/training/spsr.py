"""SPSR as it is trained (Ma et al., CVPR 2020): pictures, their edges, and the branch's picture."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks.encoder import conv
from models.networks.spsr import SPSR, gradient_map
from models.networks.upscaler import Upscaler
from models.training.config import Config
from models.training.patches import Pair
from models.training.whole import Whole


class SPSRTask(Whole):
    """L1 over pixels, over gradient maps, and over the map that the gradient branch paints.

    The branch's features become a picture by a 1×1 convolution that does not reach the output
    (``conv_w`` in published files). Only this loss needs it, so it is one of the extras.
    """

    def __init__(self, config: Config):
        super().__init__(config)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self._paint = conv(config.network["n_feats"], 3, 1)
        self.extras = nn.ModuleDict({"paint": self._paint})

    def predict(self, network: Upscaler, batch: Pair) -> Tensor:
        """The enlarged patches and the branch's gradient maps: ``[B, 3 + 3, 4P, 4P]`` fp32."""
        assert isinstance(network, SPSR)
        edges: list[Tensor] = []
        last = network.branch_arm.convs[-1]
        handle = last.register_forward_hook(lambda _layer, _input, output: edges.append(output))
        try:
            shown = super().predict(network, batch)
        finally:
            handle.remove()
        with torch.autocast(shown.device.type, enabled=False):
            return torch.cat([shown, self._paint(edges[0].float())], dim=1)

    def loss(self, predicted: Tensor, batch: Pair) -> Tensor:
        """``pixel·L1 + gradient·L1(M(shown), M(truth)) + branch·L1(painted, M(truth))``."""
        total = super().loss(predicted[:, :3], batch)
        if self.config.branch_loss:
            edges = F.l1_loss(predicted[:, 3:], gradient_map(batch.truth))
            total = total + self.config.branch_loss * edges
        return total

    def told(self) -> dict[str, Any]:
        """As for all fixed scales, and the branch's weight."""
        return {**super().told(), "branch_loss": self.config.branch_loss}
