"""What the pacing benchmark does to the window: a recorded minute of wheel, mouse and keyboard."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from viewer.ui.main_window import MainWindow

RATE = 60.0
"""Inputs a second of a trackpad and of a mouse that is dragged."""

NOTCH = 120
"""Eighths of a degree of one notch of a wheel."""

OCTAVE = 480
"""Eighths of a degree that double the scale."""

_NONE, _LEFT = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
_PLAIN = Qt.KeyboardModifier.NoModifier


class Hand:
    """Sends events to a window as a person's hand causes them; places are shares of the canvas."""

    def __init__(self, window: MainWindow):
        self._window = window
        self._size = window.size()

    def _at(self, x: float, y: float) -> QPointF:
        canvas = self._window.canvas
        return QPointF(x * canvas.width(), y * canvas.height())

    def wheel(self, delta: int, x: float, y: float) -> None:
        """Turn the wheel by eighths of a degree over a place."""
        at = self._at(x, y)
        event = QWheelEvent(
            at,
            self._window.canvas.mapToGlobal(at),
            QPoint(),
            QPoint(0, delta),
            _NONE,
            _PLAIN,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self._window.canvas, event)

    def press(self, x: float, y: float) -> None:
        """Press the left button."""
        self._mouse(QEvent.Type.MouseButtonPress, x, y, _LEFT, _LEFT)

    def move(self, x: float, y: float) -> None:
        """Move with the left button held."""
        self._mouse(QEvent.Type.MouseMove, x, y, _NONE, _LEFT)

    def release(self, x: float, y: float) -> None:
        """Let the left button go."""
        self._mouse(QEvent.Type.MouseButtonRelease, x, y, _LEFT, _NONE)

    def _mouse(
        self,
        kind: QEvent.Type,
        x: float,
        y: float,
        button: Qt.MouseButton,
        held: Qt.MouseButton,
    ) -> None:
        at, canvas = self._at(x, y), self._window.canvas
        event = QMouseEvent(kind, at, canvas.mapToGlobal(at), button, held, _PLAIN)
        QApplication.sendEvent(canvas, event)

    def space(self, down: bool) -> None:
        """Press Space, or let it go."""
        kind = QEvent.Type.KeyPress if down else QEvent.Type.KeyRelease
        QApplication.sendEvent(self._window.canvas, QKeyEvent(kind, Qt.Key.Key_Space, _PLAIN, " "))

    def resize(self, share: float) -> None:
        """Drag the window's corner to a share of its size at first."""
        self._window.resize(QSize(*(round(share * s) for s in self._size.toTuple())))


@dataclass(frozen=True)
class Gesture:
    """One thing a person does.

    Attributes:
        name: for people.
        inputs: seconds after its begin, and what happens then; in order.
    """

    name: str
    inputs: tuple[tuple[float, Callable[[], None]], ...]


def recording(hand: Hand, short: bool = False) -> Iterator[Gesture]:
    """The gestures in order; after each one the hand rests until the view is final.

    ``short`` leaves out the second half, which repeats the first elsewhere, by another device.
    """
    yield _wheel("zoom in", hand, 6 * OCTAVE, 5.0, (0.62, 0.41))
    yield _drag("pan", hand, 3.0, (0.3, 0.7), 0.25)
    yield _wheel("zoom out", hand, -4 * OCTAVE, 3.0, (0.35, 0.55))
    yield _resize("resize", hand, 2.0)
    yield _drag("pan", hand, 2.0, (0.7, 0.3), 0.2)
    yield _flip("flip", hand, 1.5)
    yield _divider("divider", hand, 2.0)
    if short:
        return
    yield _notches("zoom out", hand, -8, 8.0, (0.3, 0.3))
    yield _notches("zoom in", hand, 20, 8.0, (0.21, 0.72))
    yield _drag("pan", hand, 4.0, (0.3, 0.6), 0.3)
    yield _wheel("zoom out", hand, -3 * OCTAVE, 2.0, (0.8, 0.4))
    yield _drag("pan", hand, 3.0, (0.6, 0.6), 0.3)
    yield _resize("resize", hand, 3.0)
    yield _flip("flip", hand, 2.0)
    yield _divider("divider", hand, 3.0)


def _evenly(seconds: float, rate: float = RATE) -> Iterator[tuple[float, float]]:
    """Moments of a gesture, and how far it has come by then, 0..1."""
    count = round(seconds * rate)
    return ((index / rate, (index + 1) / count) for index in range(count))


def _wheel(name: str, hand: Hand, delta: int, seconds: float, at: tuple[float, float]) -> Gesture:
    """A trackpad: many small turns."""
    inputs, done = [], 0
    for moment, share in _evenly(seconds):
        step = round(delta * share) - done
        done += step
        inputs.append((moment, partial(hand.wheel, step, *at)))
    return Gesture(name, tuple(inputs))


def _notches(name: str, hand: Hand, count: int, rate: float, at: tuple[float, float]) -> Gesture:
    """A wheel that clicks."""
    turn = partial(hand.wheel, int(math.copysign(NOTCH, count)), *at)
    return Gesture(name, tuple((index / rate, turn) for index in range(abs(count))))


def _drag(name: str, hand: Hand, seconds: float, at: tuple[float, float], radius: float) -> Gesture:
    """The picture, dragged along a spiral that ends a little off where it began."""

    def place(share: float) -> tuple[float, float]:
        angle, reach = 4.0 * math.pi * share, radius * math.sin(math.pi * 0.8 * share)
        return at[0] + reach * math.cos(angle), at[1] + reach * math.sin(angle)

    return _held(name, hand, seconds, place)


def _divider(name: str, hand: Hand, seconds: float) -> Gesture:
    """The divider, twice to the right and to the left."""

    def place(share: float) -> tuple[float, float]:
        return 0.5 + 0.4 * math.sin(4.0 * math.pi * share), 0.5

    return _held(name, hand, seconds, place)


def _held(
    name: str, hand: Hand, seconds: float, place: Callable[[float], tuple[float, float]]
) -> Gesture:
    """Press, move along a path, let go."""
    moves = [(t + 1 / RATE, partial(hand.move, *place(share))) for t, share in _evenly(seconds)]
    start, end = (0.0, partial(hand.press, *place(0.0))), partial(hand.release, *place(1.0))
    return Gesture(name, (start, *moves, (seconds + 1 / RATE, end)))


def _flip(name: str, hand: Hand, seconds: float) -> Gesture:
    """Space, held and let go, four times a second."""
    moments = [index / 8.0 for index in range(2 * round(4 * seconds))]
    return Gesture(
        name, tuple((t, partial(hand.space, index % 2 == 0)) for index, t in enumerate(moments))
    )


def _resize(name: str, hand: Hand, seconds: float) -> Gesture:
    """The window made smaller and larger again."""

    def share(done: float) -> float:
        return 1.0 - 0.25 * math.sin(math.pi * done)

    moments = list(_evenly(seconds, RATE / 2))
    return Gesture(name, tuple((t, partial(hand.resize, share(done))) for t, done in moments))
