"""How much to render at a time, from the measured cost: pure functions and one running mean."""

from __future__ import annotations

import math

FACTORS = (1, 2, 4, 8)
"""Reduced resolutions of a preview, in device pixels per sample."""

PREVIEW_BUDGET = 0.045
"""Seconds a preview may take while the view moves."""

BATCH_BUDGET = {"cpu": 0.06, "cuda": 0.01, "mps": 0.02}
"""Seconds a batch of tiles may take, by device; the mailbox is looked at between batches."""


class Cost:
    """Running mean of seconds per sample."""

    def __init__(self, start: float = 5e-7):
        self.seconds = start

    def measured(self, seconds: float, samples: int) -> None:
        """Take a measurement into the mean."""
        if samples > 0:
            self.seconds += 0.5 * (seconds / samples - self.seconds)


def batch_size(cost: float, device: str, tile_samples: int) -> int:
    """Tiles that make one batch: as many as stay under the device's budget, 1 to 64."""
    budget = BATCH_BUDGET.get(device, BATCH_BUDGET["cpu"])
    return max(1, min(64, math.floor(budget / (cost * tile_samples))))


def preview_factor(samples: int, cost: float, previous: int = 1) -> int:
    """The finest factor whose preview stays within the budget.

    The factor in use is kept while its time is within 0.8 to 1.2 of what would change it, so that
    it does not flutter.
    """
    for factor in FACTORS:
        margin = 1.2 if factor == previous else (0.8 if factor < previous else 1.0)
        if samples / factor**2 * cost <= PREVIEW_BUDGET * margin:
            return factor
    return FACTORS[-1]


def preview_helps(factor: int, shown: float) -> bool:
    """Whether a preview is clearly finer than what is on screen.

    Args:
        factor: device pixels per preview sample.
        shown: samples per device pixel of what is shown now (0 for nothing).
    """
    return 1.0 / factor > 1.5 * shown
