"""The export dialog: which part, how large, by which sampler, into which file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings, QStandardPaths
from PySide6.QtWidgets import QDialog, QFileDialog, QVBoxLayout, QWidget

from models.samplers.grid import Region
from viewer.imaging.errors import ImageError
from viewer.imaging.writers import ALL_FORMATS, FORMATS, Format, check_limits, format_for
from viewer.ui import theme
from viewer.ui.export_choice import Area, ExportChoice, ExportContext, Sizing
from viewer.ui.export_estimate import (
    expected_bytes,
    expected_seconds,
    show_bytes,
    show_seconds,
)
from viewer.ui.export_form import ExportForm
from viewer.ui.export_memory import ExportMemory
from viewer.ui.export_names import free_path, path_problem, read_path, suggested_name
from viewer.ui.notation import read_scale, show_scale
from viewer.ui.widgets_combo import Choice

__all__ = ["ExportChoice", "ExportContext", "ExportDialog"]

MAX_SCALE = 1e6
MAX_SIDE = 2**31 - 1

SCALE_STEP = 1.1
"""Factor of a notch of the wheel over the scale."""


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
        self.form = ExportForm(self)
        self.problem = ""
        self.replaces = False
        self._sizing: Sizing | None = None
        self._size_problem = ""
        self._typed_path: str | None = None
        self._out: Path | None = None
        self._recall()
        self._connect()
        self._set_scale(context.scale)
        self.setWindowTitle("Export")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        layout.addWidget(self.form)
        self.form.scale.setFocus()
        self.form.scale.selectAll()

    def choice(self) -> ExportChoice:
        """What the person chose. Raises ValueError with the sentence shown if it is impossible."""
        if self.problem or self._sizing is None or self._out is None:
            raise ValueError(self.problem)
        return ExportChoice(
            self._out,
            self._sizing.grid,
            tuple(self.form.sides.current),
            self._depth(),
            round(self.form.quality.level()),
            self.replaces,
        )

    def accept(self) -> None:
        """Take the choice, unless it is impossible or the file has appeared in the meantime."""
        seen = self.form.export.text()
        self._refresh()
        if self.problem or seen != self.form.export.text():
            return
        self._remember()
        super().accept()

    # -- last values ----------------------------------------------------------------------

    def _recall(self) -> None:
        """Fill the form with what was chosen last, where it is still possible."""
        form, context, memory = self.form, self._context, self._memory
        form.title.setText(f"Export {context.source.name}")
        part = "The drawn region" if context.drawn else "What the canvas shows"
        form.area.set_entries([("", [Choice("view", part), Choice("whole", "The whole picture")])])
        form.area.set_current("view")
        form.on_screen.setText(f"As on screen: {show_scale(context.scale)}")
        form.show_sides(context.sampler_a, context.sampler_b)
        offered = "".join(context.sides) if context.sides else "b"
        form.sides.set_current(
            offered if context.sides else memory.text("sides", form.sides.keys(), offered)
        )
        form.format.set_entries(
            [("", [Choice(kind.extensions[0], kind.name) for kind in ALL_FORMATS])]
        )
        form.format.set_current(memory.text("format", form.format.keys(), form.format.keys()[0]))
        form.bits.set_current(memory.text("depth", ["8", "16"], self._own_depth()))
        form.quality.set_level(memory.number("quality", 1, 100, 95))

    def _own_depth(self) -> str:
        return "16" if self._context.source.picture.pixels.dtype.itemsize > 1 else "8"

    def _remember(self) -> None:
        assert self._out is not None
        form = self.form
        self._memory.keep(
            sides=form.sides.current,
            format=form.format.current,
            depth=form.bits.current,
            quality=round(form.quality.level()),
            folder=self._out.parent,
        )

    # -- what was typed -------------------------------------------------------------------

    def _connect(self) -> None:
        form = self.form
        form.scale.textEdited.connect(self._scale_typed)
        form.columns.textEdited.connect(lambda words: self._side_typed(words, across=True))
        form.rows.textEdited.connect(lambda words: self._side_typed(words, across=False))
        form.scale.stepped.connect(lambda notches: self._step_scale(notches))
        form.columns.stepped.connect(lambda notches: self._step_side(notches, across=True))
        form.rows.stepped.connect(lambda notches: self._step_side(notches, across=False))
        form.on_screen.clicked.connect(lambda: self._set_scale(self._context.scale))
        form.area.choice_made.connect(lambda _: self._set_scale(self._scale()))
        form.sides.choice_made.connect(lambda _: self._refresh())
        form.format.choice_made.connect(self._format_chosen)
        form.bits.chosen.connect(lambda _: self._refresh())
        form.quality.level_edited.connect(lambda _: self._refresh())
        form.path.textEdited.connect(self._path_typed)
        form.browse.clicked.connect(self._browse)
        form.cancel.clicked.connect(self.reject)
        form.export.clicked.connect(self.accept)

    def _area(self) -> Area:
        context = self._context
        width, height = context.source.width, context.source.height
        if self.form.area.current == "whole":
            return Area(width, height, Region(0.0, 0.0, float(width), float(height)))
        return Area(width, height, context.region, context.canvas_grid)

    def _scale(self) -> float:
        return self._context.scale if self._sizing is None else self._sizing.scale

    def _set_scale(self, scale: float) -> None:
        self._take_size(self._area().at_scale(min(max(scale, 1.0 / MAX_SCALE), MAX_SCALE)))

    def _scale_typed(self, words: str) -> None:
        scale = read_scale(words)
        if scale is None or not 0.0 < scale <= MAX_SCALE:
            self._reject_size("The scale must be a number above 0, such as 8, 400 % or 1:2.")
        else:
            self._take_size(self._area().at_scale(scale))

    def _side_typed(self, words: str, *, across: bool) -> None:
        digits = words.strip()
        if not digits.isdecimal() or not 1 <= int(digits) <= MAX_SIDE:
            name = "width" if across else "height"
            self._reject_size(f"The {name} must be a whole number of pixels from 1.")
        else:
            self._set_side(int(digits), across=across)

    def _set_side(self, pixels: int, *, across: bool) -> None:
        area = self._area()
        self._take_size(area.at_width(pixels) if across else area.at_height(pixels))

    def _step_scale(self, notches: float) -> None:
        self._set_scale(self._scale() * SCALE_STEP**notches)

    def _step_side(self, notches: float, *, across: bool) -> None:
        if self._sizing is not None:
            grid = self._sizing.grid
            pixels = (grid.columns if across else grid.rows) + round(notches)
            self._set_side(min(max(pixels, 1), MAX_SIDE), across=across)

    def _take_size(self, sizing: Sizing) -> None:
        self._sizing, self._size_problem = sizing, ""
        self.form.scale.show_words(show_scale(sizing.scale))
        self.form.columns.show_words(str(sizing.grid.columns))
        self.form.rows.show_words(str(sizing.grid.rows))
        self._refresh()

    def _reject_size(self, problem: str) -> None:
        self._sizing, self._size_problem = None, problem
        self._refresh()

    def _format_chosen(self, suffix: str) -> None:
        """Another format is another suffix of the file."""
        if self._typed_path is not None:
            typed = self._typed_path
            if Path(typed).suffix.lower() in _suffixes():
                typed = str(Path(typed).with_suffix(suffix))
            self._typed_path = typed
            self.form.path.setText(typed)
        self._refresh()

    def _path_typed(self, words: str) -> None:
        self._typed_path = words
        suffix = Path(words.strip()).suffix.lower()
        if suffix in _suffixes():
            self.form.format.set_current(_listed(suffix))
        self._refresh()

    def _browse(self) -> None:
        names = ";;".join(
            f"{kind.name} ({' '.join(f'*{end}' for end in kind.extensions)})"
            for kind in ALL_FORMATS
        )
        start = str(self._out or self._folder())
        options = QFileDialog.Option.DontConfirmOverwrite  # the dialog itself says "Replace"
        name, _ = QFileDialog.getSaveFileName(
            self, "Export to", start, names, f"{self._kind().name} (", options
        )
        if name:
            self.form.path.setText(name)
            self._path_typed(name)

    # -- what comes of it -----------------------------------------------------------------

    def _kind(self) -> Format:
        return FORMATS[self.form.format.current]

    def _depth(self) -> int:
        depths = self._kind().depths
        wanted = int(self.form.bits.current)
        return wanted if wanted in depths else max(depths)

    def _folder(self) -> Path:
        """The last export's folder, else the source's, else that for pictures."""
        path = self._context.source.path
        if self._memory.folder is not None:
            return self._memory.folder
        if path is not None and path.parent.is_dir():
            return path.parent
        pictures = QStandardPaths.StandardLocation.PicturesLocation
        return Path(QStandardPaths.writableLocation(pictures) or Path.home())

    def _refresh(self) -> None:
        """Read everything anew: the file, the problem in the way, what will come out."""
        form = self.form
        kind = self._kind()
        if kind.quality:
            form.show_quality()
        else:
            form.show_depth(len(kind.depths) > 1)
        form.quality_number.setText(str(round(form.quality.level())))
        self._name_file()
        self.problem = self._size_problem or self._find_problem()
        exists = self._out is not None and self._out.exists()
        self.replaces = exists and not self.problem
        form.export.setText("Replace" if self.replaces else "Export")
        form.export.setEnabled(not self.problem)
        self._mark_fields()
        form.summary.setText(self._summary())
        self._say()

    def _name_file(self) -> None:
        if self._typed_path is not None:
            self._out = read_path(
                self._typed_path, self._folder(), _suffixes(), self.form.format.current
            )
            return
        titles = {"a": self._context.sampler_a, "b": self._context.sampler_b}
        samplers = [titles[side] for side in self.form.sides.current]
        suffix = self.form.format.current
        name = suggested_name(self._context.source.name, self._scale(), samplers, suffix)
        self._out = free_path(self._folder() / name)
        self.form.path.show_words(str(self._out))

    def _find_problem(self) -> str:
        if self._out is None:
            return "Type a name for the file."
        problem = path_problem(self._out, self._context.source.path)
        if problem or self._sizing is None:
            return problem
        columns, rows = self._output()
        alpha = self._context.source.picture.alpha is not None
        try:
            check_limits(format_for(self._out), columns, rows, self._depth(), alpha)
        except ImageError as error:
            return str(error)
        return ""

    def _output(self) -> tuple[int, int]:
        """Size of the file in pixels: side by side is twice as wide."""
        assert self._sizing is not None
        grid = self._sizing.grid
        return grid.columns * len(self.form.sides.current), grid.rows

    def _mark_fields(self) -> None:
        form = self.form
        for field in (form.scale, form.columns, form.rows):
            field.set_wrong(bool(self._size_problem) and field.isModified())
        bad_path = self._out is None or bool(path_problem(self._out, self._context.source.path))
        form.path.set_wrong(bad_path)

    def _summary(self) -> str:
        """Size in pixels, and roughly bytes and seconds."""
        if self._sizing is None:
            return ""
        columns, rows = self._output()
        kind, scale = self._kind(), self._sizing.scale
        alpha = kind.alpha and self._context.source.picture.alpha is not None
        quality = round(self.form.quality.level())
        count = expected_bytes(
            kind.name, columns * rows, scale, depth=self._depth(), quality=quality, alpha=alpha
        )
        pixels = self._sizing.grid.columns * rows
        speeds = [
            (pixels, self._context.pixels_per_second(side)) for side in self.form.sides.current
        ]
        seconds = expected_seconds(kind.name, columns * rows, speeds)
        time = "" if seconds is None else f" · about {show_seconds(seconds)}"
        size = f"{columns} × {rows}"
        return f"{size} px · about {show_bytes(count)}{time}"

    def _say(self) -> None:
        """What is in the way, or what to know, below the summary."""
        notice, colour = self.problem, theme.WARNING
        if not notice:
            colour = theme.DIM
            notice = self._remark()
        self.form.notice.set_colour(colour)
        self.form.notice.setText(notice)

    def _remark(self) -> str:
        if self.replaces and self._out is not None:
            return f"{self._out.name} is there already and will be replaced."
        if self._sizing is not None and self._sizing.grid.lattice.reduces:
            return "Below 100 % every sampler writes the source, reduced."
        if self._context.source.picture.alpha is not None and not self._kind().alpha:
            return f"{self._kind().name} has no transparency: it will be laid over white."
        return ""


def _suffixes() -> list[str]:
    """All endings that stand for a format."""
    return list(FORMATS)


def _listed(suffix: str) -> str:
    """The key of the format list for an ending, such as ``.jpg`` for ``.jpeg``."""
    return FORMATS[suffix].extensions[0]
