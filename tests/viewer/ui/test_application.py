"""Starting the window, closing it by a signal, and saying what nobody foresaw."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from resources.samples import sample_path
from tests.viewer.ui.driver import PATIENCE, Window
from viewer.ui import application

ROOT = Path(__file__).parents[3]

OFFSCREEN = "Qt: This plugin does not support propagateSizeHints()\n"
"""What the platform without a screen complains of."""

PROGRAM = """
import gc, os, signal, sys, threading
from viewer.cli import main
from viewer.ui import main_window

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may not hear it

class Watched(main_window.MainWindow):
    def _loaded(self, loaded):
        super()._loaded(loaded)
        self.canvas.pictures.state_changed.connect(self.interrupt)

    def interrupt(self, words, share):
        if "refining" in words and share:
            told, later = sys.excepthook is not sys.__excepthook__, not gc.isenabled()
            print("interrupted while", words.split()[0], "defects told", told, flush=True)
            print("garbage at leisure", later, flush=True)
            self.canvas.pictures.state_changed.disconnect(self.interrupt)
            os.kill(os.getpid(), int(sys.argv[1]))

import viewer.ui.application as application

def ahead(backend, begin=application.compile_ahead):
    print("compiled for", backend.device, flush=True)
    return begin(backend)

application.MainWindow, application.compile_ahead = Watched, ahead
code = main(["--device", "cpu", "--threads", "1", sys.argv[2]])
ours = [thread for thread in threading.enumerate() if thread.name != "compiler"]
print("code", code, "threads", len(ours))
"""

BUILDING = """
import os
import sys

import viewer.ui.application as application
from viewer.cli import main

class Watched(application.MainWindow):
    def __init__(self, backend):
        super().__init__(backend)
        os.kill(os.getpid(), int(sys.argv.pop(1)))
        print("made", flush=True)

application.MainWindow = Watched
sys.exit(main(["--device", "cpu", "--threads", "1"]))
"""

READING = """
import sys

import viewer.ui.application as application
from viewer import cli
from viewer.rendering import loading

import cv2
import numpy as np
from PySide6.QtCore import QMetaObject, Qt
from PySide6.QtWidgets import QApplication

class Watched(application.MainWindow):
    def __init__(self, backend):
        super().__init__(backend)
        loading.open_image = self.read

    def read(self, path):
        QMetaObject.invokeMethod(self, "close", Qt.ConnectionType.QueuedConnection)
        pixels = np.zeros((1000, 1000, 3), np.uint8)
        while True:
            cv2.GaussianBlur(pixels, (0, 0), 9)

def left(code):
    print("application", QApplication.instance())
    leave(code)

application.MainWindow = Watched
cli.leave, leave = left, cli.leave
sys.argv[1:] = ["--device", "cpu", "--threads", "1", sys.argv[1]]
sys.exit(cli.main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for settings where Linux keeps them")
def test_a_signal_closes_it_as_its_button_does(tmp_path: Path) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    started = [start(tmp_path / number.name, PROGRAM, str(int(number))) for number in numbers]
    for process, number in zip(started, numbers, strict=True):
        said, complained = process.communicate(timeout=4 * PATIENCE / 1000)
        assert said.splitlines() == [
            "compiled for cpu",
            "interrupted while refining defects told True",
            "garbage at leisure True",
            "code 130 threads 1",
        ]
        assert complained in ("", OFFSCREEN)
        assert process.returncode == 0
        settings = list((tmp_path / number.name).rglob("LIIF Viewer.conf"))
        assert len(settings) == 1
        assert sample_path().name in settings[0].read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends the process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_breaks_into_no_window_that_is_being_made(tmp_path: Path, number: int) -> None:
    """Its threads would outlive what had been made of it."""
    process = start(tmp_path, BUILDING, str(int(number)))
    said, complained = process.communicate(timeout=4 * PATIENCE / 1000)
    assert said == "made\n"
    assert complained in ("", OFFSCREEN)
    assert process.returncode == 130


def test_python_s_end_does_not_abort_what_still_reads_a_picture(tmp_path: Path) -> None:
    """It would end the thread in the middle of a library, which takes the process with it."""
    process = start(tmp_path, READING)
    said, complained = process.communicate(timeout=4 * PATIENCE / 1000)
    assert said == "application None\n"  # with it, a copied view was handed over
    assert complained in ("", OFFSCREEN)
    assert process.returncode == 0
    if sys.platform == "linux":
        [settings] = tmp_path.rglob("LIIF Viewer.conf")
        assert "geometry" in settings.read_text()


def start(home: Path, program: str, *words: str) -> subprocess.Popen[str]:
    """A program with the sample, and its settings in a place of its own."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, *words, str(sample_path())],
        cwd=ROOT,
        env=os.environ | {"XDG_CONFIG_HOME": str(home), "HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_defect_is_logged_and_said_in_the_window(
    window: Window, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    application._report_defects(window.main)
    try:
        raise ZeroDivisionError("in a slot")
    except ZeroDivisionError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert "ZeroDivisionError: in a slot" in window.message
    assert "Traceback" in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR
    caplog.clear()


def test_lack_of_memory_is_said_as_elsewhere(
    window: Window, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    application._report_defects(window.main)
    error = MemoryError("Unable to allocate 1.31 MiB for an array")
    sys.excepthook(MemoryError, error, None)
    assert window.message.startswith("there is not enough memory")
    caplog.clear()


@pytest.mark.parametrize(("processors", "alone"), [(1, True), (4, True), (5, False), (64, False)])
def test_where_processors_are_few_the_window_paints_alone(
    monkeypatch: pytest.MonkeyPatch, processors: int, alone: bool
) -> None:
    monkeypatch.setenv("QT_NO_GUI_THREADPOOL", "")
    monkeypatch.delenv("QT_NO_GUI_THREADPOOL")
    application.paint_alone(processors)
    assert ("QT_NO_GUI_THREADPOOL" in os.environ) == alone


def test_who_wants_helpers_or_not_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_NO_GUI_THREADPOOL", "mine")
    application.paint_alone(1)
    assert os.environ["QT_NO_GUI_THREADPOOL"] == "mine"
