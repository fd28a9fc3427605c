"""What the window remembers from one session to the next."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

MOST_RECENT = 10
"""Recent files that are kept."""


class Preferences:
    """Recent files and the window's shape, in the system's own place for settings."""

    def __init__(self, settings: QSettings | None = None):
        self._settings = settings or QSettings()

    @property
    def settings(self) -> QSettings:
        """The settings themselves, for dialogs that remember values of their own."""
        return self._settings

    @property
    def recent(self) -> list[Path]:
        """Files opened last, the newest first."""
        stored = self._settings.value("recent", [])
        names = [stored] if isinstance(stored, str) else stored
        return [Path(str(name)) for name in names] if isinstance(names, list) else []

    def add_recent(self, path: Path) -> list[Path]:
        """Put a file first, and return the list."""
        return self._keep_recent(path, *self._others(path))

    def drop_recent(self, path: Path) -> list[Path]:
        """Forget a file that is not there any more, and return the list."""
        return self._keep_recent(*self._others(path))

    def _others(self, path: Path) -> list[Path]:
        """The files but one, with what other windows have added since."""
        self._settings.sync()
        return [other for other in self.recent if other != path]

    def _keep_recent(self, *paths: Path) -> list[Path]:
        kept = list(paths[:MOST_RECENT])
        self._settings.setValue("recent", [str(file) for file in kept])
        self._settings.sync()
        return kept

    def choice(self, name: str) -> str | None:
        """What was chosen last of something (``mode``, the sampler of ``c``), None before that."""
        stored = self._settings.value(f"choice/{name}")
        return None if stored is None else str(stored)

    def set_choice(self, name: str, value: str) -> None:
        """Remember what was chosen."""
        self._settings.setValue(f"choice/{name}", value)

    @property
    def geometry(self) -> QByteArray | None:
        """The window's place and size as Qt stores them."""
        stored = self._settings.value("geometry")
        return stored if isinstance(stored, QByteArray) else None

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._settings.setValue("geometry", geometry)

    def shown(self, part: str, default: bool = True) -> bool:
        """Whether a part of the window (``inspector``, ``minimap``) is shown."""
        return str(self._settings.value(f"shown/{part}", default)).lower() != "false"

    def set_shown(self, part: str, shown: bool) -> None:
        """Remember whether a part of the window is shown."""
        self._settings.setValue(f"shown/{part}", shown)
