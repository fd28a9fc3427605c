"""Drives the real window through a recorded minute and notes how smoothly it moves.

The thread of the window is watched by a timer of its own that is due every millisecond: while the
thread is busy (painting, handling an event, waiting for Python's lock or for a processor) no beat
comes, so the time from one beat to the next bounds every block from above, by a millisecond.
An input counts from the moment it is due, even if the thread was too busy to take it then.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal

from viewer.rendering.pacing import Trace
from viewer.rendering.view import View
from viewer.ui.compare import Comparison
from viewer.ui.main_window import MainWindow
from viewer.ui.pacing_gestures import Gesture

BEAT_MS = 1

REST = 4.0
"""Seconds that a view gets to become final before the next gesture."""

PAUSE = 0.25
"""Seconds between a final view and the next gesture: fades end, and nothing is left to do."""


class Watch(QObject):
    """Notes beats of a window's thread, paints of its canvas, and what inputs led to.

    Attributes:
        trace: what has been noted.
    """

    def __init__(self, window: MainWindow, clock: Callable[[], float] = time.perf_counter):
        super().__init__(window)
        self.trace = Trace()
        self._canvas = window.canvas
        self._clock = clock
        self._due: list[float] = []
        self._heart = QTimer(self, interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._heart.timeout.connect(self._beat)
        self._canvas.installEventFilter(self)
        self._heart.start()

    def stop(self) -> None:
        """Note nothing more."""
        self._heart.stop()
        self._canvas.removeEventFilter(self)

    def expect(self, due: float) -> None:
        """An input that was due then has been handled: the next paint shows it."""
        self._due.append(due)

    def _beat(self) -> None:
        self.trace.beats.append(self._clock())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the canvas paint, and note when it did."""
        if watched is not self._canvas or event.type() != QEvent.Type.Paint:
            return False
        start = self._clock()
        self._canvas.event(event)
        end = self._clock()
        self.trace.paints.append((start, end))
        self.trace.inputs += [(due, end) for due in self._due]
        self._due.clear()
        return True


class Player(QObject):
    """Plays gestures one after the other, resting in between.

    Signals:
        ended(): all are done.
    """

    ended = Signal()

    def __init__(
        self,
        window: MainWindow,
        gestures: Iterator[Gesture],
        watch: Watch,
        clock: Callable[[], float] = time.perf_counter,
    ):
        super().__init__(window)
        self._canvas = window.canvas
        self._pictures = window.canvas.pictures
        self._gestures = gestures
        self._watch = watch
        self._clock = clock
        self._gesture: Gesture | None = None
        self._left: deque[tuple[float, Callable[[], None]]] = deque()
        self._start = self._last = 0.0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._go_on)

    def start(self) -> None:
        """Begin."""
        self._timer.start(0)

    def stop(self) -> None:
        """Play no further."""
        self._timer.stop()

    def _go_on(self) -> None:
        now = self._clock()
        while self._left and self._start + self._left[0][0] <= now:
            moment, act = self._left.popleft()
            before = self._look()
            act()
            self._last = self._start + moment
            # A button that is pressed or let go changes nothing to be seen.
            if self._look() != before:
                self._watch.expect(self._last)
        if self._left:
            self._wait(self._start + self._left[0][0] - self._clock())
        elif self._gesture is None:
            self._next()
        else:
            self._rest()

    def _look(self) -> tuple[View | None, Comparison]:
        """What the canvas is to show."""
        return self._canvas.camera.target, self._canvas.comparison

    def _wait(self, seconds: float) -> None:
        self._timer.start(max(0, round(seconds * 1000)))

    def _rest(self) -> None:
        """Look every few milliseconds whether the view is final, for a while."""
        assert self._gesture is not None
        elapsed = self._clock() - self._last
        if not self._pictures.at_rest and elapsed < REST:
            self._wait(0.005)
            return
        final = elapsed if self._pictures.at_rest else None
        self._watch.trace.finals.append((self._gesture.name, final))
        self._gesture = None
        self._wait(PAUSE)

    def _next(self) -> None:
        self._gesture = next(self._gestures, None)
        if self._gesture is None:
            self.ended.emit()
            return
        self._left = deque(self._gesture.inputs)
        self._start = self._last = self._clock()
        self._watch.trace.starts.append((self._gesture.name, self._start))
        self._wait(0.0)
