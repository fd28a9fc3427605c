"""The canvas by itself: panes, points, requests, labels. Its worker is a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPointF, QRect
from PySide6.QtGui import QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.samplers.grid import Region
from tests.viewer.ui.driver import rgb_of
from viewer.imaging.colour import DisplayTransform
from viewer.imaging.source import from_array
from viewer.rendering.messages import Patch, Patches, Request, Scene
from viewer.ui.canvas import Canvas
from viewer.ui.compare import Comparison
from viewer.ui.settings import GradientSettings
from viewer.ui.theme import SURROUND

WIDTH, HEIGHT = 320, 160
GREY = 99
AROUND = (SURROUND.red(), SURROUND.green(), SURROUND.blue())

Resize = Callable[[int, int], None]


@pytest.fixture
def requests() -> list[Request]:
    return []


@pytest.fixture
def canvas(qtbot: QtBot, requests: list[Request]) -> Canvas:
    """A canvas of 320 × 160 without a picture."""
    canvas = Canvas(requests.append, animated=False)
    qtbot.addWidget(canvas)
    canvas.resize(WIDTH, HEIGHT)
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas


@pytest.fixture
def shown(canvas: Canvas) -> Canvas:
    """With a picture of 60 × 40, fitted: × 4, its corner at 40, 0."""
    source = from_array(np.zeros((40, 60, 3), np.uint8))
    base = np.full((40, 60, 4), (GREY, GREY, GREY, 255), np.uint8)
    canvas.show_scene(Scene(source, DisplayTransform(None)), base)
    return canvas


def look(canvas: Canvas, **changes: object) -> None:
    canvas.compare(replace(canvas.comparison, **changes))  # type: ignore[arg-type]


class TestEmpty:
    def test_it_is_its_surround(self, canvas: Canvas, requests: list[Request]) -> None:
        assert (rgb_of(canvas.rendered()) == AROUND).all()
        assert requests == []

    def test_it_has_no_points_and_no_divider(self, canvas: Canvas) -> None:
        assert canvas.source_at(QPointF(10, 10)) is None
        assert canvas.source_under_cursor() is None
        assert canvas.divider_place() is None
        assert canvas.picture is None

    def test_it_can_be_compared_and_resized(self, canvas: Canvas) -> None:
        look(canvas, mode="side")
        canvas.resize(400, 200)
        assert canvas.comparison == Comparison(mode="side")


class TestPicture:
    def test_the_base_is_there_in_the_same_frame(self, shown: Canvas) -> None:
        pixels = rgb_of(shown.rendered())
        assert (pixels[:, 40:280] == GREY).all()
        assert (pixels[:, :39] == AROUND).all()

    def test_it_is_asked_for_at_once(self, shown: Canvas, requests: list[Request]) -> None:
        assert len(requests) == 1
        assert (requests[0].grid.columns, requests[0].grid.rows) == (240, 160)
        assert shown.picture == (60, 40)

    def test_another_one_takes_the_region_away(self, shown: Canvas) -> None:
        shown.region_tool.set_region(Region(1, 2, 3, 4))
        source = from_array(np.zeros((20, 30, 3), np.uint8))
        scene = Scene(source, DisplayTransform(None))
        shown.show_scene(scene, np.zeros((20, 30, 4), np.uint8))
        assert shown.region_tool.region is None
        shown.region_tool.set_region(Region(25, 15, 30, 30))
        assert shown.region_tool.region == Region(0, 0, 30, 20)


class TestParts:
    """What is painted in part is as it is painted whole."""

    @pytest.mark.parametrize("mode", ["split", "side", "single", "diff", "grid"])
    @pytest.mark.parametrize("moved", [(0.0, 0, 0), (0.7, 31, -12), (-1.2, 0, 0)])
    def test_any_part_has_the_pixels_of_the_whole(
        self,
        shown: Canvas,
        rng: np.random.Generator,
        mode: str,
        moved: tuple[float, int, int],
    ) -> None:
        assert shown.scene is not None
        base = rng.integers(0, 256, (40, 60, 4), np.uint8)
        base[..., 3] = 255
        shown.show_scene(shown.scene, base)
        look(shown, mode=mode)
        shown.camera.zoom(moved[0], 130.0, 70.0)
        shown.camera.pan(*moved[1:])
        whole = rgb_of(shown.grab().toImage())
        for _ in range(12):
            left, top = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))
            part = QRect(left, top, *(int(each) for each in rng.integers(1, 90, 2)))
            part &= shown.rect()
            here = np.s_[part.top() : part.bottom() + 1, part.left() : part.right() + 1]
            found = rgb_of(shown.grab(part).toImage()).astype(int)
            # Qt rounds what it warps by where it begins.
            assert abs(found - whole[here]).max() <= 1

    def test_tiles_beside_each_other_are_painted_at_once(self, shown: Canvas) -> None:
        look(shown, mode="single")
        asked: list[QRect] = []
        shown.update = asked.append  # type: ignore[method-assign, assignment]
        row = [QRect(64 * column, 64, 64, 64) for column in range(3)]
        shown.pictures.freshened.emit("b", [*row, QRect(0, 0, 10, 10)])
        assert sorted(rect.getRect() for rect in asked) == [(0, 0, 10, 10), (0, 64, 192, 64)]


class TestPoints:
    def test_they_are_those_under_the_cursor(self, shown: Canvas) -> None:
        assert shown.source_at(QPointF(40, 0)) == (0.0, 0.0)
        assert shown.source_at(QPointF(160.5, 80.25)) == (30.125, 20.0625)

    def test_both_halves_of_side_by_side_have_the_same(self, shown: Canvas) -> None:
        look(shown, mode="side")
        half = (WIDTH - 2) // 2
        one = shown.source_at(QPointF(50, 70))
        assert one is not None
        assert shown.source_at(QPointF(50 + half + 2, 70)) == one
        assert shown.centre() == (half / 2, HEIGHT / 2)

    def test_keys_zoom_at_the_cursor_or_in_the_middle(self, shown: Canvas) -> None:
        assert shown.pivot() == (160.0, 80.0)
        shown.pointer.position = QPointF(33, 44)
        assert shown.pivot() == (33.0, 44.0)

    def test_what_is_read_under_the_cursor_is_the_middle_of_its_pixel(self, shown: Canvas) -> None:
        for place in (QPointF(33, 44), QPointF(33.5, 44.9)):
            shown.pointer.position = place
            assert shown.source_under_cursor() == shown.source_at(QPointF(33.5, 44.5))

    def test_the_focus_of_a_request_is_the_cursor(
        self, shown: Canvas, requests: list[Request]
    ) -> None:
        shown.pointer.position = QPointF(133, 44)
        shown.camera.pan(1, 0)
        assert requests[-1].focus == (133 - 41, 44)

    def test_leaving_is_told(self, shown: Canvas, qtbot: QtBot) -> None:
        shown.pointer.position = QPointF(33, 44)
        with qtbot.waitSignal(shown.hovered) as heard:
            QApplication.sendEvent(shown, QEvent(QEvent.Type.Leave))
        assert heard.args == [None]
        assert shown.pointer.position is None


class TestComparing:
    def test_only_what_is_missing_is_asked_for(
        self, shown: Canvas, requests: list[Request]
    ) -> None:
        for mode in ("single", "flip", "diff", "split"):
            look(shown, mode=mode)
        shown.set_divider(0.3)
        look(shown, swapped=True)
        look(shown, factor=2.0)
        assert len(requests) == 1
        look(shown, a="lanczos")
        assert len(requests) == 2
        look(shown, mode="side")
        assert len(requests) == 3, "another size"

    def test_side_by_side_fits_into_each_half(self, shown: Canvas) -> None:
        look(shown, mode="side")
        view = shown.camera.target
        assert view is not None
        assert (view.width, view.height) == (159, 160)
        assert view.scale == pytest.approx(159 / 60)

    def test_the_divider_stands_where_it_was_put(self, shown: Canvas, qtbot: QtBot) -> None:
        assert shown.divider_place() == 160.0
        with qtbot.waitSignal(shown.divider_moved) as heard:
            shown.move_divider(QPointF(80, 20))
        assert heard.args == [0.25]
        with qtbot.waitSignal(shown.divider_moved) as heard:
            shown.move_divider(QPointF(-50, 20))
        assert heard.args == [0.0]
        shown.set_divider(0.25)
        assert shown.divider_place() == 80.0
        look(shown, mode="side")
        assert shown.divider_place() is None

    @pytest.mark.parametrize(
        ("mode", "texts", "right"),
        [
            ("split", ["A One", "B Other"], [False, True]),
            ("side", ["A One", "B Other"], [False, True]),
            ("single", ["B Other"], [True]),
            ("diff", ["|A − B| × 8"], [False]),
        ],
    )
    def test_labels_stand_in_the_outer_corners(
        self, shown: Canvas, mode: str, texts: list[str], right: list[bool]
    ) -> None:
        shown.titles.update(a="One", b="Other")
        look(shown, mode=mode)
        pills = shown._pills(shown.device, shown._panes())
        assert [pill.text for pill in pills] == texts
        assert [pill.right for pill in pills] == right

    def test_labels_divider_and_region_are_painted_but_not_rendered(self, shown: Canvas) -> None:
        shown.titles.update(a="One", b="Other")
        rendered = rgb_of(shown.rendered())
        bare = (rgb_of(shown.grab().toImage()) != rendered).any(axis=-1)
        assert bare[14:40, 14:60].any(), "a label"
        assert bare[:, 159:161].all(), "the divider"
        assert not bare[140:, 200:280].any()
        shown.region_tool.set_region(Region(20, 10, 10, 10))
        drawn = (rgb_of(shown.grab().toImage()) != rendered).any(axis=-1)
        assert drawn[140:, 200:280].any(), "what lies beside the region is dimmed"
        np.testing.assert_array_equal(rgb_of(shown.rendered()), rendered)


class Paints(QObject):
    """Where a canvas has been painted since it was last asked."""

    def __init__(self, canvas: Canvas):
        super().__init__(canvas)
        self._region = QRegion()
        canvas.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self._region += event.region()
        return False

    def take(self) -> QRect:
        QApplication.processEvents()
        region, self._region = self._region, QRegion()
        return region.boundingRect()


class TestPaintingAgain:
    """The grid is 240 × 160 and begins at column 40 of the canvas."""

    @pytest.fixture
    def paints(self, shown: Canvas) -> Paints:
        paints = Paints(shown)
        paints.take()
        return paints

    @staticmethod
    def answer(canvas: Canvas, request: Request, layer: str, left: int, top: int) -> None:
        pixels = np.full((32, 64, 4), 255, np.uint8)
        patch = Patch(left, top, pixels)
        patches = Patches(request.generation, layer, request.grid, 1, (patch,), False, 1, 12)
        canvas.pictures.take(patches)

    def test_only_where_a_tile_has_come(
        self, shown: Canvas, requests: list[Request], paints: Paints
    ) -> None:
        self.answer(shown, requests[-1], "b", 128, 64)
        assert paints.take() == QRect(40 + 128, 64, 64, 32)

    def test_a_half_paints_its_own_part(
        self, shown: Canvas, requests: list[Request], paints: Paints
    ) -> None:
        self.answer(shown, requests[-1], "b", 96, 0)
        assert paints.take() == QRect(160, 0, 40, 32), "right of the divider"
        self.answer(shown, requests[-1], "a", 160, 0)
        assert paints.take().isEmpty(), "all of it lies behind B"

    def test_a_hidden_side_paints_nothing(
        self, shown: Canvas, requests: list[Request], paints: Paints
    ) -> None:
        look(shown, mode="flip")
        paints.take()
        self.answer(shown, requests[-1], "a", 0, 0)
        assert paints.take().isEmpty()
        self.answer(shown, requests[-1], "b", 0, 0)
        assert paints.take() == QRect(40, 0, 64, 32)

    def test_a_difference_is_painted_where_a_tile_of_either_side_has_come(
        self, shown: Canvas, requests: list[Request], paints: Paints
    ) -> None:
        look(shown, mode="diff")
        for side in ("a", "b"):
            paints.take()
            self.answer(shown, requests[-1], side, 128, 64)
            assert paints.take() == QRect(40 + 128, 64, 64, 32)

    def test_a_map_is_painted_where_its_side_is(
        self, shown: Canvas, requests: list[Request], paints: Paints
    ) -> None:
        look(shown, gradient=GradientSettings(enabled=True))
        paints.take()
        self.answer(shown, requests[-1], "gb", 128, 64)
        assert paints.take() == QRect(40 + 128, 64, 64, 32)


class TestResizing:
    def test_a_fitted_picture_is_fitted_again(
        self, shown: Canvas, requests: list[Request], qtbot: QtBot
    ) -> None:
        with qtbot.waitSignal(shown.view_changed):
            shown.resize(480, 320)
        assert (requests[-1].grid.columns, requests[-1].grid.rows) == (480, 320)

    def test_any_other_view_keeps_centre_and_lattice(
        self, shown: Canvas, requests: list[Request]
    ) -> None:
        shown.camera.zoom(1.3, 100.0, 60.0)
        before, lattice = shown.camera.target, requests[-1].grid.lattice
        shown.resize(461, 203)
        after = shown.camera.target
        assert before is not None
        assert after is not None
        assert abs(after.x - before.x) * after.scale <= 0.5 + 1e-6
        assert abs(after.y - before.y) * after.scale <= 0.5 + 1e-6
        assert requests[-1].grid.lattice == lattice
