"""A window to drive, a small model, and a watch on what a window leaves behind."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSettings, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from models.checkpoints import save_checkpoint
from models.kernels.crew import share_out
from models.networks.wdsr import WDSRB
from models.samplers.base import Sampler
from tests.models.nets import random_liif
from tests.models.pictures import drawing
from tests.viewer.ui.driver import LEFT, PATIENCE, Gate, Window
from tests.viewer.ui.expected import CPU
from viewer.ui import camera
from viewer.ui.main_window import MainWindow
from viewer.ui.theme import apply_theme

MakeWindow = Callable[..., Window]

_OFFSCREEN = "This plugin does not support"
"""How the platform without a screen begins its only complaints."""


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of our own format with random weights, quick to evaluate."""
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    encoder = WDSRB(n_feats=4, n_resblocks=1, expansion=2, low_rank=0.8)
    save_checkpoint(path, random_liif(encoder, (8,), residual=True))
    return path


@pytest.fixture(scope="session")
def picture() -> NDArray[np.uint8]:
    """Shades, edges and discs: ``[56, 120, 3]``. It fits a window's canvas at × 4."""
    return drawing(120, 56).pixels.astype(np.uint8)


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    """Settings of this test alone, also for whoever asks for the application's own."""
    kind, scope = QSettings.Format.IniFormat, QSettings.Scope.UserScope
    QSettings.setDefaultFormat(kind)
    QSettings.setPath(kind, scope, str(tmp_path / "settings"))
    return QSettings(str(tmp_path / "window.ini"), kind)


@pytest.fixture
def _every_dialog_is_answered(qapp: QApplication) -> Iterator[None]:
    """Closes a dialog that nobody answers: its own loop would hold the test for ever."""
    seen: list[QWidget] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is not None and dialog in seen:
            dialog.close()
            raise AssertionError(f"nobody answered {dialog}")
        seen[:] = [] if dialog is None else [dialog]

    timer = QTimer(qapp, interval=PATIENCE // 2)
    timer.timeout.connect(look)
    timer.start()
    yield
    timer.stop()
    timer.deleteLater()


@pytest.fixture(scope="session")
def _old_garbage_is_out_of_the_way() -> None:
    """What is there before the first window is never looked through again: it is a lot."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def _garbage_is_collected_here(_old_garbage_is_out_of_the_way: None) -> Iterator[None]:
    """No other thread may happen to destroy what is left of a window: Qt forbids it."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def _no_button_stays_down(qapp: QApplication) -> Iterator[None]:
    """Qt remembers a button that a test has pressed and never released."""
    del qapp
    yield
    for button in (LEFT, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton):
        if QGuiApplication.mouseButtons() & button:
            QTest.mouseRelease(QWidget(), button)


@pytest.fixture
def make_window(
    qapp: QApplication,
    qtbot: QtBot,
    settings: QSettings,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    qtlog: Any,
    _every_dialog_is_answered: None,
    _garbage_is_collected_here: None,
) -> Iterator[MakeWindow]:
    """Makes windows with A bicubic and B the tiny model; looks for what they leave behind.

    The canvas is 520 × 224, as small as the window can be.
    """
    apply_theme(qapp)
    # What tests expect is computed on this thread, whose decoding threads stay: they begin now.
    share_out([lambda: None] * 2)
    threads, widgets = set(threading.enumerate()), set(QApplication.topLevelWidgets())
    made: list[Window] = []

    def make(*, animated: bool = False, size: tuple[int, int] | None = (800, 298)) -> Window:
        if not animated:
            monkeypatch.setattr(camera, "SETTLE_MS", 5)
        main = MainWindow(CPU, settings, animated=animated)
        window = Window(main, qtbot)
        made.append(window)
        main.open_model("b", tiny_model)
        if size is not None:
            main.resize(*size)
        main.show()
        window.activate()
        return window

    yield make
    for window in made:
        window.main.close()
    _no_thread_is_left(threads)
    for window in made:
        window.main.deleteLater()
    made.clear()
    QToolTip.hideText()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()
    left = set(QApplication.topLevelWidgets()) - widgets
    assert not left, f"widgets are left: {left}"
    logged = [record.getMessage() for record in caplog.get_records("call")]
    logged += [record.message for record in qtlog.records if _OFFSCREEN not in record.message]
    assert not logged, f"something was logged: {logged}"


def _no_thread_is_left(before: set[threading.Thread]) -> None:
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE / 1000)
        assert not thread.is_alive(), f"the thread {thread.name} is left"


@pytest.fixture
def window(make_window: MakeWindow) -> Window:
    """A window without animations, at rest soon after each event."""
    return make_window()


@pytest.fixture
def tall_window(make_window: MakeWindow) -> Window:
    """A window that stays as it is when a bar of its own opens; the canvas is 520 × 320."""
    return make_window(size=(800, 394))


@pytest.fixture
def moving_window(make_window: MakeWindow) -> Window:
    """A window as people have it: zooms ease, finished tiles fade in."""
    return make_window(animated=True)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """A gate before every batch of tiles."""
    gate = Gate()

    def gated(evaluate: Callable[..., object]) -> Callable[..., object]:
        return lambda *args: (gate.passed(), evaluate(*args))[1]

    for name in ("tiles", "codes"):
        monkeypatch.setattr(Sampler, name, gated(getattr(Sampler, name)))
    yield gate
    gate.open()
