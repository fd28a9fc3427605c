"""The inspector's rows of levels: the gradient map and the difference."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from viewer.rendering.colour_maps import COLOUR_MAPS, colours
from viewer.ui import theme, widgets_paint
from viewer.ui.fields import NumberField
from viewer.ui.notation import FACTOR, PERCENT, Notation
from viewer.ui.settings import GAIN_MAX, GAIN_MIN, GradientSettings
from viewer.ui.widgets_choices import Choice
from viewer.ui.widgets_combo import ChoiceBox
from viewer.ui.widgets_slider import Slider
from viewer.ui.widgets_text import ElidedLabel

_PLACES: Final = {"off": "off", "a": "over A", "b": "over B", "all": "over all sides"}
_LABEL_WIDTH: Final = 63
_VALUE_WIDTH: Final = 50
DIFFERENCE_MAX: Final = 64.0


class LevelRow(QWidget):
    """A label, a slider and the same number as a field; 26 px high.

    Signals:
        level_edited(float): the person set another level, either way.
    """

    level_edited = Signal(float)

    def __init__(
        self, label: str, name: str, notation: Notation, slider: Slider, limits: tuple[float, float]
    ) -> None:
        super().__init__()
        self.slider = slider
        self.slider.setAccessibleName(name)
        self.field = NumberField(
            notation,
            *limits,
            name,
            flat=True,
            dim=True,
            align=Qt.AlignmentFlag.AlignRight,
            padding=4,
        )
        self.field.setFixedWidth(_VALUE_WIDTH)
        words = ElidedLabel(label, theme.DIM, theme.SMALL_PX)
        words.setFixedWidth(_LABEL_WIDTH)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(words)
        row.addWidget(self.slider, 1)
        row.addSpacing(1)
        row.addWidget(self.field)
        self.setFixedHeight(26)
        self.slider.level_edited.connect(self._edit)
        self.field.value_edited.connect(self._edit)

    def set_level(self, level: float) -> None:
        """Show a level, without a signal."""
        self.slider.set_level(level)
        self.field.set_value(level)

    def _edit(self, level: float) -> None:
        self.set_level(level)
        self.level_edited.emit(level)


def header(title: str, *right: QWidget, margin: int = 0) -> QHBoxLayout:
    """The first row of a section: its title, and at the right what can be said about it."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, margin, 0)
    row.setSpacing(0)
    row.addWidget(ElidedLabel(title))
    row.addStretch(1)
    for widget in right:
        row.addWidget(widget)
    return row


def paint_ramp(painter: QPainter, box: QRectF, name: str) -> None:
    """A strip with the colours of a colour map."""
    table = colours(name)
    ramp = QImage(table.tobytes(), 256, 1, 256 * 3, QImage.Format.Format_RGB888)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(widgets_paint.snapped(painter, box), ramp)


class GradientPanel(QWidget):
    """Where the gradient map lies, how strong, and in which colours.

    Signals:
        gradient_changed(GradientSettings): the person changed one of them.
    """

    gradient_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = GradientSettings()
        self.place = ChoiceBox("Where the gradient map is shown", flat=True, height=20)
        self.place.set_entries([("", [Choice(key, words) for key, words in _PLACES.items()])])
        self.opacity = LevelRow(
            "Opacity", "Opacity of the gradient map", PERCENT, Slider(0, 1, 0.4, 100), (0.0, 1.0)
        )
        gain = Slider(GAIN_MIN, GAIN_MAX, 4.0, 32, logarithmic=True)
        self.gain = LevelRow("Gain", "Gain of the gradient map", FACTOR, gain, (GAIN_MIN, GAIN_MAX))
        self.colours = ChoiceBox("Colour map", pixels=theme.SMALL_PX, height=24, swatch=paint_ramp)
        self._colours_word = ElidedLabel("Colours", theme.DIM, theme.SMALL_PX)
        names = [Choice(name, name.capitalize()) for name in COLOUR_MAPS]
        self.colours.set_entries([("", names)])
        self._build()
        self._connect()
        self.set_settings(self._settings)

    def _build(self) -> None:
        """Tab goes in the order in which the layout takes the widgets in."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(header("Gradient map", self.place))
        column.addSpacing(4)
        column.addWidget(self.opacity)
        column.addWidget(self.gain)
        column.addSpacing(4)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(0)
        self._colours_word.setFixedWidth(70)
        row.addWidget(self._colours_word)
        row.addWidget(self.colours, 1)
        column.addLayout(row)

    def _connect(self) -> None:
        self.place.choice_made.connect(self._move)
        self.opacity.level_edited.connect(lambda level: self._change(opacity=level))
        self.gain.level_edited.connect(lambda level: self._change(gain=level))
        self.colours.choice_made.connect(lambda name: self._change(colour_map=name))

    @property
    def settings(self) -> GradientSettings:
        """What is shown."""
        return self._settings

    def set_settings(self, settings: GradientSettings) -> None:
        """Show settings, without a signal."""
        self._settings = settings
        self.place.set_current(settings.side if settings.enabled else "off")
        self.opacity.set_level(settings.opacity)
        self.gain.set_level(settings.gain)
        self.colours.set_current(settings.colour_map)
        for widget in (self.opacity, self.gain, self._colours_word, self.colours):
            widget.setEnabled(settings.enabled)

    def _move(self, place: str) -> None:
        if place == "off":
            self._change(enabled=False)
        else:
            self._change(enabled=True, side=place)

    def _change(self, **changes: object) -> None:
        self.set_settings(replace(self._settings, **changes))  # type: ignore[arg-type]
        self.gradient_changed.emit(self._settings)


class DifferencePanel(QWidget):
    """By how much the difference of A and B is amplified.

    Signals:
        difference_changed(float): the person set another factor, 1 to 64.
    """

    difference_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        slider = Slider(1.0, DIFFERENCE_MAX, 8.0, 24, logarithmic=True)
        name = "Factor of the difference"
        self.factor = LevelRow("Factor", name, FACTOR, slider, (1.0, DIFFERENCE_MAX))
        self.factor.set_level(8.0)
        self.factor.level_edited.connect(self.difference_changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(header("Difference", ElidedLabel("|A − B|", theme.DIM), margin=4))
        column.addSpacing(4)
        column.addWidget(self.factor)
