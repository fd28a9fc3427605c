"""Opening pictures in the window: files, drops, pastes, and the list to step through."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from resources.samples import sample_path
from viewer.rendering.bridge import Bridge
from viewer.rendering.loading import Loaded, Loader, LoadFailed
from viewer.ui import incoming
from viewer.ui.disk import has_gone
from viewer.ui.preferences import Preferences


class _Place(NamedTuple):
    """A file, and those that `Opening.step` goes through; None for a picture without a file."""

    path: Path | None
    files: tuple[Path, ...]


class Opening(QObject):
    """Opens pictures in the loader's thread; what is shown stays until the new one is there.

    Attributes:
        loader: the thread.

    Signals:
        began(str): a picture of this name is being opened.
        loaded(object): it is open (`Loaded`).
        failed(object): it could not be opened (`LoadFailed`).
        recent_changed(object): the files opened last, newest first.
        model_given(str, object): a side is to have the model of a file.
    """

    began = Signal(str)
    loaded = Signal(object)
    failed = Signal(object)
    recent_changed = Signal(object)
    model_given = Signal(str, object)

    def __init__(self, preferences: Preferences, window: QWidget):
        super().__init__(window)
        self._preferences = preferences
        self._window = window
        self._bridge = Bridge(self)
        self._bridge.arrived.connect(self._arrived)
        self.loader = Loader(self._bridge.send)
        self._wanted = self._shown = _Place(None, ())
        self._failed: set[Path] = set()

    def open_paths(self, paths: list[Path], side: str = "b") -> None:
        """Open the first of some files; `step` goes through the others. Models are for a side."""
        pictures = [path for path in paths if not incoming.is_model(path)]
        for model in filter(incoming.is_model, paths):
            self.model_given.emit(side, model)
        if pictures:
            self._failed.clear()
            # Each once: the first of two alike would be found again for ever.
            self._open(_Place(pictures[0], tuple(dict.fromkeys(pictures))))

    def open_path(self, path: Path) -> None:
        """Open a file."""
        self._open(self._wanted._replace(path=path))

    def _open(self, wanted: _Place) -> None:
        assert wanted.path is not None
        self._wanted = wanted
        self.began.emit(wanted.path.name)
        self.loader.open_path(wanted.path)

    def open_sample(self) -> None:
        """Open the bundled photograph."""
        self.open_path(sample_path())

    def ask(self) -> None:
        """Let the person choose files."""
        # The bundled picture lies among the program's own files, where nobody keeps pictures.
        recent = [path for path in self._preferences.recent if path != sample_path().absolute()]
        start = str(recent[0].parent) if recent else ""
        names, _ = QFileDialog.getOpenFileNames(
            self._window, "Open a picture", start, incoming.FILTER
        )
        self.open_paths([Path(name) for name in names])

    def paste(self) -> bool:
        """Open the picture, or the files, on the clipboard; whether there is any."""
        data = QGuiApplication.clipboard().mimeData()
        return data is not None and self.take(data, "clipboard")

    def take(self, data: QMimeData, name: str, side: str = "b") -> bool:
        """Open what was dropped or pasted; whether it is a picture, or a model for a side."""
        paths = incoming.local_paths(data)
        if paths:
            self.open_paths(paths, side)
            return True
        opener = incoming.opener_of(data, name)
        if opener is None:
            return False
        self._wanted = self._wanted._replace(path=None)
        self.began.emit(name)
        self.loader.open(name, opener)
        return True

    def step(self, by: int) -> None:
        """Open the next or the previous file of those that were opened together."""
        path, files = self._wanted
        if path in files and len(files) > 1:
            self.open_path(files[(files.index(path) + by) % len(files)])

    def close(self) -> None:
        """Let no answer come any more, and end the thread."""
        self.loader.close()

    def _arrived(self, message: object) -> None:
        assert isinstance(message, Loaded | LoadFailed)
        if message.wish != self.loader.wish:
            return  # it was on its way when something else was wanted
        if isinstance(message, Loaded):
            self._take_over(message.scene.source.path)
            self.loaded.emit(message)
        else:
            self._give_up()
            self.failed.emit(message)

    def _take_over(self, path: Path | None) -> None:
        self._shown = self._wanted
        self._failed.clear()
        if path is not None:
            self.recent_changed.emit(self._preferences.add_recent(path.absolute()))

    def _give_up(self) -> None:
        """Stay at a bad file only where one can step on from it; else at the picture shown."""
        path, files = self._wanted
        if path is not None:
            self._failed.add(path)
            if has_gone(path):
                self.recent_changed.emit(self._preferences.drop_recent(path.absolute()))
        if path not in files or self._failed.issuperset(files):
            self._wanted = self._shown
