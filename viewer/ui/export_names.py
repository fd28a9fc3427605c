"""Names of exported files: a suggestion that is free, and what a typed path means."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Final

from models.homes import expanded

_LONGEST: Final = 240
"""Bytes of a suggested name: file systems take 255, and a number may still be added."""


def suggested_name(source: str, scale: float, samplers: Sequence[str], suffix: str) -> str:
    """Such as "dog_x8_liif.png" for "dog.jpg", 8, the sampler "LIIF · WDSR light" and ".png"."""
    # Most names end in a suffix, "clipboard" does not.
    stem = Path(source).stem or "picture"
    factor = f"{scale:.0f}" if scale >= 100 else plain_number(scale, 3)
    rest = "_".join(["", f"x{factor}", *map(_word, samplers)]) + suffix
    return _cut(stem, _LONGEST - len(os.fsencode(rest))) + rest


def plain_number(value: float, figures: int) -> str:
    """A number above 0 in so many figures, never with an exponent: "2.72", "0.0000123"."""
    return f"{Decimal(f'{value:.{figures}g}'):f}"


def _word(title: str) -> str:
    """The first part of a sampler's title as it may stand in a file's name."""
    part = re.split(r"\s+·\s+", title.strip())[0].lower()
    word = re.sub(r"[^\w.+-]+", "-", part).strip("-.")
    return _cut(word, 60).strip("-.") or "sampler"


def _cut(words: str, room: int) -> str:
    """As much of the words as a file system stores in so many bytes."""
    while len(os.fsencode(words)) > room:
        words = words[:-1]
    return words


def free_path(path: Path) -> Path:
    """The path itself or, where there is such a file, with the first free number: "dog_2.png"."""
    if not _exists(path):
        return path
    numbered = (path.with_stem(f"{path.stem}_{number}") for number in count(2))
    return next(candidate for candidate in numbered if not _exists(candidate))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # nobody may look there; `path_problem` says so


def read_path(words: str, folder: Path, suffixes: Collection[str], suffix: str) -> Path | None:
    """The file that typed words mean, None if they are no name.

    ``~`` is the home folder, relative paths begin in ``folder``. A name that ends in none of the
    known ``suffixes`` gets ``suffix``.
    """
    words = words.strip()
    home = expanded(words)
    name = re.split(f"[/{re.escape(os.sep)}]", words)[-1]
    if name in ("", ".", "..") or name.lower() in suffixes or "\0" in words:
        return None
    if name == words and home != words:
        return None  # a home folder
    path = folder / home
    if path.suffix.lower() in suffixes:
        return path
    return path.with_name(path.name + suffix) if path.name else None


def path_problem(path: Path, source: Path | None) -> str:
    """Why no file can be written at a path, in one sentence; "" if nothing is in the way.

    ``source`` is the opened picture, which is never replaced.
    """
    try:
        return _path_problem(path, source)
    except OSError as error:
        return f"The file {path.name} cannot be used: {error.strerror}; choose another name."


def _path_problem(path: Path, source: Path | None) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"There is no folder {folder}; choose another one."
    if path.is_dir():
        return f"{path.name} is a folder; choose another name."
    if path.exists() and not path.is_file():
        return f"{path.name} is a device; choose another name."
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"The folder {folder} may not be written to; choose another one."
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        return f"{path.name} is the opened picture itself; choose another name."
    return ""
