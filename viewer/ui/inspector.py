"""The inspector: samplers of the sides, gradient map, difference, region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from models.samplers.grid import Region
from viewer.ui import focus, theme, widgets_paint
from viewer.ui.compare import SIDES
from viewer.ui.settings import GradientSettings
from viewer.ui.widgets_gradient import DifferencePanel, GradientPanel
from viewer.ui.widgets_region import RegionPanel
from viewer.ui.widgets_sampler import SamplerPanel

if TYPE_CHECKING:
    from models.catalogue import Description

WIDTH: Final = 280
# Level fields reach 4 px beyond the column, so that their figures, not their frames, align.
_COLUMN: Final = 252


class _Rule(QWidget):
    """A hairline between sections."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw it."""
        painter = QPainter(self)
        line = QRectF(0, 0, self.width() - 4, widgets_paint.hairline(painter))
        widgets_paint.rule(painter, line)


class Inspector(QWidget):
    """The panel at the right, 280 px wide; it scrolls where the window is too low.

    Attributes:
        samplers: side "a" to "d" → its panel; C and D show in the grid only.
        gradient, difference, region: the other sections.
        area: the scrolling area that holds them all.

    Signals:
        sampler_chosen(str side, str name): another sampler for a side.
        open_model_requested(str side): a model from a file for a side.
        gradient_changed(GradientSettings): something about the gradient map.
        difference_changed(float): another factor of the difference.
        region_edited(Region), region_cleared(): numbers of the region, or none.
        aspect_locked(bool), snap_changed(bool): how regions are drawn.
    """

    sampler_chosen = Signal(str, str)
    open_model_requested = Signal(str)
    gradient_changed = Signal(object)
    difference_changed = Signal(float)
    region_edited = Signal(object)
    region_cleared = Signal()
    aspect_locked = Signal(bool)
    snap_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Inspector")
        self.setFixedWidth(WIDTH)
        self.samplers = {side: SamplerPanel(side, optional=side in "cd") for side in SIDES}
        self.gradient, self.difference, self.region = (
            GradientPanel(),
            DifferencePanel(),
            RegionPanel(),
        )
        self._build()
        self._connect()
        self.set_mode("split")

    def _build(self) -> None:
        content = QWidget()
        content.setFixedWidth(_COLUMN + 15)
        column = QVBoxLayout(content)
        column.setContentsMargins(15, 14, 0, 14)
        column.setSpacing(0)
        for panel in self.samplers.values():
            column.addWidget(panel)
        column.addSpacing(4)
        self._difference_section = QWidget()
        self._add_section(column, self.difference, self._difference_section)
        self._add_section(column, self.gradient, QWidget())
        column.addWidget(_Rule(content))
        column.addSpacing(10)
        column.addWidget(self.region)
        column.addStretch(1)
        self.area = scroll = QScrollArea(self)
        scroll.setObjectName("inspector")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 0, 0)
        outer.addWidget(scroll)

    @staticmethod
    def _add_section(column: QVBoxLayout, panel: QWidget, section: QWidget) -> None:
        """A rule, the panel and the room below it, in a widget that can be hidden whole."""
        inner = QVBoxLayout(section)
        inner.setContentsMargins(0, 0, 0, 11)
        inner.setSpacing(0)
        inner.addWidget(_Rule(section))
        inner.addSpacing(10)
        inner.addWidget(panel)
        column.addWidget(section)

    def _connect(self) -> None:
        for side, panel in self.samplers.items():
            panel.sampler_chosen.connect(lambda name, s=side: self.sampler_chosen.emit(s, name))
            panel.open_model_requested.connect(lambda s=side: self.open_model_requested.emit(s))
        self.gradient.gradient_changed.connect(self.gradient_changed)
        self.difference.difference_changed.connect(self.difference_changed)
        self.region.region_edited.connect(self.region_edited)
        self.region.region_cleared.connect(self.region_cleared)
        self.region.aspect_locked.connect(self.aspect_locked)
        self.region.snap_changed.connect(self.snap_changed)

    def set_samplers(self, descriptions: Sequence[Description]) -> None:
        """Fill the lists of samplers."""
        for panel in self.samplers.values():
            panel.set_samplers(descriptions)

    def set_choice(self, side: str, name: str) -> None:
        """Show which sampler a side ("a" to "d") has, without a signal; "" for none."""
        self.samplers[side].set_choice(name)

    def set_gradient(self, settings: GradientSettings) -> None:
        """Show settings of the gradient map, without a signal."""
        self.gradient.set_settings(settings)

    def set_difference(self, factor: float) -> None:
        """Show the factor of the difference, without a signal."""
        self.difference.factor.set_level(factor)

    def set_mode(self, mode: str) -> None:
        """Show what a compare mode needs: the difference's section, or the samplers of C and D."""
        focus.show(self._difference_section, mode == "diff")
        for side in ("c", "d"):
            focus.show(self.samplers[side], mode == "grid")

    def set_region(self, region: Region | None, visible: bool = True, scale: float = 1.0) -> None:
        """Show a region at a scale, without a signal; see `RegionPanel.set_region`."""
        self.region.set_region(region, visible, scale)

    def sizeHint(self) -> QSize:
        """As wide as it always is."""
        return QSize(WIDTH, 480)

    def minimumSizeHint(self) -> QSize:
        """It scrolls."""
        return QSize(WIDTH, 120)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw the ground and the line at the left."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.PANEL)
        line = QRectF(0, 0, widgets_paint.hairline(painter), self.height())
        widgets_paint.rule(painter, line)
