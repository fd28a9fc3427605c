"""The window's bars: one that comes or goes takes its rows of the view and changes nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtWidgets import QDialog

from tests.models.pictures import drawing
from tests.viewer.ui.conftest import MakeWindow
from tests.viewer.ui.driver import Window, form_of
from viewer.imaging.source import SourceImage, from_array
from viewer.rendering.view import fitted
from viewer.ui import export_progress, message_bar

Bytes = NDArray[np.uint8]

HIGH = message_bar.HEIGHT
assert HIGH == export_progress.HEIGHT


@pytest.fixture
def square() -> Bytes:
    """A picture whose fit depends on the canvas's height."""
    return drawing(90, 90).pixels.astype(np.uint8)


@pytest.fixture
def photo(make_window: MakeWindow, square: Bytes) -> Window:
    """A window with a fitted picture; the canvas is 520 × 320, and may lose both bars' rows."""
    window = make_window(size=(800, 394))
    window.open(square)
    assert window.canvas.camera.fits
    return window


def complain(window: Window) -> None:
    window.parts.messages.show_message("Something went wrong")
    window.at_rest()


def save(window: Window) -> None:
    """The bar of an export that is done."""
    window.parts.progress.set_done(Path("out.png"))
    window.at_rest()


def close_message(window: Window) -> None:
    window.parts.messages.dismiss()
    window.at_rest()


def close_progress(window: Window) -> None:
    window.parts.progress.dismiss()
    window.at_rest()


class TestFitted:
    @pytest.mark.parametrize(
        ("come", "go", "rows"),
        [
            ([complain], [close_message], slice(HIGH, None)),
            ([save], [close_progress], slice(0, -HIGH)),
            ([complain, save], [close_message, close_progress], slice(HIGH, -HIGH)),
            ([save, complain], [close_message, close_progress], slice(HIGH, -HIGH)),
        ],
    )
    def test_the_picture_stays_as_it_is_and_where_it_is(
        self, photo: Window, come: list, go: list, rows: slice
    ) -> None:
        view, pixels, lattice = photo.view, photo.pixels(), photo.grid.lattice
        for act in come:
            act(photo)
        assert photo.view.log2_scale == view.log2_scale
        assert photo.grid.lattice is lattice
        np.testing.assert_array_equal(photo.pixels(), pixels[rows])
        for act in go:
            act(photo)
        assert photo.view == view
        np.testing.assert_array_equal(photo.pixels(), pixels)

    def test_a_bar_that_grows_takes_more(self, photo: Window) -> None:
        view, pixels = photo.view, photo.pixels()
        complain(photo)
        photo.parts.messages.show_message("Something went wrong, and it is a long story. " * 3)
        photo.at_rest()
        assert photo.canvas.height() == 320 - HIGH - 18
        np.testing.assert_array_equal(photo.pixels(), pixels[HIGH + 18 :])
        close_message(photo)
        assert photo.view == view

    def test_the_numbers_and_the_minimap_know_nothing_of_it(self, photo: Window) -> None:
        fields = photo.parts.inspector.region.fields
        before = [field.text() for field in fields.values()]
        complain(photo)
        save(photo)
        assert [field.text() for field in fields.values()] == before
        assert not photo.parts.minimap.isVisible()

    def test_two_exports_in_a_row_are_alike(self, photo: Window) -> None:
        offered: list[tuple[str, str, str]] = []

        def read(dialog: QDialog) -> None:
            form = form_of(dialog)
            offered.append((form.area.currentText(), form.scale.text(), form.path.text()))
            dialog.reject()

        for _ in range(2):
            photo.in_dialog(read)
            photo.key("Ctrl+E")
            photo.activate()
            save(photo)
        assert offered[0] == offered[1]

    def test_who_resizes_the_window_has_it_fitted_into_what_there_is(self, photo: Window) -> None:
        complain(photo)
        photo.main.resize(900, 500)
        photo.at_rest()
        assert photo.canvas.camera.fits
        assert photo.view.height == 500 - 74 - HIGH
        close_message(photo)
        assert photo.canvas.camera.fits
        assert photo.view.height == 500 - 74

    @pytest.mark.parametrize("key", ["I", "Alt+3", "Alt+6"])
    def test_so_has_who_changes_what_is_around_it(self, photo: Window, key: str) -> None:
        complain(photo)
        photo.key(key)
        photo.at_rest()
        assert photo.canvas.camera.fits
        close_message(photo)
        assert photo.canvas.camera.fits

    def test_a_picture_that_comes_after_the_bar_is_fitted_below_it(
        self, photo: Window, square: Bytes
    ) -> None:
        """And once the bar has gone, into the whole canvas: what is fitted stays so."""
        save(photo)
        photo.open(square[::-1])
        assert photo.canvas.camera.fits
        assert photo.view.height == 320 - HIGH
        close_progress(photo)
        assert photo.canvas.camera.fits
        assert photo.view.height == 320

    def test_so_is_one_whose_own_notes_are_shown(self, photo: Window, square: Bytes) -> None:
        source = from_array(square)
        photo.open(SourceImage(source.picture, "noted.png", notes=("It has lost something.",)))
        assert photo.message
        assert photo.canvas.camera.fits
        assert photo.view.height == 320 - HIGH

    def test_a_fit_that_is_asked_for_below_a_bar_is_one_without_it(self, photo: Window) -> None:
        view = photo.view
        complain(photo)
        photo.key("F")
        photo.at_rest()
        assert photo.view.scale < view.scale
        save(photo)
        close_message(photo)
        close_progress(photo)
        assert photo.view == view
        complain(photo)
        assert photo.view.scale == view.scale

    def test_a_failed_file_moves_nothing(self, photo: Window, tmp_path: Path) -> None:
        pixels = photo.pixels()
        photo.main.open_path(tmp_path / "absent.png")
        photo.until(lambda: bool(photo.message))
        photo.at_rest()
        assert len(photo.pixels()) < len(pixels)
        np.testing.assert_array_equal(photo.pixels(), pixels[-len(photo.pixels()) :])


class TestZoomed:
    def test_bars_give_back_what_they_took(self, photo: Window) -> None:
        photo.wheel(7.3, at=(300, 80))
        photo.drag(31, -17)
        photo.at_rest()
        view, pixels = photo.view, photo.pixels()
        complain(photo)
        save(photo)
        np.testing.assert_array_equal(photo.pixels(), pixels[HIGH:-HIGH])
        close_message(photo)
        close_progress(photo)
        assert photo.view == view

    def test_a_pan_below_a_bar_is_kept(self, photo: Window) -> None:
        photo.wheel(7.3, at=(300, 80))
        before = photo.view
        complain(photo)
        photo.drag(31, -17)
        close_message(photo)
        moved = np.subtract(photo.view.to_device(45, 45), before.to_device(45, 45))
        assert moved == pytest.approx((31, -17), abs=1e-9)

    def test_what_a_bar_would_hide_stays_in_sight_and_returns(self, photo: Window) -> None:
        photo.drag(0, -10_000)
        photo.at_rest()
        view = photo.view
        assert view.to_device(0, 90)[1] == pytest.approx(64, abs=1)
        complain(photo)
        assert photo.view.to_device(0, 90)[1] == pytest.approx(64, abs=1)
        close_message(photo)
        assert photo.view == view


class TestGrid:
    def test_what_is_lost_is_shared_and_given_back(self, photo: Window) -> None:
        """Of the panes below each other, those away from the bar stay where they are."""
        photo.key("Alt+6")
        photo.at_rest()
        view, pixels, height = photo.view, photo.pixels(), photo.view.height
        complain(photo)
        lost = height - photo.view.height
        assert lost == HIGH // 2
        np.testing.assert_array_equal(photo.pixels()[-photo.view.height :], pixels[lost - height :])
        close_message(photo)
        assert photo.view == view
        save(photo)
        kept = photo.view.height
        np.testing.assert_array_equal(photo.pixels()[:kept], pixels[:kept])
        complain(photo)
        close_progress(photo)
        close_message(photo)
        assert photo.view == view == fitted(photo.canvas.picture, view.width, view.height)


class TestPointer:
    def test_it_stays_at_its_place_when_a_bar_moves_the_canvas(self, photo: Window) -> None:
        photo.key("8")
        photo.hover((200, 150))
        under, said = photo.canvas.source_under_cursor(), photo.parts.status.cursor_text.text()
        complain(photo)
        assert photo.canvas.source_under_cursor() == under
        assert photo.parts.status.cursor_text.text() == said
        close_message(photo)
        assert photo.canvas.source_under_cursor() == under

    def test_a_bar_that_comes_under_it_is_no_place_of_the_picture(self, photo: Window) -> None:
        photo.hover((260, HIGH / 2))
        complain(photo)
        assert photo.canvas.source_under_cursor() is None
        assert not photo.parts.status.cursor_text.isVisible()

    def test_a_drag_that_is_given_up_below_a_bar_goes_back_on_the_canvas_that_is_left(
        self, photo: Window
    ) -> None:
        photo.key("8")
        complain(photo)
        below = photo.view
        close_message(photo)
        photo.press((200, 150))
        photo.move((220, 160))
        complain(photo)
        photo.key("Esc")
        assert photo.view == below
        assert photo.view.height == photo.canvas.device.height


@pytest.mark.parametrize("moved", [(0, 0), (130, 110)])
def test_what_is_exported_lies_on_the_canvass_lattice_whatever_bars_there_are(
    photo: Window, moved: tuple[int, int]
) -> None:
    """Also where the picture's edge is in sight: its corner need not lie on the lattice."""
    photo.wheel(2.3, (250, 140))
    photo.drag(*moved)
    photo.at_rest()
    exporter = photo.main._exporter
    before = exporter.context(photo.canvas, photo.canvas.visible_region())
    assert before is not None
    assert before.canvas_grid == photo.grid
    save(photo)
    below = exporter.context(photo.canvas, photo.canvas.visible_region())
    assert below is not None
    assert photo.grid != before.canvas_grid
    assert below.canvas_grid == before.canvas_grid
    assert (below.region, below.scale) == (before.region, before.scale)
