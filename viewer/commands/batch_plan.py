"""What a batch will write: the names of its files, and whether they may be written at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from viewer.commands.options import BatchOptions
from viewer.imaging.errors import ImageError
from viewer.imaging.folders import pictures_in


@dataclass(frozen=True)
class Task:
    """A picture of the batch: the file it is read from, and the one it is written to."""

    image: Path
    out: Path


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        tasks: the pictures to write, by name.
        skipped: how many more have their file already.
    """

    tasks: tuple[Task, ...]
    skipped: int


def plan(options: BatchOptions, overwrite: bool) -> Plan:
    """Find the pictures of a folder and name their files.

    Raises:
        ImageError: one sentence: there are none, or a file that is there would be lost.
    """
    images = pictures_in(options.folder)
    if _same(options.folder, options.out):
        raise ImageError(
            f"Cannot write to {options.out}: it is the folder of the pictures; choose another one."
        )
    names = file_names(images, options.ending)
    tasks = [Task(image, options.out / name) for image, name in zip(images, names, strict=True)]
    if overwrite:
        _check_sources(tasks)
    elif not options.resume:
        _check_free(tasks, options.out)
    left = [task for task in tasks if not (options.resume and _is_file(task.out))]
    return Plan(tuple(left), len(tasks) - len(left))


def file_names(images: Sequence[Path], ending: str) -> list[str]:
    """``a.png`` for ``a.jpg``; ``a.jpg.png`` and ``a.tif.png`` where both would have that name.

    The names depend on nothing but those of the pictures, so a batch that goes on finds them
    again. Names that differ in capitals only count as one: on some disks they are.
    """
    whole: set[Path] = set()
    while True:
        stems = [image.name if image in whole else image.stem for image in images]
        counts = Counter(stem.casefold() for stem in stems)
        pairs = zip(images, stems, strict=True)
        alike = {image for image, stem in pairs if counts[stem.casefold()] > 1}
        # A whole name may be the stem of another one: a.jpg, a.tif and a.jpg.webp.
        if alike <= whole:
            return [f"{stem}.{ending}" for stem in stems]
        whole |= alike


def _check_free(tasks: Sequence[Task], out: Path) -> None:
    there = [task.out.name for task in tasks if _exists(task.out)]
    if there:
        raise ImageError(
            f"Cannot write to {out}: {there[0]} is there already{_and_more(len(there) - 1)}; give "
            "--resume to skip what is done or --overwrite to replace it, or choose another folder."
        )


def _and_more(count: int) -> str:
    return f", and {count} more of the files" if count else ""


def _check_sources(tasks: Sequence[Task]) -> None:
    """By links, a file that would be replaced can be one of the pictures themselves."""
    sources = {_identity(task.image): task.image for task in tasks}
    for task in tasks:
        image = sources.get(_identity(task.out)) if _exists(task.out) else None
        if image is not None:
            raise ImageError(
                f"Cannot write {task.out}: it is the picture {image}; choose another folder."
            )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None  # a picture that has gone since it was listed
    return status.st_dev, status.st_ino


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False  # one is not there


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False  # nobody may look there, or the name is too long: said when it is written


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
