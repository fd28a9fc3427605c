"""The inspector's choice of a sampler for one side, with where it comes from and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from viewer.ui import theme, widgets_paint
from viewer.ui.widgets_choices import Choice
from viewer.ui.widgets_combo import ChoiceBox
from viewer.ui.widgets_text import ElidedLabel, plain_tip

if TYPE_CHECKING:
    from models.catalogue import Description

_OPEN: Final = "open-model"
_OPENED: Final = "opened"
_GROUPS: Final = ("interpolation", "continuous", "fixed-scale", _OPENED, "gradient")
"""The order of the groups in the list; others come last."""


class SideHeader(QWidget):
    """The dot and the letter of a side."""

    def __init__(self, side: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self.setFixedHeight(20)

    def paintEvent(self, _event: QPaintEvent, /) -> None:
        """Draw both."""
        painter = QPainter(self)
        painter.setFont(self.font())
        box = QRectF(self.rect())
        widgets_paint.dot(painter, QPointF(5, 10), 5, theme.side_colour(self._side))
        widgets_paint.text(painter, box.adjusted(18, 0, 0, 0), self._side.upper(), theme.TEXT)


class SamplerPanel(QWidget):
    """Which sampler a side shows; an ``optional`` side may have none.

    Signals:
        sampler_chosen(str): the person took another sampler; its name, "" for none.
        open_model_requested(): the person wants a model from a file.
    """

    sampler_chosen = Signal(str)
    open_model_requested = Signal()

    def __init__(self, side: str, parent: QWidget | None = None, *, optional: bool = False) -> None:
        super().__init__(parent)
        self._optional = optional
        self._descriptions: dict[str, Description] = {}
        self._strangers: list[str] = []
        name = f"Sampler of side {side.upper()}"
        self.box = ChoiceBox(name, self, mark=theme.side_colour(side))
        self._lines = [
            ElidedLabel("", theme.DIM, theme.SMALL_PX, self, line_height=17, tabular=True)
            for _ in range(2)
        ]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 4, 11)
        column.setSpacing(0)
        column.addWidget(SideHeader(side, self))
        column.addSpacing(5)
        column.addWidget(self.box)
        column.addSpacing(5)
        for line in self._lines:
            column.addWidget(line)
        self.box.choice_made.connect(self._choose)
        self.box.command_given.connect(lambda _key: self.open_model_requested.emit())
        self.set_samplers([])

    def set_samplers(self, descriptions: Sequence[Description]) -> None:
        """Fill the list: what there is by groups, and what there could be with how to get it."""
        self._descriptions = {item.name: item for item in descriptions}
        self._strangers = [name for name in self._strangers if name not in self._descriptions]
        self._fill()

    def set_choice(self, name: str) -> None:
        """Show a sampler as chosen; a name that is not in the list is added as an opened file."""
        if name and name not in self._descriptions and name not in self._strangers:
            self._strangers.append(name)
            self._fill()
        self.box.set_current(name)
        self._describe()

    def lines(self) -> list[str]:
        """The lines below the box that are shown."""
        return [line.text() for line in self._lines if line.text()]

    def _fill(self) -> None:
        groups: dict[str, list[Choice]] = {}
        for item in self._descriptions.values():
            groups.setdefault(item.group, []).append(_choice(item))
        for name in self._strangers:
            groups.setdefault(_OPENED, []).append(Choice(name, PurePath(name).name, tip=name))
        sections = [(group.capitalize(), groups[group]) for group in sorted(groups, key=_rank)]
        none = [("", [Choice("", "Off")])] if self._optional else []
        self.box.set_entries([*none, *sections], [Choice(_OPEN, "Open model…")])
        self._describe()

    def _choose(self, name: str) -> None:
        self._describe()
        self.sampler_chosen.emit(name)

    def _describe(self) -> None:
        """The two lines: provenance and cost, or the path of an opened file."""
        name = self.box.current
        found = self._descriptions.get(name)
        texts = [found.provenance, found.cost] if found is not None else [name, ""]
        shown = [words for words in texts if words]
        for line, words in zip(self._lines, [*shown, "", ""], strict=False):
            line.setText(words)
            line.setVisible(bool(words))
            line.set_elide(Qt.TextElideMode.ElideRight if found else Qt.TextElideMode.ElideMiddle)
        title = found.title if found is not None else name
        self.box.setToolTip(plain_tip(found.note if found is not None and found.note else title))


def _choice(item: Description) -> Choice:
    """A sampler as an entry of the list."""
    note = "" if item.available else item.note
    return Choice(item.name, item.title, item.available, item.note, item.summary, note)


def _rank(group: str) -> int:
    return _GROUPS.index(group) if group in _GROUPS else len(_GROUPS)
