"""How large a file will be and how long it will take, roughly, in words."""

from __future__ import annotations

import math
from typing import Final

_QUALITIES: Final = (30.0, 75.0, 95.0)

# Bytes an output pixel of five photographs at 1:1 (8 bit, RGB): at those qualities, or for all.
_BYTES: Final = {
    "PNG": (1.6, 1.6, 1.6),
    "TIFF": (2.4, 2.4, 2.4),
    "JPEG": (0.075, 0.15, 0.50),
    "WebP": (0.05, 0.11, 0.32),
    "AVIF": (0.05, 0.16, 0.50),
}

# Enlarging adds pixels but little detail: bytes a pixel fall with scale to this power.
_FALL: Final = {"PNG": 0.5, "TIFF": 0.2, "JPEG": 0.5, "WebP": 0.65, "AVIF": 0.7}

# Pixels that one core encodes and checks in a second, after (JPEG, WebP, AVIF) rendering.
_ENCODED: Final = {"PNG": 6e6, "TIFF": 12e6, "JPEG": 50e6, "WebP": 6e6, "AVIF": 2e6}

_DEEP: Final = 2.6
"""A file of 16 bit against one of 8 bit: the low bits hardly compress."""


def expected_bytes(
    format_name: str, pixels: int, scale: float, *, depth: int, quality: int, alpha: bool
) -> float:
    """Size of the file in bytes, right to about a factor of two for a photograph."""
    known = _BYTES.get(format_name, _BYTES["PNG"])
    a_pixel = _between(quality, known) / math.pow(max(scale, 1.0), _FALL.get(format_name, 0.5))
    if depth > 8:
        a_pixel = min(a_pixel * _DEEP, 6.0)
    return 200 + pixels * a_pixel * (1.1 if alpha else 1.0)


def _between(quality: int, known: tuple[float, ...]) -> float:
    """Interpolated in the logarithm, and extrapolated beside the known qualities."""
    low = 0 if quality < _QUALITIES[1] else 1
    left, right = _QUALITIES[low], _QUALITIES[low + 1]
    share = (quality - left) / (right - left)
    return math.exp(math.log(known[low]) * (1 - share) + math.log(known[low + 1]) * share)


def expected_seconds(
    format_name: str, pixels: int, speeds: list[tuple[int, float | None]]
) -> float | None:
    """Seconds until the file is there, None where a speed is unknown.

    ``pixels`` are those of the file; ``speeds`` has for each side its pixels and its pixels a
    second.
    """
    if any(not speed for _, speed in speeds):
        return None
    rendering = sum(count / speed for count, speed in speeds if speed)
    encoding = pixels / _ENCODED.get(format_name, _ENCODED["PNG"])
    # PNG and TIFF are encoded while the next rows are rendered.
    return max(rendering, encoding) if format_name in ("PNG", "TIFF") else rendering + encoding


def show_bytes(count: float) -> str:
    """At most two figures: "850 bytes", "12 kB", "2.1 MB", "40 GB"."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= 0.95 * size:
            return f"{_two_figures(count / size)} {unit}"
    return f"{count:.0f} bytes"


def show_seconds(seconds: float) -> str:
    """At most two figures: "8 s", "3 min", "2.5 h", "12 days"."""
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return f"{_two_figures(seconds / size)} {unit}"
    return f"{max(seconds, 1):.0f} s"


def _two_figures(value: float) -> str:
    if value >= 99.5:
        return f"{value:.0f}" if value < 1e6 else f"{value:.0e}"
    return f"{value:.1f}".removesuffix(".0") if value < 9.95 else f"{value:.0f}"
