"""Tests of the export dialog: linked sizes, limits, files that are there already, memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QSettings, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from models.samplers.base import Picture
from models.samplers.grid import Axis, Grid, Lattice, Region, Window
from tests.viewer.ui.driver import SmallScreen
from viewer.imaging.source import SourceImage
from viewer.imaging.writers import FORMATS
from viewer.ui.export_dialog import ExportContext, ExportDialog
from viewer.ui.theme import apply_theme
from viewer.ui.widgets_scroll import FittedScroll

Open = Callable[..., ExportDialog]

VISIBLE = Region(72.0, 50.0, 145.0, 103.25)


def source(path: Path | None, alpha: bool = False, dtype: type = np.uint8) -> SourceImage:
    covered = np.full((300, 400), 7, dtype) if alpha else None
    picture = Picture(np.zeros((300, 400, 3), dtype), covered)
    return SourceImage(picture, path.name if path else "clipboard", path, "PNG")


@pytest.fixture(scope="module", autouse=True)
def _look(qapp: QApplication) -> None:
    apply_theme(qapp)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photos" / "dog.jpg"
    path.parent.mkdir()
    path.write_bytes(b"the only copy")
    return path


@pytest.fixture
def open_dialog(qtbot: QtBot, settings: QSettings, photo: Path) -> Open:
    """Opens the dialog about a region of a 400 × 300 picture at ×8."""

    def make(**changes: Any) -> ExportDialog:
        values: dict[str, Any] = {
            "source": source(photo),
            "region": VISIBLE,
            "scale": 8.0,
            "titles": {"a": "Bicubic", "b": "LIIF · WDSR light"},
            "pixels_per_second": {"a": 10e6, "b": 1e5}.get,
        }
        dialog = ExportDialog(ExportContext(**values | changes), None, settings)
        qtbot.addWidget(dialog)
        dialog.show()
        dialog.activateWindow()
        qtbot.waitUntil(dialog.isActiveWindow)
        return dialog

    return make


def enter(field: QWidget, words: str) -> None:
    """Replace the words of a field by typing."""
    field.setFocus()
    QTest.keySequence(field, "Ctrl+A")
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    QTest.keyClicks(field, words)


def choose(box: Any, key: str) -> None:
    """Go through a choice box with the arrow keys until it shows a key."""
    for way in (Qt.Key.Key_Up, Qt.Key.Key_Down):
        for _ in range(9):
            if box.current != key:
                QTest.keyClick(box, way)
    assert box.current == key


def shown(dialog: ExportDialog) -> tuple[str, str, str]:
    form = dialog.form
    return form.scale.text(), form.columns.text(), form.rows.text()


def test_on_a_small_screen_it_scrolls(open_dialog: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = open_dialog().size()
    monkeypatch.setattr(FittedScroll, "screen", lambda _: SmallScreen())
    dialog = open_dialog()
    assert dialog.size() == QSize(500 - 16, 400 - 48)
    area = dialog.findChild(FittedScroll)
    assert area.verticalScrollBar().maximum() > usual.height() - 400
    assert area.focusPolicy() == Qt.FocusPolicy.NoFocus, "Tab goes from field to field"


class TestSize:
    def test_it_begins_with_the_scale_of_the_canvas(self, open_dialog: Open) -> None:
        assert shown(open_dialog()) == ("8", "1160", "826")

    @pytest.mark.parametrize(
        ("field", "words", "expected"),
        [
            ("scale", "4", ("4", "580", "413")),
            ("scale", "×2,5", ("×2,5", "363", "258")),
            ("scale", "400 %", ("400 %", "580", "413")),
            ("scale", "1:2", ("1:2", "73", "52")),
            ("columns", "290", ("2", "290", "207")),
            ("columns", "2,900", ("20", "2,900", "2065")),
            ("rows", "413", ("4", "580", "413")),
            ("rows", "1 px", ("0.009685", "1", "1 px")),
        ],
    )
    def test_the_three_numbers_follow_each_other_while_typing(
        self, open_dialog: Open, field: str, words: str, expected: tuple[str, str, str]
    ) -> None:
        dialog = open_dialog()
        enter(getattr(dialog.form, field), words)
        assert shown(dialog) == expected
        grid = dialog.choice().grid
        sides = [words.removesuffix(" px").replace(",", "") for words in expected[1:]]
        assert [str(grid.columns), str(grid.rows)] == sides

    def test_they_follow_each_letter(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        enter(dialog.form.columns, "")
        seen = []
        for letter in "1450":
            QTest.keyClicks(dialog.form.columns, letter)
            seen.append(shown(dialog))
        assert seen == [
            ("0.006897", "1", "1"),
            ("0.09655", "14", "10"),
            ("1", "145", "103"),
            ("10", "1450", "1033"),
        ]

    def test_typing_begins_in_the_scale(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        QTest.keyClicks(QApplication.focusWidget(), "4")
        assert shown(dialog) == ("4", "580", "413")

    def test_leaving_a_field_writes_its_number_plainly(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        enter(dialog.form.scale, "4.0x")
        dialog.form.columns.setFocus()
        assert dialog.form.scale.text() == "4"

    def test_a_scale_has_exact_steps_and_a_size_exact_edges(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        enter(dialog.form.scale, "3")
        assert dialog.choice().grid.lattice.x.step == 1 / 3
        enter(dialog.form.columns, "1000")
        grid = dialog.choice().grid
        assert (grid.columns, grid.rows) == (1000, 712)
        assert grid == Grid.for_size(400, 300, 1000, 712, VISIBLE)

    @pytest.mark.parametrize("words", ["", "abc", "0", "-3", "1e9", "nan", "5000000"])
    def test_what_is_no_scale_is_named_and_cannot_be_exported(
        self, open_dialog: Open, words: str
    ) -> None:
        dialog = open_dialog()
        enter(dialog.form.scale, words)
        assert f"“{words}” is not a scale" in dialog.form.notice.text()
        assert dialog.form.scale.wrong
        assert not dialog.form.export.isEnabled()
        with pytest.raises(ValueError, match="is not a scale"):
            dialog.choice()

    def test_a_wrong_number_is_marked_until_another_one_is_right(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        form = dialog.form
        enter(form.scale, "abc")
        assert [form.scale.wrong, form.columns.wrong, form.rows.wrong] == [True, False, False]
        assert not form.summary.text()
        enter(form.rows, "x")
        assert [form.scale.wrong, form.columns.wrong, form.rows.wrong] == [False, False, True]
        QTest.keyClick(form.rows, Qt.Key.Key_Return)
        assert dialog.isVisible()
        enter(form.columns, "580")
        assert [form.scale.wrong, form.columns.wrong, form.rows.wrong] == [False, False, False]
        assert shown(dialog) == ("4", "580", "413")
        assert form.export.isEnabled()

    def test_the_words_of_a_wrong_number_stay_to_be_mended(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        enter(dialog.form.scale, "4q")
        dialog.form.path.setFocus()
        assert dialog.form.scale.text() == "4q"
        assert dialog.form.scale.wrong

    @pytest.mark.parametrize("words", ["", "12.5", "0", "99999999999"])
    def test_what_is_no_width_is_named(self, open_dialog: Open, words: str) -> None:
        dialog = open_dialog()
        enter(dialog.form.columns, words)
        assert f"“{words}” is not a width in whole pixels" in dialog.problem
        enter(dialog.form.rows, "826")
        assert not dialog.problem
        assert not dialog.form.columns.wrong
        assert shown(dialog) == ("8", "1160", "826")

    def test_arrow_keys_step(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        dialog.form.scale.setFocus()
        QTest.keyClick(dialog.form.scale, Qt.Key.Key_Up)
        assert shown(dialog)[0] == "9"
        dialog.form.columns.setFocus()
        QTest.keyClick(dialog.form.columns, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        assert shown(dialog)[1] == "1295"

    def test_steps_of_the_scale_are_tenths_below_two(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        enter(dialog.form.scale, "2")
        for expected in ("1.9", "1.8"):
            QTest.keyClick(dialog.form.scale, Qt.Key.Key_Down)
            assert shown(dialog)[0] == expected

    def test_the_whole_picture_keeps_what_was_asked_for(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        enter(dialog.form.columns, "800")
        choose(dialog.form.area, "whole")
        assert shown(dialog) == ("2", "800", "600")
        assert dialog.choice().grid == Grid.for_size(400, 300, 800, 600)

    def test_the_canvas_scale_can_be_taken_again(self, open_dialog: Open, qtbot: QtBot) -> None:
        dialog = open_dialog()
        assert not dialog.form.on_screen.isVisible()
        enter(dialog.form.scale, "3")
        assert dialog.form.on_screen.text() == "×8 on screen"
        qtbot.mouseClick(dialog.form.on_screen, Qt.MouseButton.LeftButton)
        assert shown(dialog)[0] == "8"
        assert not dialog.form.on_screen.isVisible()


def grid_of_canvas(region: Region, scale: float) -> Grid:
    """A canvas's own lattice, of an odd phase, over a region."""
    step = 1 / scale
    x, column = Axis.through(region.x + 0.3 * step, step)
    y, row = Axis.through(region.y - 0.2 * step, step)
    columns, rows = round(region.width * scale), round(region.height * scale)
    return Grid(Lattice(x, y), Window(column, row, columns, rows))


class TestCanvasGrid:
    SCALE = 7.981234

    def opened(self, open_dialog: Open, **changes: Any) -> tuple[ExportDialog, Grid]:
        grid = grid_of_canvas(VISIBLE, self.SCALE)
        return open_dialog(**{"scale": self.SCALE, "canvas_grid": grid} | changes), grid

    def test_the_visible_part_at_its_scale_is_the_grid_of_the_canvas(
        self, open_dialog: Open
    ) -> None:
        dialog, grid = self.opened(open_dialog)
        assert dialog.choice().grid is grid

    def test_typing_the_shown_scale_means_the_exact_one(self, open_dialog: Open) -> None:
        dialog, grid = self.opened(open_dialog)
        enter(dialog.form.scale, "7.98")
        assert dialog.choice().grid is not grid
        enter(dialog.form.scale, "7.981")
        assert dialog.choice().grid is grid

    def test_another_part_is_another_grid(self, open_dialog: Open) -> None:
        dialog, grid = self.opened(open_dialog)
        choose(dialog.form.area, "whole")
        assert dialog.choice().grid == Grid.for_scale(400, 300, self.SCALE)
        other = VISIBLE._replace(x=VISIBLE.x + 1)
        dialog, grid = self.opened(open_dialog, region=other)
        assert dialog.choice().grid is not grid

    def test_a_picture_that_fits_is_the_grid_of_the_canvas_too(self, open_dialog: Open) -> None:
        whole = Region(0.0, 0.0, 400.0, 300.0)
        grid = grid_of_canvas(whole, 1.7)
        dialog = open_dialog(region=whole, scale=1.7, canvas_grid=grid)
        assert dialog.form.area.keys() == ["whole"]
        assert dialog.choice().grid is grid


class TestOutcome:
    def test_size_and_time_are_told_before(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        enter(dialog.form.scale, "60")
        assert dialog.form.summary.text() == "8700 × 6195 px · about 12 MB · about 9.1 min"
        enter(dialog.form.scale, "70")
        assert dialog.form.summary.text().startswith("10,150 × 7,228 px")

    def test_an_unknown_speed_gives_no_time(self, open_dialog: Open) -> None:
        dialog = open_dialog(pixels_per_second={"a": 10e6, "b": None}.get)
        assert dialog.form.summary.text() == "1160 × 826 px · about 585 kB"

    def test_side_by_side_is_twice_as_wide(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        choose(dialog.form.sides, "ab")
        assert dialog.form.summary.text().startswith("2320 × 826 px")
        assert dialog.choice().sides == ("a", "b")
        assert dialog.choice().grid.columns == 1160

    def test_a_grid_offers_all_its_sides(self, open_dialog: Open, photo: Path) -> None:
        titles = {"a": "Bicubic", "b": "LIIF", "c": "Meta-SR", "d": "Nearest"}
        dialog = open_dialog(titles=titles)
        assert dialog.form.sides.keys() == ["a", "b", "c", "d", "ab", "abcd"]
        choose(dialog.form.sides, "c")
        assert dialog.choice().out == photo.parent / "dog_x8_meta-sr.png"
        assert "about" in dialog.form.summary.text()
        choose(dialog.form.sides, "abcd")
        assert dialog.form.sides.currentText() == "A, B, C and D side by side"
        assert dialog.form.summary.text().startswith("4640 × 826 px")
        assert dialog.choice().sides == ("a", "b", "c", "d")
        dialog.accept()
        # What a grid has is not offered where there is none.
        dialog = open_dialog()
        assert dialog.form.sides.keys() == ["a", "b", "ab"]
        assert dialog.choice().sides == ("b",)

    @pytest.mark.parametrize(
        ("suffix", "scale", "limit"),
        [(".webp", "60", "16,383"), (".jpg", "230", "65,500"), (".avif", "120", "32,768")],
    )
    def test_limits_are_told_before_also_for_two_sides(
        self, open_dialog: Open, suffix: str, scale: str, limit: str
    ) -> None:
        if suffix not in FORMATS:
            pytest.skip(f"this Pillow writes no {suffix}")
        dialog = open_dialog()
        choose(dialog.form.format, suffix)
        enter(dialog.form.scale, scale)
        assert dialog.form.export.isEnabled()
        choose(dialog.form.sides, "ab")
        assert limit in dialog.form.notice.text()
        assert not dialog.form.notice.is_elided()
        assert not dialog.form.export.isEnabled()
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        assert dialog.isVisible()
        choose(dialog.form.format, ".png")
        assert not dialog.problem
        assert dialog.form.export.isEnabled()

    def test_below_one_to_one_it_says_that_the_source_is_reduced(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        enter(dialog.form.scale, "0.5")
        assert "Source, reduced" in dialog.form.notice.text()
        enter(dialog.form.scale, "1")
        assert not dialog.form.notice.text()

    def test_lost_transparency_is_told(self, open_dialog: Open, photo: Path) -> None:
        dialog = open_dialog(source=source(photo, alpha=True))
        assert not dialog.form.notice.text()
        choose(dialog.form.format, ".jpg")
        assert "laid over white" in dialog.form.notice.text()

    def test_a_disk_that_is_too_small_is_told(
        self, open_dialog: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = type("Usage", (), {"free": 200_000})
        monkeypatch.setattr("viewer.ui.export_words.shutil.disk_usage", lambda _: usage)
        assert open_dialog().form.notice.text() == "Only 200 kB are free on that disk."

    def test_depth_and_quality_are_only_where_a_format_has_them(self, open_dialog: Open) -> None:
        form = open_dialog().form
        for suffix, deep in ((".png", True), (".tif", True), (".jpg", False), (".webp", False)):
            choose(form.format, suffix)
            assert form.bits.isVisible() == deep
            assert form.quality.isVisible() != deep

    def test_sixteen_bits_do_not_follow_into_jpeg(self, open_dialog: Open, photo: Path) -> None:
        dialog = open_dialog(source=source(photo, dtype=np.uint16))
        assert dialog.choice().depth == 16
        choose(dialog.form.format, ".jpg")
        assert dialog.choice().depth == 8
        choose(dialog.form.format, ".png")
        assert dialog.choice().depth == 16

    def test_the_quality_is_taken(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        choose(dialog.form.format, ".jpg")
        QTest.keyClick(dialog.form.quality, Qt.Key.Key_Left)
        assert dialog.form.quality_number.text() == "94"
        assert dialog.choice().quality == 94


class TestFile:
    def test_a_name_is_suggested_beside_the_source(self, open_dialog: Open, photo: Path) -> None:
        dialog = open_dialog()
        assert Path(dialog.form.path.text()) == photo.parent / "dog_x8_liif.png"
        enter(dialog.form.scale, "2.5")
        choose(dialog.form.sides, "ab")
        choose(dialog.form.format, ".jpg")
        assert dialog.choice().out == photo.parent / "dog_x2.5_bicubic_liif.jpg"
        assert not dialog.choice().overwrite

    def test_a_source_with_the_longest_name_can_be_exported(
        self, open_dialog: Open, photo: Path
    ) -> None:
        longest = photo.rename(photo.with_name("x" * 251 + ".jpg"))
        dialog = open_dialog(source=source(longest))
        assert not dialog.problem
        assert dialog.choice().out.name.endswith("x_x8_liif.png")

    def test_the_suggested_name_is_free(self, open_dialog: Open, photo: Path) -> None:
        for name in ("dog_x8_liif.png", "dog_x8_liif_2.png"):
            (photo.parent / name).touch()
        dialog = open_dialog()
        assert dialog.choice().out.name == "dog_x8_liif_3.png"
        assert dialog.form.export.text() == "Export"

    def test_a_file_that_is_there_is_replaced_only_by_a_button_that_says_so(
        self, open_dialog: Open, photo: Path, qtbot: QtBot
    ) -> None:
        old = photo.parent / "old.png"
        old.write_bytes(b"old")
        dialog = open_dialog()
        enter(dialog.form.path, str(old))
        assert dialog.form.export.text() == "Replace"
        assert "old.png is there already" in dialog.form.notice.text()
        qtbot.mouseClick(dialog.form.export, Qt.MouseButton.LeftButton)
        assert not dialog.isVisible()
        assert dialog.choice().out == old
        assert dialog.choice().overwrite
        assert old.read_bytes() == b"old"

    def test_a_file_that_appears_meanwhile_is_asked_about(
        self, open_dialog: Open, photo: Path
    ) -> None:
        dialog = open_dialog()
        enter(dialog.form.path, str(photo.parent / "new.png"))
        (photo.parent / "new.png").touch()
        QTest.keyClick(dialog.form.path, Qt.Key.Key_Return)
        assert dialog.isVisible()
        assert dialog.form.export.text() == "Replace"
        QTest.keyClick(dialog.form.path, Qt.Key.Key_Return)
        assert not dialog.isVisible()
        assert dialog.choice().overwrite

    def test_the_source_is_never_replaced(self, open_dialog: Open, photo: Path) -> None:
        dialog = open_dialog()
        enter(dialog.form.path, str(photo.parent / "." / "dog.jpg"))
        assert "the opened picture itself" in dialog.problem
        assert not dialog.form.export.isEnabled()
        (photo.parent / "link.jpg").symlink_to(photo)
        enter(dialog.form.path, str(photo.parent / "link.jpg"))
        assert "the opened picture itself" in dialog.problem

    @pytest.mark.parametrize(
        ("words", "problem"),
        [
            ("", "Give the file a name"),
            ("  ", "Give the file a name"),
            ("{folder}/", "Give the file a name"),
            ("{folder}/nowhere/dog.png", "There is no folder"),
            ("{folder}/sub.png", "is a folder"),
            ("{folder}/" + "x" * 300, "cannot be used"),
        ],
    )
    def test_a_path_that_cannot_be_written_is_named(
        self, open_dialog: Open, photo: Path, words: str, problem: str
    ) -> None:
        (photo.parent / "sub.png").mkdir()
        dialog = open_dialog()
        dialog.form.path.setText(words.format(folder=photo.parent))
        dialog.form.path.textEdited.emit(dialog.form.path.text())
        assert problem in dialog.form.notice.text()
        assert dialog.form.path.wrong
        assert not dialog.form.export.isEnabled()

    def test_a_typed_ending_chooses_the_format(self, open_dialog: Open, photo: Path) -> None:
        dialog = open_dialog()
        enter(dialog.form.path, "mine.JPEG")
        assert dialog.form.format.current == ".jpg"
        assert dialog.choice().out == photo.parent / "mine.JPEG"
        choose(dialog.form.format, ".webp")
        assert dialog.form.path.text() == "mine.webp"
        enter(dialog.form.path, "mine.png ")
        choose(dialog.form.format, ".jpg")
        assert dialog.choice().out == photo.parent / "mine.jpg"

    def test_a_name_without_a_known_ending_gets_one(self, open_dialog: Open, photo: Path) -> None:
        dialog = open_dialog()
        enter(dialog.form.path, "my.photo")
        assert dialog.choice().out == photo.parent / "my.photo.png"
        assert dialog.form.notice.text() == "It will be written as my.photo.png."

    def test_browsing_gives_a_path(
        self, open_dialog: Open, photo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        answer = str(photo.parent / "other.tif")
        monkeypatch.setattr(ExportDialog, "_ask_path", lambda _, path: asked.append(path) or answer)
        dialog = open_dialog()
        QTest.keyClick(dialog.form.browse, Qt.Key.Key_Space)
        assert asked == [str(photo.parent / "dog_x8_liif.png")]
        assert dialog.choice().out == photo.parent / "other.tif"
        assert dialog.form.format.current == ".tif"

    def test_a_pasted_picture_goes_where_the_last_file_went(
        self, open_dialog: Open, photo: Path
    ) -> None:
        open_dialog().accept()
        dialog = open_dialog(source=source(None))
        assert dialog.choice().out == photo.parent / "clipboard_x8_liif.png"


class TestKeysAndMemory:
    @pytest.mark.parametrize(
        "field", ["scale", "rows", "sides", "format", "path", "quality", "area"]
    )
    def test_enter_exports_wherever_the_focus_is(self, open_dialog: Open, field: str) -> None:
        dialog = open_dialog()
        widget = getattr(dialog.form, field)
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_Return)
        assert dialog.result() == ExportDialog.DialogCode.Accepted

    @pytest.mark.parametrize("field", ["scale", "sides", "path", "quality", "bits"])
    def test_escape_cancels(self, open_dialog: Open, field: str) -> None:
        dialog = open_dialog()
        widget = getattr(dialog.form, field)
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_Escape)
        assert not dialog.isVisible()
        assert dialog.result() == ExportDialog.DialogCode.Rejected

    def test_the_last_values_come_back(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        enter(dialog.form.columns, "1920")
        choose(dialog.form.sides, "a")
        choose(dialog.form.format, ".webp")
        dialog.form.quality.setValue(0)
        dialog.accept()
        again = open_dialog()
        assert again.form.columns.text() == "1920"
        choice = again.choice()
        assert (choice.sides, choice.out.suffix, choice.quality) == (("a",), ".webp", 1)

    def test_a_depth_is_kept_through_an_export_that_has_none(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        QTest.mouseClick(dialog.form.bits.button("16"), Qt.MouseButton.LeftButton)
        dialog.accept()
        jpeg = open_dialog()
        choose(jpeg.form.format, ".jpg")
        jpeg.accept()
        again = open_dialog()
        assert again.choice().depth == 8
        choose(again.form.format, ".tif")
        assert again.choice().depth == 16

    @pytest.mark.parametrize("suffix", [".jpeg", ".gif"])
    def test_a_format_that_is_not_listed_is_not_taken(
        self, open_dialog: Open, settings: QSettings, suffix: str
    ) -> None:
        settings.setValue("export/format", suffix)
        assert open_dialog().form.format.current == ".png"

    def test_a_cancelled_dialog_leaves_no_trace(self, open_dialog: Open) -> None:
        dialog = open_dialog()
        enter(dialog.form.scale, "3")
        choose(dialog.form.format, ".jpg")
        dialog.reject()
        assert shown(open_dialog())[0] == "8"
        assert open_dialog().form.format.current == ".png"

    def test_the_scale_of_the_canvas_is_not_kept_for_another_view(self, open_dialog: Open) -> None:
        open_dialog().accept()
        assert shown(open_dialog(scale=3.0))[0] == "3"

    def test_the_context_may_say_which_sides_are_meant(self, open_dialog: Open) -> None:
        assert open_dialog(sides=("a", "b")).choice().sides == ("a", "b")

    @pytest.mark.parametrize("value", ["", "scale", "scale inf", "width -3", "rows 7", "\x00"])
    def test_damaged_memory_is_forgotten(
        self, open_dialog: Open, settings: QSettings, value: str
    ) -> None:
        for name in ("size", "depth", "quality", "sides", "format", "folder"):
            settings.setValue(f"export/{name}", value)
        choice = open_dialog().choice()
        assert (choice.sides, choice.depth, choice.quality) == (("b",), 8, 95)
        assert choice.out.name == "dog_x8_liif.png"
