"""Opening pictures in the window: files, drops, pastes, and the list to step through."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from resources.samples import sample_path
from viewer.rendering.bridge import Bridge
from viewer.rendering.loading import Loaded, Loader, LoadFailed
from viewer.ui import incoming
from viewer.ui.disk import has_gone
from viewer.ui.preferences import Preferences


class Opening(QObject):
    """Opens pictures in the loader's thread; what is shown stays until the new one is there.

    Attributes:
        loader: the thread.

    Signals:
        began(str): a picture of this name is being opened.
        loaded(object): it is open (`Loaded`).
        failed(object): it could not be opened (`LoadFailed`).
        recent_changed(object): the files opened last, newest first.
    """

    began = Signal(str)
    loaded = Signal(object)
    failed = Signal(object)
    recent_changed = Signal(object)

    def __init__(self, preferences: Preferences, window: QWidget):
        super().__init__(window)
        self._preferences = preferences
        self._window = window
        self._bridge = Bridge(self)
        self._bridge.arrived.connect(self._arrived)
        self.loader = Loader(self._bridge.send)
        self._playlist: list[Path] = []
        self._path: Path | None = None

    def open_paths(self, paths: list[Path]) -> None:
        """Open the first of some files; `step` goes through the others."""
        if paths:
            self.open_path(paths[0])
            self._playlist = list(paths)

    def open_path(self, path: Path) -> None:
        """Open a file."""
        self._path = path
        self.began.emit(path.name)
        self.loader.open_path(path)

    def open_sample(self) -> None:
        """Open the bundled photograph."""
        self.open_path(sample_path())

    def ask(self) -> None:
        """Let the person choose files."""
        recent = self._preferences.recent
        start = str(recent[0].parent) if recent else ""
        names, _ = QFileDialog.getOpenFileNames(
            self._window, "Open a picture", start, incoming.FILTER
        )
        self.open_paths([Path(name) for name in names])

    def paste(self) -> bool:
        """Open the picture, or the files, on the clipboard; whether there is any."""
        data = QGuiApplication.clipboard().mimeData()
        return data is not None and self.take(data, "clipboard")

    def take(self, data: QMimeData, name: str) -> bool:
        """Open what was dropped or pasted; whether it is a picture."""
        paths = incoming.local_paths(data)
        if paths:
            self.open_paths(paths)
            return True
        opener = incoming.opener_of(data, name)
        if opener is None:
            return False
        self._path = None
        self.began.emit(name)
        self.loader.open(name, opener)
        return True

    def step(self, by: int) -> None:
        """Open the next or the previous file of those that were opened together."""
        if self._path in self._playlist and len(self._playlist) > 1:
            place = self._playlist.index(self._path) + by
            self.open_path(self._playlist[place % len(self._playlist)])

    def close(self) -> None:
        """Let no answer come any more, and end the thread."""
        self.loader.close()

    def _arrived(self, message: object) -> None:
        if isinstance(message, Loaded):
            path = message.scene.source.path
            if path is not None:
                self.recent_changed.emit(self._preferences.add_recent(path.absolute()))
            self.loaded.emit(message)
        elif isinstance(message, LoadFailed):
            if self._path is not None and has_gone(self._path):
                self.recent_changed.emit(self._preferences.drop_recent(self._path.absolute()))
            self.failed.emit(message)
