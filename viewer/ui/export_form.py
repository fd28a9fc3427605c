"""The export dialog's widgets in their column, without what they mean."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from viewer.imaging.writers import Format
from viewer.ui import theme, widgets_paint
from viewer.ui.export_choice import SizedBy
from viewer.ui.export_fields import LiveField
from viewer.ui.widgets_buttons import Button, Segment, Segmented
from viewer.ui.widgets_choices import Choice
from viewer.ui.widgets_combo import ChoiceBox
from viewer.ui.widgets_slider import Slider
from viewer.ui.widgets_text import ElidedLabel

_SIZES: tuple[tuple[str, SizedBy], ...] = (
    ("Scale", "scale"),
    ("Width", "width"),
    ("Height", "height"),
)
_WIDTH = 520
_GAP = 14
_NEAR = 4
_HALF = 12


class ExportForm(QWidget):
    """Labels above fields, in one column; the primary button at the lower right.

    Attributes:
        title: the heading.
        area: which part of the picture, "view" or "whole".
        on_screen: sets the canvas's scale.
        scale, columns, rows: the size, linked.
        sizes: those three, by what they set.
        sides: a side such as "b", or several such as "ab".
        format: the suffix that stands for the format.
        bits, quality: shown where the format has a choice.
        path, browse: the file.
        summary, notice: what will come out, and what is in the way.
        cancel, export: the buttons.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setProperty("role", "title")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.area = ChoiceBox("Part of the picture")
        self.on_screen = Button("", "link", padding=2, height=18, pixels=theme.SMALL_PX)
        self.scale = LiveField("Scale", steps=True)
        self.columns = LiveField("Width in pixels", steps=True)
        self.rows = LiveField("Height in pixels", steps=True)
        self.sizes: dict[SizedBy, LiveField] = {
            "scale": self.scale,
            "width": self.columns,
            "height": self.rows,
        }
        self.sides = ChoiceBox("Sampler", swatch=_paint_sides)
        self.format = ChoiceBox("Format")
        self.bits = Segmented([Segment("8", "8 bit"), Segment("16", "16 bit")], width=60)
        self.quality = Slider(1, 100, 95, 99)
        self.quality_number = ElidedLabel("95", tabular=True, align=Qt.AlignmentFlag.AlignRight)
        self.path = LiveField("File")
        self.browse = QPushButton("Browse…")
        self.summary = ElidedLabel(tabular=True)
        self.notice = ElidedLabel(pixels=theme.SMALL_PX, lines=2, line_height=18)
        self.cancel = QPushButton("Cancel")
        self.export = QPushButton("Export")
        self._detail_label = _label("")
        self._build()

    def quality_value(self) -> int:
        """The quality, 1 to 100."""
        return round(self.quality.level())

    def set_quality(self, quality: int) -> None:
        """Move the quality."""
        self.quality.set_level(quality)
        self.quality_number.setText(str(quality))

    def show_size(self, scale: str, columns: int, rows: int) -> None:
        """Show the three linked numbers."""
        self.scale.show_words(scale)
        self.columns.show_words(str(columns))
        self.rows.show_words(str(rows))

    def show_screen(self, scale: str, offered: bool) -> None:
        """Offer the canvas's scale, where another one is set."""
        self.on_screen.setText(f"×{scale} on screen")
        self.on_screen.updateGeometry()
        self.on_screen.setVisible(offered)

    def show_detail(self, kind: Format) -> None:
        """Show the depth or the quality, where a format has a choice of one of them."""
        deep = len(kind.depths) > 1
        self._detail_label.setText("Depth" if deep else "Quality")
        self._detail_label.setVisible(deep or kind.quality)
        self.bits.setVisible(deep)
        self._quality_row.setVisible(kind.quality and not deep)
        self.quality_number.setText(str(self.quality_value()))

    def show_notice(self, words: str, colour: QColor) -> None:
        """Say one thing about the outcome."""
        self.notice.set_colour(colour)
        self.notice.setText(words)

    def show_sides(self, titles: Mapping[str, str]) -> None:
        """Name the samplers of the sides, to be exported alone, A with B, or all together."""
        alone = [Choice(side, f"{side.upper()} · {title}") for side, title in titles.items()]
        together = dict.fromkeys(("ab", "".join(titles)))
        beside = [Choice(sides, f"{_listed(sides)} side by side") for sides in together]
        self.sides.set_entries([("", [*alone, *beside])])

    def _build(self) -> None:
        self.setFixedWidth(_WIDTH)
        self._prepare_buttons()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(0)
        column.addWidget(self.title)
        column.addSpacing(16)
        for row in (
            _field("Area", self.area),
            self._size(),
            _field("Sampler", self.sides),
            self._encoding(),
            self._file(),
        ):
            column.addLayout(row)
            column.addSpacing(_GAP)
        column.addSpacing(2)
        column.addWidget(self.summary)
        column.addSpacing(4)
        self.notice.setFixedHeight(36)
        column.addWidget(self.notice)
        column.addSpacing(12)
        column.addLayout(self._actions())

    def _prepare_buttons(self) -> None:
        for button in (self.browse, self.cancel, self.export):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.export.setDefault(True)
        self.export.setMinimumWidth(96)

    def _size(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(_NEAR)
        for place, (words, by) in enumerate(_SIZES):
            field = self.sizes[by]
            grid.addWidget(_label(words, field), 0, 2 * place)
            grid.addWidget(field, 1, 2 * place)
            grid.setColumnStretch(2 * place, 4 if by == "scale" else 3)
        for place, words in ((1, "="), (3, "×")):
            sign = ElidedLabel(words, theme.DIM, align=Qt.AlignmentFlag.AlignHCenter)
            sign.setFixedWidth(10)
            grid.addWidget(sign, 1, place)
        self.on_screen.setToolTip("Take the scale of the canvas")
        grid.addWidget(self.on_screen, 0, 0, Qt.AlignmentFlag.AlignRight)
        return grid

    def _encoding(self) -> QHBoxLayout:
        self._quality_row = QWidget()
        self.quality.setAccessibleName("Quality")
        self.quality_number.setFixedWidth(30)
        self.bits.setFixedHeight(30)
        row = QHBoxLayout(self._quality_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.quality, 1)
        row.addWidget(self.quality_number)
        self._quality_row.setFixedHeight(30)
        right = QVBoxLayout()
        right.setSpacing(_NEAR)
        right.addWidget(self._detail_label)
        right.addWidget(self.bits)
        right.addWidget(self._quality_row)
        right.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(_HALF)
        both.addLayout(_field("Format", self.format), 1)
        both.addLayout(right, 1)
        return both

    def _file(self) -> QVBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.path, 1)
        row.addWidget(self.browse)
        column = QVBoxLayout()
        column.setSpacing(_NEAR)
        column.addWidget(_label("File", self.path))
        column.addLayout(row)
        return column

    def _actions(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.export)
        return row


def _label(words: str, buddy: QWidget | None = None) -> ElidedLabel:
    label = ElidedLabel(words, theme.DIM, theme.SMALL_PX, line_height=18)
    if buddy is not None:
        label.setBuddy(buddy)
    return label


def _field(words: str, field: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(_NEAR)
    column.addWidget(_label(words, field))
    column.addWidget(field)
    return column


def _listed(sides: str) -> str:
    """Letters in a sentence: "A and B", "A, B and C"."""
    letters = sides.upper()
    return f"{', '.join(letters[:-1])} and {letters[-1]}"


def _paint_sides(painter: QPainter, room: QRectF, key: str) -> None:
    """A dot in the colour of each side, at the right end of the room."""
    for place, side in enumerate(reversed(key)):
        centre = QPointF(room.right() - 5 - 14 * place, room.center().y())
        widgets_paint.dot(painter, centre, 5, theme.side_colour(side))
