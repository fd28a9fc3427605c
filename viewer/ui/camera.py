"""The camera: the view that events act on, and the one that is shown on the way there."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from viewer.rendering.view import (
    Size,
    View,
    between,
    fitted,
    kept_visible,
    same_view,
    within_limits,
)

EASE = 0.09
"""Seconds a zoom takes on screen."""

FRAME = 0.016
"""Seconds of an animation's first step, which is taken in the same frame as its event."""

AFTER_INPUT = 0.02
"""Seconds to its second step: inputs sixty times a second are all the steps it needs, since a
step a moment before each of them would paint everything twice."""

SETTLE_MS = 120
"""Milliseconds after the last zoom until the view counts as at rest."""


class Room(NamedTuple):
    """Where a view would be if the window had no bars, which come and go by themselves.

    Attributes:
        width, height: of that view, in device pixels.
        above: rows of it that bars take from its top; they take what else is missing from below.
    """

    width: int
    height: int
    above: int = 0


class _Given(NamedTuple):
    """A view that bars have changed.

    Attributes:
        view, above: as it was before they did, and the rows that they took from its top then.
        became: what it has become.
    """

    view: View
    above: int
    became: View


class Camera(QObject):
    """Moves the view. Every event acts on `target`; `shown` follows it.

    A bar that comes or goes is nobody's wish to see something else: it takes rows of the view and
    gives them back, and what is left stays as it is.

    Attributes:
        target: the view that events have asked for.
        shown: the view that is on screen now.
        moving: whether a zoom is under way (it settles shortly after its last event).

    Signals:
        target_changed(): events asked for another view.
        shown_changed(): another view is to be painted.
        settled(): the view is at rest.
    """

    target_changed = Signal()
    shown_changed = Signal()
    settled = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        animated: bool = True,
        clock: Callable[[], float] = time.perf_counter,
    ):
        super().__init__(parent)
        self.animated = animated
        self.target: View | None = None
        self.shown: View | None = None
        self.moving = False
        self._clock = clock
        self._picture = Size(1, 1)
        self._room = Room(1, 1)
        self._given: _Given | None = None
        self._start: View | None = None
        self._started = 0.0
        self._ticker = QTimer(self, interval=round(FRAME * 1000))
        self._ticker.timeout.connect(self._next_frame)
        self._rest = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._rest.timeout.connect(self._settle)

    def show_picture(
        self, picture: Size, width: int, height: int, room: Room | None = None
    ) -> None:
        """Show the whole of a new picture on a canvas of a size in device pixels."""
        self._picture = picture
        self._room, self._given = room or Room(width, height), None
        self._jump(fitted(picture, width, height))

    def resize(self, width: int, height: int, room: Room | None = None) -> None:
        """The canvas has another size. A picture that was fitted is fitted again.

        Where bars have taken or given all the difference it is not, until there is none.
        """
        before, self._room = self._room, room or Room(width, height)
        if self.target is None:
            return
        if (width, height, self._room) == (self.target.width, self.target.height, before):
            return
        if self._room[:2] == before[:2]:
            self._make_way(width, height, before.above)
        elif self._is_fitted(self._before_bars(before.above)[0]):
            self._jump(fitted(self._picture, width, height))
        else:
            self._jump(kept_visible(self.target.resized(width, height), self._picture))

    @property
    def without_bars(self) -> View | None:
        """The target as it is once the bars are gone."""
        if self.target is None:
            return None
        width, height, above = self._room
        return self._between_bars(width, height, 0, *self._before_bars(above))

    def _make_way(self, width: int, height: int, above: int) -> None:
        """Bars took ``above`` rows of the view's top; now they leave another part of its room."""
        view, taken = self._before_bars(above)
        became = self._between_bars(width, height, self._room.above, view, taken)
        barred = (width, height) != self._room[:2]
        self._given = _Given(view, taken, became) if barred else None
        self._shift(became, self._room.above - above)

    def _shift(self, view: View, first_row: int) -> None:
        """Be at a view that begins at another row; a zoom on its way goes on to it."""
        if self._start is None or self.shown is None:
            self._jump(view)
            return
        size = view.width, view.height
        self._start = self._start.resized(*size, first_row)
        self.target, self.shown = view, self.shown.resized(*size, first_row)
        self.target_changed.emit()
        self.shown_changed.emit()

    def _before_bars(self, above: int) -> tuple[View, int]:
        """The target as it was before bars changed it, and the rows they took of its top then."""
        assert self.target is not None
        given = self._given
        if given is not None and given.became == self.target:
            return given.view, given.above
        return self.target, above

    def _between_bars(self, width: int, height: int, above: int, view: View, taken: int) -> View:
        """What is left of a view between bars; without them, all of a picture that was fitted."""
        if (width, height) == self._room[:2] and self._is_fitted(view):
            return fitted(self._picture, width, height)
        return kept_visible(view.resized(width, height, above - taken), self._picture)

    def zoom(self, log2_factor: float, x: float, y: float) -> None:
        """Zoom about a device point by ``2^log2_factor``, within the limits."""
        if self.target is None:
            return
        view = self.target
        wanted = self._within(view.log2_scale + log2_factor)
        # Limits may lie on the far side of a view that a resize left outside them.
        if (wanted - view.log2_scale) * log2_factor > 0.0:
            zoomed = view.zoomed(wanted - view.log2_scale, x, y)
            self._ease(kept_visible(zoomed, self._picture))

    def scale_to(self, scale: float, x: float, y: float) -> None:
        """Go to an exact scale near a device point, source pixels on device pixels."""
        if self.target is None:
            return
        allowed = self._within(math.log2(scale))
        exact = scale if allowed == math.log2(scale) else math.exp2(allowed)
        self._ease(kept_visible(self.target.scaled_to(exact, x, y), self._picture))

    def fit(self) -> None:
        """Show the whole picture."""
        if self.target is not None:
            self._ease(fitted(self._picture, self.target.width, self.target.height))

    @property
    def fits(self) -> bool:
        """Whether the whole picture is shown as `fit` shows it."""
        return self.target is not None and self._is_fitted(self.target)

    def _is_fitted(self, view: View) -> bool:
        return same_view(view, fitted(self._picture, view.width, view.height))

    def pan(self, dx: int, dy: int) -> None:
        """Move the picture by whole device pixels."""
        if self.target is not None:
            self.pan_from(self.target, dx, dy)

    def pan_from(self, start: View, dx: int, dy: int) -> None:
        """Move the picture by whole device pixels from where it was (a drag's total)."""
        view = kept_visible(start.panned(dx, dy), self._picture)
        if view != self.target:
            self._jump(view)

    def centre_on(self, x: float, y: float) -> None:
        """Bring a source point to the middle, on the same lattice."""
        if self.target is None:
            return
        scale = self.target.scale
        dx, dy = round((self.target.x - x) * scale), round((self.target.y - y) * scale)
        self.pan(dx, dy)

    def _within(self, log2_scale: float) -> float:
        assert self.target is not None
        return within_limits(log2_scale, self._picture, self.target.width, self.target.height)

    def _jump(self, view: View) -> None:
        """Be there at once."""
        self._ticker.stop()
        self.target = self.shown = view
        self._start = None
        if self.moving:
            self._rest.start()
        self.target_changed.emit()
        self.shown_changed.emit()

    def _ease(self, view: View) -> None:
        """Go there, the first step now."""
        if view == self.target:
            return
        self.moving = True
        self._rest.start()
        self._start, self.target = self.shown, view
        self._started = self._clock() - FRAME
        if self.animated:
            self._ticker.start(round(AFTER_INPUT * 1000))
        self.target_changed.emit()
        self._tick()

    def _next_frame(self) -> None:
        self._ticker.setInterval(round(FRAME * 1000))
        self._tick()

    def _tick(self) -> None:
        if self._start is None or self.target is None:
            self._ticker.stop()
            return
        t = (self._clock() - self._started) / EASE if self.animated else 1.0
        self.shown = between(self._start, self.target, _eased(t))
        if self.shown == self.target:
            self._start = None
            self._ticker.stop()
        self.shown_changed.emit()

    def _settle(self) -> None:
        if self._start is not None:
            self._rest.start()
            return
        self.moving = False
        self.settled.emit()


def _eased(t: float) -> float:
    """Fast at first, slow at the end: ``1 − (1 − t)³``."""
    return 1.0 if t >= 1.0 else 1.0 - (1.0 - t) ** 3
