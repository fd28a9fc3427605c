"""How much to render at a time, from the measured cost: pure functions and one running mean."""

from __future__ import annotations

import math

FACTORS = (1, 2, 4, 8)
"""Reduced resolutions of a preview, in device pixels per sample."""

PREVIEW_BUDGET = 0.045
"""Seconds a preview may take while the view moves."""

MOVING_BUDGET = 0.1
"""Seconds a moving view gets although the view has moved on: what comes of it is still shown. In
them two sides have their previews, or a tile that was never seen is encoded."""

BATCH_BUDGET = {"cpu": 0.06, "cuda": 0.01, "mps": 0.02}
"""Seconds a batch of tiles may take, by device; the mailbox is looked at between batches."""


SPAN = 1 << 17
"""Samples over which costs are averaged: two or three previews."""


class Cost:
    """What a sample costs, from measurements of batches.

    Attributes:
        seconds: mean over the last `SPAN` samples; a guess before the first. A single tile, which
            may have met a busy processor, changes it little: previews do not flutter.
        latest: that of the last batch.
    """

    def __init__(self, start: float = 5e-7):
        self.seconds = self.latest = start
        self._samples = 0.0

    def measured(self, seconds: float, samples: int) -> None:
        """Take a measurement into the mean."""
        if samples <= 0:
            return
        self.latest = seconds / samples
        before = self._samples * math.exp(-samples / SPAN)
        self._samples = before + samples
        self.seconds = (before * self.seconds + seconds) / self._samples


def batch_size(cost: float, device: str, tile_samples: int) -> int:
    """Tiles that make one batch: as many as stay under the device's budget, 1 to 64."""
    budget = BATCH_BUDGET.get(device, BATCH_BUDGET["cpu"])
    return max(1, min(64, math.floor(budget / max(cost * tile_samples, 1e-9))))


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
