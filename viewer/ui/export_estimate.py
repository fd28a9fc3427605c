"""How large a file will be and how long it will take, roughly, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from viewer.imaging.writers import Format, is_lossless


class _Cost(NamedTuple):
    """What our writers made of enlarged photographs, RGB.

    Attributes:
        bytes: a pixel at 1:1, at the qualities of `_QUALITIES`.
        fall: the power of the scale by which that falls: enlarging adds pixels but little detail.
        speed: pixels encoded and checked in a second, on one core.
    """

    bytes: tuple[float, float, float]
    fall: float
    speed: float


_QUALITIES: Final = (30.0, 75.0, 95.0)
_COSTS: Final = {
    "PNG": _Cost((1.8, 1.8, 1.8), 0.52, 10e6),
    "TIFF": _Cost((1.85, 1.85, 1.85), 0.47, 10e6),
    "JPEG": _Cost((0.075, 0.15, 0.50), 0.50, 12e6),
    "WebP": _Cost((0.05, 0.11, 0.33), 0.70, 5e6),
    "AVIF": _Cost((0.05, 0.16, 0.46), 0.70, 1.8e6),
}
_SIXTEEN_BITS: Final = _Cost((5.0, 5.0, 5.0), 0.08, 3.5e6)
_LOSSLESS_WEBP: Final = _Cost((1.3, 1.3, 1.3), 0.53, 2.3e6)


def _cost(kind: Format, depth: int, quality: int) -> _Cost:
    if depth > 8:
        # The low bits hardly compress, whatever the format.
        return _SIXTEEN_BITS
    if is_lossless(kind, quality) and not kind.lossless:
        return _LOSSLESS_WEBP
    return _COSTS.get(kind.name, _COSTS["PNG"])


def expected_bytes(kind: Format, pixels: int, scale: float, depth: int, quality: int) -> float:
    """Size of the file, right to about a factor of two for a photograph.

    ``pixels`` are those of the file, ``scale`` is output pixels per source pixel.
    """
    cost = _cost(kind, depth, quality)
    return 200 + pixels * _between(quality, cost.bytes) / math.pow(max(scale, 1.0), cost.fall)


def _between(quality: int, known: Sequence[float]) -> float:
    """Interpolated in the logarithm, and extrapolated beside the known qualities."""
    low = 0 if quality < _QUALITIES[1] else 1
    left, right = _QUALITIES[low], _QUALITIES[low + 1]
    share = (quality - left) / (right - left)
    return math.exp(math.log(known[low]) * (1 - share) + math.log(known[low + 1]) * share)


def expected_seconds(
    kind: Format, pixels: int, depth: int, quality: int, speeds: Sequence[float | None]
) -> float | None:
    """Seconds until the file is there, None where a speed is unknown.

    ``pixels`` are those of one side; ``speeds`` are the pixels a second of each side.
    """
    rendering = 0.0
    for speed in speeds:
        if not speed:
            return None
        rendering += pixels / speed
    return rendering + pixels * len(speeds) / _cost(kind, depth, quality).speed


def show_bytes(count: float) -> str:
    """At most two figures below a hundred: "850 bytes", "12 kB", "2.1 MB", "40 GB"."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= 0.95 * size:
            return f"{_figures(count / size)} {unit}"
    return f"{count:.0f} bytes"


def show_seconds(seconds: float) -> str:
    """At most two figures below a hundred: "8 s", "3 min", "2.5 h", "12 days"."""
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return f"{_figures(seconds / size)} {unit}"
    return f"{max(seconds, 1):.0f} s"


def _figures(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value < 9.95 else f"{value:,.0f}"
