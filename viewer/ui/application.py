"""Starts the window."""

# torch before Qt: on some systems the libraries of both clash if Qt's are loaded first.
import torch  # noqa: F401, I001

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QSettings, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from models.backend import choose_backend
from models.kernels.ahead import compile_ahead
from viewer.commands.options import CommonOptions
from viewer.rendering.failures import explain, lacks_memory
from viewer.ui.garbage import Garbage
from viewer.ui.main_window import MainWindow
from viewer.ui.theme import apply_theme

FEW_PROCESSORS = 4
"""Up to so many processors the window paints by itself: Qt would hand parts of each picture to
helpers, and the window would wait until the arithmetic lets all of them have their turn."""

log = logging.getLogger(__name__)


def run(paths: list[Path], options: CommonOptions, signals: Sequence[int] = ()) -> int:
    """Open the window with some pictures; return when it is closed, by one of some signals too.

    Raises:
        ValueError: one sentence, if the device or the precision is not there.
        KeyboardInterrupt: it was closed by a signal.
    """
    backend = choose_backend(options.device, options.precision, options.threads)
    compile_ahead(backend)
    qInstallMessageHandler(_platform_message)
    application = make_application(sys.argv[0])
    interrupted = _obey(signals, application)
    window = MainWindow(backend)
    Garbage(window)
    _report_defects(window)
    window.show()
    window.open_paths(paths)
    code = application.exec()
    # A program that is interrupted, or still reads a picture, is left at once: what is left to do
    # is done now, and a copied view is handed over.
    QSettings().sync()
    application.shutdown()
    if interrupted.is_set():
        raise KeyboardInterrupt
    return code


def make_application(name: str) -> QApplication:
    """The application, with its settings' place and its looks."""
    paint_alone(os.cpu_count() or 1)
    application = QApplication([name])
    application.setApplicationName("LIIF Viewer")
    application.setOrganizationName("LIIF Viewer")
    apply_theme(application)
    return application


def paint_alone(processors: int) -> None:
    """Let Qt paint without helpers where processors are few; before there is an application."""
    if processors <= FEW_PROCESSORS:
        os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")


def _platform_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """Qt gives up with `abort` where a library of its platform plugin is missing: say which."""
    del context
    if kind == QtMsgType.QtFatalMsg:
        sentence = " ".join(message.split())
        sys.stderr.write(f"liif-viewer: the window cannot start: {sentence}\n")
        sys.stderr.flush()
        os._exit(1)
    if kind in (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg):
        log.warning("Qt: %s", message)


def _report_defects(window: MainWindow) -> None:
    """A defect is logged and said in the window; it neither closes it nor stays silent."""

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        log.error("defect\n%s", "".join(traceback.format_exception(kind, error, trace)))
        window.parts.messages.show_message(
            explain(error)
            if lacks_memory(error)
            else f"Something went wrong inside ({kind.__name__}: {error}); "
            "details are on the terminal"
        )

    sys.excepthook = report


def _obey(signals: Sequence[int], application: QApplication) -> threading.Event:
    """Signals close the window as its button does; the event tells that they did.

    It is closed from Qt's loop: a handler may break in anywhere, even where it is being made.
    """
    interrupted = threading.Event()
    for number in signals:
        signal.signal(number, lambda *_: interrupted.set())
    # Python handles signals only between its own instructions; Qt's loop must come back to it.
    ticker = QTimer(application, interval=100)
    ticker.timeout.connect(lambda: application.closeAllWindows() if interrupted.is_set() else None)
    ticker.start()
    return interrupted
