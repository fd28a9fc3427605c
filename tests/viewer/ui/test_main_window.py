"""The main window: status bar, minimap, messages, full screen, keys."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QEnterEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QApplication, QDialog

from models.backend import Backend
from tests.models.pictures import drawing, noise
from tests.viewer.ui.conftest import MakeWindow
from tests.viewer.ui.driver import Gate, Window, rgb_of
from viewer.imaging import icc
from viewer.imaging.source import SourceImage, from_array
from viewer.ui.main_window import SIZE, MainWindow
from viewer.ui.paced import Paced
from viewer.ui.panes import Pane
from viewer.ui.shortcuts import ShortcutSheet

Bytes = NDArray[np.uint8]

D65 = (0.3127, 0.329)


@pytest.fixture
def photo(window: Window, picture: Bytes) -> Window:
    """A window with a picture at × 4; its corner is at 20, 0."""
    window.open(picture)
    return window


def press(window: Window, words: str, keypad: bool) -> None:
    """Press a key, or the one of the numeric pad that does the same."""
    key = QKeySequence(words)[0].key()  # type: ignore[index]
    pad = Qt.KeyboardModifier.KeypadModifier if keypad else Qt.KeyboardModifier.NoModifier
    window.bot.keyClick(window.focus, key, pad)


class TestStatus:
    def test_it_is_quiet_without_a_picture(self, window: Window) -> None:
        status = window.parts.status
        assert window.state == "CPU, fp32"
        assert status.name.text() == ""
        assert not status.scale.isVisible()

    def test_it_names_file_size_and_device(self, photo: Window) -> None:
        status = photo.parts.status
        assert (status.name.text(), status.size_text.text()) == ("test", "120 × 56")
        assert photo.state.startswith("final · ")
        assert photo.state.endswith("s · CPU, fp32")

    def test_it_names_the_way_of_decoding_when_that_is_known(
        self, photo: Window, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H200")
        photo.main._backend = Backend(torch.device("cuda", 0), torch.float16)
        photo.canvas.pictures.decoded.emit("Triton")
        assert photo.state.endswith("s · NVIDIA H200, fp16, Triton")

    def test_it_follows_the_scale(self, photo: Window) -> None:
        assert photo.parts.status.scale.text() == "400 %"
        photo.wheel(4)
        photo.read()
        assert photo.parts.status.scale.text() == "800 %"

    def test_a_typed_scale_is_taken_exactly(self, photo: Window) -> None:
        for words, scale in (("250", 2.5), ("16x", 16.0), ("2:1", 2.0)):
            photo.type_into(photo.parts.status.scale, words)
            assert photo.view.scale == scale
            left, top = photo.view.to_device(0, 0)
            assert (left, top) == pytest.approx((round(left), round(top)), abs=1e-9)
            assert photo.focus is not photo.parts.status.scale

    def test_a_button_takes_a_scale_that_is_being_typed(self, photo: Window) -> None:
        photo.begin_typing(photo.parts.status.scale, "300")
        photo.click(photo.parts.top.modes.button("side"))
        assert (photo.comparison.mode, photo.view.scale) == ("side", 3.0)
        photo.at_rest()

    def test_a_typed_scale_beyond_the_limits_says_what_it_became(self, photo: Window) -> None:
        photo.type_into(photo.parts.status.scale, "1000000")
        assert photo.view.scale == 512
        assert photo.parts.status.scale.text() == "51200 %"
        photo.type_into(photo.parts.status.scale, "1000000")
        assert photo.parts.status.scale.text() == "51200 %"

    def test_it_shows_the_place_and_the_sources_colour_under_the_cursor(
        self, photo: Window, picture: Bytes
    ) -> None:
        status = photo.parts.status
        photo.hover((20 + 4 * 33 + 2, 4 * 17 + 1))
        red, green, blue = (int(value) for value in picture[17, 33])
        assert status.cursor_text.text() == "x 33.6  y 17.3"
        assert status.colour_text.text() == f"{red} {green} {blue}"
        assert status.patch.colour == QColor(red, green, blue)

    def test_its_patch_has_the_colour_of_the_canvas_whatever_the_profile(
        self, window: Window
    ) -> None:
        """The numbers are the file's own."""
        colorants = icc.adapted_colorants(((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), D65)
        curve = icc.sampled_element(np.linspace(0, 1, 1024) ** 1.8)
        profile = icc.build_matrix_profile("wide", colorants, curve)
        meadow = np.tile(np.array([60, 140, 70], np.uint8), (56, 120, 1))
        window.open(from_array(meadow, "wide", profile))
        window.hover((140, 100))
        status = window.parts.status
        red, green, blue = map(int, window.pixels()[100, 140])
        assert status.patch.colour == QColor(red, green, blue) != QColor(60, 140, 70)
        assert status.colour_text.text() == "60 140 70"

    def test_beside_the_picture_there_is_no_colour(self, photo: Window) -> None:
        status = photo.parts.status
        photo.hover((10, 40))
        assert status.cursor_text.text() == "x -2.4  y 10.1"
        assert not status.patch.isVisible()

    def test_the_place_goes_when_the_cursor_leaves(self, photo: Window) -> None:
        photo.hover((60, 40))
        assert photo.parts.status.cursor_text.isVisible()
        photo.leave()
        assert not photo.parts.status.cursor_text.isVisible()

    def test_the_place_goes_over_the_minimap(self, photo: Window) -> None:
        photo.key("8")
        photo.hover((60, 40))
        middle = QPointF(20, 20)
        QApplication.sendEvent(photo.parts.minimap, QEnterEvent(middle, middle, middle))
        assert not photo.parts.status.cursor_text.isVisible()
        photo.hover((60, 40))
        assert photo.parts.status.cursor_text.isVisible()

    def test_the_place_follows_the_view_under_a_still_cursor(self, photo: Window) -> None:
        photo.hover((120, 40))
        photo.wheel(4, at=(20, 0))
        photo.hover((120, 40))
        photo.key("Home")
        photo.read()
        x, y = (math.floor(place * 10) / 10 for place in photo.source_at((120.5, 40.5)))
        assert photo.parts.status.cursor_text.text() == f"x {x:.1f}  y {y:.1f}"

    def test_sixteen_bits_are_shown_as_they_are(self, window: Window) -> None:
        picture = noise(120, 56, dtype=np.uint16).pixels
        window.open(picture)
        window.hover((20 + 4 * 5 + 1, 4 * 6 + 1))
        assert window.parts.status.colour_text.text() == " ".join(map(str, picture[6, 5]))

    def test_side_by_side_it_is_the_place_in_the_own_half(self, photo: Window) -> None:
        photo.key("Alt+3")
        photo.hover((80, 112))
        left = photo.parts.status.cursor_text.text()
        photo.hover((341, 112))
        assert photo.parts.status.cursor_text.text() == left

    def test_below_1_to_1_it_says_that_the_source_is_reduced(self, window: Window) -> None:
        window.open(drawing(1300, 560).pixels.astype(np.uint8))
        assert window.state.startswith("source, reduced · final")
        for mode in ("Alt+5", "Alt+2"):
            window.key(mode)
            assert all(text.endswith("source, reduced") for text in window.pills)
        window.key("1")
        window.at_rest()
        assert "reduced" not in window.state
        window.wheel(-0.1)
        window.at_rest()
        assert "source, reduced" in window.state

    def test_it_never_says_final_before_it_is(self, photo: Window, gate: Gate) -> None:
        pictures, said = photo.canvas.pictures, list[tuple[str, bool]]()
        pictures.state_changed.connect(lambda words, _: said.append((words, pictures.at_rest)))
        for number in range(3):
            gate.close()
            photo.wheel(1.3)
            photo.until(gate.reached.is_set)
            photo.drag(9 + number, 5)
            assert "final" not in photo.state
            gate.open()
            photo.at_rest()
        assert all(rest == ("final" in words) for words, rest in said)
        assert sum(rest for _, rest in said) >= 3

    def test_the_line_grows_while_refining_and_goes_at_the_end(
        self, photo: Window, gate: Gate
    ) -> None:
        seen: list[float | None] = []
        for paced in photo.main.findChildren(Paced):
            paced.setInterval(0)
        photo.canvas.pictures.state_changed.connect(
            lambda *_: seen.append(photo.parts.status.fraction)
        )
        gate.close()
        photo.wheel(2)
        photo.until(gate.reached.is_set)
        assert photo.parts.status.fraction is not None
        gate.open()
        photo.at_rest()
        assert photo.parts.status.fraction is None
        assert len({share for share in seen if share is not None}) > 1


class TestMinimap:
    def test_it_is_there_only_when_the_picture_is_larger_than_the_canvas(
        self, photo: Window
    ) -> None:
        assert not photo.parts.minimap.isVisible()
        photo.wheel(1)
        assert photo.parts.minimap.isVisible()
        photo.key("F")
        assert not photo.parts.minimap.isVisible()

    def test_m_hides_it(self, photo: Window) -> None:
        photo.key("8")
        photo.key("M")
        assert not photo.parts.minimap.isVisible()
        photo.wheel(1)
        assert not photo.parts.minimap.isVisible()
        photo.key("M")
        assert photo.parts.minimap.isVisible()

    def test_it_stands_in_the_lower_right_corner_also_when_the_canvas_grows(
        self, photo: Window
    ) -> None:
        photo.key("8")
        for _ in range(2):
            photo.at_rest()
            away = photo.canvas.rect().bottomRight() - photo.parts.minimap.geometry().bottomRight()
            assert away == QPoint(13, 13)
            photo.key("I")

    def test_a_click_goes_there_and_stays_on_the_lattice(self, photo: Window) -> None:
        photo.key("8")
        photo.wheel(0.7)
        photo.at_rest()
        lattice = photo.grid.lattice
        minimap = photo.parts.minimap
        across = (minimap.width() - 4) / 120
        photo.click(minimap, (2 + 100 * across, 2 + 45 * across))
        scale = photo.view.scale
        assert (photo.view.x, photo.view.y) == pytest.approx((100, 45), abs=0.6)
        assert photo.grid.lattice == lattice
        assert photo.view.scale == scale

    def test_it_frames_what_is_shown(self, photo: Window) -> None:
        photo.key("8")
        view = QRectF(*photo.view.region)
        box = photo.parts.minimap.frame_rect()
        across = (photo.parts.minimap.width() - 4) / 120
        assert box.width() == pytest.approx(view.width() * across)
        assert box.left() - 2 == pytest.approx(view.left() * across)

    def test_it_shows_the_picture(self, photo: Window, picture: Bytes) -> None:
        photo.key("8")
        shown = rgb_of(photo.parts.minimap.grab().toImage()).astype(float)
        assert np.abs(shown[4:8, 4:8].mean((0, 1)) - picture[2:6, 2:6].mean((0, 1))).max() < 24


class TestChrome:
    def test_full_screen_is_the_picture_alone(self, photo: Window) -> None:
        photo.key("F11")
        photo.until(photo.main.isFullScreen)
        parts = photo.parts
        chrome = (parts.top, parts.inspector, parts.status)
        assert not any(part.isVisible() for part in chrome)
        photo.at_rest()
        assert photo.canvas.size() == photo.main.size()
        photo.key("Esc")
        photo.until(lambda: not photo.main.isFullScreen())
        assert all(part.isVisible() for part in chrome)
        photo.at_rest()

    def test_a_maximized_window_comes_back_maximized(self, photo: Window) -> None:
        photo.main.showMaximized()
        photo.until(photo.main.isMaximized)
        photo.key("F11")
        photo.until(photo.main.isFullScreen)
        photo.key("F11")
        photo.until(lambda: not photo.main.isFullScreen())
        assert photo.main.isMaximized()
        photo.at_rest()

    def test_left_by_other_means_its_bars_come_back(self, photo: Window) -> None:
        photo.key("F11")
        photo.until(photo.main.isFullScreen)
        photo.main.showNormal()  # as a window manager's own key does
        photo.until(photo.parts.top.isVisible)
        assert photo.parts.status.isVisible()
        photo.key("F11")
        photo.until(photo.main.isFullScreen)
        photo.at_rest()

    def test_a_hidden_inspector_stays_hidden_after_full_screen(self, photo: Window) -> None:
        photo.key("I")
        photo.key("F11")
        photo.until(photo.main.isFullScreen)
        photo.key("F11")
        photo.until(lambda: not photo.main.isFullScreen())
        assert not photo.parts.inspector.isVisible()
        assert photo.parts.top.isVisible()
        photo.at_rest()

    def test_in_full_screen_i_does_not_change_what_comes_back(self, photo: Window) -> None:
        photo.key("F11")
        photo.until(photo.main.isFullScreen)
        photo.key("I")
        assert not photo.parts.inspector.isVisible()
        photo.key("F11")
        photo.until(lambda: not photo.main.isFullScreen())
        assert photo.parts.inspector.isVisible()
        photo.at_rest()

    def test_keys_still_work_in_full_screen(self, photo: Window) -> None:
        photo.key("F11")
        photo.until(photo.main.isFullScreen)
        photo.key("8")
        assert photo.view.scale == 8
        photo.key("Alt+3")
        assert photo.comparison.mode == "side"
        photo.at_rest()

    def test_a_note_about_the_file_is_said(self, tall_window: Window, picture: Bytes) -> None:
        plain = from_array(picture)
        noted = SourceImage(plain.picture, "odd", notes=("Its profile cannot be used.",))
        tall_window.open(noted)
        assert tall_window.message == "Its profile cannot be used."

    def test_the_scale_bubble_comes_and_goes(self, moving_window: Window, picture: Bytes) -> None:
        window = moving_window
        window.open(picture)
        window.wheel(4, at=(200, 60))
        bubble = window.canvas._bubble
        assert bubble.visible
        assert bubble.text == "800 %"
        window.until(lambda: not bubble.visible)


class TestKeys:
    def test_the_sheet_lists_every_key_of_the_window(self, photo: Window) -> None:
        listed: list[list[str]] = []

        def read(dialog: QDialog) -> None:
            assert isinstance(dialog, ShortcutSheet)
            listed.extend(keys for _, keys in dialog.rows)
            photo.bot.keyClick(dialog, "?")

        photo.in_dialog(read)
        photo.key("?")
        photo.activate()
        keys = {key for group in listed for key in group}
        wanted = "Ctrl+O Ctrl+V Ctrl+C Ctrl+E F 0 Home 1 2 4 8 + − Alt+1 Alt+2 Alt+3 Alt+4 Alt+5"
        wanted += " G R D M I F11 ? PgDown PgUp Space Arrows Wheel Drag Double-click"
        assert set(wanted.split()) <= keys

    def test_no_key_stands_for_two_things(self, window: Window) -> None:
        keys = [
            key.toString(QKeySequence.SequenceFormat.PortableText)
            for action in window.main.actions_by_name.values()
            for key in action.shortcuts()
        ]
        assert len(keys) == len(set(keys))

    def test_without_a_picture_no_key_does_harm(self, window: Window) -> None:
        for key in ("Alt+5", "G", "R", "D", "M", "I", "PgUp", "Ctrl+C", "F", "1", "+", "Left"):
            window.key(key)
            assert window.parts.stack.currentWidget() is window.parts.empty
            assert window.canvas.pictures.state == ""

    def test_keys_do_not_reach_the_window_from_a_field(self, photo: Window) -> None:
        before, field = photo.comparison, photo.parts.status.scale
        photo.click(field)
        field.selectAll()
        photo.bot.keyClicks(field, "200")
        assert photo.view.scale == 4.0
        for key in "gdr":
            photo.bot.keyClick(field, key)
        assert photo.comparison == before
        photo.key("Esc")

    def test_a_key_of_the_window_first_takes_what_is_typed(self, photo: Window) -> None:
        photo.begin_typing(photo.parts.status.scale, "300")
        photo.key("Alt+3")
        assert (photo.comparison.mode, photo.view.scale) == ("side", 3.0)
        photo.at_rest()

    @pytest.mark.parametrize("keypad", [False, True])
    def test_a_list_keeps_the_keys_that_go_through_it(self, photo: Window, keypad: bool) -> None:
        photo.key("8")
        photo.at_rest()
        view, box = photo.view, photo.parts.inspector.samplers["a"].box
        box.setFocus()
        for words, row in (("Home", 0), ("PgDown", 5), ("PgUp", 0), ("End", -1)):
            listed = box.keys()
            keys = [key for key in listed if box.model().item(box._row(key)).isEnabled()]
            press(photo, words, keypad)
            assert photo.comparison.a == keys[row]
        assert photo.view == view, "the window took the key for its own command"

    @pytest.mark.parametrize("keypad", [False, True])
    def test_a_slider_keeps_the_keys_that_move_it(self, photo: Window, keypad: bool) -> None:
        photo.key("G")
        photo.key("8")
        view, slider = photo.view, photo.parts.inspector.gradient.opacity.slider
        slider.setFocus()
        levels = []
        for words in ("Home", "PgUp", "PgDown", "End", "PgDown"):
            press(photo, words, keypad)
            levels.append(photo.comparison.gradient.opacity)
        assert levels == [0.0, 0.125, 0.0, 1.0, 0.875]
        assert photo.view == view, "the window took the key for its own command"

    @pytest.mark.parametrize("kind", ["list", "slider"])
    def test_letters_and_figures_are_the_windows_there_too(self, photo: Window, kind: str) -> None:
        inspector, before = photo.parts.inspector, photo.comparison
        where = inspector.samplers["a"].box if kind == "list" else inspector.gradient.opacity.slider
        where.setFocus()
        photo.key("G")
        assert photo.comparison.gradient.enabled
        photo.key("8")
        assert photo.view.scale == 8.0
        photo.key("F")
        assert photo.canvas.camera.fits
        photo.key("G")
        assert photo.comparison == before

    def test_esc_takes_typing_back_before_it_closes_a_message(self, photo: Window) -> None:
        field = photo.parts.inspector.region.fields["x"]
        photo.begin_typing(field, "12")
        photo.parts.messages.show_message("Something went wrong")
        photo.key("Esc")
        assert (field.text(), photo.message) == ("0.0", "Something went wrong")
        photo.key("Esc")
        assert photo.message == ""
        photo.at_rest()

    def test_esc_gives_up_a_drag_before_it_closes_a_message(self, photo: Window) -> None:
        view = photo.view
        photo.press((200, 100))
        photo.move((220, 110))
        photo.parts.messages.show_message("Something went wrong")
        photo.key("Esc")
        photo.release((220, 110))
        assert photo.message == "Something went wrong"
        photo.key("Esc")
        assert photo.message == ""
        photo.at_rest()
        assert (photo.view.x, photo.view.y) == pytest.approx((view.x, view.y), abs=0.5)

    def test_an_inspector_that_is_hidden_takes_no_keys_along(self, photo: Window) -> None:
        box = photo.parts.inspector.samplers["a"].box
        box.setFocus()
        photo.key("I")
        photo.at_rest()
        photo.key("G")
        assert photo.comparison.gradient.enabled
        with photo.hold_space():
            assert photo.comparison.swapped
        photo.at_rest()

    @pytest.mark.parametrize("mode", ["Alt+5", "Alt+6"])
    def test_nor_does_a_section_that_a_mode_hides(self, photo: Window, mode: str) -> None:
        photo.key(mode)
        inspector = photo.parts.inspector
        slider, box = inspector.difference.factor.slider, inspector.samplers["c"].box
        (slider if mode == "Alt+5" else box).setFocus()
        photo.key("Alt+2")
        photo.key("G")
        assert photo.comparison.gradient.enabled
        assert isinstance(photo.focus, MainWindow)
        photo.at_rest()

    def test_tab_goes_through_the_fields_and_clicks_leave_the_focus(self, photo: Window) -> None:
        photo.canvas.setFocus()
        photo.click(photo.parts.top.gradient)
        photo.click(photo.parts.top.region)
        assert photo.focus is photo.canvas
        photo.key("Tab")
        assert photo.focus is not photo.canvas
        photo.at_rest()


def test_windows_are_as_wide_as_they_were_asked_to_be(make_window: MakeWindow) -> None:
    window = make_window(size=(1440, 900))
    assert (window.parts.inspector.width(), window.parts.top.height()) == (280, 45)
    assert window.parts.status.height() == 29
    bar, modes = window.parts.top, window.parts.top.modes
    assert abs(modes.geometry().center().x() - bar.width() / 2) <= 1


def test_the_first_window_is_no_larger_than_the_screen(make_window: MakeWindow) -> None:
    window = make_window(size=None).main
    room = window.screen().availableGeometry().size()
    assert room.width() < SIZE.width(), "the screen of these tests is a small one"
    assert window.minimumSizeHint().width() <= window.width() <= room.width()
    assert window.height() <= min(room.height(), SIZE.height())


def test_ticks_stop_at_rest(photo: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finished picture costs nothing: nothing is painted until something happens."""
    painted: list[int] = []
    paint = photo.canvas.pictures.paint

    def watched(painter: QPainter, panes: list[Pane], touched: QRect) -> None:
        painted.append(len(panes))
        paint(painter, panes, touched)

    photo.until(lambda: not photo.canvas.pictures._ticker.isActive())
    QApplication.processEvents()
    monkeypatch.setattr(photo.canvas.pictures, "paint", watched)
    QApplication.processEvents()
    assert painted == []
    photo.canvas.repaint()
    assert painted == [2]
