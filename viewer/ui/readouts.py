"""What the window says of the view in numbers: scale, cursor and colour, region, state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from viewer.imaging.colour import DisplayTransform, to_display
from viewer.ui.canvas import Canvas
from viewer.ui.paced import Paced
from viewer.ui.region_link import RegionLink
from viewer.ui.status_bar import StatusBar


class Readouts(QObject):
    """Keeps the numbers up with the canvas, at a pace that can be read.

    Each costs about as much as a third of a paint of the canvas: at the pace of a movement they
    would take their time from it, and nobody could read them.
    """

    def __init__(self, canvas: Canvas, status: StatusBar, region: RegionLink):
        super().__init__(canvas)
        self._canvas, self._status, self._region = canvas, status, region
        self._numbers = Paced(self._show_numbers, self)
        self._state = Paced(self._show_state, self)
        self._said: tuple[str, float | None] = ("", None)
        canvas.view_changed.connect(self._numbers.ask)
        canvas.camera.shown_changed.connect(self._numbers.ask)
        canvas.hovered.connect(self._hovered)
        canvas.pictures.state_changed.connect(self.set_state)
        for field in (status.scale, *region.fields):
            field.about_to_change.connect(self._catch_up)

    def show_scale(self) -> None:
        """Say the scale, at once."""
        view = self._canvas.camera.target
        if view is not None:
            self._status.set_scale(view.scale)

    def set_state(self, words: str, share: float | None) -> None:
        """Say what the picture is, and the share of it that is done, None at rest.

        Rest is said at once, and so is its end: what is said to be final is.
        """
        resting = None in (share, self._said[1])
        self._said = words, share
        if resting:
            self._state.now()
        else:
            self._state.ask()

    def _catch_up(self) -> None:
        """What a person changes is what there is now."""
        if self._numbers.pending:
            self._numbers.now()

    def _show_state(self) -> None:
        self._status.set_state(*self._said)

    def _hovered(self, point: tuple[float, float] | None) -> None:
        if point is None:
            self._status.clear_cursor()
        else:
            self._numbers.ask()

    def _show_numbers(self) -> None:
        self.show_scale()
        self._region.show()
        self._show_cursor()

    def _show_cursor(self) -> None:
        """The place under the cursor, and its colour in the source and on the screen."""
        point, scene = self._canvas.source_under_cursor(), self._canvas.scene
        if point is None or scene is None:
            self._status.clear_cursor()
            return
        pixels = scene.source.picture.pixels
        x, y = int(point[0] // 1), int(point[1] // 1)
        most = 255 if pixels.dtype.itemsize == 1 else 65535
        rgb, shown = None, None
        if 0 <= x < scene.source.width and 0 <= y < scene.source.height:
            rgb = tuple(int(value) for value in pixels[y, x])
            sample = pixels[y, x, None].astype(np.float32) / np.float32(most)
            shown = _on_screen(sample, scene.transform)
        self._status.set_cursor(*point, rgb, most, shown)  # type: ignore[arg-type]


def _on_screen(sample: NDArray[np.float32], transform: DisplayTransform) -> QColor:
    """The colour in which the canvas shows a sample ``[1, 3]`` of the source."""
    blue, green, red, _ = map(int, to_display(sample, None, transform)[0])
    return QColor(red, green, blue)
