"""How smoothly a window moves, from the times that were noted while it was driven. Knows no Qt."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

PAUSE = 0.1
"""Seconds between two paints from which on the picture was not moving."""


@dataclass
class Trace:
    """What was noted while a window was driven; all times in seconds of one clock.

    Attributes:
        beats: when the event loop served a timer that is due every millisecond. The thread was
            blocked from one beat to the next.
        paints: begin and end of every paint of the canvas.
        inputs: when each input was due, and when the first paint after it had ended.
        finals: name of each gesture, and how long after its last input the view was final; None
            if it was not within the time it got.
        starts: name of each gesture and when it began, in order.
        views: how often the view changed.
        stale: batches of tiles and encoder steps that were rendered for a view already gone.
    """

    beats: list[float] = field(default_factory=list)
    paints: list[tuple[float, float]] = field(default_factory=list)
    inputs: list[tuple[float, float]] = field(default_factory=list)
    finals: list[tuple[str, float | None]] = field(default_factory=list)
    starts: list[tuple[str, float]] = field(default_factory=list)
    views: int = 0
    stale: int = 0


@dataclass(frozen=True)
class Spread:
    """Milliseconds: the middle one, the 95th and 99th of a hundred, and the longest."""

    median: float
    p95: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: Sequence[float], weights: Sequence[float] | None = None) -> Spread:
        """Of some times; with weights, percentiles are those of the weight and not of the count."""
        if not seconds:
            return cls(0.0, 0.0, 0.0, 0.0)
        pairs = sorted(zip(seconds, weights or [1.0] * len(seconds), strict=True))
        median, p95, p99 = (1000.0 * _quantile(pairs, share) for share in (0.5, 0.95, 0.99))
        return cls(median, p95, p99, 1000.0 * pairs[-1][0])


def _quantile(pairs: Sequence[tuple[float, float]], share: float) -> float:
    """The least value up to which at least a share of the weight lies."""
    wanted, sum_ = share * sum(weight for _, weight in pairs), 0.0
    for value, weight in pairs:
        sum_ += weight
        if sum_ >= wanted:
            return value
    return pairs[-1][0]


def blocks(beats: Sequence[float]) -> Spread:
    """How long the thread did not come back to its events.

    Weighted by their length: an event that arrives at any moment waits no longer than this with
    99 % certainty. (Counted one by one, a thousand idle milliseconds would hide a long block.)
    """
    gaps = [after - before for before, after in pairwise(beats)]
    return Spread.of(gaps, gaps)


def intervals(paints: Sequence[tuple[float, float]]) -> Spread:
    """From the end of a paint to the end of the next, while the picture moves."""
    gaps = (after[1] - before[1] for before, after in pairwise(paints))
    return Spread.of([gap for gap in gaps if gap < PAUSE])


def latencies(inputs: Sequence[tuple[float, float]]) -> Spread:
    """From the moment an input is due to the end of the first paint that shows it."""
    return Spread.of([painted - due for due, painted in inputs])


def median_final(finals: Sequence[tuple[str, float | None]]) -> float | None:
    """Seconds from a gesture's end to the final picture, None if half of them never got there."""
    known = sorted(seconds if seconds is not None else float("inf") for _, seconds in finals)
    middle = statistics.median_high(known) if known else float("inf")
    return None if middle == float("inf") else middle


def summary(trace: Trace) -> dict[str, Any]:
    """All that is told of a trace: milliseconds, but ``final`` in seconds."""
    return {
        "blocks": asdict(blocks(trace.beats)),
        "paint_intervals": asdict(intervals(trace.paints)),
        "paints": asdict(Spread.of([end - start for start, end in trace.paints])),
        "latencies": asdict(latencies(trace.inputs)),
        "final": median_final(trace.finals),
        "views": trace.views,
        "stale": trace.stale,
    }
