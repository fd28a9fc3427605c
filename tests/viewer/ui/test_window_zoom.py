"""The window while zooming and panning: wheel, drag, keys, pinch, and what runs meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from types import FrameType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QApplication

from tests.models.pictures import drawing
from tests.viewer.ui.conftest import MakeWindow
from tests.viewer.ui.driver import NO_BUTTON, NO_KEY, Gate, Window
from viewer.rendering.messages import Message
from viewer.rendering.view import View

Bytes = NDArray[np.uint8]

CLOSE = 1e-6
"""Device pixels."""

SPOTS = [(260.0, 112.0), (37.0, 61.0), (401.5, 180.25)]


@pytest.fixture
def photo(window: Window, picture: Bytes) -> Window:
    """A window with a picture, fitted: × 4."""
    window.open(picture)
    return window


def apart(one: View, other: View) -> float:
    """Farthest distance of the canvas's corners in two views, in device pixels."""
    corners = [(0.0, 0.0), (float(one.width), float(one.height))]
    placed = [other.to_device(*one.to_source(*corner)) for corner in corners]
    return max(
        abs(p - c) for pair in zip(placed, corners, strict=True) for p, c in zip(*pair, strict=True)
    )


class TestWheel:
    @pytest.mark.parametrize("notches", [1, 7.5, -3, 0.125])
    def test_in_and_out_is_the_identity(self, photo: Window, notches: float) -> None:
        view, grid, pixels = photo.view, photo.grid, photo.pixels()
        for at in SPOTS:
            photo.wheel(notches, at)
            assert photo.grid != grid
            photo.wheel(-notches, at)
            photo.at_rest()
            assert apart(view, photo.view) < CLOSE
            assert photo.grid == grid
            np.testing.assert_array_equal(photo.pixels(), pixels)

    def test_twenty_in_and_twenty_out_too(self, photo: Window) -> None:
        view, grid = photo.view, photo.grid
        for turn in [1] * 20 + [-1] * 20:
            photo.wheel(turn, SPOTS[2])
        photo.at_rest()
        assert apart(view, photo.view) < CLOSE
        assert photo.grid == grid

    def test_the_point_under_the_cursor_stays(self, photo: Window) -> None:
        for notches, at in product((1, 9, -2, 0.25, -8), SPOTS):
            point = photo.source_at(at)
            photo.wheel(notches, at)
            assert photo.source_at(at) == pytest.approx(point, abs=CLOSE / photo.view.scale)

    def test_one_turn_and_another_are_their_sum(self, photo: Window) -> None:
        photo.wheel(3, SPOTS[1])
        photo.wheel(2.5, SPOTS[1])
        two = photo.view
        photo.wheel(-5.5, SPOTS[1])
        photo.wheel(5.5, SPOTS[1])
        assert apart(two, photo.view) < CLOSE

    def test_four_notches_double_the_scale(self, photo: Window) -> None:
        photo.wheel(4)
        assert photo.view.scale == pytest.approx(8.0)

    def test_it_goes_from_a_quarter_of_the_fit_to_far_beyond_256(self, window: Window) -> None:
        window.open(drawing(1040, 448).pixels.astype(np.uint8))
        fit = window.view.scale
        assert fit == 0.5
        window.wheel(-100)
        assert window.view.scale == pytest.approx(fit / 4)
        window.wheel(200)
        assert window.view.scale >= 256
        window.at_rest()
        assert window.grid.columns == 520

    def test_a_sideways_turn_zooms_too(self, photo: Window) -> None:
        """Alt makes some systems turn the wheel's axis."""
        place, phase = QPointF(*photo.middle), Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(place, place, QPoint(), QPoint(480, 0), NO_BUTTON, NO_KEY, phase, False)
        QApplication.sendEvent(photo.canvas, event)
        assert photo.view.scale == pytest.approx(8.0)

    def test_without_a_picture_nothing_happens(self, window: Window) -> None:
        window.parts.stack.setCurrentWidget(window.canvas)
        window.wheel(3)
        window.drag(20, 20)
        window.key("2")
        window.double_click((50, 50))
        assert window.canvas.camera.target is None


class TestAnimation:
    def test_the_point_under_the_cursor_stays_in_every_frame(
        self, moving_window: Window, picture: Bytes
    ) -> None:
        window, at = moving_window, SPOTS[1]
        window.open(picture)
        start, point = window.view, window.source_at(at)
        frames: list[tuple[float, tuple[float, float]]] = []
        camera = window.canvas.camera

        def look() -> None:
            assert camera.shown is not None
            frames.append((camera.shown.scale, window.source_at(at)))

        camera.shown_changed.connect(look)
        window.wheel(4, at)
        assert len(frames) == 1, "the first step is taken in the event's own frame"
        assert 2**0.4 < frames[0][0] / start.scale < 2, "and it is one that can be seen"
        window.at_rest()
        scales = [scale for scale, _ in frames]
        assert scales == sorted(scales)
        assert scales[-1] == window.view.scale
        for scale, seen in frames:
            assert seen == pytest.approx(point, abs=CLOSE / scale)

    def test_events_act_on_the_view_they_lead_to(
        self, moving_window: Window, picture: Bytes
    ) -> None:
        window = moving_window
        window.open(picture)
        for _ in range(4):
            window.wheel(1)
        assert window.view.scale == pytest.approx(8.0)
        assert window.canvas.camera.shown != window.view

    def test_in_and_out_in_a_hurry_is_the_identity(
        self, moving_window: Window, picture: Bytes
    ) -> None:
        window = moving_window
        window.open(picture)
        grid, pixels = window.grid, window.pixels()
        window.wheel(5, SPOTS[0])
        window.wheel(-5, SPOTS[0])
        window.at_rest()
        assert window.grid == grid
        np.testing.assert_array_equal(window.pixels(), pixels)

    def test_a_drag_ends_the_motion_where_it_was_going(
        self, moving_window: Window, picture: Bytes
    ) -> None:
        window = moving_window
        window.open(picture)
        window.wheel(4)
        there = window.view
        window.drag(10, -6)
        assert window.canvas.camera.shown == window.view == there.panned(10, -6)
        window.at_rest()

    def test_the_status_says_preview_then_final(
        self, moving_window: Window, picture: Bytes
    ) -> None:
        window = moving_window
        window.open(picture)
        window.states.clear()
        window.wheel(3)
        assert "preview" in window.state
        window.at_rest()
        assert window.states[-1].startswith("final · ")
        assert not any("final" in words for words in window.states[:-1])


class TestDrag:
    @pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton])
    def test_the_picture_follows_the_pointer(self, photo: Window, button: Qt.MouseButton) -> None:
        before = photo.view
        photo.drag(33, -21, button=button)
        assert photo.view == before.panned(33, -21)

    def test_fractions_of_pixels_are_not_lost_on_the_way(self, photo: Window) -> None:
        before = photo.view
        photo.press((100, 100))
        for step in range(1, 11):
            photo.move((100 + 0.34 * step, 100 - 0.26 * step))
        photo.release((103.4, 97.4))
        assert photo.view == before.panned(3, -3)

    def test_it_stays_on_the_lattice_so_tiles_are_found_again(self, photo: Window) -> None:
        photo.key("Alt+1")
        photo.wheel(5)
        photo.at_rest()
        lattice, before = photo.grid.lattice, photo.pixels()
        photo.drag(37, 19)
        photo.at_rest()
        assert photo.grid.lattice == lattice
        np.testing.assert_array_equal(photo.pixels()[19:, 37:], before[:-19, :-37])

    def test_some_of_the_picture_always_stays_in_view(self, photo: Window) -> None:
        for _ in range(4):
            photo.drag(400, 300, at=(20, 10))
        left, top = photo.view.to_device(0, 0)
        assert (520 - left, 224 - top) == pytest.approx((64, 64))
        for _ in range(8):
            photo.drag(-400, -300, at=(500, 214))
        right, bottom = photo.view.to_device(120, 56)
        assert (right, bottom) == pytest.approx((64, 64))

    def test_esc_gives_it_up(self, photo: Window) -> None:
        before = photo.view
        photo.press((100, 100))
        photo.move((133, 80))
        photo.key("Esc")
        photo.move((150, 70))
        photo.release((150, 70))
        assert photo.view == before

    def test_the_hand_is_shown_only_while_dragging(self, photo: Window) -> None:
        photo.press((100, 100))
        assert photo.canvas.cursor().shape() == Qt.CursorShape.ArrowCursor
        photo.move((110, 100))
        assert photo.canvas.cursor().shape() == Qt.CursorShape.ClosedHandCursor
        photo.release((110, 100))
        assert photo.canvas.cursor().shape() == Qt.CursorShape.ArrowCursor


class TestDoubleClick:
    def test_it_toggles_between_fit_and_100_percent_at_the_cursor(self, photo: Window) -> None:
        fit, at = photo.grid, (60.0, 150.0)
        under = photo.source_at(at)
        photo.double_click(at)
        assert photo.view.scale == 1.0
        assert photo.source_at(at) == pytest.approx(under, abs=0.5)
        photo.at_rest()
        photo.double_click(at)
        photo.at_rest()
        assert photo.grid == fit

    def test_from_any_other_scale_it_fits(self, photo: Window) -> None:
        fit = photo.grid
        photo.wheel(3, SPOTS[1])
        photo.double_click((300, 100))
        photo.at_rest()
        assert photo.grid == fit


class TestKeys:
    def test_a_figure_is_that_scale_with_pixels_on_pixels(self, photo: Window) -> None:
        for key in "1248":
            photo.wheel(1.5, SPOTS[1])
            photo.key(key)
            assert photo.view.scale == float(key)
            left, top = photo.view.to_device(0, 0)
            assert (left, top) == pytest.approx((round(left), round(top)), abs=1e-9)

    def test_a_figure_zooms_at_the_cursor_if_it_is_there(self, photo: Window) -> None:
        at = (123.0, 45.0)
        photo.hover(at)
        under = photo.source_at(at)
        photo.key("8")
        assert photo.source_at(at) == pytest.approx(under, abs=0.5 / 8)

    def test_three_keys_fit_the_picture(self, photo: Window) -> None:
        fit = photo.view
        for key in ("F", "0", "Home"):
            photo.wheel(7, SPOTS[1])
            photo.key(key)
            assert photo.view == fit

    def test_plus_and_minus_zoom_about_the_middle(self, photo: Window) -> None:
        before, middle = photo.view, photo.source_at(photo.middle)
        for key in "+=":
            photo.key(key)
            assert photo.view.scale == pytest.approx(before.scale * 2**0.5)
            assert photo.source_at(photo.middle) == pytest.approx(middle)
            photo.key("-")
            assert apart(before, photo.view) < CLOSE

    def test_an_arrow_and_its_opposite_is_the_identity(
        self, make_window: MakeWindow, picture: Bytes
    ) -> None:
        window = make_window(size=(803, 301))  # nothing divides these sides
        window.open(picture)
        window.key("8")
        before = window.view
        ways = (("Left", "Right"), ("Right", "Left"), ("Up", "Down"), ("Down", "Up"))
        for held, (there, back) in product(("", "Shift+"), ways):
            window.key(held + there)
            assert window.view != before
            window.key(held + back)
            assert apart(before, window.view) < CLOSE

    def test_arrows_pan_by_an_eighth_and_with_shift_by_a_screen(self, photo: Window) -> None:
        photo.key("8")
        before = photo.view
        photo.key("Right")
        assert photo.view == before.panned(-520 // 8, 0)
        photo.key("Down")
        assert photo.view == before.panned(-520 // 8, -224 // 8)
        photo.key("Shift+Left")
        assert photo.view == before.panned(520 - 520 // 8, -224 // 8)


def pinch(window: Window, factor: float, at: tuple[float, float]) -> None:
    """Two fingers on a trackpad."""
    place, kind = QPointF(*at), Qt.NativeGestureType.ZoomNativeGesture
    device = QPointingDevice.primaryPointingDevice()
    event = QNativeGestureEvent(kind, device, 2, place, place, place, factor - 1.0, QPointF())
    QApplication.sendEvent(window.canvas, event)


def test_a_pinch_zooms_at_the_fingers(photo: Window) -> None:
    at = SPOTS[2]
    under = photo.source_at(at)
    pinch(photo, 1.25, at)
    pinch(photo, 1.6, at)
    assert photo.view.scale == pytest.approx(8.0)
    assert photo.source_at(at) == pytest.approx(under, abs=CLOSE)


class TestResizing:
    def test_a_fitted_picture_stays_fitted(self, photo: Window) -> None:
        photo.key("I")
        photo.at_rest()
        assert photo.canvas.width() == 800
        assert photo.view.scale == pytest.approx(min(800 / 120, 224 / 56))
        photo.main.resize(900, 600)
        photo.at_rest()
        assert photo.view.scale == pytest.approx(min(900 / 120, 526 / 56))

    @pytest.mark.parametrize("key", ["I", "F11"])
    def test_the_centre_stays_when_the_canvas_grows(self, photo: Window, key: str) -> None:
        photo.wheel(6, SPOTS[1])
        photo.at_rest()
        before, lattice = photo.view, photo.grid.lattice
        photo.key(key)
        photo.at_rest()
        assert photo.view.width > before.width
        assert photo.view.scale == before.scale
        assert photo.grid.lattice == lattice
        moved = (photo.view.x - before.x, photo.view.y - before.y)
        assert np.abs(moved).max() * before.scale <= 0.5 + CLOSE
        photo.key(key)
        photo.at_rest()
        assert apart(before, photo.view) < CLOSE


def overhear(window: Window, monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Every answer of the compute thread from now on."""
    heard: list[Message] = []
    take = window.canvas.pictures.take

    def taken(message: Message) -> None:
        heard.append(message)
        take(message)

    monkeypatch.setattr(window.canvas.pictures, "take", taken)
    return heard


class TestMeanwhile:
    def test_stale_work_is_dropped(
        self, photo: Window, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The compute thread is held in the first view; of the later ones only the last is made."""
        pictures, heard = photo.canvas.pictures, overhear(photo, monkeypatch)
        stale = photo.main.worker.stale
        gate.close()
        photo.wheel(2)
        photo.until(gate.reached.is_set)
        first = pictures.generation
        for _ in range(5):
            photo.wheel(1)
        gate.open()
        photo.at_rest()
        assert photo.main.worker.stale > stale
        last = pictures.generation
        assert last >= first + 5
        assert {m.generation for m in heard if m.generation > first} <= {last - 1, last}

    def test_an_old_answer_changes_nothing(
        self, photo: Window, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard = overhear(photo, monkeypatch)
        photo.wheel(3)
        photo.at_rest()
        old = list(heard)
        photo.wheel(3)
        photo.at_rest()
        grid, state, pixels = photo.grid, photo.state, photo.pixels()
        for message in old:
            photo.canvas.pictures.take(message)
        assert (photo.grid, photo.state) == (grid, state)
        np.testing.assert_array_equal(photo.pixels(), pixels)

    def test_the_windows_thread_calls_no_torch(self, make_window: MakeWindow) -> None:
        """Not even for a paint of 1280 × 720 in the middle of a zoom."""
        window = make_window(animated=True, size=(1280 + 280, 720 + 74))
        window.open(drawing(400, 250).pixels.astype(np.uint8))
        assert (window.canvas.width(), window.canvas.height()) == (1280, 720)
        with torch_calls() as calls:
            for turn in (1, 1, -3, 2):
                window.wheel(turn, (400, 300))
                window.canvas.repaint()
            window.drag(50, 30)
            window.canvas.repaint()
            window.at_rest()
        assert calls == []

    def test_that_watch_sees_torch(self) -> None:
        import torch

        with torch_calls() as calls:
            torch.zeros(2).add(1.0)
        assert calls


@contextmanager
def torch_calls() -> Iterator[list[str]]:
    """Names of torch's functions that this thread calls."""
    seen: list[str] = []

    def watch(frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            module = str(frame.f_globals.get("__name__", ""))
        elif event == "c_call":
            owner = type(getattr(called, "__self__", None)).__module__
            module = f"{called.__module__ or owner}"
            module = owner if owner.startswith("torch") else module
        else:
            return
        if module.split(".")[0] == "torch":
            seen.append(f"{module}: {called!r}")

    sys.setprofile(watch)
    try:
        yield seen
    finally:
        sys.setprofile(None)
