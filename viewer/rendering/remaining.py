"""The time that work still needs, from the fractions it has done."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

SPAN = 4.0
"""Seconds over which the speed is averaged."""

FIRST = 1.0
"""Seconds of work before the first estimate."""


class Remaining:
    """Estimates the seconds left; the speed is averaged, so that it does not jump.

    The clock starts with the first call of `update`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._start: float | None = None
        self._time = 0.0
        self._fraction = 0.0
        self._sum = 0.0
        self._weight = 0.0

    def update(self, fraction: float) -> float | None:
        """Seconds left after ``fraction`` (0..1) of the work, or None while nobody can know."""
        now = self._clock()
        if self._start is None:
            self._start, self._time, self._fraction = now, now, fraction
        elapsed = now - self._time
        if elapsed > 0:
            keep = math.exp(-elapsed / SPAN)
            speed = (fraction - self._fraction) / elapsed
            self._sum = keep * self._sum + (1 - keep) * speed
            # The weights do not sum to one until some spans have passed (as in Adam's bias).
            self._weight = keep * self._weight + (1 - keep)
            self._time, self._fraction = now, fraction
        if now - self._start < FIRST or self._sum <= 0.0:
            return None
        return (1.0 - fraction) * self._weight / self._sum
