"""Tests of the region tool: what drags make of a region, and how it is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from models.samplers.grid import Region
from viewer.ui.notation import PIXELS
from viewer.ui.region_painter import size_label
from viewer.ui.region_tool import RegionTool

SHIFT = Qt.KeyboardModifier.ShiftModifier
HANDLES = ["nw", "n", "ne", "w", "e", "sw", "s", "se"]

sides = st.integers(1, 3000)
coordinates = st.floats(-4000, 4000)
fractions = st.floats(0, 1)
ratios = st.one_of(st.none(), st.floats(0.05, 20))
paths = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=4)


def tool_with(
    picture: tuple[int, int], region: Region | None = None, **settings: Any
) -> RegionTool:
    tool = RegionTool()
    tool.active = True
    tool.set_picture_size(*picture)
    tool.set_region(region)
    for name, value in settings.items():
        setattr(tool, name, value)
    return tool


def drag(
    tool: RegionTool, *points: tuple[float, float], tolerance: float = 0.5, **keys: Any
) -> None:
    assert tool.press(*points[0], tolerance)
    for point in points[1:]:
        tool.move(*point, **keys)
    tool.release()


def handle_point(region: Region, handle: str) -> tuple[float, float]:
    handle = handle.replace("inside", "")
    across = 0.0 if "w" in handle else 1.0 if "e" in handle else 0.5
    down = 0.0 if "n" in handle else 1.0 if "s" in handle else 0.5
    return region.x + across * region.width, region.y + down * region.height


@st.composite
def regions(draw: st.DrawFn, whole: bool = False) -> tuple[tuple[int, int], Region]:
    """A picture's size and a region in it."""
    picture = draw(sides), draw(sides)
    left, width, top, height = (
        draw(fractions) * side for side in (picture[0], picture[0], picture[1], picture[1])
    )
    tool = tool_with(picture, Region(left, top, width, height), snap=whole)
    assert tool.region is not None
    return picture, tool.region


def inside(region: Region, picture: tuple[int, int]) -> bool:
    return (
        region.x >= 0
        and region.y >= 0
        and region.width > 0
        and region.height > 0
        and region.x + region.width <= picture[0] * (1 + 1e-12)
        and region.y + region.height <= picture[1] * (1 + 1e-12)
    )


class TestLaws:
    @settings(deadline=None)
    @given(regions(), st.sampled_from([*HANDLES, "inside"]), paths, ratios, st.booleans())
    def test_a_region_never_leaves_the_picture(
        self,
        case: tuple[tuple[int, int], Region],
        handle: str,
        path: list[tuple[float, float]],
        aspect: float | None,
        snap: bool,
    ) -> None:
        picture, region = case
        tool = tool_with(picture, region, aspect=aspect, snap=snap)
        assert tool.region is not None
        seen: list[Region] = []
        tool.changed.connect(seen.append)
        drag(tool, handle_point(tool.region, handle), *path, tolerance=0.01)
        assert all(inside(each, picture) for each in [*seen, tool.region])

    @settings(deadline=None)
    @given(st.tuples(sides, sides), paths, paths, ratios, st.booleans())
    def test_a_new_region_never_leaves_the_picture(
        self,
        picture: tuple[int, int],
        start: list[tuple[float, float]],
        path: list[tuple[float, float]],
        aspect: float | None,
        snap: bool,
    ) -> None:
        tool = tool_with(picture, aspect=aspect, snap=snap)
        drag(tool, start[0], *path)
        assume(math.dist(start[0], path[0]) > 0.5)
        assert tool.region is not None
        assert inside(tool.region, picture)

    @settings(deadline=None)
    @given(regions(), st.sampled_from(HANDLES), coordinates, coordinates, st.floats(0.05, 20))
    def test_a_locked_aspect_is_kept(
        self,
        case: tuple[tuple[int, int], Region],
        handle: str,
        x: float,
        y: float,
        aspect: float,
    ) -> None:
        picture, region = case
        tool = tool_with(picture, region, aspect=aspect)
        before = tool.region
        drag(tool, handle_point(region, handle), (x, y), tolerance=0.01)
        assume(tool.region != before)
        assert tool.region is not None
        assert tool.region.width / tool.region.height == pytest.approx(aspect, rel=1e-6)

    @settings(deadline=None)
    @given(regions(), st.sampled_from([*HANDLES, "inside"]), coordinates, coordinates, ratios)
    def test_snap_gives_whole_numbers(
        self,
        case: tuple[tuple[int, int], Region],
        handle: str,
        x: float,
        y: float,
        aspect: float | None,
    ) -> None:
        picture, region = case
        tool = tool_with(picture, region, snap=True, aspect=aspect)
        assert tool.region is not None
        drag(tool, handle_point(tool.region, handle), (x, y), tolerance=0.01)
        assert all(value == int(value) for value in tool.region)
        assert min(tool.region.width, tool.region.height) >= 1

    @settings(deadline=None)
    @given(regions(whole=True), st.sampled_from(HANDLES), coordinates, coordinates)
    def test_a_locked_aspect_is_kept_to_half_a_pixel_when_snapping(
        self, case: tuple[tuple[int, int], Region], handle: str, x: float, y: float
    ) -> None:
        picture, region = case
        tool = tool_with(picture, region, snap=True, aspect=1.5)
        drag(tool, handle_point(region, handle), (x, y), tolerance=0.01)
        assume(tool.region != region)
        assert tool.region is not None
        height = tool.region.width / 1.5
        assert tool.region.height == 1 or abs(tool.region.height - height) <= 0.5 + 1e-9

    @settings(deadline=None)
    @given(regions(), paths, st.booleans())
    def test_moving_keeps_the_size(
        self, case: tuple[tuple[int, int], Region], path: list[tuple[float, float]], snap: bool
    ) -> None:
        picture, region = case
        tool = tool_with(picture, region, snap=snap)
        before = tool.region
        assert before is not None
        drag(tool, handle_point(before, "inside"), *path, tolerance=0.01)
        assert tool.region is not None
        assert tool.region[2:] == before[2:]

    @settings(deadline=None)
    @given(regions(), coordinates, coordinates)
    def test_a_nudge_keeps_the_size_and_the_picture(
        self, case: tuple[tuple[int, int], Region], dx: float, dy: float
    ) -> None:
        picture, region = case
        tool = tool_with(picture, region)
        tool.nudge(dx, dy)
        assert tool.region is not None
        assert inside(tool.region, picture)
        assert tool.region[2:] == region[2:]

    @settings(deadline=None)
    @given(regions(), st.sampled_from(HANDLES), coordinates, coordinates)
    def test_a_drag_and_its_way_back_change_nothing(
        self, case: tuple[tuple[int, int], Region], handle: str, x: float, y: float
    ) -> None:
        picture, region = case
        tool = tool_with(picture, region)
        start = handle_point(region, handle)
        drag(tool, start, (x, y), start, tolerance=0.01)
        assert tool.region is not None
        assert tuple(tool.region) == pytest.approx(tuple(region), abs=1e-9)

    @settings(deadline=None)
    @given(regions(), st.sampled_from([*HANDLES, "inside"]), paths, ratios, st.booleans())
    def test_cancel_brings_the_region_back(
        self,
        case: tuple[tuple[int, int], Region],
        handle: str,
        path: list[tuple[float, float]],
        aspect: float | None,
        snap: bool,
    ) -> None:
        picture, region = case
        tool = tool_with(picture, region, aspect=aspect, snap=snap)
        before = tool.region
        assert before is not None
        assert tool.press(*handle_point(before, handle), 0.01)
        for point in path:
            tool.move(*point)
        tool.cancel()
        assert tool.region == before
        tool.move(1, 1)
        assert tool.region == before

    @settings(deadline=None)
    @given(regions(), st.floats(0.5, 8000), ratios.filter(bool))
    def test_a_region_of_the_locked_aspect_keeps_it_however_large(
        self, case: tuple[tuple[int, int], Region], width: float, aspect: float
    ) -> None:
        picture, region = case
        assume(min(picture) > 1 and width / aspect > 0.01)
        tool = tool_with(picture, aspect=aspect)
        tool.set_region(Region(region.x, region.y, width, width / aspect))
        kept = tool.region
        assert kept is not None
        assert kept.width / kept.height == pytest.approx(aspect, rel=1e-9)
        fits = min(1.0, picture[0] / width, picture[1] * aspect / width)
        assert kept.width == pytest.approx(width * fits), "no smaller than it must be"


class TestDrags:
    def test_a_drag_beside_the_region_makes_a_new_one(self) -> None:
        tool = tool_with((288, 288), Region(10, 10, 20, 20))
        drag(tool, (100, 120), (150, 90))
        assert tool.region == Region(100, 90, 50, 30)

    def test_a_region_begun_beside_the_picture_starts_at_its_border(self) -> None:
        tool = tool_with((288, 288))
        drag(tool, (-50, -20), (40, 30))
        assert tool.region == Region(0, 0, 40, 30)

    @pytest.mark.parametrize(
        ("handle", "expected"),
        [
            ("nw", Region(45, 57, 65, 33)),
            ("n", Region(50, 57, 60, 33)),
            ("ne", Region(50, 57, 55, 33)),
            ("w", Region(45, 60, 65, 30)),
            ("e", Region(50, 60, 55, 30)),
            ("sw", Region(45, 60, 65, 27)),
            ("s", Region(50, 60, 60, 27)),
            ("se", Region(50, 60, 55, 27)),
        ],
    )
    def test_each_handle_moves_its_own_edges(self, handle: str, expected: Region) -> None:
        tool = tool_with((200, 200), Region(50, 60, 60, 30))
        x, y = handle_point(Region(50, 60, 60, 30), handle)
        drag(tool, (x + 0.2, y - 0.2), (x - 4.8, y - 3.2), tolerance=1)
        assert tool.region is not None
        assert tuple(tool.region) == pytest.approx(tuple(expected))

    def test_a_handle_dragged_across_turns_the_region_over(self) -> None:
        tool = tool_with((200, 200), Region(50, 60, 60, 30))
        assert tool.press(50, 60, 1)
        assert tool.dragging == "nw"
        tool.move(130, 70)
        assert tool.region == Region(110, 70, 20, 20)
        assert tool.dragging == "ne"
        tool.move(130, 110)
        assert tool.dragging == "se"
        tool.move(60, 110)
        assert tool.region == Region(60, 90, 50, 20)
        tool.release()
        assert tool.dragging is None

    def test_shift_keeps_the_present_aspect(self) -> None:
        tool = tool_with((200, 200), Region(0, 0, 60, 30))
        drag(tool, (60, 30), (90, 31), modifiers=SHIFT)
        assert tool.region == Region(0, 0, 90, 45)

    def test_shift_makes_a_new_region_square(self) -> None:
        tool = tool_with((200, 100))
        drag(tool, (20, 30), (60, 35), modifiers=SHIFT)
        assert tool.region == Region(20, 30, 40, 40)

    def test_a_locked_edge_grows_about_the_middle(self) -> None:
        tool = tool_with((200, 200), Region(50, 60, 60, 30), aspect=2.0)
        drag(tool, (80, 90), (80, 110), tolerance=1)
        assert tool.region == Region(30, 60, 100, 50)

    def test_a_click_beside_the_region_clears_it(self) -> None:
        tool = tool_with((200, 200), Region(50, 60, 60, 30))
        drag(tool, (10, 10), (10.1, 10.1), tolerance=1)
        assert tool.region is None

    def test_a_click_inside_keeps_it(self) -> None:
        region = Region(50, 60, 60, 30)
        tool = tool_with((200, 200), region)
        drag(tool, (80, 75), (80.1, 75.1), tolerance=1)
        assert tool.region == region

    def test_a_tool_switched_off_takes_no_press(self) -> None:
        tool = tool_with((200, 200), Region(50, 60, 60, 30), active=False)
        assert not tool.press(80, 75, 1)
        tool.move(90, 90)
        tool.release()
        assert tool.region == Region(50, 60, 60, 30)

    def test_without_a_picture_there_is_no_region(self) -> None:
        tool = tool_with((0, 0), Region(0, 0, 5, 5))
        assert tool.region is None
        assert not tool.press(1, 1, 1)

    def test_a_smaller_picture_pulls_the_region_in(self) -> None:
        tool = tool_with((200, 200), Region(150, 150, 40, 40))
        tool.set_picture_size(100, 30)
        assert tool.region == Region(60, 0, 40, 30)
        tool.set_picture_size(0, 0)
        assert tool.region is None

    def test_switching_snap_on_moves_the_edges(self) -> None:
        tool = tool_with((200, 200), Region(10.4, 10.6, 20.5, 0.2), snap=True)
        assert tool.region == Region(10, 11, 21, 1)

    def test_only_changes_are_told(self) -> None:
        tool = tool_with((200, 200))
        seen: list[Region | None] = []
        tool.changed.connect(seen.append)
        tool.set_region(Region(1, 2, 3, 4))
        tool.set_region(Region(1, 2, 3, 4))
        tool.set_region(None)
        assert seen == [Region(1, 2, 3, 4), None]

    @pytest.mark.parametrize("ratio", [0.0, -1.0, math.inf, math.nan])
    def test_an_impossible_aspect_is_refused(self, ratio: float) -> None:
        with pytest.raises(ValueError, match="aspect"):
            RegionTool().aspect = ratio


class TestHits:
    def test_every_handle_is_found_from_outside_and_inside(self) -> None:
        region = Region(50, 60, 60, 30)
        tool = tool_with((200, 200), region)
        for handle in HANDLES:
            x, y = handle_point(region, handle)
            assert {tool.hit(x + dx, y + dy, 4) for dx in (-1, 1) for dy in (-1, 1)} == {handle}
        assert tool.hit(80, 75, 4) == "inside"
        assert tool.hit(45, 75, 4) is None

    def test_a_tiny_region_can_still_be_moved(self) -> None:
        tool = tool_with((200, 200), Region(50, 60, 2, 2))
        assert tool.hit(51, 61, 8) == "inside"
        assert tool.hit(44, 61, 8) == "w"

    def test_cursors_show_the_direction(self) -> None:
        assert RegionTool.cursor_for("nw") == RegionTool.cursor_for("se")
        assert RegionTool.cursor_for("nw") != RegionTool.cursor_for("ne")
        assert RegionTool.cursor_for("inside") == Qt.CursorShape.SizeAllCursor
        assert RegionTool.cursor_for(None) == Qt.CursorShape.CrossCursor


@pytest.fixture
def painted(qapp: object) -> Iterator[Any]:
    """Paints a tool over a grey 120 × 100 canvas at a device pixel ratio."""
    del qapp

    def paint(tool: RegionTool, ratio: float, output: tuple[int, int] | None = None) -> QImage:
        image = QImage(round(120 * ratio), round(100 * ratio), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(QColor(200, 200, 200))
        painter = QPainter(image)
        tool.paint(painter, lambda region: QRectF(*region), QRectF(0, 0, 120, 100), output)
        painter.end()
        return image

    return paint


class TestPainting:
    @pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
    def test_lines_are_crisp(self, painted: Any, ratio: float) -> None:
        image = painted(tool_with((120, 100), Region(20.3, 30.6, 70.2, 50.1)), ratio)
        row = image.height() * 42 // 100
        greys = [image.pixelColor(x, row).red() for x in range(image.width())]
        dimmed, hairline = round(200 * (1 - 110 / 255)), 38
        assert {value for value in greys if value not in (200, 255)} <= {
            dimmed - 1, dimmed, dimmed + 1, hairline, hairline - 1, hairline + 1,
        }  # fmt: skip
        assert greys.count(255) == 2 * max(round(ratio), 1)

    def test_the_inside_stays_and_the_outside_is_dimmed(self, painted: Any) -> None:
        image = painted(tool_with((120, 100), Region(20, 20, 80, 60)), 1.0)
        assert image.pixelColor(60, 50).red() == 200
        assert image.pixelColor(5, 5).red() < 130

    def test_without_a_region_nothing_is_drawn(self, painted: Any) -> None:
        image = painted(tool_with((120, 100)), 1.0)
        assert image.pixelColor(5, 5).red() == 200

    def test_a_region_far_larger_than_the_canvas_dims_nothing(self, painted: Any) -> None:
        tool = tool_with((3000, 3000), Region(0, 0, 3000, 3000))
        image = QImage(100, 100, QImage.Format.Format_RGB32)
        image.fill(QColor(200, 200, 200))
        painter = QPainter(image)
        tool.paint(painter, lambda _: QRectF(-1e6, -1e6, 3e6, 3e6), QRectF(0, 0, 100, 100))
        painter.end()
        assert {image.pixelColor(x, x).red() for x in range(100)} == {200}
        assert painted is not None

    def test_the_label_gives_both_sizes(self, painted: Any) -> None:
        tool = tool_with((120, 100), Region(10, 10, 100, 40))
        plain, labelled = painted(tool, 1.0), painted(tool, 1.0, (1160, 826))
        assert plain != labelled
        assert size_label(Region(0, 0, 145, 103.25), (1160, 826)) == "145.0 × 103.2 → 1160 × 826"

    @pytest.mark.parametrize("size", [(123.8, 98.75), (4000, 0.04321), (1, 1)])
    def test_the_label_writes_the_numbers_as_the_inspector_does(
        self, size: tuple[float, float]
    ) -> None:
        width, height = map(PIXELS.show, size)
        assert size_label(Region(0, 0, *size), (3, 2)) == f"{width} × {height} → 3 × 2"
