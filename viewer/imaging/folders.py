"""Folders: the pictures in them, what to say if there are none, and those to write to."""

from __future__ import annotations

import re
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from viewer.imaging.disk import is_file
from viewer.imaging.errors import ImageError, because
from viewer.imaging.source import endings


def pictures_in(folder: Path, known: Path | None = None) -> list[Path]:
    """The picture files of a folder by name, without those of its folders.

    A ``known`` picture of the folder is one also if it is hidden or its ending is unknown.

    Raises:
        ImageError: one sentence that names the folder, if it is missing, unreadable or has none.
    """
    found = _pictures(folder, _entries(folder))
    if known is not None and known not in found and is_file(known):
        found = sorted([*found, known])
    if not found:
        raise _without_pictures(folder)
    return found


def in_natural_order(files: Iterable[Path]) -> list[Path]:
    """Files by name as file managers show them: "img2" before "IMG10"."""
    return sorted(files, key=_words_and_numbers)


def _words_and_numbers(file: Path) -> tuple[list[str | int], str]:
    """What a name is ordered by; the whole of it decides between "img1" and "IMG01"."""
    parts = re.split(r"(\d+)", file.name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], file.name


def sets_in(folder: Path) -> list[tuple[str, list[Path]]]:
    """Names and picture files of the sets of a folder: its own pictures, then each folder's.

    Raises:
        ImageError: one sentence that names the folder, if one is missing or unreadable, or if
            there is no picture at all.
    """
    entries = _entries(folder)
    own = folder.resolve().name or str(folder)
    sets = [(own, _pictures(folder, entries))]
    for each in entries:
        if each.is_dir():
            name = each.name if each.name != own else f"{own}/{each.name}"
            sets.append((name, _pictures(each, _entries(each))))
    filled = [(name, pictures) for name, pictures in sets if pictures]
    if not filled:
        raise _without_pictures(folder)
    return filled


def make_folder(folder: Path) -> None:
    """Make a folder if it is missing; better said before long work than after it if that fails.

    Raises:
        ImageError: one sentence that names the folder, if no file can be made in it.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise _unwritable(folder, "it is not a folder; choose another name")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, because(error)) from error
    except ValueError as error:
        raise _unwritable(folder, "the path is not a valid one") from error


def _unwritable(folder: Path, reason: str) -> ImageError:
    return ImageError(f"Cannot write to the folder {folder}: {reason}.")


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder, by name; hidden things are left out."""
    try:
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise ImageError(f"Cannot read {folder}: it is not a folder; give a folder of images.")
        return sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    except (OSError, ValueError) as error:
        reason = because(error) if isinstance(error, OSError) else "the path is not a valid one"
        raise ImageError(f"Cannot read the folder {folder}: {reason}.") from error


def _pictures(folder: Path, entries: list[Path]) -> list[Path]:
    try:
        return [each for each in entries if each.suffix.lower() in endings() and each.is_file()]
    except OSError as error:
        raise ImageError(f"Cannot read the folder {folder}: {because(error)}.") from error


def _without_pictures(folder: Path) -> ImageError:
    return ImageError(f"There is no picture in the folder {folder}; give a folder with images.")
