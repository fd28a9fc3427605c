"""How numbers are written for people, read from their typing, and stepped."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from models.samplers.grid import SNAP

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")


def read_number(words: str) -> float | None:
    """A finite number as people type it ("72", "72,5", "−3"), or None."""
    plain = words.strip().replace("\u2212", "-").replace(",", ".")
    number = float(plain) if _NUMBER.fullmatch(plain) else math.inf
    return number if math.isfinite(number) else None


def read_pixels(words: str) -> float | None:
    """A length in source pixels: "72.5" or "72.5 px", or None."""
    return read_number(re.sub(r"\s*px$", "", words.strip(), flags=re.IGNORECASE))


def read_percent(words: str) -> float | None:
    """A share: "40" and "40 %" are 0.4; None for anything else."""
    number = read_number(re.sub(r"\s*%$", "", words.strip()))
    return None if number is None else number / 100


def read_factor(words: str) -> float | None:
    """A factor above 0: "4", "×4", "x4", "4x"; None for anything else."""
    plain = re.sub(r"^[x×*]\s*|\s*[x×]$", "", words.strip(), count=1, flags=re.IGNORECASE)
    number = read_number(plain)
    return number if number is not None and number > 0 else None


def read_scale(words: str) -> float | None:
    """A scale above 0 in device pixels per source pixel, or None.

    "400" and "400 %" are 4; so are "4x", "×4" and "4:1"; "1:2" and "1/2" are 0.5.
    """
    plain = words.strip()
    if ratio := re.fullmatch(r"([^:/]+)[:/]([^:/]+)", plain):
        over, under = read_number(ratio[1]), read_number(ratio[2])
        if over is None or under is None or over <= 0 or under <= 0:
            return None
        return _usable(over / under)
    if re.search(r"^[x×*]|[x×]$", plain, re.IGNORECASE):
        return _usable(read_factor(plain))
    return _usable(read_percent(plain))


def _usable(scale: float | None) -> float | None:
    return scale if scale is not None and scale > 0 and math.isfinite(scale) else None


def show_pixels(value: float) -> str:
    """One decimal: "72.0"; up to four for what would read as nothing: "0.0432"."""
    if 0.00005 <= abs(value) < 0.05:
        return f"{value:.4f}".rstrip("0")
    return f"{round(value, 1) + 0.0:.1f}"


def show_percent(value: float) -> str:
    """A share in whole per cent: "40 %"."""
    return f"{value * 100:.0f} %"


def show_factor(value: float) -> str:
    """A factor in at most three figures: "×4", "×0.25"."""
    return f"×{value:.3g}"


def show_scale(scale: float) -> str:
    """A scale in per cent, three figures or all before the point: "800 %", "66.7 %", "1.56 %".

    What is a little less than 1:1 is reduced, and never reads as 1:1: "99.97 %".
    """
    reduced = scale < 1 / (1 + SNAP)
    percent = min(scale * 100, 99.99) if reduced else scale * 100
    decimals = 0 if percent >= 100 else 1 if 9.995 <= percent < 99.95 else 2
    words = f"{percent:.{decimals}f}"
    return f"{words.rstrip('0').rstrip('.') if '.' in words else words} %"


def show_time(seconds: float) -> str:
    """A time that was taken: "38 ms", from 1 s on "1.25 s", "84.5 s", "142 s"."""
    if round(seconds * 1000) < 1000:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.3g} s" if seconds < 100 else f"{seconds:.0f} s"


@dataclass(frozen=True)
class Notation:
    """How a number is shown, read and stepped.

    Attributes:
        show: number → text.
        read: text → number, or None if it is not one.
        step: number, notches → the number that many notches on.
    """

    show: Callable[[float], str]
    read: Callable[[str], float | None]
    step: Callable[[float, float], float]


PIXELS: Final = Notation(show_pixels, read_pixels, lambda value, steps: value + steps)
PERCENT: Final = Notation(show_percent, read_percent, lambda value, steps: value + steps / 100)
FACTOR: Final = Notation(show_factor, read_factor, lambda value, steps: value * 2.0 ** (steps / 4))
SCALE: Final = Notation(show_scale, read_scale, lambda value, steps: value * 2.0 ** (steps / 4))
