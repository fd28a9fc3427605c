"""How far a run is, and the learning rate there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.training.config import Config

HALVINGS = 5
"""The published step schedule halves the learning rate after each fifth: 200 of 1000 epochs."""


@dataclass(frozen=True)
class Schedule:
    """Learning rate and end of a run, by steps or by the clock.

    Attributes:
        config: the run's settings.
    """

    config: Config

    def progress(self, iteration: int, seconds: float) -> float:
        """Share of the run that is over after ``iteration`` steps and ``seconds``: 0..1.

        With ``minutes`` only the clock counts, so the run ends on time on any machine.
        """
        if self.config.minutes:
            return min(seconds / (60.0 * self.config.minutes), 1.0)
        return min(iteration / self.config.iterations, 1.0)

    def rate(self, iteration: int, seconds: float) -> float:
        """Learning rate of the step after ``iteration`` steps and ``seconds``."""
        config = self.config
        warm = min((iteration + 1) / config.warmup, 1.0) if config.warmup else 1.0
        progress = self.progress(iteration, seconds)
        if config.schedule == "step":
            return config.learning_rate * warm * 0.5 ** min(int(progress * HALVINGS), HALVINGS - 1)
        falling = 0.5 * (1.0 + math.cos(math.pi * progress))
        return config.learning_rate * warm * (config.final_rate + (1 - config.final_rate) * falling)

    def finishing(self, iteration: int, seconds: float) -> bool:
        """Whether the step after ``iteration`` steps and ``seconds`` lies in the `rms_share`."""
        return self.progress(iteration, seconds) >= 1.0 - self.config.rms_share

    def decay(self, iteration: int) -> float:
        """Decay of the weights' running mean: small at first, so that it forgets the start."""
        return min(self.config.ema, (1 + iteration) / (10 + iteration))
