"""Drives the real window as a person does, so that tests read as sentences."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QKeyCombination, QMimeData, QPoint, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QKeySequence,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from models.samplers.grid import Grid, Region
from viewer.imaging.source import SourceImage, from_array
from viewer.rendering.view import View
from viewer.ui.compare import Comparison
from viewer.ui.export_form import ExportForm
from viewer.ui.main_window import MainWindow
from viewer.ui.paced import Paced

Pixels = NDArray[np.uint8]

PATIENCE = 30_000
"""Milliseconds to wait for something that must come; a busy machine may take long."""

LEFT = Qt.MouseButton.LeftButton
NO_BUTTON = Qt.MouseButton.NoButton
NO_KEY = Qt.KeyboardModifier.NoModifier


class Window:
    """A window with a person in front of it.

    Attributes:
        main, canvas, parts: the window, its canvas and its other parts.
        states: every state that the status bar was told, in order.
    """

    def __init__(self, main: MainWindow, bot: QtBot):
        self.main, self.bot = main, bot
        self.canvas, self.parts = main.canvas, main.parts
        self.states: list[str] = []
        self.canvas.pictures.state_changed.connect(lambda words, _: self.states.append(words))

    # -- opening

    def open(self, picture: NDArray[np.uint8] | NDArray[np.uint16] | SourceImage | Path) -> None:
        """Open a picture, a file's or one of our own, and wait until it is shown at rest."""
        before = self.canvas.scene
        if isinstance(picture, Path):
            self.main.open_path(picture)
        else:
            source = picture if isinstance(picture, SourceImage) else from_array(picture, "test")
            self.main.opening.loader.open(source.name, lambda: source)
        self.until(lambda: self.canvas.scene is not before)
        self.at_rest()

    def drop(self, data: QMimeData, at: tuple[float, float] = (50, 150)) -> bool:
        """Drag something over a point of the canvas and let it fall; whether the window takes it.

        Who lets go of it proposes to move it; the window must never agree to that.
        """
        place, move = self.canvas.mapTo(self.main, QPointF(*at)), Qt.DropAction.MoveAction
        allowed = move | Qt.DropAction.CopyAction
        entering = QDragEnterEvent(place.toPoint(), allowed, data, LEFT, NO_KEY)
        dropped = QDropEvent(place, allowed, data, LEFT, NO_KEY)
        for event in (entering, dropped):
            event.setDropAction(move)
            QApplication.sendEvent(self.main, event)
            if not event.isAccepted():
                return False
            assert event.dropAction() == Qt.DropAction.CopyAction
        return True

    # -- exporting

    def in_dialog(self, act: Callable[[QDialog], object]) -> None:
        """Do something in the dialog that the next action opens; it must end the dialog."""

        def opened() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QDialog):
                raise LookupError("no dialog is open")
            try:
                act(dialog)
            except BaseException:
                dialog.reject()
                raise

        QTimer.singleShot(0, self.main, opened)

    def export(self, out: Path, sides: str = "b") -> None:
        """Press Ctrl+E, choose sides (such as "b" or "ab") and a file, and press Export."""

        def answer(dialog: QDialog) -> None:
            form = form_of(dialog)
            form.sides.set_current(sides)
            form.path.setText(str(out))
            form.path.textEdited.emit(str(out))
            self.click(form.export)

        self.in_dialog(answer)
        self.key("Ctrl+E")
        self.activate()

    def exported(self) -> None:
        """Wait until the export went well, and close its bar."""
        bar = self.parts.progress
        self.until(lambda: bar.state not in ("running", "cancelling"))
        if bar.state != "done":
            raise AssertionError(f"the export ended in {bar.state}: {bar.words.text()}")
        self.click(bar.close_button)
        self.at_rest()

    # -- the pointer

    @property
    def middle(self) -> tuple[float, float]:
        """The canvas's middle in logical pixels."""
        return self.canvas.width() / 2, self.canvas.height() / 2

    def wheel(self, notches: float, at: tuple[float, float] | None = None) -> None:
        """Turn the wheel over a point of the canvas, away from the person for above 0."""
        place = QPointF(*(at or self.middle))
        turn = QPoint(0, round(120 * notches))
        phase = Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(
            place, self.canvas.mapToGlobal(place), QPoint(), turn, NO_BUTTON, NO_KEY, phase, False
        )
        QApplication.sendEvent(self.canvas, event)

    def press(
        self,
        at: tuple[float, float],
        button: Qt.MouseButton = LEFT,
        modifiers: Qt.KeyboardModifier = NO_KEY,
    ) -> None:
        self._mouse(QEvent.Type.MouseButtonPress, at, button, button, modifiers)

    def move(
        self,
        to: tuple[float, float],
        held: Qt.MouseButton = LEFT,
        modifiers: Qt.KeyboardModifier = NO_KEY,
    ) -> None:
        self._mouse(QEvent.Type.MouseMove, to, NO_BUTTON, held, modifiers)

    def release(
        self,
        at: tuple[float, float],
        button: Qt.MouseButton = LEFT,
        modifiers: Qt.KeyboardModifier = NO_KEY,
    ) -> None:
        self._mouse(QEvent.Type.MouseButtonRelease, at, button, NO_BUTTON, modifiers)

    def hover(self, at: tuple[float, float]) -> None:
        """Move over a point of the canvas with no button held, and read what is said of it."""
        self.move(at, NO_BUTTON)
        self.read()

    def read(self) -> None:
        """Wait until the window's numbers are those of now."""
        paced = self.main.findChildren(Paced)
        self.until(lambda: not any(each.pending for each in paced))

    def leave(self) -> None:
        """Take the pointer away from the canvas."""
        QApplication.sendEvent(self.canvas, QEvent(QEvent.Type.Leave))

    def drag(
        self,
        dx: float,
        dy: float,
        at: tuple[float, float] | None = None,
        button: Qt.MouseButton = LEFT,
        modifiers: Qt.KeyboardModifier = NO_KEY,
    ) -> None:
        """Drag by logical pixels, in three moves, from a point a little off the middle."""
        x, y = at or (self.middle[0] - 40.0, self.middle[1] - 40.0)
        self.press((x, y), button, modifiers)
        for part in (1 / 3, 2 / 3, 1.0):
            self.move((x + dx * part, y + dy * part), button, modifiers)
        self.release((x + dx, y + dy), button, modifiers)

    def double_click(self, at: tuple[float, float]) -> None:
        self.press(at)
        self.release(at)
        self._mouse(QEvent.Type.MouseButtonDblClick, at, LEFT, LEFT, NO_KEY)
        self.release(at)

    def click(self, widget: QWidget, at: tuple[float, float] | None = None) -> None:
        """Click on a widget."""
        place = widget.rect().center() if at is None else QPointF(*at).toPoint()
        self.bot.mouseClick(widget, LEFT, pos=place)

    def _mouse(
        self,
        kind: QEvent.Type,
        at: tuple[float, float],
        button: Qt.MouseButton,
        held: Qt.MouseButton,
        modifiers: Qt.KeyboardModifier,
    ) -> None:
        place = QPointF(*at)
        everywhere = self.canvas.mapToGlobal(place)
        event = QMouseEvent(kind, place, everywhere, button, held, modifiers)
        QApplication.sendEvent(self.canvas, event)

    # -- the keyboard

    @property
    def focus(self) -> QWidget:
        """The widget that has the keyboard."""
        return QApplication.focusWidget() or self.main

    def key(self, words: str) -> None:
        """Press and let go of a key, such as "Ctrl+E"; it goes where the focus is."""
        pressed: QKeyCombination = QKeySequence(words)[0]  # type: ignore[index]
        self.bot.keyClick(self.focus, pressed.key(), pressed.keyboardModifiers())

    @contextmanager
    def hold_space(self) -> Iterator[None]:
        """Hold Space for a while."""
        self.bot.keyPress(self.focus, Qt.Key.Key_Space)
        yield
        self.bot.keyRelease(self.focus, Qt.Key.Key_Space)

    def begin_typing(self, field: QLineEdit, words: str) -> None:
        """Click into a field and type in place of what it says."""
        self.click(field)
        field.selectAll()
        self.bot.keyClicks(field, words)

    def type_into(self, field: QLineEdit, words: str) -> None:
        """Click into a field, type in place of what it says, and press Enter."""
        self.begin_typing(field, words)
        self.bot.keyClick(field, Qt.Key.Key_Return)

    # -- waiting

    def activate(self) -> None:
        """Give the window the keyboard, as a window manager does when a dialog has gone."""
        self.main.activateWindow()
        self.until(self.main.isActiveWindow)

    def until(self, happened: Callable[[], bool]) -> None:
        """Let the window live until something has happened."""
        self.bot.waitUntil(happened, timeout=PATIENCE)

    def at_rest(self) -> None:
        """Wait until the newest view is finished and on screen."""
        QApplication.processEvents()  # the canvas may still have to get another size
        pictures, worker = self.canvas.pictures, self.main.worker
        try:
            self.until(lambda: pictures.at_rest)
        except self.bot.TimeoutError as error:
            told = f"last states {self.states[-4:]}, message {self.message!r}"
            where = f"generation {pictures.generation}, moving {self.canvas.camera.moving}"
            raise AssertionError(f"no rest: {told}, {where}, idle {worker.join(0)}") from error
        self.read()

    # -- what there is to see

    @property
    def grid(self) -> Grid:
        """The canvas's own grid."""
        grid = self.canvas.pictures.grid
        if grid is None:
            raise LookupError("the canvas shows no picture")
        return grid

    @property
    def view(self) -> View:
        """The view that events have asked for."""
        view = self.canvas.camera.target
        if view is None:
            raise LookupError("the canvas shows no picture")
        return view

    @property
    def region(self) -> Region:
        """The region that is drawn."""
        region = self.canvas.region_tool.region
        if region is None:
            raise LookupError("no region is drawn")
        return region

    @property
    def comparison(self) -> Comparison:
        return self.canvas.comparison

    @property
    def state(self) -> str:
        """What the status bar says at its right."""
        return self.parts.status.state.text()

    @property
    def message(self) -> str:
        """What the message bar says; "" when it is closed."""
        return self.parts.messages.text

    @property
    def pills(self) -> list[str]:
        """The labels on the canvas, from the left."""
        return [pill.text for pill in self.canvas._pills(self.canvas.device, self.canvas._panes())]

    def source_at(self, at: tuple[float, float]) -> tuple[float, float]:
        """The source point that is shown at a point of the canvas."""
        point = self.canvas.source_at(QPointF(*at))
        if point is None:
            raise LookupError("the canvas shows no picture")
        return point

    def pixels(self) -> Pixels:
        """What the panes show: ``[rows, columns, 3]`` RGB in device pixels, without labels."""
        return rgb_of(self.canvas.rendered())

    def on_screen(self) -> Pixels:
        """What is on the screen where the canvas is, in device pixels, labels and all."""
        QApplication.processEvents()
        store = self.main.backingStore().paintDevice()
        if not isinstance(store, QImage):
            raise TypeError("this platform does not paint into an image")
        place = self.canvas.device.rect
        everything = rgb_of(store)
        return everything[place.top() : place.bottom() + 1, place.left() : place.right() + 1]

    def frame(self, pixels: Pixels | None = None, left: int = 0, top: int = 0) -> Pixels:
        """The part of the canvas's pixels that the grid covers, in the pane that starts there."""
        rows, columns = self.grid.rows, self.grid.columns
        x, y = self.view.to_device(self.grid.region.x, self.grid.region.y)
        x, y = round(x) + left, round(y) + top
        shown = self.pixels() if pixels is None else pixels
        return shown[y : y + rows, x : x + columns]


def form_of(dialog: QDialog) -> ExportForm:
    """The fields of an export dialog."""
    form = dialog.findChild(ExportForm)
    if form is None:
        raise LookupError(f"{dialog.windowTitle()} is no export dialog")
    return form


def rgb_of(image: QImage) -> Pixels:
    """The pixels of an image as ``[rows, columns, 3]`` RGB."""
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    lines = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), -1, 4)
    return lines[:, : plain.width(), 2::-1].copy()


def image_of(pixels: Pixels) -> QImage:
    """An image with a copy of ``[rows, columns, 3]`` RGB."""
    rows, columns = pixels.shape[:2]
    kind = QImage.Format.Format_RGB888
    return QImage(np.ascontiguousarray(pixels).data, columns, rows, 3 * columns, kind).copy()


class SmallScreen:
    """A screen of 500 × 400 logical pixels, as one that is scaled for a person who sees badly."""

    def availableGeometry(self) -> QRect:
        return QRect(0, 0, 500, 400)


class Gate:
    """Holds the compute thread in front of its next tile, so that a test knows where it is.

    Attributes:
        reached: set once the compute thread stands at the closed gate.
    """

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()
        self._open.set()

    def close(self) -> None:
        self.reached.clear()
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def passed(self) -> None:
        """Called by the compute thread; nobody else is ever held."""
        if threading.current_thread().name == "compute" and not self._open.is_set():
            self.reached.set()
            self._open.wait(PATIENCE / 1000)
