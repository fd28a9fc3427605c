"""The window with the region tool: rubber band, handles, fields, aspect, snap, arrows."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from models.samplers.grid import Grid, Region
from tests.viewer.ui.driver import LEFT, NO_KEY, Window, rgb_of
from viewer.ui.after_release import AfterRelease

Bytes = NDArray[np.uint8]

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def photo(window: Window, picture: Bytes) -> Window:
    """A window with a picture at × 4 (its corner at 20, 0) and the region tool on."""
    window.open(picture)
    window.key("Alt+1")
    window.key("R")
    return window


def at(x: float, y: float) -> tuple[float, float]:
    """Where a source point lies on the canvas of `photo`."""
    return 20 + 4 * x, 4 * y


def draw(window: Window, region: Region, held: Qt.KeyboardModifier = NO_KEY) -> None:
    """Draw a region with the pointer."""
    start = at(region.x, region.y)
    window.drag(4 * region.width, 4 * region.height, start, modifiers=held)


def fields(window: Window) -> tuple[float | None, ...]:
    """The numbers in the inspector."""
    return tuple(field.value for field in window.parts.inspector.region.fields.values())


class TestRubberBand:
    def test_a_drag_draws_a_region(self, photo: Window) -> None:
        view = photo.view
        draw(photo, Region(10, 5, 40, 25))
        assert photo.region == Region(10, 5, 40, 25)
        assert fields(photo) == (10, 5, 40, 25)
        assert photo.parts.inspector.region.output.text() == "160 × 100 px · ×4.00"
        assert photo.view == view, "the picture was not dragged"

    def test_its_label_and_the_inspector_tell_the_size_of_the_file(
        self, photo: Window, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Halves are rounded up, as an export does."""
        photo.canvas.region_tool.set_region(Region(10, 5, 40.125, 25.125))
        told: list[tuple[int, int] | None] = []
        monkeypatch.setattr(photo.canvas.region_tool, "paint", lambda *got: told.append(got[3]))
        photo.canvas.repaint()
        grid = Grid.for_scale(120, 56, 4.0, photo.region)
        assert told[0] == (grid.columns, grid.rows) == (161, 101)
        assert photo.parts.inspector.region.output.text() == "161 × 101 px · ×4.00"

    def test_handles_change_it(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 25))
        photo.drag(20, 12, at(50, 30))
        assert photo.region == Region(10, 5, 45, 28)
        photo.drag(-8, 0, at(10, 20))
        assert photo.region == Region(8, 5, 47, 28)
        photo.drag(40, 20, at(30, 20))
        assert photo.region == Region(18, 10, 47, 28)

    def test_it_stays_inside_the_picture(self, photo: Window) -> None:
        draw(photo, Region(100, 40, 80, 80))
        assert photo.region == Region(100, 40, 20, 16)

    def test_shift_makes_it_square(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 30, 10), SHIFT)
        assert photo.region == Region(10, 5, 30, 30)

    def test_half_a_number_is_not_for_the_next_picture(self, photo: Window, picture: Bytes) -> None:
        field = photo.parts.inspector.region.fields["x"]
        field.setFocus()
        photo.type_into(field, "12")
        photo.open(picture[:48, :96])
        assert photo.canvas.region_tool.region is None
        assert photo.canvas.camera.fits

    def test_its_fields_keep_the_keys_that_they_know(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 25))
        photo.key("8")
        view = photo.view
        field = photo.parts.inspector.region.fields["x"]
        field.setFocus()
        photo.key("PgUp")
        assert photo.region == Region(20, 5, 40, 25)
        photo.key("Home")
        assert field.cursorPosition() == 0
        assert photo.view == view, "the window took the key for its own command"

    def test_esc_gives_up_a_drag(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 25))
        photo.press(at(50, 30))
        photo.move(at(60, 40))
        assert photo.region == Region(10, 5, 50, 35)
        photo.key("Esc")
        photo.release(at(60, 40))
        assert photo.region == Region(10, 5, 40, 25)

    def test_the_tool_switched_off_in_a_drag_ends_it(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 25))
        photo.press(at(50, 30))
        photo.move(at(60, 40))
        photo.key("R")
        photo.move(at(70, 45))
        photo.release(at(70, 45))
        assert photo.canvas.region_tool.region is None
        assert fields(photo) == (0, 0, 120, 56), "those of the visible part"

    def test_a_click_beside_it_takes_it_away(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 25))
        photo.press(at(90, 50))
        photo.release(at(90, 50))
        assert photo.canvas.region_tool.region is None
        assert fields(photo) == (0, 0, 120, 56), "those of the visible part"

    def test_the_middle_button_still_pans(self, photo: Window) -> None:
        view = photo.view
        photo.drag(12, 8, button=Qt.MouseButton.MiddleButton)
        assert photo.view == view.panned(12, 8)
        assert photo.canvas.region_tool.region is None

    def test_the_pointer_shows_what_it_would_do(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 25))
        shapes = Qt.CursorShape
        for place, shape in (
            (at(10, 5), shapes.SizeFDiagCursor),
            (at(50, 17), shapes.SizeHorCursor),
            (at(30, 20), shapes.SizeAllCursor),
            (at(90, 50), shapes.CrossCursor),
        ):
            photo.hover(place)
            assert photo.canvas.cursor().shape() == shape

    def test_it_is_drawn_over_the_picture_but_not_copied(self, photo: Window) -> None:
        bare, pixels = rgb_of(photo.canvas.grab().toImage()), photo.pixels()
        draw(photo, Region(10, 20, 40, 25))
        drawn = (rgb_of(photo.canvas.grab().toImage()) != bare).any(axis=-1)
        assert not drawn[90:170, 70:210].any(), "inside it"
        assert drawn[100, 300], "outside it"
        np.testing.assert_array_equal(photo.pixels(), pixels)

    @pytest.mark.parametrize("mode", ["Alt+2", "Alt+3"])
    def test_it_is_drawn_in_the_other_modes_too(self, photo: Window, mode: str) -> None:
        photo.key("R")
        photo.key(mode)
        photo.at_rest()
        photo.main.parts.inspector.region_edited.emit(Region(0, 0, 120, 2))
        with_it = rgb_of(photo.canvas.grab().toImage())
        photo.main.parts.inspector.region_cleared.emit()
        changed = (rgb_of(photo.canvas.grab().toImage()) != with_it).any(axis=(0, 2))
        assert changed[:250].any()
        assert changed[270:].any()


class TestTool:
    def test_key_and_button_switch_it_and_take_the_region_along(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 25))
        assert photo.parts.top.region.isChecked()
        photo.key("R")
        assert photo.canvas.region_tool.region is None
        assert not photo.parts.top.region.isChecked()
        view = photo.view
        photo.drag(12, 8)
        assert photo.view == view.panned(12, 8), "a drag pans again"
        photo.click(photo.parts.top.region)
        assert photo.canvas.region_tool.active

    def test_arrows_nudge_the_region(self, photo: Window) -> None:
        view = photo.view
        draw(photo, Region(10, 5, 40, 25))
        photo.key("Right")
        photo.key("Down")
        assert photo.region == Region(11, 6, 40, 25)
        photo.key("Shift+Right")
        photo.key("Left")
        assert photo.region == Region(20, 6, 40, 25)
        assert photo.view == view

    def test_without_a_region_arrows_pan(self, photo: Window) -> None:
        photo.key("8")
        view = photo.view
        photo.key("Right")
        assert photo.view == view.panned(-520 // 8, 0)

    def test_it_stays_where_it_is_when_the_view_moves(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 25))
        photo.wheel(3)
        photo.read()
        assert photo.region == Region(10, 5, 40, 25)
        columns = round(40 * photo.view.scale)
        assert photo.parts.inspector.region.output.text().startswith(f"{columns} × ")


def press_window(photo: Window, part: QWidget, at: QPoint, to: QPoint | None = None) -> None:
    """Press, drag and release as the system tells of it: Qt then knows of the button itself."""
    handle = photo.main.windowHandle()
    assert handle is not None
    first, last = (part.mapTo(photo.main, place) for place in (at, to or at))
    QTest.mousePress(handle, LEFT, NO_KEY, first)
    QTest.mouseMove(handle, last)
    QTest.mouseRelease(handle, LEFT, NO_KEY, last)


class TestFields:
    def test_they_show_the_visible_part_while_none_is_drawn(self, photo: Window) -> None:
        assert fields(photo) == (0, 0, 120, 56)
        photo.key("8")
        photo.read()
        x, y, width, height = (value or 0.0 for value in fields(photo))
        assert (width, height) == (520 / 8, 224 / 8)
        corner = photo.source_at((0, 0))
        assert (x, y) == pytest.approx(corner)

    def test_typed_numbers_make_the_region(self, photo: Window) -> None:
        panel = photo.parts.inspector.region
        for part, words in (("x", "12.5"), ("y", "7"), ("width", "30"), ("height", "20")):
            photo.type_into(panel.fields[part], words)  # type: ignore[index]
        assert photo.region == Region(12.5, 7, 30, 20)
        assert photo.focus is not panel.fields["height"], "Space flips again"

    def test_one_that_is_typed_is_there_for_arrows_handles_and_r(self, photo: Window) -> None:
        photo.key("R")
        photo.type_into(photo.parts.inspector.region.fields["width"], "40")
        assert photo.parts.top.region.isChecked()
        photo.key("Shift+Right")
        assert photo.region == Region(10, 0, 40, 56)
        photo.drag(20, 0, at(50, 20))
        assert photo.region == Region(10, 0, 45, 56)
        photo.press(at(30, 20))
        photo.move(at(40, 20))
        photo.key("Esc")
        photo.release(at(40, 20))
        assert photo.region == Region(10, 0, 45, 56)
        photo.key("R")
        assert photo.canvas.region_tool.region is None

    def test_a_press_that_only_leaves_the_field_does_nothing_else_to_it(
        self, photo: Window
    ) -> None:
        photo.key("R")
        width = photo.parts.inspector.region.fields["width"]
        width.setFocus()
        width.setText("40")
        width.setModified(True)
        press_window(photo, photo.canvas, QPoint(300, 100), QPoint(340, 130))
        assert photo.region == Region(0, 0, 40, 56)
        photo.until(photo.parts.top.region.isChecked)

    def test_so_does_one_on_its_button(self, photo: Window) -> None:
        photo.key("R")
        width = photo.parts.inspector.region.fields["width"]
        width.setFocus()
        width.setText("50")
        width.setModified(True)
        button = photo.parts.top.region
        press_window(photo, button, button.rect().center())
        waiting = photo.main.findChildren(AfterRelease)
        photo.until(lambda: not any(each.isActive() for each in waiting))
        assert photo.region == Region(0, 0, 50, 56)
        assert button.isChecked()

    def test_what_reaches_beyond_the_picture_is_cut_off(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 25))
        photo.type_into(photo.parts.inspector.region.fields["width"], "500")
        assert photo.region == Region(10, 5, 110, 25)
        photo.type_into(photo.parts.inspector.region.fields["x"], "100")
        assert photo.region == Region(100, 5, 20, 25)

    def test_what_lies_outside_is_moved_inside(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 25))
        for _ in range(2):  # the second time nothing changes but what was typed
            photo.type_into(photo.parts.inspector.region.fields["x"], "500")
            assert photo.region == Region(80, 5, 40, 25)
            assert fields(photo) == (80, 5, 40, 25)

    def test_clear_takes_it_away(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 25))
        photo.click(photo.parts.inspector.region.clear)
        assert photo.canvas.region_tool.region is None
        assert fields(photo) == (0, 0, 120, 56)

    def test_a_locked_aspect_binds_fields_and_drags(self, photo: Window) -> None:
        draw(photo, Region(10, 5, 40, 20))
        panel = photo.parts.inspector.region
        photo.click(panel.lock)
        photo.type_into(panel.fields["width"], "60")
        assert photo.region == Region(10, 5, 60, 30)
        photo.drag(40, 0, at(70, 35))
        assert photo.region.width == pytest.approx(2 * photo.region.height)
        photo.click(panel.lock)
        photo.type_into(panel.fields["width"], "50")
        assert photo.region.height == pytest.approx(35)

    def test_a_typed_side_too_long_for_the_picture_keeps_a_locked_aspect(
        self, photo: Window
    ) -> None:
        draw(photo, Region(10, 5, 40, 40))
        panel = photo.parts.inspector.region
        photo.click(panel.lock)
        photo.type_into(panel.fields["width"], "90")
        assert photo.region == Region(10, 0, 56, 56), "as high as the picture, and as wide"
        assert fields(photo) == (10, 0, 56, 56)
        photo.type_into(panel.fields["width"], "30")
        assert photo.region == Region(10, 0, 30, 30)

    def test_snapping_puts_edges_between_pixels(self, photo: Window) -> None:
        draw(photo, Region(10.25, 5.25, 40, 25))
        assert photo.region == Region(10.25, 5.25, 40, 25)
        photo.click(photo.parts.inspector.region.snap)
        assert photo.region == Region(10, 5, 40, 25)
        draw(photo, Region(60.75, 30.75, 20, 10))
        assert photo.region == Region(61, 31, 20, 10)
