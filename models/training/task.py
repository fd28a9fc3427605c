"""What a run teaches: its batches, what the network makes of one, and what that is worth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from models.training.config import Config
from models.training.data import ImageSet
from models.training.patches import Patches


class Task(ABC):
    """A kind of model as it is trained. `tasks` has the table of them.

    Attributes:
        config: the run's settings.
        extras: layers that only training needs; they are in checkpoints, not in the weights.
        finish: ``[]`` on the device, 1 where the run ends by RMS (`Config.rms_share`), else 0.
    """

    def __init__(self, config: Config):
        self.config = config
        self.extras: nn.Module = nn.ModuleDict()
        self.finish = torch.zeros(())

    @property
    @abstractmethod
    def largest_side(self) -> int:
        """Side of the largest patch that may be drawn: pictures need as many pixels."""

    @property
    def scales(self) -> tuple[float, ...]:
        """The scales to validate at."""
        return self.config.validation_scales

    def begin(self, network: Any) -> None:  # noqa: B027
        """Give a fresh network first weights that are better than torch's own."""

    @abstractmethod
    def batches(self, images: ImageSet, part: slice | None = None) -> Patches:
        """Makes the batches, or the part of each that one of several processes takes."""

    @abstractmethod
    def predict(self, network: Any, batch: Any) -> Tensor:
        """What a network shows for a batch; in half precision under autocast."""

    @abstractmethod
    def loss(self, predicted: Tensor, batch: Any) -> Tensor:
        """What a prediction is worth: one number, 0 for the best."""

    @abstractmethod
    def flops(self, network: Any) -> float:
        """Floating-point operations of the matrix products and convolutions of one step."""

    @abstractmethod
    def told(self) -> dict[str, Any]:
        """What a weights file tells of the task beside the settings that all kinds share."""
