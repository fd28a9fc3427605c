"""The progress of an export: a slim bar below the canvas, and its outcome."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QProcess, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from viewer.ui import focus, theme, widgets_paint
from viewer.ui.export_estimate import show_seconds
from viewer.ui.widgets_buttons import Button
from viewer.ui.widgets_text import ElidedLabel

State = Literal["idle", "running", "cancelling", "done", "failed"]

HEIGHT = 36
"""Height of the bar in logical pixels."""


def show_in_folder(path: Path) -> None:
    """Open the file manager at a file; the file is selected where the system can do that."""
    if sys.platform == "win32":
        QProcess.startDetached("explorer", [f"/select,{path}"])
    elif sys.platform == "darwin":
        QProcess.startDetached("open", ["-R", str(path)])
    else:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


class ExportProgress(QWidget):
    """One export, from its start to its outcome; hidden while there is none.

    Attributes:
        state: "idle", "running", "cancelling", "done" or "failed".
        path: the file that was written, or is being written.

    Signals:
        cancel_requested(): the person wants the export stopped; once an export.
        dismissed(): the outcome was closed, or the export was cancelled; the bar is hidden.
    """

    cancel_requested = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state: State = "idle"
        self.path = Path()
        self._fraction = 0.0
        small = theme.SMALL_PX
        self.words = ElidedLabel(pixels=small, elide=Qt.TextElideMode.ElideMiddle)
        self.numbers = ElidedLabel(colour=theme.DIM, pixels=small, tabular=True)
        self.folder = Button("Show in folder", "link", padding=4, height=24, pixels=small)
        self.folder.clicked.connect(self._show_in_folder)
        self.cancel = Button("Cancel", padding=12, height=24, pixels=small)
        self.cancel.setToolTip("Stop the export; no file is left")
        self.cancel.clicked.connect(self._ask_to_cancel)
        self.close_button = Button("", "flat", icon_name="close", padding=4, height=24)
        self.close_button.setAccessibleName("Close this message")
        self.close_button.clicked.connect(self.dismiss)
        self._build()
        self._enter("idle")

    def _build(self) -> None:
        self.setFixedHeight(HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 3, 10, 1)
        row.setSpacing(10)
        row.addWidget(self.words)
        row.addWidget(self.folder)
        row.addStretch(1)
        row.addWidget(self.numbers)
        row.addWidget(self.cancel)
        row.addWidget(self.close_button)

    def start(self, path: Path) -> None:
        """Show that a file is being written."""
        self.path = path
        self._fraction = 0.0
        self.numbers.setText("0 %")
        self._say(f"Exporting {path.name}")
        self._enter("running")

    def set_progress(self, fraction: float, seconds_left: float | None) -> None:
        """Show the fraction done, 0 to 1, and the time left where it is known."""
        if self.state != "running":
            return
        self._fraction = min(max(fraction, 0.0), 1.0)
        # Never "100 %" while there is something left to do.
        numbers = f"{min(math.floor(self._fraction * 100 + 1e-6), 99)} %"
        if seconds_left is not None:
            numbers += f" · {show_seconds(seconds_left)} left"
        self.numbers.setText(numbers)
        self.update()

    def set_done(self, path: Path) -> None:
        """Say that the file is complete, and offer to show it."""
        self.path = path
        self._say(f"Saved {path.name}")
        self._enter("done")

    def set_error(self, sentence: str) -> None:
        """Say in one sentence what went wrong."""
        self._say(sentence)
        self._enter("failed")

    def set_cancelled(self) -> None:
        """Nothing was written: away with the bar."""
        self._close()

    def dismiss(self) -> None:
        """Close the outcome; nothing while the export is running."""
        if self.state in ("done", "failed"):
            self._close()

    def sizeHint(self) -> QSize:
        """As wide as the canvas."""
        return QSize(400, HEIGHT)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Esc closes the outcome."""
        if event.key() == Qt.Key.Key_Escape and self.state in ("done", "failed"):
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def _close(self) -> None:
        if self.state != "idle":
            self._enter("idle")
            self.dismissed.emit()

    def _say(self, words: str) -> None:
        self.words.setText(words)
        self.setAccessibleName(words)

    def _enter(self, state: State) -> None:
        self.state = state
        running = state in ("running", "cancelling")
        self.words.set_colour(theme.WARNING if state == "failed" else theme.TEXT)
        self.numbers.setVisible(running)
        if state != "running":
            focus.release(self.cancel)
        self.cancel.setVisible(running)
        self.cancel.setEnabled(state == "running")
        focus.show(self.folder, state == "done")
        focus.show(self.close_button, state in ("done", "failed"))
        self.setVisible(state != "idle")
        self.update()

    def _ask_to_cancel(self) -> None:
        self._say(f"Cancelling {self.path.name}")
        self._enter("cancelling")
        self.cancel_requested.emit()

    def _show_in_folder(self) -> None:
        show_in_folder(self.path)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw the panel, the hairline at its top and the progress over it."""
        painter = QPainter(self)
        box = QRectF(self.rect())
        painter.fillRect(box, theme.PANEL)
        widgets_paint.rule(painter, QRectF(0, 0, box.width(), 1))
        if self.state in ("running", "cancelling"):
            done = QRectF(0, 0, box.width() * self._fraction, 2)
            widgets_paint.rule(painter, done, theme.ACTION)
