"""The inspector's region: its four numbers, its size in the output, how it is drawn."""

from __future__ import annotations

import math
from typing import Final, Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from models.samplers.grid import Region
from viewer.ui import theme
from viewer.ui.fields import NumberField
from viewer.ui.notation import PIXELS
from viewer.ui.widgets_buttons import Button, Toggle
from viewer.ui.widgets_gradient import header
from viewer.ui.widgets_text import ElidedLabel

Part = Literal["x", "y", "width", "height"]
_PARTS: Final[tuple[tuple[Part, str, str], ...]] = (
    ("x", "x", "Left edge of the region"),
    ("y", "y", "Top edge of the region"),
    ("width", "w", "Width of the region"),
    ("height", "h", "Height of the region"),
)
_FAR: Final = 1e6


def edited(
    region: Region, part: Part, value: float, *, ratio: float | None, snapped: bool
) -> Region:
    """The region after one of its numbers was set to ``value`` source pixels.

    ``ratio`` is width over height to keep; ``snapped`` rounds the edges to whole pixels (at least
    one).
    """
    after = region._replace(**{part: value})
    if ratio is not None and part == "width":
        after = after._replace(height=value / ratio)
    if ratio is not None and part == "height":
        after = after._replace(width=value * ratio)
    if not snapped:
        return after
    x, y, width, height = (math.floor(number + 0.5) for number in after)
    return Region(x, y, max(width, 1), max(height, 1))


def output_size(region: Region, scale: float) -> str:
    """What an export of the region at a scale measures: "1160 × 826 px · ×8.00"."""
    columns, rows = region.size_at(scale)
    factor = f"{scale:.2f}" if scale >= 1 else f"{scale:.3g}"
    return f"{columns} × {rows} px · ×{factor}"


class RegionPanel(QWidget):
    """The region drawn on the canvas or, when there is none, the visible one.

    Signals:
        region_edited(Region): the person changed a number; the whole new region.
        region_cleared(): the person wants none.
        aspect_locked(bool), snap_changed(bool): the two ways of drawing were switched.
    """

    region_edited = Signal(object)
    region_cleared = Signal()
    aspect_locked = Signal(bool)
    snap_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._region: Region | None = None
        self._ratio: float | None = None
        self.fields: dict[Part, NumberField] = {}
        for part, _letter, name in _PARTS:
            lowest = 0.1 if part in ("width", "height") else -_FAR
            field = NumberField(PIXELS, lowest, _FAR, name)
            field.value_edited.connect(lambda value, part=part: self._edit(part, value))
            self.fields[part] = field
        self._visible = ElidedLabel("visible", theme.DIM)
        self.clear = Button("Clear", "link", padding=0, height=20)
        self.clear.setAccessibleName("Clear the region")
        self.clear.clicked.connect(self.region_cleared)
        dim = ElidedLabel("out", theme.DIM, theme.SMALL_PX)
        dim.setFixedWidth(26)
        self._out_word = dim
        self.output = ElidedLabel("", theme.TEXT, theme.SMALL_PX, tabular=True)
        self.lock = Toggle("Lock aspect")
        self.lock.setToolTip("Keep the region's width : height")
        self.snap = Toggle("Snap to pixels")
        self.snap.setToolTip("Keep the region's edges between source pixels")
        self.lock.toggled.connect(self._lock)
        self.lock.toggled.connect(self.aspect_locked)
        self.snap.toggled.connect(self.snap_changed)
        self._build()
        self.set_region(None)

    def _build(self) -> None:
        """Tab goes in the order in which the layout takes the widgets in."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(0)
        column.addLayout(header("Region", self._visible, self.clear))
        column.addSpacing(5)
        column.addLayout(self._grid())
        column.addSpacing(8)
        out = QHBoxLayout()
        out.setSpacing(0)
        out.addWidget(self._out_word)
        out.addWidget(self.output, 1)
        column.addLayout(out)
        column.addSpacing(6)
        ways = QHBoxLayout()
        ways.setSpacing(16)
        ways.addWidget(self.lock, 1)
        ways.addWidget(self.snap, 1)
        column.addLayout(ways)

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(6)
        for place, (part, letter, _name) in enumerate(_PARTS):
            row, column = divmod(place, 2)
            label = ElidedLabel(letter, theme.DIM, theme.SMALL_PX)
            label.setFixedWidth(16)
            label.setBuddy(self.fields[part])
            grid.addWidget(label, row, 3 * column)
            grid.addWidget(self.fields[part], row, 3 * column + 1)
        grid.setColumnMinimumWidth(2, 16)
        return grid

    def set_region(self, region: Region | None, visible: bool = True, scale: float = 1.0) -> None:
        """Show a region at a scale, without a signal; None where there is no picture.

        ``visible`` says that none is drawn and this one is what the canvas shows.
        """
        self._region = region
        for part, field in self.fields.items():
            field.set_value(None if region is None else float(getattr(region, part)))
            field.setEnabled(region is not None)
        self.output.setText("" if region is None else output_size(region, scale))
        self._out_word.setVisible(region is not None)
        self._visible.setVisible(region is not None and visible)
        self.clear.setVisible(region is not None and not visible)
        for toggle in (self.lock, self.snap):
            toggle.setEnabled(region is not None)

    def _lock(self, locked: bool) -> None:
        """Remember the ratio to keep: that of a region rounded to pixels is another each time."""
        region = self._region
        self._ratio = region.width / region.height if locked and region is not None else None

    def _edit(self, part: Part, value: float) -> None:
        if self._region is None:
            return
        snapped = self.snap.isChecked()
        after = edited(self._region, part, value, ratio=self._ratio, snapped=snapped)
        changed = after != self._region
        # Before the signal, as the answer to it may be another region.
        self._show(after)
        if changed:
            self.region_edited.emit(after)

    def _show(self, region: Region) -> None:
        self._region = region
        for part, field in self.fields.items():
            field.set_value(float(getattr(region, part)))
