"""What the export dialog remembers from one export to the next."""

from __future__ import annotations

import math
from pathlib import Path
from typing import cast

from PySide6.QtCore import QSettings

from viewer.imaging.disk import is_folder
from viewer.ui.export_choice import SizedBy


class ExportMemory:
    """The last values, in the group "export" of the settings.

    What is missing there, or makes no sense, is taken for never chosen.
    """

    def __init__(self, settings: QSettings):
        self._settings = settings

    @property
    def suffix(self) -> str:
        """The format's usual ending, such as ".png"; "" if none was chosen."""
        return self._text("format")

    @suffix.setter
    def suffix(self, suffix: str) -> None:
        self._store("format", suffix)

    @property
    def depth(self) -> int | None:
        """Bits a sample."""
        number = _number(self._text("depth"))
        return None if number is None else int(number)

    @depth.setter
    def depth(self, depth: int) -> None:
        self._store("depth", depth)

    @property
    def quality(self) -> int | None:
        """1 to 100."""
        number = _number(self._text("quality"))
        return int(number) if number is not None and 1 <= number <= 100 else None

    @quality.setter
    def quality(self, quality: int) -> None:
        self._store("quality", quality)

    @property
    def sides(self) -> str:
        """ "a", "b" or "ab"; "" if none were chosen."""
        return self._text("sides")

    @sides.setter
    def sides(self, sides: str) -> None:
        self._store("sides", sides)

    @property
    def size(self) -> tuple[SizedBy, float] | None:
        """The scale, width or height that was set; None where the screen's scale was good."""
        by, _, number = self._text("size").partition(" ")
        value = _number(number)
        if by in ("scale", "width", "height") and value is not None and 1e-6 <= value < 2**31:
            return cast(SizedBy, by), value
        return None

    @size.setter
    def size(self, size: tuple[SizedBy, float] | None) -> None:
        self._store("size", "screen" if size is None else f"{size[0]} {size[1]!r}")

    @property
    def folder(self) -> Path | None:
        """Where the last file went, if it is still there."""
        text = self._text("folder")
        return Path(text) if text and is_folder(Path(text)) else None

    @folder.setter
    def folder(self, folder: Path) -> None:
        self._store("folder", str(folder))

    def _text(self, name: str) -> str:
        value = self._settings.value(f"export/{name}")
        return "" if value is None else str(value)

    def _store(self, name: str, value: str | int) -> None:
        self._settings.setValue(f"export/{name}", value)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
