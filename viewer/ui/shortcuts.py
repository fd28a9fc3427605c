"""The sheet of all keys and gestures, made from the window's own actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAction, QFontMetricsF, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from viewer.ui import theme, widgets_paint
from viewer.ui.widgets_buttons import Button
from viewer.ui.widgets_scroll import FittedScroll
from viewer.ui.widgets_text import ElidedLabel

_ROW: Final = 28
_BESIDE: Final = QSize(48, 116)
"""Margins, and the rows of the title and of the button."""
_SIGNS: Final = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "-": "−"}
_MORE: Final = "keys"
"""Property of an action: keys (list of str) that it has besides its shortcuts."""


def key_names(action: QAction) -> list[str]:
    """The keys of an action, readable: ["F", "0", "Home"], ["Ctrl+O"]."""
    native = QKeySequence.SequenceFormat.NativeText
    names = [sequence.toString(native) for sequence in action.shortcuts()]
    names += [str(name) for name in action.property(_MORE) or []]
    return list(dict.fromkeys(_signed(name) for name in names if name))


def _signed(name: str) -> str:
    """Arrows as signs. A "+" that is itself the key stays."""
    lead, plus, last = name.rpartition("+") if not name.endswith("+") else (name[:-1], "", "+")
    return f"{lead}{plus}{_SIGNS.get(last, last)}"


def rows_of(actions: Iterable[QAction]) -> list[tuple[str, list[str]]]:
    """What each action with a key does, and its keys, in the actions' order."""
    rows = [(a.text().replace("&", "").rstrip("…"), key_names(a)) for a in actions]
    return [(words, keys) for words, keys in rows if words and keys]


class KeyCaps(QWidget):
    """Keys, each in a small rounded frame, aligned right."""

    def __init__(self, keys: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keys = list(keys)
        self.setFont(theme.sized(self.font(), theme.SMALL_PX))
        self.setAccessibleName(", ".join(self.keys))

    def _widths(self) -> list[int]:
        metrics = QFontMetricsF(self.font())
        return [max(22, round(metrics.horizontalAdvance(key)) + 12) for key in self.keys]

    def sizeHint(self) -> QSize:
        """All caps beside each other."""
        return QSize(sum(self._widths()) + 4 * (len(self.keys) - 1), _ROW)

    def minimumSizeHint(self) -> QSize:
        """Never cut."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw the caps."""
        painter = QPainter(self)
        painter.setFont(self.font())
        left = float(self.width() - self.sizeHint().width())
        for key, width in zip(self.keys, self._widths(), strict=True):
            box = QRectF(left, (self.height() - 20) / 2, width, 20)
            widgets_paint.frame(painter, box, 4, theme.PANEL, theme.RAISED)
            middle = Qt.AlignmentFlag.AlignHCenter
            widgets_paint.text(painter, box, key, theme.TEXT, middle)
            left += width + 4


class ShortcutSheet(QDialog):
    """Two columns of what can be done and the keys for it; ? and Esc close it.

    Attributes:
        rows: (words, keys) as shown: first the actions, then the gestures.
    """

    def __init__(
        self,
        actions: Iterable[QAction],
        gestures: Iterable[tuple[str, str]] = (),
        parent: QWidget | None = None,
    ) -> None:
        """Make the sheet from actions that have a shortcut, and rows (what, gesture)."""
        super().__init__(parent)
        self.setWindowTitle("Keys and gestures")
        self.rows = rows_of(actions) + [(words, [gesture]) for words, gesture in gestures]
        sheet = FittedScroll(self._columns(), _BESIDE)
        title = ElidedLabel("Keys and gestures", theme.TEXT, 16, line_height=24)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        close = Button("Close", "primary")
        close.clicked.connect(self.accept)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(title)
        column.addWidget(sheet, 1)
        column.addLayout(bottom)

    def _columns(self) -> QWidget:
        sheet = QWidget()
        grid = QGridLayout(sheet)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(2)
        half = -(-len(self.rows) // 2)
        for place, (words, keys) in enumerate(self.rows):
            side, row = divmod(place, max(half, 1))
            label = ElidedLabel(words)
            label.setMinimumWidth(label.natural_width())
            grid.addWidget(label, row, 3 * side)
            grid.addWidget(KeyCaps(keys), row, 3 * side + 1)
        grid.setColumnMinimumWidth(2, 24)
        for column in (0, 3):
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(half, 1)
        return sheet

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """The key that opened the sheet closes it; so does Enter."""
        if event.text() == "?" or event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accept()
            return
        super().keyPressEvent(event)
