"""The pacing benchmark: a window of its own, off the screen, driven through the recording."""

# torch before Qt, as in `application`.
import torch  # noqa: F401, I001

import os
import tempfile
import threading
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QSettings, QTimer, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from models.backend import Backend
from viewer.rendering.messages import Scene
from viewer.rendering.pacing import Trace
from viewer.ui.application import make_application
from viewer.ui.garbage import Garbage
from viewer.ui.main_window import MainWindow
from viewer.ui.pacing import Player, Watch
from viewer.ui.pacing_gestures import Hand, recording

SIZE = 1280, 720


def run(backend: Backend, scene: Scene, given_up: threading.Event, short: bool = True) -> Trace:
    """Drive a window over a picture; what was noted. Ends early once ``given_up`` is set."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    # What that platform cannot do is of no interest here.
    before = qInstallMessageHandler(lambda *_: None)
    application = QApplication.instance() or make_application("liif-viewer")
    assert isinstance(application, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "benchmark.ini"), QSettings.Format.IniFormat)
        window = MainWindow(backend, settings)
        garbage = Garbage(window)
        try:
            return _driven(window, scene, given_up, short)
        finally:
            garbage.stop()
            window.close()
            window.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            qInstallMessageHandler(before)


def _driven(window: MainWindow, scene: Scene, given_up: threading.Event, short: bool) -> Trace:
    loop = QEventLoop()
    ticker = QTimer(window, interval=50)
    ticker.timeout.connect(lambda: loop.quit() if given_up.is_set() else None)
    ticker.start()
    window.resize(*SIZE)
    window.show()
    window.opening.loaded.connect(loop.quit)
    window.opening.loader.open(scene.source.name, lambda: scene.source)
    loop.exec()
    watch = Watch(window)
    player = Player(window, recording(Hand(window), short), watch)
    player.ended.connect(loop.quit)
    before = window.worker.stale
    window.canvas.view_changed.connect(lambda *_: _count(watch.trace))
    player.start()
    if not given_up.is_set():
        loop.exec()
    player.stop()
    watch.stop()
    watch.trace.stale = window.worker.stale - before
    return watch.trace


def _count(trace: Trace) -> None:
    trace.views += 1
