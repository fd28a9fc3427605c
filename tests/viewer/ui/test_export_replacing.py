"""From the dialog to the file: what an export replaces, and what it never does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from models.samplers.grid import Region
from models.samplers.interpolation import bicubic
from viewer.imaging.source import SourceImage, open_image
from viewer.rendering.jobs import ExportJob, ExportSettings
from viewer.ui.export_choice import ExportChoice, ExportContext
from viewer.ui.export_dialog import ExportDialog
from viewer.ui.theme import apply_theme

Open = Callable[[], ExportDialog]
PATIENCE = 20.0


@pytest.fixture(scope="module", autouse=True)
def _look(qapp: QApplication) -> None:
    apply_theme(qapp)


@pytest.fixture
def photo(tmp_path: Path) -> SourceImage:
    """A small real photograph in a folder of its own."""
    path = tmp_path / "photos" / "cat.png"
    path.parent.mkdir()
    with (resources.files("resources.samples") / "cat.png").open("rb") as file:
        Image.open(file).convert("RGB").crop((100, 60, 160, 100)).save(path)
    return open_image(path)


@pytest.fixture
def folder(photo: SourceImage) -> Path:
    assert photo.path is not None
    return photo.path.parent


@pytest.fixture
def open_dialog(qtbot: QtBot, settings: QSettings, photo: SourceImage) -> Open:
    """Opens the dialog about the whole photograph at ×2, in an active window."""

    def make() -> ExportDialog:
        whole = Region(0.0, 0.0, 60.0, 40.0)
        speeds = {"a": 1e6, "b": 1e6}.get
        context = ExportContext(photo, whole, 2.0, {"a": "Bicubic", "b": "Lanczos"}, speeds)
        dialog = ExportDialog(context, None, settings)
        qtbot.addWidget(dialog)
        dialog.show()
        dialog.activateWindow()
        qtbot.waitUntil(dialog.isActiveWindow)
        return dialog

    return make


def enter(field: QLineEdit, words: str) -> None:
    """Click into a field and type in place of what it says."""
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    QTest.keyClicks(field, words)


def write(photo: SourceImage, choice: ExportChoice) -> str:
    """Do what a person chose, with bicubic on every side; what went wrong, or ""."""
    sampler = bicubic(photo.picture, torch.device("cpu"))
    settings = ExportSettings(
        choice.out,
        choice.grid,
        (sampler,) * len(choice.sides),
        choice.depth,
        choice.quality,
        choice.overwrite,
    )
    errors: list[str] = []
    done: list[Path] = []
    job = ExportJob(
        photo, settings, lambda *_: None, done.append, errors.append, lambda: errors.append("no")
    )
    deadline = time.monotonic() + PATIENCE
    while job.step():
        assert time.monotonic() < deadline
    assert job.join(PATIENCE)
    assert len(done) + len(errors) == 1
    return errors[0] if errors else ""


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_what_was_chosen_is_what_is_written(
    open_dialog: Open, photo: SourceImage, folder: Path
) -> None:
    dialog = open_dialog()
    enter(dialog.form.columns, "90")
    enter(dialog.form.path, "mine.tif")
    dialog.form.sides.set_current("ab")
    QTest.mouseClick(dialog.form.export, Qt.MouseButton.LeftButton)
    assert write(photo, dialog.choice()) == ""
    assert size_of(folder / "mine.tif") == (180, 60)


def test_replacing_leaves_the_old_file_alone_until_the_new_one_is_complete(
    open_dialog: Open, photo: SourceImage, folder: Path
) -> None:
    old = folder / "old.png"
    old.write_bytes(b"old")
    dialog = open_dialog()
    enter(dialog.form.path, "old.png")
    assert dialog.form.export.text() == "Replace"
    QTest.keyClick(dialog.form.path, Qt.Key.Key_Return)
    assert dialog.result() == ExportDialog.DialogCode.Accepted
    assert old.read_bytes() == b"old"
    assert write(photo, dialog.choice()) == ""
    assert size_of(old) == (120, 80)


@pytest.mark.parametrize("field", ["scale", "columns", "rows", "path"])
def test_a_file_that_appears_before_enter_is_not_lost(
    open_dialog: Open, folder: Path, field: str
) -> None:
    dialog = open_dialog()
    enter(dialog.form.path, "new.png")
    line: QLineEdit = getattr(dialog.form, field)
    line.setFocus()
    (folder / "new.png").write_bytes(b"precious")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.form.export.text() == "Replace"
    assert "new.png is there already" in dialog.form.notice.text()
    assert (folder / "new.png").read_bytes() == b"precious"


def test_a_file_that_appears_while_the_size_is_being_typed_is_not_lost(
    open_dialog: Open, folder: Path
) -> None:
    dialog = open_dialog()
    enter(dialog.form.path, "new.png")
    enter(dialog.form.scale, "3.0")
    (folder / "new.png").write_bytes(b"precious")
    QTest.keyClick(dialog.form.scale, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.form.export.text() == "Replace"


def test_a_file_that_appears_before_a_click_is_not_lost(open_dialog: Open, folder: Path) -> None:
    dialog = open_dialog()
    enter(dialog.form.path, "new.png")
    (folder / "new.png").write_bytes(b"precious")
    QTest.mouseClick(dialog.form.export, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    assert dialog.form.export.text() == "Replace"


def test_a_file_that_takes_the_suggested_name_is_not_lost(
    open_dialog: Open, photo: SourceImage
) -> None:
    dialog = open_dialog()
    taken = Path(dialog.form.path.text())
    taken.write_bytes(b"precious")
    dialog.accept()
    choice = dialog.choice()
    assert choice.out == taken.with_stem(f"{taken.stem}_2")
    assert not choice.overwrite
    assert write(photo, choice) == ""
    assert taken.read_bytes() == b"precious"


def test_a_file_that_appears_after_the_dialog_is_not_lost(
    open_dialog: Open, photo: SourceImage, folder: Path
) -> None:
    dialog = open_dialog()
    enter(dialog.form.path, "new.png")
    dialog.accept()
    choice = dialog.choice()
    (folder / "new.png").write_bytes(b"precious")
    assert "new.png" in write(photo, choice)
    assert (folder / "new.png").read_bytes() == b"precious"
    assert sorted(path.name for path in folder.iterdir()) == ["cat.png", "new.png"]


def test_a_file_that_is_gone_needs_no_replacing(open_dialog: Open, folder: Path) -> None:
    (folder / "old.png").touch()
    dialog = open_dialog()
    enter(dialog.form.path, "old.png")
    (folder / "old.png").unlink()
    enter(dialog.form.scale, "3")
    assert dialog.form.export.text() == "Export"
    assert not dialog.choice().overwrite


def test_the_source_is_refused_by_whatever_name(open_dialog: Open, folder: Path) -> None:
    before = (folder / "cat.png").read_bytes()
    (folder / "link.png").symlink_to(folder / "cat.png")
    os.link(folder / "cat.png", folder / "hard.png")
    dialog = open_dialog()
    for words in ("cat.png", "cat", "./cat.png", "../photos/cat.png", "link.png", "hard.png"):
        enter(dialog.form.path, words)
        assert dialog.problem.endswith("is the opened picture itself; choose another name."), words
        assert dialog.form.path.wrong
        assert not dialog.form.export.isEnabled()
        QTest.keyClick(dialog.form.path, Qt.Key.Key_Return)
        assert dialog.isVisible()
    assert (folder / "cat.png").read_bytes() == before


def test_the_place_of_a_source_that_was_deleted_is_free(open_dialog: Open, folder: Path) -> None:
    (folder / "cat.png").unlink()
    dialog = open_dialog()
    enter(dialog.form.path, "cat.png")
    assert not dialog.problem
    assert not dialog.choice().overwrite


def test_a_folder_that_goes_away_is_noticed(open_dialog: Open, folder: Path) -> None:
    (folder / "sub").mkdir()
    dialog = open_dialog()
    enter(dialog.form.path, "sub/a.png")
    assert not dialog.problem
    (folder / "sub").rmdir()
    QTest.keyClick(dialog.form.path, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.problem.startswith("There is no folder")


def test_a_folder_that_may_not_be_written_to_is_refused(
    open_dialog: Open, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tests may run as somebody who may write everywhere.
    closed, may = folder / "closed", os.access
    closed.mkdir()
    monkeypatch.setattr(os, "access", lambda path, how: Path(path) != closed and may(path, how))
    dialog = open_dialog()
    enter(dialog.form.path, "closed/a.png")
    assert dialog.problem == f"The folder {closed} may not be written to; choose another one."
    assert not dialog.form.export.isEnabled()
    enter(dialog.form.path, "a.png")
    assert not dialog.problem


def test_a_source_in_a_folder_that_may_not_be_written_to_is_exported_elsewhere(
    open_dialog: Open, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = os.access
    dialog = open_dialog()
    enter(dialog.form.path, str(tmp_path / "a.png"))
    dialog.accept()
    monkeypatch.setattr(os, "access", lambda path, how: Path(path) != folder and may(path, how))
    assert open_dialog().choice().out == tmp_path / "cat_x2_lanczos.png"


def test_a_sixteen_bit_file_has_sixteen_bits(
    open_dialog: Open, photo: SourceImage, folder: Path
) -> None:
    dialog = open_dialog()
    enter(dialog.form.path, "deep.png")
    QTest.mouseClick(dialog.form.bits.button("16"), Qt.MouseButton.LeftButton)
    assert write(photo, dialog.choice()) == ""
    deep = open_image(folder / "deep.png").picture.pixels
    assert deep.dtype == np.uint16
    assert np.unique(deep % 257).size > 1
