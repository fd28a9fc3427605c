"""The window while exporting: the dialog, the bar, cancelling, what is left behind."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtWidgets import QDialog

from models.samplers.grid import Grid, Region
from tests.models.pictures import drawing
from tests.viewer.ui import expected
from tests.viewer.ui.driver import Gate, Window, form_of
from viewer.imaging.source import from_array, open_image
from viewer.rendering.jobs import Job
from viewer.ui import export_progress

Bytes = NDArray[np.uint8]

PROMPT = 0.2
"""Seconds that Cancel may take."""


@pytest.fixture
def photo(tall_window: Window, picture: Bytes) -> Window:
    """A window with a fitted picture."""
    tall_window.open(picture)
    return tall_window


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "out"
    path.mkdir()
    return path


def begin_long_export(window: Window, folder: Path, gate: Gate) -> None:
    """An export that the compute thread cannot go on with: it is held before a tile."""
    gate.close()
    window.export(folder / "long.png")
    window.until(gate.reached.is_set)
    assert window.parts.progress.state == "running"


class TestExport:
    def test_a_region_is_written_at_a_scale(
        self, photo: Window, picture: Bytes, tiny_model: Path, folder: Path
    ) -> None:
        photo.key("R")
        photo.main.parts.inspector.region_edited.emit(Region(10.5, 5, 40, 25))

        def answer(dialog: QDialog) -> None:
            form = form_of(dialog)
            assert "Region" in form.area.currentText()
            for field, words in ((form.scale, "3.5"), (form.path, str(folder / "part.png"))):
                field.selectAll()
                photo.bot.keyClicks(field, words)
            photo.click(form.export)

        photo.in_dialog(answer)
        photo.click(photo.parts.top.export)
        photo.activate()
        photo.exported()
        grid = Grid.for_scale(120, 56, 3.5, Region(10.5, 5, 40, 25))
        want = expected.exported(from_array(picture), tiny_model, grid)
        written = open_image(folder / "part.png").picture.pixels
        np.testing.assert_array_equal(written, want)
        assert written.shape == (88, 140, 3)

    def test_the_dialog_offers_the_region_that_is_being_typed(self, photo: Window) -> None:
        offered: list[str] = []

        def read(dialog: QDialog) -> None:
            offered.append(form_of(dialog).area.currentText())
            dialog.reject()

        photo.begin_typing(photo.parts.inspector.region.fields["width"], "50")
        photo.in_dialog(read)
        photo.click(photo.parts.top.export)
        photo.activate()
        assert offered == ["Region · 50 × 56 px at 0, 0"]

    def test_the_bar_says_where_the_file_is(
        self, photo: Window, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bar, shown = photo.parts.progress, list[Path]()
        monkeypatch.setattr(export_progress, "show_in_folder", shown.append)
        photo.export(folder / "view.tif")
        assert bar.isVisible()
        photo.until(lambda: bar.state == "done")
        assert bar.words.text() == "Saved view.tif"
        photo.click(bar.folder)
        assert shown == [folder / "view.tif"]
        photo.click(bar.close_button)
        assert not bar.isVisible()

    @pytest.mark.parametrize("name", ["view.jpg", "view.webp"])
    def test_encoders_in_a_child_process_serve_too(
        self, photo: Window, folder: Path, name: str
    ) -> None:
        photo.export(folder / name, "a")
        size = photo.grid.columns, photo.grid.rows
        photo.exported()
        written = open_image(folder / name)
        assert (written.width, written.height) == size
        assert [path.name for path in folder.iterdir()] == [name]

    def test_a_side_of_the_grid_is_written_with_its_own_sampler(
        self, photo: Window, picture: Bytes, folder: Path
    ) -> None:
        photo.main.comparing.set_mode("grid")
        photo.export(folder / "nearest.png", "d")
        photo.exported()
        written = open_image(folder / "nearest.png").picture.pixels
        # Blocks of the source's own pixels, which no other side has.
        colours = np.unique(written.reshape(-1, 3), axis=0)
        ours = {tuple(colour) for colour in picture.reshape(-1, 3)}
        assert all(tuple(colour) in ours for colour in colours)
        photo.export(folder / "all.png", "abcd")
        photo.exported()
        rows, columns, _ = written.shape
        whole = open_image(folder / "all.png").picture.pixels
        assert whole.shape == (rows, 4 * columns, 3)
        np.testing.assert_array_equal(whole[:, 3 * columns :], written)

    def test_the_view_goes_on_while_it_is_written(
        self, photo: Window, tiny_model: Path, folder: Path
    ) -> None:
        grid = photo.grid
        photo.export(folder / "view.png")
        photo.wheel(2.2, at=(100, 60))
        photo.drag(11, 7)
        photo.at_rest()
        scene = photo.canvas.scene
        assert scene is not None
        want = expected.shown(scene.source, tiny_model, photo.grid)
        np.testing.assert_array_equal(photo.frame()[:, 260:], want[:, 260:])
        photo.exported()
        written = open_image(folder / "view.png").picture.pixels
        want = expected.exported(scene.source, tiny_model, grid)
        np.testing.assert_array_equal(written, want)

    def test_a_picture_that_was_left_is_still_written(
        self, photo: Window, picture: Bytes, tiny_model: Path, folder: Path, gate: Gate
    ) -> None:
        grid = photo.grid
        begin_long_export(photo, folder, gate)
        photo.main.opening.loader.open("new", lambda: from_array(255 - picture, "new"))
        photo.until(lambda: photo.parts.status.name.text() == "new")
        gate.open()
        photo.at_rest()
        photo.exported()
        want = expected.exported(from_array(picture), tiny_model, grid)
        written = open_image(folder / "long.png").picture.pixels
        np.testing.assert_array_equal(written, want)

    def test_one_at_a_time(self, photo: Window, folder: Path, gate: Gate) -> None:
        begin_long_export(photo, folder, gate)
        photo.key("Ctrl+E")
        assert "under way" in photo.message
        gate.open()
        photo.exported()
        assert photo.message == "", "it holds no longer"

    def test_its_end_leaves_other_messages(self, photo: Window, folder: Path, gate: Gate) -> None:
        begin_long_export(photo, folder, gate)
        photo.key("Ctrl+E")
        photo.parts.messages.show_message("There is no picture on the clipboard")
        gate.open()
        photo.exported()
        assert photo.message == "There is no picture on the clipboard"

    def test_closing_the_dialog_writes_nothing(self, photo: Window, folder: Path) -> None:
        photo.in_dialog(lambda dialog: photo.bot.keyClick(dialog, "\x1b"))
        photo.key("Ctrl+E")
        photo.activate()
        assert photo.parts.progress.state == "idle"
        assert list(folder.iterdir()) == []

    def test_without_a_picture_there_is_no_dialog(self, window: Window) -> None:
        window.key("Ctrl+E")
        assert window.parts.progress.state == "idle"

    def test_a_failure_is_one_sentence_in_the_bar(
        self, photo: Window, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The folder disappears after the dialog has looked at it."""
        submit = photo.main.worker.submit

        def submit_late(job: Job) -> None:
            folder.rmdir()
            submit(job)

        monkeypatch.setattr(photo.main.worker, "submit", submit_late)
        photo.export(folder / "view.png")
        bar = photo.parts.progress
        photo.until(lambda: bar.state == "failed")
        assert str(folder) in bar.words.text() or "view.png" in bar.words.text()
        assert "\n" not in bar.words.text()


class TestCancel:
    def test_it_leaves_nothing_behind(self, photo: Window, folder: Path, gate: Gate) -> None:
        begin_long_export(photo, folder, gate)
        photo.until(lambda: any(folder.iterdir()))
        photo.click(photo.parts.progress.cancel)
        gate.open()
        photo.until(lambda: photo.parts.progress.state == "idle")
        assert list(folder.iterdir()) == []
        photo.at_rest()

    def test_it_is_prompt(self, tall_window: Window, folder: Path) -> None:
        """The best of three: a busy machine may hold up any one of them."""
        window, took = tall_window, list[float]()
        window.open(drawing(400, 300).pixels.astype(np.uint8))
        for number in range(3):
            start = self.cancelled_after(window, folder / f"{number}.png")
            took.append(start)
            assert list(folder.iterdir()) == []
        assert min(took) < PROMPT

    def cancelled_after(self, window: Window, out: Path) -> float:
        """Seconds from a click on Cancel to the end of a long export that has got somewhere."""
        bar = window.parts.progress

        def answer(dialog: QDialog) -> None:
            form = form_of(dialog)
            for field, words in ((form.scale, "40"), (form.path, str(out))):
                field.selectAll()
                window.bot.keyClicks(field, words)
            window.click(form.export)

        window.in_dialog(answer)
        window.key("Ctrl+E")
        window.activate()
        window.until(lambda: bar.numbers.text() not in ("", "0 %"))
        window.at_rest()
        start = time.monotonic()
        window.click(bar.cancel)
        window.until(lambda: bar.state == "idle")
        return time.monotonic() - start

    def test_before_it_has_begun(self, photo: Window, folder: Path, gate: Gate) -> None:
        """The compute thread is still busy with a view."""
        gate.close()
        photo.wheel(2)
        photo.until(gate.reached.is_set)
        photo.export(folder / "view.png")
        photo.click(photo.parts.progress.cancel)
        photo.until(lambda: photo.parts.progress.state == "idle")
        gate.open()
        photo.at_rest()
        assert list(folder.iterdir()) == []

    def test_another_export_can_follow(self, photo: Window, folder: Path, gate: Gate) -> None:
        begin_long_export(photo, folder, gate)
        photo.click(photo.parts.progress.cancel)
        gate.open()
        photo.until(lambda: photo.parts.progress.state == "idle")
        photo.export(folder / "next.png")
        photo.exported()
        assert [path.name for path in folder.iterdir()] == ["next.png"]
