"""The export dialog: which part, how large, by which sampler, into which file."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, QSize, QStandardPaths, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDialog, QFileDialog, QVBoxLayout, QWidget

from models.samplers.grid import Region
from viewer.imaging.writers import ALL_FORMATS, FORMATS, Format
from viewer.ui import theme
from viewer.ui.export_choice import Area, ExportChoice, ExportContext, SizedBy, Sizing
from viewer.ui.export_form import ExportForm
from viewer.ui.export_memory import ExportMemory
from viewer.ui.export_names import free_path, path_problem, read_path, suggested_name
from viewer.ui.export_words import (
    Draft,
    area_words,
    read_size,
    show_scale_factor,
    size_complaint,
    space_warning,
    stepped_size,
)
from viewer.ui.widgets_choices import Choice
from viewer.ui.widgets_scroll import FittedScroll

__all__ = ["ExportChoice", "ExportContext", "ExportDialog"]


class ExportDialog(QDialog):
    """Asks what to write, and says before the work what it will be or why it cannot.

    Scale, width and height are linked and read while they are typed. A file that exists is only
    replaced after the button said "Replace".

    Attributes:
        form: the widgets.
        problem: why nothing can be exported now, in one sentence, or "".
        replaces: whether the file is there already.
    """

    def __init__(
        self,
        context: ExportContext,
        parent: QWidget | None = None,
        settings: QSettings | None = None,
    ) -> None:
        """``settings`` hold the last values; by default they are the application's own."""
        super().__init__(parent)
        self._context = context
        self._memory = ExportMemory(settings if settings is not None else QSettings())
        self._areas = _areas(context)
        self.form = ExportForm(self)
        self.problem, self.replaces = "", False
        self._size_problem = ""
        self._typed_path: str | None = None
        self._out: Path | None = None
        self._fill()
        self._sizing = self._first_size()
        self._connect()
        self._refresh()
        self.setWindowTitle("Export")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        page = FittedScroll(self.form, QSize(0, 0))
        page.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout.addWidget(page)
        self.form.scale.setFocus()
        self.form.scale.selectAll()

    def choice(self) -> ExportChoice:
        """What the person chose. Raises ValueError with the sentence shown if it is impossible."""
        if self.problem or self._out is None:
            raise ValueError(self.problem)
        draft = self._draft()
        return ExportChoice(
            self._out, draft.grid, draft.sides, draft.depth, draft.quality, self.replaces
        )

    def accept(self) -> None:
        """Take the choice, unless it is impossible or the file has appeared in the meantime."""
        replaced = self.replaces
        self._refresh()
        if not self.problem and self.replaces == replaced:
            self._remember()
            super().accept()

    # At the beginning and at the end.

    def _fill(self) -> None:
        form, memory, context = self.form, self._memory, self._context
        form.title.setText("Export")
        form.area.set_entries([("", [Choice(*entry) for entry in self._area_entries()])])
        form.area.set_current(next(iter(self._areas)))
        form.show_sides(context.titles)
        sides = memory.sides if context.sides is None else "".join(context.sides)
        form.sides.set_current(sides if sides in form.sides.keys() else "b")  # noqa: SIM118
        form.format.set_entries(
            [("", [Choice(each.extensions[0], each.name) for each in ALL_FORMATS])]
        )
        known = form.format.keys()
        form.format.set_current(memory.suffix if memory.suffix in known else known[0])
        deep = context.source.picture.pixels.dtype.itemsize == 2
        depth = memory.depth or (16 if deep else 8)
        form.bits.set_current("16" if depth == 16 else "8")
        form.set_quality(memory.quality or 95)

    def _area_entries(self) -> list[tuple[str, str]]:
        source = self._context.source
        title = "Region" if self._context.drawn else "Visible part"
        words = {"whole": f"Whole picture · {source.width} × {source.height} px"}
        words["view"] = area_words(self._context.region, title)
        return [(key, words[key]) for key in self._areas]

    def _first_size(self) -> Sizing:
        by, value = self._memory.size or ("scale", self._context.scale)
        return self._area.sized(by, value)

    def _remember(self) -> None:
        memory, draft, sizing = self._memory, self._draft(), self._sizing
        on_screen = sizing.by == "scale" and sizing.value == self._context.scale
        memory.size = None if on_screen else (sizing.by, sizing.value)
        memory.sides = self.form.sides.current
        memory.suffix = self.form.format.current
        if len(draft.kind.depths) > 1:
            memory.depth = draft.depth
        if draft.kind.quality:
            memory.quality = draft.quality
        if self._out is not None:
            memory.folder = self._out.parent

    def _connect(self) -> None:
        form = self.form
        form.area.choice_made.connect(lambda _: self._resize(self._sizing.by, self._sizing.value))
        form.on_screen.clicked.connect(lambda: self._resize("scale", self._context.scale))
        for by, field in form.sizes.items():
            field.textEdited.connect(partial(self._type_size, by))
            field.stepped.connect(partial(self._step_size, by))
            field.editingFinished.connect(self._end_typing)
        form.sides.choice_made.connect(self._refresh)
        form.bits.chosen.connect(self._refresh)
        form.quality.level_edited.connect(self._refresh)
        form.format.choice_made.connect(self._choose_format)
        form.path.textEdited.connect(self._type_path)
        form.browse.clicked.connect(self._browse)
        form.cancel.clicked.connect(self.reject)
        form.export.clicked.connect(self.accept)

    # The size.

    @property
    def _area(self) -> Area:
        return self._areas[self.form.area.current]

    def _type_size(self, by: SizedBy, words: str) -> None:
        value = self._read_size(by, words)
        if value is not None:
            self._resize(by, value, typing=by)
            return
        self._size_problem = size_complaint(by, words)
        self._mark_sizes(by)
        self._refresh()

    def _read_size(self, by: SizedBy, words: str) -> float | None:
        # The screen's scale is shown rounded; typed as it is shown, it is meant exactly.
        screen = self._context.scale
        if by == "scale" and words.strip() == show_scale_factor(screen):
            return screen
        return read_size(by, words)

    def _step_size(self, by: SizedBy, notches: int) -> None:
        grid = self._sizing.grid
        now = {"scale": self._sizing.scale, "width": grid.columns, "height": grid.rows}
        self._resize(by, stepped_size(by, now[by], notches))

    def _resize(self, by: SizedBy, value: float, typing: SizedBy | None = None) -> None:
        """Take a size; the field in which the person is ``typing`` keeps their words."""
        self._sizing = self._area.sized(by, value)
        self._size_problem = ""
        self._mark_sizes(None)
        for key, field in self.form.sizes.items():
            field.setModified(key == typing)
        self._refresh()

    def _end_typing(self) -> None:
        """Write the numbers plainly.

        Nothing is looked at anew: Enter ends the typing too, and what `accept` finds then must
        be compared with what the person has seen.
        """
        if not self._size_problem:
            for field in self.form.sizes.values():
                field.setModified(False)
            self._show_size()

    def _show_size(self) -> None:
        grid = self._sizing.grid
        self.form.show_size(show_scale_factor(self._sizing.scale), grid.columns, grid.rows)

    def _mark_sizes(self, wrong: SizedBy | None) -> None:
        for by, field in self.form.sizes.items():
            field.set_wrong(by == wrong)

    # The file.

    @property
    def _kind(self) -> Format:
        return FORMATS[self.form.format.current]

    def _choose_format(self, suffix: str) -> None:
        typed = Path((self._typed_path or "").strip())
        if typed.suffix.lower() in FORMATS:
            self._typed_path = str(typed.with_suffix(suffix))
            self.form.path.setText(self._typed_path)
        self._refresh()

    def _type_path(self, words: str) -> None:
        self._typed_path = words
        kind = FORMATS.get(Path(words.strip()).suffix.lower())
        if kind is not None:
            self.form.format.set_current(kind.extensions[0])
        self._refresh()

    def _browse(self) -> None:
        words = self._ask_path(str(self._out or self._folder()))
        if words:
            self.form.path.setText(words)
            self._type_path(words)

    def _ask_path(self, start: str) -> str:
        filters = [f"{each.name} (*{' *'.join(each.extensions)})" for each in ALL_FORMATS]
        # The dialog itself asks before it replaces anything.
        words, _ = QFileDialog.getSaveFileName(
            self,
            "Export to",
            start,
            ";;".join(filters),
            filters[ALL_FORMATS.index(self._kind)],
            QFileDialog.Option.DontConfirmOverwrite,
        )
        return words

    def _folder(self) -> Path:
        """The source's folder or, without one that can be written to, the last one, or Pictures."""
        source = self._context.source.path
        if source is not None and os.access(source.parent, os.W_OK):
            return source.parent.absolute()
        pictures = QStandardPaths.StandardLocation.PicturesLocation
        return self._memory.folder or Path(QStandardPaths.writableLocation(pictures))

    def _suggestion(self) -> Path:
        name = suggested_name(
            self._context.source.name,
            self._sizing.scale,
            [self._context.titles[side] for side in self.form.sides.current],
            self.form.format.current,
        )
        return free_path(self._folder() / name)

    # What comes of it.

    def _draft(self) -> Draft:
        form, kind = self.form, self._kind
        depth = int(form.bits.current) if len(kind.depths) > 1 else kind.depths[0]
        sizing, sides = self._sizing, tuple(form.sides.current)
        return Draft(
            self._context, sizing.grid, sizing.scale, sides, kind, depth, form.quality_value()
        )

    def _refresh(self, *_: object) -> None:
        """Bring everything shown in line with what was chosen."""
        draft = self._draft()
        if not self._size_problem:
            self._show_size()
        off_screen = self._sizing.by != "scale" or draft.scale != self._context.scale
        self.form.show_screen(show_scale_factor(self._context.scale), off_screen)
        self.form.show_detail(draft.kind)
        self._refresh_path()
        self._find_problem(draft)
        self.form.summary.setText("" if self._size_problem else draft.summary())
        self.form.show_notice(*self._notice(draft))
        self.form.export.setText("Replace" if self.replaces else "Export")
        self.form.export.setEnabled(not self.problem)

    def _refresh_path(self) -> None:
        if self._typed_path is not None:
            suffix = self.form.format.current
            self._out = read_path(self._typed_path, self._folder(), FORMATS, suffix)
        else:
            self._out = self._suggestion()
            self.form.path.show_words(str(self._out))

    def _find_problem(self, draft: Draft) -> None:
        wrong_path = "Give the file a name."
        if self._out is not None:
            wrong_path = path_problem(self._out, self._context.source.path)
        self.problem = self._size_problem or draft.limit() or wrong_path
        self.form.path.set_wrong(bool(wrong_path))
        self.replaces = not wrong_path and self._out is not None and self._out.exists()

    def _notice(self, draft: Draft) -> tuple[str, QColor]:
        """The most important thing to say, and its colour."""
        if self.problem or self._out is None:
            return self.problem, theme.WARNING
        if self.replaces:
            return f"{self._out.name} is there already; “Replace” writes over it.", theme.TEXT
        if warning := space_warning(self._out.parent, draft.file_bytes):
            return warning, theme.WARNING
        if self._typed_path and not self._typed_path.strip().endswith(self._out.name):
            return f"It will be written as {self._out.name}.", theme.DIM
        return draft.notes(), theme.DIM


def _areas(context: ExportContext) -> dict[str, Area]:
    """The parts that can be exported: what the context is about and, if it is more, everything."""
    width, height = context.source.width, context.source.height
    whole = Region(0.0, 0.0, float(width), float(height))
    region = context.region.clipped(width, height)
    areas = {"whole": Area(width, height, whole, context.canvas_grid)}
    return (
        areas
        if region == whole
        else {"view": Area(width, height, region, context.canvas_grid), **areas}
    )
