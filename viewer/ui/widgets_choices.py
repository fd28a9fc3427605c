"""The rows of a drop-down list: headings, choices in one line or more, commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QStandardItem
from PySide6.QtWidgets import QComboBox, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from viewer.ui import theme, widgets_paint
from viewer.ui.widgets_text import break_lines

KEY: Final = Qt.ItemDataRole.UserRole
KIND: Final = Qt.ItemDataRole.UserRole + 1
_DETAIL: Final = Qt.ItemDataRole.UserRole + 2
_NOTE: Final = Qt.ItemDataRole.UserRole + 3
_HEIGHTS: Final = {"choice": 28, "heading": 26, "command": 34}
_LEFT: Final = 30
"""Room for the tick, in logical pixels."""
_RIGHT: Final = 10
_SMALL_LINE: Final = 16
_NOTE_LINES: Final = 3

Index = QModelIndex | QPersistentModelIndex
Swatch = Callable[[QPainter, QRectF, str], None]


@dataclass(frozen=True)
class Choice:
    """One entry.

    Attributes:
        key: what it stands for.
        words: its words.
        enabled: whether it can be taken.
        tip: its tool tip.
        detail: a second line.
        note: further lines that say why it cannot be taken.
    """

    key: str
    words: str
    enabled: bool = True
    tip: str = ""
    detail: str = ""
    note: str = ""

    def item(self, kind: str) -> QStandardItem:
        """The entry in a model, as a ``choice``, ``heading`` or ``command``."""
        item = QStandardItem(self.words)
        for role, value in (
            (KEY, self.key),
            (KIND, kind),
            (_DETAIL, self.detail),
            (_NOTE, self.note),
        ):
            item.setData(value, role)
        spoken = ". ".join(words for words in (self.detail, self.note) if words)
        item.setData(spoken, Qt.ItemDataRole.AccessibleDescriptionRole)
        item.setEnabled(self.enabled)
        # Only rich text is broken into lines.
        item.setToolTip(f"<qt>{escape(self.tip)}</qt>" if self.tip else "")
        return item


class ChoiceRows(QStyledItemDelegate):
    """Paints headings, choices with a tick (and swatch), and commands under a rule.

    Attributes:
        width: of a row, in logical pixels; notes are broken to it.
    """

    def __init__(self, box: QComboBox, mark: QColor, swatch: Swatch | None) -> None:
        super().__init__(box)
        self.width = 0.0
        self._box, self._mark, self._swatch = box, mark, swatch

    def natural_width(self, item: QStandardItem) -> float:
        """Width of a row in which neither words nor detail are cut."""
        words = QFontMetricsF(self._box.font()).horizontalAdvance(item.text())
        detail = QFontMetricsF(self._small()).horizontalAdvance(item.data(_DETAIL))
        strip = 64 if self._swatch else 0
        return _LEFT + max(words + strip, detail) + _RIGHT

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index, /) -> QSize:
        """By the kind of row and the number of its lines."""
        lines = bool(index.data(_DETAIL)) + len(self._note_lines(index))
        return QSize(60, _HEIGHTS[index.data(KIND)] + _SMALL_LINE * lines)

    def _small(self) -> Any:
        return theme.sized(self._box.font(), theme.SMALL_PX, tabular=True)

    def _note_lines(self, index: Index) -> list[str]:
        note = index.data(_NOTE)
        room = max(self.width - _LEFT - _RIGHT, 40.0)
        elide = Qt.TextElideMode.ElideRight
        return break_lines(note, self._small(), room, _NOTE_LINES, elide) if note else []

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index, /) -> None:
        """Draw one row."""
        style: Any = option  # the stubs leave out the option's fields
        room, kind = QRectF(style.rect), index.data(KIND)
        painter.save()
        if kind == "heading":
            painter.setFont(theme.sized(self._box.font(), theme.SMALL_PX))
            words = room.adjusted(10, 4, -10, 0)
            widgets_paint.text(painter, words, index.data(), theme.DIM)
        else:
            self._paint_entry(painter, room, style.state, index)
        painter.restore()

    def _paint_entry(
        self, painter: QPainter, room: QRectF, state: QStyle.StateFlag, index: Index
    ) -> None:
        painter.setFont(self._box.font())
        if index.data(KIND) == "command" and index.row() > 0:
            line = QRectF(room.left() + 10, room.top() + 3, room.width() - 20, 1)
            widgets_paint.rule(painter, line)
            room = room.adjusted(0, 6, 0, 0)
        enabled = bool(state & QStyle.StateFlag.State_Enabled)
        if enabled and state & QStyle.StateFlag.State_Selected:
            widgets_paint.frame(painter, room, 4, theme.RAISED)
        small = [*filter(None, [index.data(_DETAIL)]), *self._note_lines(index)]
        first = QRectF(room)
        first.setHeight(room.height() - _SMALL_LINE * len(small))
        if small:
            first.translate(0, 2)
        self._paint_words(painter, first, enabled, index)
        self._paint_small(painter, first, small, enabled, index)

    def _paint_words(self, painter: QPainter, room: QRectF, enabled: bool, index: Index) -> None:
        """The first line: tick, words, swatch."""
        choice, key = index.data(KIND) == "choice", index.data(KEY)
        if choice and key == self._box.currentData(KEY):
            centre = QPointF(room.left() + 16, room.center().y())
            widgets_paint.icon(painter, "check", centre, 12, self._mark)
        words = room.adjusted(_LEFT, 0, -_RIGHT, 0)
        if self._swatch and choice:
            self._swatch(painter, strip(words), key)
            words.setRight(words.right() - 64)
        ink = theme.TEXT if enabled else theme.FAINT
        elide = Qt.TextElideMode.ElideMiddle
        widgets_paint.text(painter, words, index.data(), ink, elide=elide)

    def _paint_small(
        self, painter: QPainter, first: QRectF, lines: list[str], enabled: bool, index: Index
    ) -> None:
        """The lines below: the detail, and what can be read although the rest is greyed."""
        painter.setFont(self._small())
        line = first.adjusted(_LEFT, 0, -_RIGHT, 0)
        line.setTop(first.bottom() - 4)
        line.setHeight(_SMALL_LINE)
        for place, words in enumerate(lines):
            is_detail = place == 0 and bool(index.data(_DETAIL))
            ink = theme.FAINT if is_detail and not enabled else theme.DIM
            widgets_paint.text(painter, line, words, ink)
            line.translate(0, _SMALL_LINE)


def strip(room: QRectF) -> QRectF:
    """Where a swatch lies at the right of a room."""
    return QRectF(room.right() - 56, room.center().y() - 4, 56, 8)
