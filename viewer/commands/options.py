"""What a person may ask for on the command line, as values, and how the texts become them."""

from __future__ import annotations

import csv
import math
import re
from argparse import ArgumentTypeError
from dataclasses import dataclass
from pathlib import Path

from models.samplers.grid import Grid, Region

DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?|mps")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")

PROTOCOLS = ("benchmark", "div2k")

ENDINGS = ("png", "tif", "tiff", "jpg", "jpeg", "webp", "avif")
"""Of the names of files that can be written; whether this machine can is seen later."""

MOST_INSETS = 3
"""Insets of one sheet; more would be too small."""

MOST_SIDES = 4
"""Samplers that one sheet compares; there are four colours to tell them by."""

QUOTED = "a name with a comma in it in double quotes, gradient: included"
"""How lists of samplers hold such a name, as tables with commas do."""


@dataclass(frozen=True)
class CommonOptions:
    """What every sub-command takes.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        threads: CPU threads, or None for the machine's own number.
        overwrite: whether an existing file may be replaced.
        quiet: nothing but errors on stderr.
        debug: a traceback with every error.
    """

    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    overwrite: bool = False
    quiet: bool = False
    debug: bool = False


@dataclass(frozen=True)
class Place:
    """Which part of a picture, and how many pixels of it.

    Attributes:
        scale: output pixels per source pixel, or None if `size` is given.
        size: output width and height, or None if `scale` is given.
        region: the part in source pixels, or None for the whole picture.
    """

    scale: float | None = None
    size: tuple[int, int] | None = None
    region: Region | None = None

    def grid(self, width: int, height: int) -> Grid:
        """The grid over a picture of ``width`` × ``height``. Raises ValueError if it is empty."""
        if self.size is not None:
            return Grid.for_size(width, height, *self.size, self.region)
        return Grid.for_scale(width, height, self.scale or 1.0, self.region)


@dataclass(frozen=True)
class ViewOptions:
    """``view``: the pictures to open."""

    images: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ExportOptions:
    """``export``: ``depth`` None is the source's own; ``gain`` is that of gradient maps."""

    image: Path
    out: Path
    place: Place
    sampler: str = "liif"
    gain: float = 1.0
    depth: int | None = None
    quality: int = 95


@dataclass(frozen=True)
class BatchOptions:
    """``batch``.

    Attributes:
        folder: where the pictures are.
        out: the folder for the enlarged ones.
        scale: output pixels per source pixel.
        ending: of their names, without a dot; it says the format.
        resume: whether pictures are skipped whose file is there already.
        sampler, gain, depth, quality: as `ExportOptions`.
    """

    folder: Path
    out: Path
    scale: float
    ending: str = "png"
    sampler: str = "liif"
    gain: float = 1.0
    depth: int | None = None
    quality: int = 95
    resume: bool = False

    def export(self, image: Path, out: Path) -> ExportOptions:
        """What ``export`` is asked for one of the pictures."""
        place = Place(self.scale)
        return ExportOptions(image, out, place, self.sampler, self.gain, self.depth, self.quality)


@dataclass(frozen=True)
class CompareOptions:
    """``compare``: ``scale`` None is one that fits the sheet to a screen; ``insets`` are parts."""

    image: Path
    out: Path
    samplers: tuple[str, ...]
    scale: float | None = None
    region: Region | None = None
    gain: float = 1.0
    insets: tuple[Region, ...] = ()
    quality: int = 95


@dataclass(frozen=True)
class EvaluateOptions:
    """``evaluate``.

    Attributes:
        data: a folder with pictures, or with folders of pictures.
        scales: what pictures are restored at, each at least 1.
        samplers: what restores them.
        protocol: ``benchmark`` or ``div2k``.
        json, csv: files for the scores, or None.
        images: folder for the restored pictures, or None.
    """

    data: Path
    scales: tuple[float, ...]
    samplers: tuple[str, ...] = ("bicubic", "liif")
    protocol: str = "benchmark"
    json: Path | None = None
    csv: Path | None = None
    images: Path | None = None


@dataclass(frozen=True)
class TrainOptions:
    """``train``.

    Attributes:
        config: name of a configuration, or a TOML file.
        data: folder of pictures, or None for that of the configuration.
        resume: checkpoint to go on from, or None.
        init: weights to begin with, or None.
        minutes: length of the schedule, or None for the configuration's own.
        changes: ``key=value`` words that change the configuration.
    """

    config: str
    data: Path | None = None
    resume: Path | None = None
    init: Path | None = None
    minutes: float | None = None
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BenchmarkOptions:
    """``benchmark``: a file for the figures, or None; ``full`` drives the window for a minute."""

    json: Path | None = None
    full: bool = False


@dataclass(frozen=True)
class ModelsOptions:
    """``models``: a table for people, or JSON, of all, or of the one to ``fetch`` first."""

    json: bool = False
    fetch: str | None = None


def path(text: str) -> Path:
    """A file or a folder. An empty word is an unset variable, by which no folder is meant."""
    if text in ("", "-"):
        raise ArgumentTypeError(f"{text!r} is no name of a file or folder; give one")
    return Path(text)


def name(text: str) -> str:
    """A name that is not empty."""
    if not text:
        raise ArgumentTypeError("'' is no name; give one")
    return text


def scale(text: str) -> float:
    """A number above 0: ``4``, ``2.5`` or ``1/3``."""
    numerator, stroke, denominator = text.partition("/")
    try:
        value = float(numerator) / float(denominator if stroke else "1")
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not (value > 0 and math.isfinite(value) and math.isfinite(1 / value)):
        raise ArgumentTypeError(f"{text!r} is not a scale; give a number above 0, such as 4 or 1/3")
    return value


def size(text: str) -> tuple[int, int]:
    """Width and height in pixels: ``1920x1080``."""
    match = re.fullmatch(r"(\d{1,9})[xX×](\d{1,9})", text)
    columns, rows = (int(match[1]), int(match[2])) if match else (0, 0)
    if columns < 1 or rows < 1:
        raise ArgumentTypeError(f"{text!r} is not a size; give WIDTHxHEIGHT, such as 1920x1080")
    return columns, rows


def region(text: str) -> Region:
    """A rectangle in source pixels: ``X,Y,W,H``, decimals and negative positions allowed."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise ArgumentTypeError(f"{text!r} is not a region; give X,Y,WIDTH,HEIGHT in source pixels")
    return Region(*numbers)


def gain(text: str) -> float:
    """A factor above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value > 0 and math.isfinite(value)):
        raise ArgumentTypeError(f"{text!r} is not a gain; give a number above 0")
    return value


def minutes(text: str) -> float:
    """A time above 0, in minutes."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value > 0 and math.isfinite(value)):
        raise ArgumentTypeError(f"{text!r} is not a time; give minutes above 0, such as 30")
    return value


def samplers(text: str) -> tuple[str, ...]:
    """Names with commas between them, one to four."""
    names = _listed(text)
    if not all(names) or len(names) > MOST_SIDES:
        raise ArgumentTypeError(
            f"{text!r} is not a list of samplers; give up to {MOST_SIDES} names, "
            f"such as bicubic,liif ({QUOTED})"
        )
    return names


def any_samplers(text: str) -> tuple[str, ...]:
    """Names with commas between them, as many as wanted, each once."""
    names = tuple(dict.fromkeys(_listed(text)))
    if not all(names):
        raise ArgumentTypeError(
            f"{text!r} is not a list of samplers; give names such as bicubic,liif ({QUOTED})"
        )
    return names


def _listed(text: str) -> tuple[str, ...]:
    """Names with commas between them, stripped; empty ones where there is nothing to read."""
    try:
        names = next(csv.reader([text], skipinitialspace=True))
    except csv.Error:
        names = []
    return tuple(name.strip() for name in names or [""])


def scales(text: str) -> tuple[float, ...]:
    """Numbers from 1 upward with commas between them, each once: ``2,3,4`` or ``1.5,7/3``."""
    try:
        values = tuple(dict.fromkeys(scale(part) for part in text.split(",")))
    except ArgumentTypeError:
        values = ()
    if not values or min(values) < 1:
        raise ArgumentTypeError(
            f"{text!r} is not a list of scales; give numbers from 1 upward, such as 2,3,4"
        )
    return values


def device(text: str) -> str:
    """``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; whether it is there is seen later."""
    if not DEVICE.fullmatch(text):
        raise ArgumentTypeError(f"{text!r} is not a device; give auto, cpu, cuda, cuda:N or mps")
    return text


def whole_number(text: str, least: int, most: int) -> int:
    """An integer from ``least`` to ``most``."""
    value = int(text) if re.fullmatch(r"\d{1,9}", text) else least - 1
    if not least <= value <= most:
        raise ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
    return value
