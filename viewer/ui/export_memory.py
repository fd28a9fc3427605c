"""What the export dialog remembers from one export to the next."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings


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
        number = self._number("depth")
        return None if number is None else int(number)

    @depth.setter
    def depth(self, depth: int) -> None:
        self._store("depth", depth)

    @property
    def quality(self) -> int | None:
        """1 to 100."""
        number = self._number("quality")
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
    def scale(self) -> float | None:
        """The scale that was set; None where the screen's was good."""
        number = self._number("scale")
        return number if number is not None and number > 0 else None

    @scale.setter
    def scale(self, scale: float | None) -> None:
        self._store("scale", "screen" if scale is None else repr(scale))

    @property
    def folder(self) -> Path | None:
        """Where the last file went, if it is still there."""
        text = self._text("folder")
        return Path(text) if text and Path(text).is_dir() else None

    @folder.setter
    def folder(self, folder: Path) -> None:
        self._store("folder", str(folder))

    def _text(self, name: str) -> str:
        value = self._settings.value(f"export/{name}")
        return "" if value is None else str(value)

    def _number(self, name: str) -> float | None:
        try:
            return float(self._text(name))
        except ValueError:
            return None

    def _store(self, name: str, value: str | int) -> None:
        self._settings.setValue(f"export/{name}", value)
