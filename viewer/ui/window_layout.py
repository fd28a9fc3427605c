"""The window's parts and where they stand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from viewer.rendering.messages import Request
from viewer.ui import focus
from viewer.ui.canvas import Canvas
from viewer.ui.empty_page import EmptyPage
from viewer.ui.export_progress import ExportProgress
from viewer.ui.inspector import Inspector
from viewer.ui.message_bar import MessageBar
from viewer.ui.minimap import Minimap
from viewer.ui.status_bar import StatusBar
from viewer.ui.top_bar import TopBar

MINIMAP_MARGIN = 13
"""Logical pixels between the minimap and the canvas's corner."""


class WindowParts(QWidget):
    """All parts of the window in their places.

    Attributes:
        top, messages, stack, empty, canvas, minimap, inspector, progress, status: the parts.
    """

    def __init__(self, render: Callable[[Request], None], *, animated: bool):
        super().__init__()
        self.top = TopBar()
        self.messages = MessageBar()
        self.empty = EmptyPage()
        self.canvas = Canvas(render, animated=animated)
        self.minimap = Minimap(self.canvas)
        self.inspector = Inspector()
        self.progress = ExportProgress()
        self.canvas.bars = self.messages, self.progress
        self.status = StatusBar()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.canvas)
        self.minimap.hide()
        self._place()

    def _place(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.stack, 1)
        middle.addWidget(self.inspector)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(self.messages)
        column.addLayout(middle, 1)
        column.addWidget(self.progress)
        column.addWidget(self.status)

    def make_way(self) -> None:
        """Let the canvas make way for bars, and follow those that have gone, at once."""
        self._column.activate()

    def place_minimap(self) -> None:
        """Put the minimap into the canvas's lower right corner."""
        canvas, size = self.canvas, self.minimap.size()
        x = canvas.width() - size.width() - MINIMAP_MARGIN
        y = canvas.height() - size.height() - MINIMAP_MARGIN
        self.minimap.move(x, y)

    def minimap_fits(self) -> bool:
        """Whether the minimap leaves enough to see of the pane that it lies over."""
        comparison, device = self.canvas.comparison, self.canvas.device
        if not comparison.panes_apart:
            return True
        width, height = comparison.view_size(device.width, device.height)
        taken = self.minimap.size() * (2 * device.ratio)
        return taken.width() <= width and taken.height() <= height

    def set_chrome(self, shown: bool, inspector: bool) -> None:
        """Show or hide everything around the picture."""
        focus.show(self.top, shown)
        focus.show(self.status, shown)
        focus.show(self.inspector, shown and inspector)
