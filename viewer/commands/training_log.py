"""The log of a training run as a CSV file, which goes on where a resumed run goes on."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path

from models.training.loop import Line
from viewer.imaging.errors import ImageError, because

COLUMNS = [each.name for each in fields(Line)]


class TrainingLog:
    """Lines of a run, in memory and in a file.

    Attributes:
        lines: all of them, those of the run's earlier parts included.
    """

    def __init__(self, path: Path, earlier: Path | None = None, after: int = 0):
        """Start a file; or go on with an ``earlier`` one, the same or another.

        What that holds of steps beyond ``after`` is left out: they will be taken again.
        """
        self._path = path
        known = [] if earlier is None else read(earlier)
        self.lines = [each for each in known if each.iteration <= after]
        self._rewrite()

    def add(self, line: Line) -> None:
        """Write one more line."""
        self.lines.append(line)
        with self._path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(_cells(line))

    def _rewrite(self) -> None:
        temporary = self._path.with_name(f".{self._path.name}.part")
        try:
            with temporary.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                writer.writerows(_cells(each) for each in self.lines)
            os.replace(temporary, self._path)  # noqa: PTH105
        except OSError as error:
            raise ImageError(f"Cannot write {self._path}: {because(error)}.") from error


def is_blank(path: Path) -> bool:
    """Whether a log has no line yet: its run ended before it had come to one."""
    head = ",".join(COLUMNS).encode()
    try:
        with path.open("rb") as file:
            return file.read(len(head) + 3).strip() == head
    except OSError:
        return False  # nobody may look


def read(path: Path) -> list[Line]:
    """The lines of a file; of one that is missing or damaged, those that can be read."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        return [line for row in csv.DictReader(file) if (line := _line(row)) is not None]


def _line(row: dict[str, str]) -> Line | None:
    try:
        numbers = {name: float(row[name]) for name in COLUMNS[1:-1]}
        psnr = row["psnr"]
        return Line(int(row["iteration"]), **numbers, psnr=float(psnr) if psnr else None)
    except (KeyError, ValueError, TypeError):
        return None


def _cells(line: Line) -> Sequence[str]:
    return ["" if each is None else _short(each) for each in astuple(line)]


def _short(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:.7g}"
