"""Opening pictures in the window: files, drops, pastes, and the list to step through."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from resources.samples import sample_path
from viewer.imaging.disk import has_gone
from viewer.imaging.folders import in_natural_order
from viewer.rendering.bridge import Bridge
from viewer.rendering.loading import Listed, Loaded, Loader, LoadFailed
from viewer.ui import incoming
from viewer.ui.preferences import Preferences


class _Place(NamedTuple):
    """A file, and those that `Opening.step` goes through; None for a picture without a file.

    ``in_folder``: they are those of its folder, which is read again for each step.
    """

    path: Path | None
    files: tuple[Path, ...] = ()
    in_folder: bool = False

    def stepped(self, by: int) -> _Place:
        """The place so many files on; the first one comes after the last."""
        assert self.path is not None
        here = self.files.index(self.path)
        return self._replace(path=self.files[(here + by) % len(self.files)])

    def beside(self, pictures: tuple[Path, ...]) -> _Place:
        """The file among those of its folder, also if it has gone."""
        assert self.path is not None
        files = in_natural_order({*pictures, self.path})
        return self._replace(files=tuple(files))

    def inside(self, pictures: tuple[Path, ...], by: int) -> _Place:
        """One of a folder's pictures in the place of the folder, counted from the first."""
        assert self.path is not None
        given = self.files or (self.path,)
        files = (each for file in given for each in (pictures if file == self.path else (file,)))
        path = pictures[by % len(pictures)]
        return self._replace(path=path, files=tuple(dict.fromkeys(files)))


class Opening(QObject):
    """Opens pictures in the loader's thread; what is shown stays until the new one is there.

    Folders are read there too: one on a network may take its time.

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
        self._wanted = self._shown = _Place(None)
        self._steps = 0  # from the wanted file, while its folder is being read
        self._failed: set[Path] = set()

    def open_paths(self, paths: list[Path], side: str = "b") -> None:
        """Open the first of some files; `step` goes through the others, or through its folder.

        Models are for a side.
        """
        pictures = [path for path in paths if not incoming.is_model(path)]
        for model in filter(incoming.is_model, paths):
            self.model_given.emit(side, model)
        if len(pictures) == 1:
            self.open_path(pictures[0])
        elif pictures:
            self._failed.clear()
            # Each once: the first of two alike would be found again for ever.
            self._open(_Place(pictures[0], tuple(dict.fromkeys(pictures))))

    def open_path(self, path: Path) -> None:
        """Open a file, or the first picture of a folder; `step` goes through the folder."""
        self._failed.clear()
        self._open(_Place(path, in_folder=not _is_sample(path)))

    def _open(self, wanted: _Place, steps: int = 0) -> None:
        """Open a file, or the picture of a folder so many steps from its first."""
        assert wanted.path is not None
        self._wanted, self._steps = wanted, steps
        self.began.emit(wanted.path.name)
        self.loader.open_path(wanted.path)

    def open_sample(self) -> None:
        """Open the bundled photograph."""
        self.open_path(sample_path())

    def ask(self) -> None:
        """Let the person choose files."""
        recent = [path for path in self._preferences.recent if not _is_sample(path)]
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
        self._wanted = _Place(None)
        self.began.emit(name)
        self.loader.open(name, opener)
        return True

    def step(self, by: int) -> None:
        """Open the next or the previous of the files opened together, or of the folder's."""
        path, files, in_folder = self._wanted
        if path is not None and in_folder:
            self._steps += by
            self.began.emit(path.absolute().parent.name)
            self.loader.list_around(path)
        elif path in files and len(files) > 1:
            # Who goes back comes into a folder at its last picture, which is before its first.
            self._open(self._wanted.stepped(by), min(by, 0))

    def _take_list(self, listed: Listed) -> None:
        """A folder has been read: the wanted one, or that of the wanted file."""
        wanted, pictures = self._wanted, listed.pictures
        assert wanted.path is not None
        if wanted.path == listed.folder:
            self._open(wanted.inside(pictures, self._steps))
        elif pictures == (wanted.path,) == (self._shown.path,):
            self._steps = 0
            reason = f"{wanted.path.name} is the only picture in its folder"
            self.failed.emit(LoadFailed(wanted.path.name, reason))
        else:
            self._open(wanted.beside(pictures).stepped(self._steps))

    def close(self) -> None:
        """Let no answer come any more, and end the thread."""
        self.loader.close()

    def _arrived(self, message: object) -> None:
        assert isinstance(message, Loaded | Listed | LoadFailed)
        if message.wish != self.loader.wish:
            return  # it was on its way when something else was wanted
        if isinstance(message, Loaded):
            self._take_over(message.scene.source.path)
            self.loaded.emit(message)
        elif isinstance(message, Listed):
            self._take_list(message)
        else:
            self._give_up()
            self.failed.emit(message)

    def _take_over(self, path: Path | None) -> None:
        self._shown = self._wanted
        self._failed.clear()
        if path is not None:
            self.recent_changed.emit(self._preferences.add_recent(path.absolute()))

    def _give_up(self) -> None:
        """Stay at a bad file only where one can step on from it; else at what is shown, if any."""
        self._steps = 0
        path, files, in_folder = self._wanted
        if path is not None:
            self._failed.add(path)
            if has_gone(path):
                self.recent_changed.emit(self._preferences.drop_recent(path.absolute()))
        listed = path in files and not self._failed.issuperset(files)
        first = in_folder and self._shown.path is None  # there is no other file to go back to
        if not listed and not first:
            self._wanted = self._shown


def _is_sample(path: Path) -> bool:
    """The bundled picture lies among the program's own files, where nobody keeps pictures."""
    return path.absolute() == sample_path().absolute()
