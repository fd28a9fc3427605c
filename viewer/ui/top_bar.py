"""The top bar: opening, the compare mode, what the tools at the right switch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QWidget

from viewer.ui import theme, widgets_paint
from viewer.ui.widgets_buttons import Button, Segment, Segmented
from viewer.ui.widgets_text import plain_tip

HEIGHT: Final = 45
"""44 px of bar and the line below it."""
MODES: Final = (
    Segment("single", "Single", "One picture, B alone (Alt+1)"),
    Segment("split", "Split", "A and B at the two sides of a divider (Alt+2)"),
    Segment("side", "Side", "A and B beside each other, one view (Alt+3)"),
    Segment("flip", "Flip", "A while Space is held, else B (Alt+4)"),
    Segment("diff", "Diff", "The amplified difference of A and B (Alt+5)"),
    Segment("grid", "Grid", "Two to four samplers beside and below each other, one view (Alt+6)"),
)
_MARGIN: Final = 16
_GAP: Final = 8
_FOLDER_WIDTH: Final = 300


def _escaped(words: str) -> str:
    """Words for a menu, where "&" marks a key and a tab a second column."""
    return words.replace("&", "&&").replace("\t", " ")


class TopBar(QWidget):
    """Open… and recent files at the left, the compare mode in the window's middle, tools right.

    Signals:
        open_requested(): a file dialog is wanted.
        recent_requested(Path): a recent file is wanted.
        mode_chosen(str): "single", "split", "side", "flip", "diff" or "grid".
        gradient_toggled(bool), region_toggled(bool): the tools were switched.
        export_requested(): the export dialog is wanted.
    """

    open_requested = Signal()
    recent_requested = Signal(object)
    mode_chosen = Signal(str)
    gradient_toggled = Signal(bool)
    region_toggled = Signal(bool)
    export_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.open = Button("Open…", "flat", self, padding=10)
        self.recent = Button("", "flat", self, icon_name="chevron-down", icon_size=12, padding=6)
        self.modes = Segmented(MODES, self)
        self.gradient = Button("Gradient", "outline", self)
        self.region = Button("Region", "outline", self)
        self.export = Button("Export…", "primary", self)
        self.recent_menu = QMenu(self)
        self._dress()
        self._connect()
        self.set_recent([])
        self.set_has_picture(False)

    def _dress(self) -> None:
        self.open.setToolTip("Open a picture (Ctrl+O)")
        self.recent.setToolTip("Recent pictures")
        self.recent.setAccessibleName("Recent pictures")
        self.modes.setAccessibleName("Compare mode")
        self.gradient.setCheckable(True)
        self.gradient.setToolTip("Lay the gradient map over the picture (G)")
        self.region.setCheckable(True)
        self.region.setToolTip("Draw a region (R)")
        self.export.setToolTip("Write the region or the view to a file (Ctrl+E)")
        self.recent_menu.setToolTipsVisible(True)

    def _connect(self) -> None:
        self.open.clicked.connect(self.open_requested)
        self.recent.clicked.connect(self._show_recent)
        self.modes.chosen.connect(self.mode_chosen)
        self.gradient.clicked.connect(self.gradient_toggled)
        self.region.clicked.connect(self.region_toggled)
        self.export.clicked.connect(self.export_requested)

    def set_mode(self, mode: str) -> None:
        """Show a compare mode as chosen, without a signal. Raises KeyError for any other."""
        self.modes.set_current(mode)

    def set_recent(self, paths: Iterable[Path]) -> None:
        """Fill the menu of recent files."""
        self.recent_menu.clear()
        for path in paths:
            metrics = QFontMetrics(self.font())
            middle = Qt.TextElideMode.ElideMiddle
            name = metrics.elidedText(path.name, middle, _FOLDER_WIDTH)
            folder = metrics.elidedText(str(path.parent), middle, _FOLDER_WIDTH)
            action = self.recent_menu.addAction(f"{_escaped(name)}\t{_escaped(folder)}")
            action.setToolTip(plain_tip(str(path)))
            action.triggered.connect(lambda _on=False, p=path: self.recent_requested.emit(p))
        if self.recent_menu.isEmpty():
            self.recent_menu.addAction("No recent pictures").setEnabled(False)

    def set_gradient(self, on: bool) -> None:
        """Show whether the gradient map is on, without a signal."""
        self.gradient.setChecked(on)

    def set_region(self, on: bool) -> None:
        """Show whether the region tool is on, without a signal."""
        self.region.setChecked(on)

    def set_has_picture(self, has: bool) -> None:
        """Without a picture there is nothing to compare, mark or write."""
        for widget in (self.modes, self.gradient, self.region, self.export):
            widget.setEnabled(has)

    def _show_recent(self) -> None:
        self.recent_menu.popup(self.open.mapToGlobal(QPoint(0, self.open.height() + 4)))

    def _tools(self) -> list[Button]:
        return [self.gradient, self.region, self.export]

    def resizeEvent(self, _event: QResizeEvent, /) -> None:
        """The modes stand in the window's middle as long as there is room; then they shrink."""
        opening = self.open.sizeHint().width()
        # The words, not the invisible ground around them, stand at the margin.
        self.open.setGeometry(_MARGIN - 10, 8, opening, 28)
        self.recent.setGeometry(self.open.geometry().right() - 3, 8, 24, 28)
        right = self.width() - _MARGIN
        for button in reversed(self._tools()):
            width = button.sizeHint().width()
            button.setGeometry(right - width, 8, width, 28)
            right -= width + _GAP
        left = self.recent.geometry().right() + 1 + _GAP
        width = self._modes_width(left, right)
        middle = (self.width() - width) // 2
        self.modes.setGeometry(max(min(middle, right - width), left), 8, width, 28)

    def _modes_width(self, left: int, right: int) -> int:
        """They shrink a little to stay in the middle, and more only where they must."""
        usual, least = self.modes.sizeHint().width(), self.modes.minimumSizeHint().width()
        centred = min(self.width() - 2 * left, 2 * right - self.width())
        narrow = min(usual * 5 // 6, right - left)
        return max(min(usual, max(centred, narrow)), least)

    def minimumSizeHint(self) -> QSize:
        """All controls beside each other."""
        tools = sum(button.sizeHint().width() + _GAP for button in self._tools())
        opening = self.open.sizeHint().width() + 24
        width = opening + self.modes.minimumSizeHint().width() + tools + 2 * _MARGIN
        return QSize(width, HEIGHT)

    def sizeHint(self) -> QSize:
        """All controls at their usual widths."""
        spare = self.modes.sizeHint().width() - self.modes.minimumSizeHint().width()
        return self.minimumSizeHint() + QSize(spare, 0)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw the ground and the line below."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.PANEL)
        pen = widgets_paint.hairline(painter)
        widgets_paint.rule(painter, QRectF(0, self.height() - pen, self.width(), pen))
