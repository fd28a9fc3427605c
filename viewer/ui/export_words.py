"""What the export dialog says: numbers as typed, the outcome, and what is in the way."""

from __future__ import annotations

import math
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from models.samplers.grid import Grid, Region
from viewer.imaging.errors import ImageError
from viewer.imaging.writers import Format, check_limits, is_lossless
from viewer.ui.export_choice import ExportContext, SizedBy
from viewer.ui.export_estimate import expected_bytes, expected_seconds, show_bytes, show_seconds
from viewer.ui.export_names import plain_number
from viewer.ui.notation import read_factor, read_scale, show_pixels

MIN_SCALE = 1e-6
MAX_SCALE = 1e6
MAX_SIDE = 2**31 - 1


@dataclass(frozen=True)
class Draft:
    """An export that could be: what its words are made of."""

    context: ExportContext
    grid: Grid
    scale: float
    sides: tuple[str, ...]
    kind: Format
    depth: int
    quality: int

    @property
    def width(self) -> int:
        """Of the file, in pixels."""
        return self.grid.columns * len(self.sides)

    @property
    def height(self) -> int:
        """Of the file, in pixels."""
        return self.grid.rows

    @property
    def file_bytes(self) -> float:
        """About how large the file will be."""
        pixels = self.width * self.height
        return expected_bytes(self.kind, pixels, self.scale, self.depth, self.quality)

    @property
    def seconds(self) -> float | None:
        """About how long it will take, None where nobody knows."""
        if self.grid.lattice.reduces:
            return None  # the speeds are those of samplers that do not apply then
        speeds = [self.context.pixels_per_second(side) for side in self.sides]
        pixels = self.grid.columns * self.grid.rows
        return expected_seconds(self.kind, pixels, self.depth, self.quality, speeds)

    def summary(self) -> str:
        """Such as "1160 × 826 px · about 12 MB · about 8 s"."""
        words = [f"{_size(self.width, self.height)} px", f"about {show_bytes(self.file_bytes)}"]
        if self.seconds is not None:
            words.append(f"about {show_seconds(self.seconds)}")
        return " · ".join(words)

    def limit(self) -> str:
        """Why the format cannot hold it, in one sentence, or ""."""
        alpha = self.context.source.picture.alpha is not None
        try:
            check_limits(self.kind, self.width, self.height, self.depth, alpha)
        except ImageError as error:
            return str(error)
        return ""

    def notes(self) -> str:
        """What a person may want to know, though nothing is wrong."""
        notes = []
        if self.grid.lattice.reduces:
            notes.append(
                "Source, reduced: below 1:1 every sampler gives the same antialiased reduction."
            )
        if self.context.source.picture.alpha is not None and not self.kind.alpha:
            notes.append(f"{self.kind.name} has no transparency; the picture is laid over white.")
        if is_lossless(self.kind, self.quality) and not self.kind.lossless:
            notes.append(f"{self.kind.name} at quality {self.quality} loses nothing.")
        return " ".join(notes)


def read_size(by: SizedBy, words: str) -> float | None:
    """A scale ("4", "×4", "400 %", "1:2"), or a width or height in whole pixels, or None."""
    if by == "scale":
        scale = read_scale(words) if set(words) & set("%:/") else read_factor(words)
        return scale if scale is not None and MIN_SCALE <= scale <= MAX_SCALE else None
    plain = words.strip().lower().removesuffix("px").strip()
    # Thousands may be grouped, as they are in the summary: "16,000" is not 16.
    if not re.fullmatch(r"[0-9]+|[0-9]{1,3}([,.' \xa0\u202f][0-9]{3})+", plain):
        return None
    side = float(re.sub(r"[^0-9]", "", plain))
    return side if 1 <= side <= MAX_SIDE else None


def size_complaint(by: SizedBy, words: str) -> str:
    """The sentence for words that `read_size` does not take."""
    if by == "scale":
        return f"“{words}” is not a scale; type a number such as 4 or 2.5."
    return f"“{words}” is not a {by} in whole pixels; type a number such as 1920."


def show_scale_factor(scale: float) -> str:
    """At most four figures, more only beside the point: "8", "7.981", "0.00001234"."""
    return f"{scale:.0f}" if scale >= 1000 else plain_number(scale, 4)


def stepped_size(by: SizedBy, value: float, notches: int) -> float:
    """The size some notches on: whole pixels, whole scales, below ×2 tenths, below ×0.2 …"""
    if by != "scale":
        return min(max(value + notches, 1), MAX_SIDE)
    for _ in range(abs(notches)):
        value = _next_scale(value, up=notches > 0)
    return min(max(value, MIN_SCALE), MAX_SCALE)


def _next_scale(scale: float, *, up: bool) -> float:
    # What is a hair off a round number stands for it.
    hair = 1e-9 if up else -1e-9
    unit = 10.0 ** max(0, math.ceil(-math.log10(scale / 2) - hair))
    steps = scale * unit * (1 + hair)
    return (math.floor(steps) + 1 if up else math.ceil(steps) - 1) / unit


def area_words(region: Region, title: str) -> str:
    """Such as "Region · 145 × 103.3 px at 72, 50"."""
    x, y, width, height = (show_pixels(number).removesuffix(".0") for number in region)
    return f"{title} · {width} × {height} px at {x}, {y}"


def space_warning(folder: Path, size: float) -> str:
    """The sentence for a disk with less room than a file of ``size`` bytes may need, or ""."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return ""
    return f"Only {show_bytes(free)} are free on that disk." if size * 1.5 > free else ""


def _size(width: int, height: int) -> str:
    large = max(width, height) >= 10_000
    return f"{width:,} × {height:,}" if large else f"{width} × {height}"
