"""The export dialog: which part, how large, by which sampler, into which file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from viewer.ui.export_choice import ExportChoice, ExportContext
from viewer.ui.export_form import ExportForm
from viewer.ui.export_memory import ExportMemory

__all__ = ["ExportChoice", "ExportContext", "ExportDialog"]

MAX_SCALE = 1e6
MAX_SIDE = 2**31 - 1


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
        self._size_problem = ""
        self._typed_path: str | None = None
        self._out: Path | None = None
        self._recall()
        self._connect()
        self._refresh()
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
            self.form.quality_value(),
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
