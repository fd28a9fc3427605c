"""The status bar: file, size, scale, cursor and colour; state, device and time."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from viewer.ui import theme, widgets_paint
from viewer.ui.fields import NumberField
from viewer.ui.notation import SCALE
from viewer.ui.widgets_text import ElidedLabel

HEIGHT: Final = 29
_MARGIN: Final = 16
_GAP: Final = 16
_SCALE_LIMITS: Final = (1e-4, 1e4)
_NAME_WIDTH: Final = 280
_SWATCH: Final = 12
_SLACK: Final = 1e-6


def _show_place(place: float) -> str:
    """One decimal, cut off: what is shown lies in the source pixel of the place, whose colour is.

    A tenth that rounding has made a little less is that tenth, unless the next pixel begins there.
    """
    pixel = math.floor(place)
    return f"{pixel + min(math.floor((place - pixel) * 10 + _SLACK), 9) / 10:.1f}"


class ColourPatch(QWidget):
    """A small square of one colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.colour = QColor(0, 0, 0)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Fill it."""
        painter = QPainter(self)
        widgets_paint.rule(painter, QRectF(self.rect()), self.colour)


class StatusBar(QWidget):
    """One line of facts, 29 px high; a 2 px line along its top shows refinement.

    Where the window is narrow the cursor's colour goes first, then its place, then the source
    size; names and state are elided, never cut.

    Signals:
        scale_entered(float): the person typed (or stepped) a scale, device pixels a source pixel.
    """

    scale_entered = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        small, middle = theme.SMALL_PX, Qt.TextElideMode.ElideMiddle
        self.name = ElidedLabel("", theme.TEXT, small, self, elide=middle)
        self.size_text = ElidedLabel("", theme.DIM, small, self, tabular=True)
        self.scale = NumberField(SCALE, *_SCALE_LIMITS, "Scale", self, flat=True, padding=6)
        self.scale.setToolTip("Scale: type 400, 4x or 1:2")
        self.scale.value_edited.connect(self.scale_entered)
        self.cursor_text = ElidedLabel("", theme.DIM, small, self, tabular=True)
        self.patch = ColourPatch(self)
        self.colour_text = ElidedLabel("", theme.DIM, small, self, tabular=True)
        right = Qt.AlignmentFlag.AlignRight
        self.state = ElidedLabel("", theme.DIM, small, self, align=right, tabular=True)
        self._state, self._device = "", ""
        self._fraction: float | None = None
        self._has_cursor, self._has_colour = False, False
        self._cursor_room, self._colour_room = 0, 0
        self.clear()

    @property
    def fraction(self) -> float | None:
        """How much of the refinement line is drawn, 0..1; None when there is none."""
        return self._fraction

    def set_file(self, name: str, width: int, height: int) -> None:
        """Show the file's name and its size in source pixels."""
        self.name.setText(name)
        self.size_text.setText(f"{width} × {height}")
        # Rooms that fit every place in this picture: the words beside them do not jump about.
        figures = "0" * len(str(max(width, height)))
        self._cursor_room = self._room(f"x {figures}.0  y {figures}.0")
        self._place()

    def clear(self) -> None:
        """There is no picture."""
        self.name.setText("")
        self.size_text.setText("")
        self.scale.set_value(None)
        self.clear_cursor()
        self.set_state("", None)
        self._place()

    def set_scale(self, scale: float) -> None:
        """Show the scale, in device pixels per source pixel."""
        absent = self.scale.value is None
        self.scale.set_value(scale)
        if absent:
            self._place()

    def set_cursor(
        self,
        x: float,
        y: float,
        rgb: tuple[int, int, int] | None,
        maximum: int = 255,
        shown: QColor | None = None,
    ) -> None:
        """Show a place in source pixels, and the source's colour there (0..``maximum``).

        The patch is the colour as it is ``shown`` on the screen, by default sRGB of the numbers.
        """
        self.cursor_text.setText(f"x {_show_place(x)}  y {_show_place(y)}")
        layout = (True, rgb is not None, self._room("000 " * 3 if maximum < 256 else "00000 " * 3))
        if rgb is not None:
            self.colour_text.setText(" ".join(str(value) for value in rgb))
            colour = shown or QColor.fromRgbF(*(min(value / maximum, 1.0) for value in rgb))
            if colour != self.patch.colour:
                self.patch.colour = colour
                self.patch.update()
        if layout != (self._has_cursor, self._has_colour, self._colour_room):
            self._has_cursor, self._has_colour, self._colour_room = layout
            self._place()

    def clear_cursor(self) -> None:
        """The cursor is not over the picture."""
        if self._has_cursor:
            self._has_cursor = self._has_colour = False
            self._place()

    def set_state(self, words: str, fraction: float | None) -> None:
        """Say what the picture is ("refining 57 %"), and how far it is: 0..1, or None at rest."""
        self._state = words
        fraction = None if fraction is None else min(max(fraction, 0.0), 1.0)
        if fraction != self._fraction:
            self._fraction = fraction
            self.update(0, 0, self.width(), 3)
        self._say()

    def set_device(self, words: str) -> None:
        """Name the device and its precision: "CPU, bf16"."""
        self._device = words
        self._say()

    def _say(self) -> None:
        parts = [words for words in (self._state, self._device) if words]
        words = " · ".join(parts)
        if words != self.state.text():
            self.state.setText(words)
            self._place()

    def _room(self, words: str) -> int:
        return math.ceil(QFontMetricsF(self.cursor_text.font()).horizontalAdvance(words.strip()))

    def resizeEvent(self, _event: QResizeEvent, /) -> None:
        """Place everything anew."""
        self._place()

    def _place(self) -> None:
        """From the left as much as fits, the state at the right."""
        has_file, has_scale = bool(self.name.text()), self.scale.value is not None
        name = min(self.name.natural_width(), _NAME_WIDTH) if has_file else 0
        state = self.state.natural_width()
        room = self.width() - 2 * _MARGIN - (state + _GAP if state else 0)
        scale = self.scale.text_width(SCALE.show(_SCALE_LIMITS[1])) if has_scale else 0
        # In the order in which they are given up last to first.
        room -= name + (_GAP + scale if scale else 0)
        wishes = [
            (has_file, self.size_text.natural_width()),
            (self._has_cursor, self._cursor_room),
            (self._has_colour, self._colour_room + _SWATCH + 8),
        ]
        shown: list[bool] = []
        for wanted, width in wishes:
            fits = wanted and all(s or not w for s, (w, _) in zip(shown, wishes, strict=False))
            fits = fits and room >= width + _GAP
            room -= width + _GAP if fits else 0
            shown.append(fits)
        self._arrange(name + min(room, 0), scale, shown)

    def _arrange(self, name: int, scale: int, shown: list[bool]) -> None:
        """Set the geometries, left to right."""
        top, x = 4, _MARGIN
        name = max(name, 24 if self.name.text() else 0)
        self.name.setGeometry(x, top, name, 22)
        self.name.setVisible(name > 0)
        x += name + (12 if name else 0)
        x = self._put(self.size_text, x, self.size_text.natural_width(), shown[0])
        self.scale.setVisible(scale > 0)
        self.scale.setGeometry(x, 3, scale, 24)
        x += scale + _GAP - 6 if scale else 0
        x = self._put(self.cursor_text, x, self._cursor_room, shown[1])
        self.patch.setVisible(shown[2])
        self.patch.setGeometry(x, 9, _SWATCH, _SWATCH)
        x = self._put(self.colour_text, x + _SWATCH + 8, self._colour_room, shown[2])
        end = x if shown[2] else x - _SWATCH - 8
        left = max(end, self.width() - _MARGIN - self.state.natural_width())
        self.state.setGeometry(left, top, max(self.width() - _MARGIN - left, 0), 22)

    def _put(self, label: ElidedLabel, x: int, width: int, shown: bool) -> int:
        """Show a label at ``x`` (or hide it); where the next one begins."""
        label.setVisible(shown)
        label.setGeometry(x, 4, width, 22)
        return x + width + _GAP if shown else x

    def sizeHint(self) -> QSize:
        """A whole window wide."""
        return QSize(800, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """It gives up one thing after the other."""
        return QSize(240, HEIGHT)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw the ground, the hairline, and the refinement over it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.PANEL)
        widgets_paint.rule(painter, QRectF(0, 0, self.width(), widgets_paint.hairline(painter)))
        if self._fraction is not None:
            line = QRectF(0, 0, self.width() * self._fraction, widgets_paint.hairline(painter, 2))
            widgets_paint.rule(painter, line, theme.SIDE_B)
