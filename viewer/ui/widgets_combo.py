"""A drop-down list with section headings, painted as the rest of the window."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPointF,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QStandardItemModel,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QListView,
    QWidget,
)

from viewer.ui import own_keys, theme, widgets_paint
from viewer.ui.widgets_choices import KEY, KIND, Choice, ChoiceRows, Swatch, strip

_WAYS: Final = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -5,
    Qt.Key.Key_PageDown: 5,
    Qt.Key.Key_Home: -1000,
    Qt.Key.Key_End: 1000,
}


_FRAME: Final = 20
"""What a list's frame, padding and scroll bar take of its width."""
_WIDEST: Final = 480


def _nearest(index: QModelIndex, way: int) -> QModelIndex:
    """The first row from this one up (-1) or down (1) that can be taken; invalid if none can."""
    while index.isValid() and not index.flags() & Qt.ItemFlag.ItemIsEnabled:
        index = index.siblingAtRow(index.row() + way)
    return index


class _ChoiceList(QListView):
    """The open list. Keys that end at a row that cannot be taken go on to one that can."""

    def moveCursor(
        self, action: QListView.CursorAction, modifiers: Qt.KeyboardModifier, /
    ) -> QModelIndex:
        """Where a key leads: the first row is mostly a heading, at which Qt would not move."""
        index, actions = super().moveCursor(action, modifiers), QListView.CursorAction
        on = 1 if action in (actions.MoveEnd, actions.MovePageDown) else -1
        here, before = self.currentIndex(), _nearest(index, -on)
        # A run of rows that cannot be taken may be longer than a page: then to what is behind it.
        if before == index or (before.isValid() and (before.row() - here.row()) * on > 0):
            return before
        behind = _nearest(index, on)
        return behind if behind.isValid() else here


class ChoiceBox(QComboBox):
    """A choice among entries under headings, and commands below them.

    A command (like "Open model…") is told, but never becomes the choice. The list opens by click,
    Space, F4 or Alt+Down; up and down arrows go through the choices without opening it. The wheel
    acts only where the box has the focus.

    Signals:
        choice_made(str): the person took another entry; its key.
        command_given(str): the person took a command; its key.
    """

    choice_made = Signal(str)
    command_given = Signal(str)

    def __init__(
        self,
        name: str,
        parent: QWidget | None = None,
        *,
        flat: bool = False,
        pixels: int = theme.TEXT_PX,
        height: int = 30,
        mark: QColor = theme.TEXT,
        swatch: Swatch | None = None,
    ) -> None:
        super().__init__(parent)
        self._flat, self._height, self._swatch = flat, height, swatch
        self.setAccessibleName(name)
        self.setFont(theme.sized(self.font(), pixels))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMaxVisibleItems(40)
        self._items = QStandardItemModel(self)
        self.setModel(self._items)
        view = _ChoiceList(self)
        view.setMouseTracking(True)
        # By rows of unlike heights the list would end in an empty piece.
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setView(view)
        self._rows = ChoiceRows(self, mark, swatch)
        self.setItemDelegate(self._rows)
        self._current = ""
        self.activated.connect(self._take)

    def set_entries(
        self,
        sections: Iterable[tuple[str, Iterable[Choice]]],
        commands: Iterable[Choice] = (),
    ) -> None:
        """Fill the list: (heading or "", choices) …, then commands. The choice stays if it can."""
        with QSignalBlocker(self):
            self._items.clear()
            for heading, choices in sections:
                if heading:
                    self._items.appendRow(Choice("", heading, enabled=False).item("heading"))
                for choice in choices:
                    self._items.appendRow(choice.item("choice"))
            for command in commands:
                self._items.appendRow(command.item("command"))
            self.setCurrentIndex(self._row(self._current))
        self.updateGeometry()
        self.update()

    @property
    def current(self) -> str:
        """Key of the choice, "" before there is one."""
        return self._current

    def keys(self) -> list[str]:
        """Keys of the choices, in order."""
        rows = range(self._items.rowCount())
        return [self._key(row) for row in rows if self._kind(row) == "choice"]

    def set_current(self, key: str) -> None:
        """Show a choice, without a signal. Raises KeyError if the list has none such."""
        row = self._row(key)
        if row < 0:
            raise KeyError(key)
        self._current = key
        with QSignalBlocker(self):
            self.setCurrentIndex(row)
        self.updateGeometry()
        self.update()

    def _kind(self, row: int) -> str:
        return str(self._items.item(row).data(KIND))

    def _key(self, row: int) -> str:
        return str(self._items.item(row).data(KEY))

    def _row(self, key: str) -> int:
        rows = range(self._items.rowCount())
        found = (r for r in rows if self._kind(r) == "choice" and self._key(r) == key)
        return next(found, -1)

    def _take(self, row: int) -> None:
        key = self._key(row)
        if self._kind(row) == "command":
            with QSignalBlocker(self):
                self.setCurrentIndex(self._row(self._current))
            self.update()
            self.command_given.emit(key)
        elif key != self._current:
            self._current = key
            self.updateGeometry()
            self.choice_made.emit(key)

    def event(self, event: QEvent, /) -> bool:
        """Keep the keys that mean something here from the window's commands."""
        return own_keys.keeps(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Keys go through the choices only: no command is given by accident."""
        way = _WAYS.get(Qt.Key(event.key()))
        if way is not None and not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self._move(way)
        elif event.text().strip():
            event.ignore()  # letters belong to the window
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent, /) -> None:
        """The wheel chooses only in a box that has the focus."""
        delta = event.angleDelta().y()
        if not self.hasFocus() or not delta:
            event.ignore()
            return
        self._move(-1 if delta > 0 else 1)
        event.accept()

    def _move(self, way: int) -> None:
        keys = [key for key in self.keys() if self._items.item(self._row(key)).isEnabled()]
        if not keys:
            return
        place = keys.index(self._current) + way if self._current in keys else 0
        row = self._row(keys[min(max(place, 0), len(keys) - 1)])
        self.setCurrentIndex(row)
        self._take(row)

    def showPopup(self) -> None:
        """Open the list, wide enough for its words, its right edge below the box's."""
        items = (self._items.item(row) for row in range(self._items.rowCount()))
        widest = max((self._rows.natural_width(item) for item in items), default=0.0)
        width = max(self.width(), min(math.ceil(widest) + _FRAME, _WIDEST))
        self._rows.width = width - _FRAME
        self.view().setMinimumWidth(width)
        self.view().scheduleDelayedItemsLayout()
        # Qt goes on at the row that was left with Esc.
        self.view().setCurrentIndex(self._items.index(self.currentIndex(), 0))
        super().showPopup()
        popup, right = self.view().window(), self.mapToGlobal(self.rect().topRight()).x()
        if popup.width() > self.width():
            popup.move(max(right + 1 - popup.width(), self.screen().geometry().left()), popup.y())

    def sizeHint(self) -> QSize:
        """As wide as its grid wants; a flat one as its words and chevron."""
        words = QFontMetricsF(self.font()).horizontalAdvance(self.currentText())
        return QSize(round(words) + 27 if self._flat else 160, self._height)

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(min(self.sizeHint().width(), 60), self._height)

    def enterEvent(self, event: QEnterEvent, /) -> None:
        """Light up."""
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent, /) -> None:
        """Back to rest."""
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw frame, words (elided in the middle), chevron, focus ring."""
        painter = QPainter(self)
        painter.setFont(self.font())
        box, under = QRectF(self.rect()), self.underMouse() and self.isEnabled()
        if not self._flat:
            line = theme.RAISED if under else theme.LINE
            widgets_paint.frame(painter, box, 5, theme.WINDOW, line)
        ink = theme.TEXT if under or not self._flat else theme.DIM
        ink = ink if self.isEnabled() else theme.FAINT
        align = Qt.AlignmentFlag.AlignRight if self._flat else Qt.AlignmentFlag.AlignLeft
        left, right = (6, 20) if self._flat else (10, 28)
        words = box.adjusted(left, 0, -right, 0)
        if self._swatch and not self._flat:
            painter.setOpacity(1.0 if self.isEnabled() else 0.35)
            self._swatch(painter, strip(words), self._current)
            painter.setOpacity(1.0)
            words.setRight(words.right() - 64)
        elide = Qt.TextElideMode.ElideMiddle
        widgets_paint.text(painter, words, self.currentText(), ink, align, elide)
        chevron = QPointF(box.right() - (9 if self._flat else 16), box.center().y())
        dim = theme.DIM if self.isEnabled() else theme.FAINT
        widgets_paint.icon(painter, "chevron-down", chevron, 10 if self._flat else 12, dim)
        if self.hasFocus():
            widgets_paint.focus_ring(painter, box, 5)
