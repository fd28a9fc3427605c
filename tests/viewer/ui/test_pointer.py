"""The pointer on a canvas: what it grasps, and what becomes of a drag that is given up."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QGestureEvent, QPinchGesture
from pytestqt.qtbot import QtBot

from models.samplers.grid import Region
from viewer.imaging.colour import DisplayTransform
from viewer.imaging.source import from_array
from viewer.rendering.messages import Scene
from viewer.rendering.view import View
from viewer.ui.canvas import Canvas

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton  # noqa: E501  # fmt: skip
NONE = Qt.MouseButton.NoButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
PRESS, MOVE, RELEASE = QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease  # noqa: E501  # fmt: skip
DOUBLE = QEvent.Type.MouseButtonDblClick

Shape = Qt.CursorShape


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    """A canvas of 320 × 160 with a picture of 60 × 40 at × 4, its corner at 40, 0; single mode."""
    canvas = Canvas(lambda _: None, animated=False)
    qtbot.addWidget(canvas)
    canvas.resize(320, 160)
    canvas.show()
    source = from_array(np.zeros((40, 60, 3), np.uint8))
    canvas.show_scene(Scene(source, DisplayTransform(None)), np.zeros((40, 60, 4), np.uint8))
    canvas.compare(replace(canvas.comparison, mode="single"))
    return canvas


def mouse(
    canvas: Canvas,
    kind: QEvent.Type,
    x: float,
    y: float,
    button: Qt.MouseButton = LEFT,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    place = QPointF(x, y)
    held = NONE if kind == RELEASE else button
    changed = NONE if kind == MOVE else button
    event = QMouseEvent(kind, place, canvas.mapToGlobal(place), changed, held, modifiers)
    QApplication.sendEvent(canvas, event)


def wheel(canvas: Canvas, delta: QPoint, at: tuple[float, float] = (160.0, 80.0)) -> QWheelEvent:
    place, phase = QPointF(*at), Qt.ScrollPhase.NoScrollPhase
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(place, canvas.mapToGlobal(place), QPoint(), delta, NONE, none, phase, False)
    QApplication.sendEvent(canvas, event)
    return event


def view(canvas: Canvas) -> View:
    assert canvas.camera.target is not None
    return canvas.camera.target


class TestWheel:
    @pytest.mark.parametrize("delta", [480, -120, 15, 1])
    def test_it_zooms_by_its_own_magnitude(self, canvas: Canvas, delta: int) -> None:
        before = view(canvas).log2_scale
        event = wheel(canvas, QPoint(0, delta))
        assert view(canvas).log2_scale == pytest.approx(before + delta / 480)
        assert event.isAccepted()

    def test_a_sideways_turn_counts_where_there_is_no_other(self, canvas: Canvas) -> None:
        before = view(canvas).log2_scale
        wheel(canvas, QPoint(240, 0))
        assert view(canvas).log2_scale == pytest.approx(before + 0.5)
        wheel(canvas, QPoint(500, -240))
        assert view(canvas).log2_scale == pytest.approx(before)

    def test_a_turn_of_nothing_does_nothing(self, canvas: Canvas) -> None:
        before = view(canvas)
        wheel(canvas, QPoint(0, 0))
        assert view(canvas) == before

    def test_it_says_where_the_cursor_is(self, canvas: Canvas) -> None:
        wheel(canvas, QPoint(0, 120), at=(77.0, 55.0))
        assert canvas.pointer.position == QPointF(77.0, 55.0)


def test_on_a_screen_of_another_ratio_the_view_has_its_pixels(
    canvas: Canvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size in logical pixels stays, so nothing else tells of it."""
    monkeypatch.setattr(canvas, "devicePixelRatioF", lambda: 2.0)
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.DevicePixelRatioChange))
    assert (view(canvas).width, view(canvas).height) == (640, 320)
    assert canvas.camera.fits


class TestDrag:
    @pytest.mark.parametrize("button", [LEFT, MIDDLE])
    def test_it_moves_the_picture_by_whole_pixels(
        self, canvas: Canvas, button: Qt.MouseButton
    ) -> None:
        before = view(canvas)
        mouse(canvas, PRESS, 100.3, 50.3, button)
        for step in range(1, 8):
            mouse(canvas, MOVE, 100.3 + step * 1.4, 50.3 - step * 0.3, button)
        assert view(canvas) == before.panned(10, -2)
        mouse(canvas, RELEASE, 110.1, 48.2, button)
        mouse(canvas, MOVE, 200, 100, NONE)
        assert view(canvas) == before.panned(10, -2)

    def test_the_other_button_takes_nothing(self, canvas: Canvas) -> None:
        before = view(canvas)
        mouse(canvas, PRESS, 100, 50, RIGHT)
        mouse(canvas, MOVE, 130, 60, RIGHT)
        mouse(canvas, RELEASE, 130, 60, RIGHT)
        assert view(canvas) == before

    def test_a_second_button_neither_takes_over_nor_lets_go(self, canvas: Canvas) -> None:
        before = view(canvas)
        mouse(canvas, PRESS, 100, 50)
        mouse(canvas, PRESS, 100, 50, MIDDLE)
        mouse(canvas, MOVE, 110, 50)
        mouse(canvas, RELEASE, 110, 50, MIDDLE)
        mouse(canvas, MOVE, 130, 50)
        assert view(canvas) == before.panned(30, 0)
        mouse(canvas, RELEASE, 130, 50)
        mouse(canvas, MOVE, 150, 50)
        assert view(canvas) == before.panned(30, 0)

    def test_a_drag_that_is_given_up_goes_back(self, canvas: Canvas) -> None:
        before = view(canvas)
        assert not canvas.pointer.cancel()
        mouse(canvas, PRESS, 100, 50)
        mouse(canvas, MOVE, 120, 70)
        assert canvas.pointer.cancel()
        assert view(canvas) == before
        assert canvas.cursor().shape() == Shape.ArrowCursor
        mouse(canvas, MOVE, 140, 90)
        assert view(canvas) == before

    def test_it_goes_on_from_where_the_wheel_has_gone(self, canvas: Canvas) -> None:
        mouse(canvas, PRESS, 100, 50, MIDDLE)
        mouse(canvas, MOVE, 110, 50, MIDDLE)
        wheel(canvas, QPoint(0, 480), at=(110.0, 50.0))
        zoomed = view(canvas)
        mouse(canvas, MOVE, 110, 50, MIDDLE)
        assert view(canvas) == zoomed
        mouse(canvas, MOVE, 123, 54, MIDDLE)
        assert view(canvas) == zoomed.panned(13, 4)

    def test_it_goes_on_in_a_canvas_of_another_size(self, canvas: Canvas) -> None:
        mouse(canvas, PRESS, 100, 50)
        canvas.resize(400, 200)
        mouse(canvas, MOVE, 100, 50)
        mouse(canvas, MOVE, 107, 50)
        assert (view(canvas).width, view(canvas).height) == (400, 200)

    def test_let_go_over_another_window_it_has_ended(self, canvas: Canvas) -> None:
        before = view(canvas)
        mouse(canvas, PRESS, 100, 50)
        mouse(canvas, MOVE, 140, 50, NONE)
        assert view(canvas) == before
        mouse(canvas, MOVE, 150, 50)
        assert view(canvas) == before

    def test_a_press_gives_the_canvas_the_keyboard(self, canvas: Canvas, qtbot: QtBot) -> None:
        canvas.activateWindow()
        qtbot.waitUntil(canvas.isActiveWindow)
        canvas.clearFocus()
        mouse(canvas, PRESS, 100, 50)
        assert canvas.hasFocus()
        mouse(canvas, RELEASE, 100, 50)


class TestDivider:
    @pytest.fixture
    def moved(self, canvas: Canvas) -> list[float]:
        """Places that were asked for; the divider goes there."""
        places: list[float] = []
        canvas.divider_moved.connect(places.append)
        canvas.divider_moved.connect(canvas.set_divider)
        canvas.compare(replace(canvas.comparison, mode="split"))
        return places

    @pytest.mark.parametrize("at", [(160.0, 20.0), (155.0, 20.0), (166.0, 20.0), (172.0, 85.0)])
    def test_line_and_handle_are_grasped(
        self, canvas: Canvas, moved: list[float], at: tuple[float, float]
    ) -> None:
        before = view(canvas)
        mouse(canvas, PRESS, *at)
        mouse(canvas, MOVE, 80, 30)
        mouse(canvas, RELEASE, 80, 30)
        assert moved == [0.25]
        assert view(canvas) == before

    def test_beside_it_the_picture_is(self, canvas: Canvas, moved: list[float]) -> None:
        before = view(canvas)
        mouse(canvas, PRESS, 180, 20)
        mouse(canvas, MOVE, 170, 20)
        mouse(canvas, RELEASE, 170, 20)
        assert moved == []
        assert view(canvas) == before.panned(-10, 0)

    def test_the_middle_button_drags_the_picture_even_there(
        self, canvas: Canvas, moved: list[float]
    ) -> None:
        before = view(canvas)
        mouse(canvas, PRESS, 160, 20, MIDDLE)
        mouse(canvas, MOVE, 150, 20, MIDDLE)
        mouse(canvas, RELEASE, 150, 20, MIDDLE)
        assert moved == []
        assert view(canvas) == before.panned(-10, 0)

    def test_the_cursor_shows_it(self, canvas: Canvas, moved: list[float]) -> None:
        del moved
        mouse(canvas, MOVE, 158, 20, NONE)
        assert canvas.cursor().shape() == Shape.SplitHCursor
        mouse(canvas, MOVE, 100, 20, NONE)
        assert canvas.cursor().shape() == Shape.ArrowCursor

    def test_it_goes_before_the_region_tool(self, canvas: Canvas, moved: list[float]) -> None:
        canvas.region_tool.active = True
        mouse(canvas, PRESS, 160, 20)
        mouse(canvas, MOVE, 80, 30)
        mouse(canvas, RELEASE, 80, 30)
        assert moved == [0.25]
        assert canvas.region_tool.region is None


class TestRegion:
    @pytest.fixture(autouse=True)
    def _tool_on(self, canvas: Canvas) -> None:
        canvas.region_tool.active = True

    def test_it_is_drawn_in_source_pixels(self, canvas: Canvas) -> None:
        mouse(canvas, PRESS, 40 + 4 * 10, 4 * 5)
        mouse(canvas, MOVE, 40 + 4 * 30, 4 * 20)
        mouse(canvas, RELEASE, 40 + 4 * 30, 4 * 20)
        assert canvas.region_tool.region == Region(10, 5, 20, 15)

    def test_shift_keeps_the_aspect(self, canvas: Canvas) -> None:
        mouse(canvas, PRESS, 80, 20, LEFT, SHIFT)
        mouse(canvas, MOVE, 120, 30, LEFT, SHIFT)
        mouse(canvas, RELEASE, 120, 30, LEFT, SHIFT)
        assert canvas.region_tool.region == Region(10, 5, 10, 10)

    def test_a_handle_is_as_wide_at_every_scale(self, canvas: Canvas) -> None:
        canvas.region_tool.set_region(Region(10, 5, 20, 15))
        for factor in (0.0, 2.0, -1.0):
            canvas.camera.zoom(factor, 80.0, 20.0)  # the region's corner stays there
            for off, shape in ((-4, Shape.SizeFDiagCursor), (-8, Shape.CrossCursor)):
                mouse(canvas, MOVE, 80 + off, 20 + off, NONE)
                assert canvas.cursor().shape() == shape

    def test_a_drag_that_is_given_up_goes_back(self, canvas: Canvas) -> None:
        canvas.region_tool.set_region(Region(10, 5, 20, 15))
        mouse(canvas, PRESS, 120, 40)
        mouse(canvas, MOVE, 160, 60)
        assert canvas.region_tool.region != Region(10, 5, 20, 15)
        assert canvas.pointer.cancel()
        assert canvas.region_tool.region == Region(10, 5, 20, 15)


class TestDoubleClick:
    def double_click(self, canvas: Canvas, x: float, y: float, button=LEFT) -> None:  # type: ignore[no-untyped-def]
        for kind in (PRESS, RELEASE, DOUBLE, RELEASE):
            mouse(canvas, kind, x, y, button)

    def test_it_toggles_fit_and_100_percent(self, canvas: Canvas) -> None:
        fit = view(canvas)
        self.double_click(canvas, 100, 40)
        assert view(canvas).scale == 1.0
        self.double_click(canvas, 10, 150)
        assert view(canvas) == fit

    def test_the_source_point_under_it_stays(self, canvas: Canvas) -> None:
        before = canvas.source_at(QPointF(100, 40))
        assert before is not None
        self.double_click(canvas, 100, 40)
        assert canvas.source_at(QPointF(100, 40)) == pytest.approx(before, abs=0.5)

    def test_other_buttons_do_not(self, canvas: Canvas) -> None:
        fit = view(canvas)
        self.double_click(canvas, 100, 40, RIGHT)
        assert view(canvas) == fit


class TestPinch:
    def gesture(self, canvas: Canvas, kind: Qt.NativeGestureType, value: float) -> bool:
        place, device = QPointF(100, 40), QPointingDevice.primaryPointingDevice()
        event = QNativeGestureEvent(kind, device, 2, place, place, place, value, QPointF())
        return QApplication.sendEvent(canvas, event)

    def test_it_zooms_at_the_fingers(self, canvas: Canvas) -> None:
        before, point = view(canvas).scale, canvas.source_at(QPointF(100, 40))
        assert self.gesture(canvas, Qt.NativeGestureType.ZoomNativeGesture, 0.25)
        assert view(canvas).scale == pytest.approx(before * 1.25)
        assert canvas.source_at(QPointF(100, 40)) == pytest.approx(point)

    @pytest.mark.parametrize("value", [-1.0, -5.0])
    def test_an_impossible_one_does_no_harm(self, canvas: Canvas, value: float) -> None:
        self.gesture(canvas, Qt.NativeGestureType.ZoomNativeGesture, value)
        assert view(canvas).scale >= 1.0

    def test_turning_two_fingers_does_nothing(self, canvas: Canvas) -> None:
        before = view(canvas)
        self.gesture(canvas, Qt.NativeGestureType.RotateNativeGesture, 30.0)
        assert view(canvas) == before

    def test_two_fingers_on_a_screen_zoom_as_far_as_they_spread(
        self, canvas: Canvas, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Qt tells the last step once more when the fingers are lifted."""
        steps: list[float] = []
        monkeypatch.setattr(canvas.camera, "zoom", lambda log2, *_: steps.append(log2))
        total = self.spread(canvas, [110, 150, 190])
        assert total > 1.2
        assert sum(steps) == pytest.approx(math.log2(total), abs=1e-6)

    @staticmethod
    def spread(canvas: Canvas, apart: list[int]) -> float:
        """Two fingers move apart to these distances and are lifted; what Qt says of the whole."""
        said: list[float] = []

        class Ear(QObject):
            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                del watched
                if isinstance(event, QGestureEvent):
                    pinch = event.gesture(Qt.GestureType.PinchGesture)
                    assert isinstance(pinch, QPinchGesture)
                    said.append(pinch.totalScaleFactor())
                return False

        ear, screen = Ear(), QTest.createTouchDevice()  # type: ignore[attr-defined]
        canvas.installEventFilter(ear)
        fingers = QTest.touchEvent(canvas, screen)  # type: ignore[attr-defined]
        fingers.press(0, QPoint(110, 80), canvas).press(1, QPoint(210, 80), canvas).commit()
        for distance in apart:
            left, right = QPoint(160 - distance // 2, 80), QPoint(160 + distance // 2, 80)
            fingers.move(0, left, canvas).move(1, right, canvas).commit()
        fingers.release(0, left, canvas).release(1, right, canvas).commit()
        canvas.removeEventFilter(ear)
        return said[-1]
