"""The task of a network of a fixed scale: whole patches (WDSR; Yu et al., 2018)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from models.networks.spsr import gradient_map
from models.networks.upscaler import Upscaler
from models.networks.wdsr_upscaler import WDSR
from models.training.arithmetic import PASSES
from models.training.config import Config
from models.training.data import ImageSet
from models.training.losses import pixel_loss
from models.training.patches import Pair, Patches
from models.training.plan import Plan, draw
from models.training.reduction import reduce, reduction
from models.training.task import Task

USUAL = 4
"""The factor of networks whose arguments tell none: SPSR's."""


class WholePatches(Patches):
    """Makes pairs of patches: ``[B, 3, P, P]`` and ``[B, 3, r·P, r·P]``, both in 0..1."""

    def __init__(self, task: Task, factor: int, images: ImageSet, part: slice | None = None):
        super().__init__(images, task.config, part)
        patch = task.config.patch
        self._factor = factor
        self._reduction = self._send(reduction(factor * patch, patch).numpy())

    def make(self, iteration: int) -> Pair:
        """The batch of a step."""
        plan = draw(self._config, self._images, iteration, self._part, self._factor)
        return self.realise(plan)

    def realise(self, plan: Plan) -> Pair:
        """The batch of a plan."""
        high = self._crops(self._sent(plan), plan.side)
        truth = high / 255.0
        return Pair(image=reduce(high, self._reduction), truth=truth)


class Whole(Task):
    """L1 over whole patches and, by its weight, SPSR's gradient-pixel loss.

    Attributes:
        factor: the scale.
    """

    def __init__(self, config: Config):
        super().__init__(config)
        self.factor = int(config.network.get("factor", USUAL))
        self._halved: dict[str, torch.dtype] = {}

    @property
    def largest_side(self) -> int:
        """That of every high-resolution patch."""
        return self.factor * self.config.patch

    @property
    def scales(self) -> tuple[float, ...]:
        """The network's own."""
        return (float(self.factor),)

    def batches(self, images: ImageSet, part: slice | None = None) -> WholePatches:
        """Low- and high-resolution patches."""
        return WholePatches(self, self.factor, images, part)

    def predict(self, network: Upscaler, batch: Pair) -> Tensor:
        """The enlarged patches ``[B, 3, r·P, r·P]`` fp32 in 0..1, not clamped."""
        return self._enlarged(network, batch.image)

    def _enlarged(self, network: Upscaler, image: Tensor) -> Tensor:
        """The network's output in fp32; under autocast as in the viewer's half precision.

        The layers that the network itself would halve then run in that type, all others in fp32:
        autocast would also round the sums between them, and the picture.
        """
        kind = image.device.type
        if not torch.is_autocast_enabled(kind):
            return _result(network, dict(network.named_parameters()), image)
        types = self._halved = self._halved or halved(network, torch.get_autocast_dtype(kind))
        with torch.autocast(kind, enabled=False):
            weights = {name: each.to(types[name]) for name, each in network.named_parameters()}
            return _result(network, weights, image)

    def loss(self, predicted: Tensor, batch: Pair) -> Tensor:
        """``pixel·L1 + gradient·L1 of the gradient maps`` (Ma et al., CVPR 2020, eq. 6).

        With ``loss = "rms"``, and in the run's `rms_share`, the first is the root mean square of
        each patch instead.
        """
        truth, patches = batch.truth, len(predicted)
        of_pixels = pixel_loss(predicted, truth, patches, self.config, self.finish)
        total = self.config.pixel_loss * of_pixels
        if self.config.gradient_loss:
            edges = F.l1_loss(gradient_map(predicted), gradient_map(batch.truth))
            total = total + self.config.gradient_loss * edges
        return total

    def flops(self, network: Upscaler) -> float:
        """All of the network, for every pixel of the patches."""
        return PASSES * network.flops() * self.config.batch * self.config.patch**2

    def told(self) -> dict[str, Any]:
        """The scale and the losses' weights."""
        config = self.config
        return {
            "scale": [self.factor, self.factor],
            "loss": config.loss,
            "rms_share": config.rms_share,
            "pixel_loss": config.pixel_loss,
            "gradient_loss": config.gradient_loss,
            "adversarial": [config.adversarial, config.gradient_adversarial],
        }


class WDSRTask(Whole):
    """WDSR-A or -B."""

    def begin(self, network: WDSR) -> None:
        """It begins as the nearest pixel's colour: the skip copies its centre, the tail is 0."""
        for each in (*network.tail.parameters(), *network.skip.parameters()):
            nn.init.zeros_(each)
        skip = network.skip.get_parameter("0.weight")
        centre, area = skip.shape[-1] // 2, self.factor**2
        with torch.no_grad():
            for colour in range(3):
                skip[colour * area : (colour + 1) * area, colour, centre, centre] = 1.0


def _result(network: Upscaler, weights: dict[str, Tensor], image: Tensor) -> Tensor:
    image = image.contiguous(memory_format=torch.channels_last)
    shown: Tensor = functional_call(network, weights, (image,))
    return shown.float()


def halved(network: Upscaler, precision: torch.dtype) -> dict[str, torch.dtype]:
    """The type of each weight once a network is halved (`Upscaler.halve`)."""
    copy = deepcopy(network).to("meta")
    copy.halve(precision)
    return {name: each.dtype for name, each in copy.named_parameters()}
