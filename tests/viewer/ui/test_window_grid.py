"""The window in the grid: two to four samplers in panes of one view."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSettings, Qt
from PySide6.QtGui import QColor, QGuiApplication
from pytestqt.qtbot import QtBot

from tests.viewer.ui import expected
from tests.viewer.ui.conftest import MakeWindow
from tests.viewer.ui.driver import Gate, Window, rgb_of
from viewer.imaging.source import SourceImage
from viewer.ui import theme
from viewer.ui.compare import SIDES

Bytes = NDArray[np.uint8]

NAMES = {"a": "bicubic", "c": "lanczos", "d": "nearest"}

PANES = {"a": (0, 0), "b": (261, 0), "c": (0, 113), "d": (261, 113)}
"""Corners of four panes of 259 × 111 on the canvas of 520 × 224."""


@pytest.fixture
def photo(window: Window, picture: Bytes) -> Window:
    """A window with all four sides at an odd scale; B is the tiny model."""
    window.open(picture)
    window.key("Alt+6")
    window.at_rest()
    window.wheel(2.3, at=(101, 68))
    window.at_rest()
    window.leave()
    return window


def screen_of(window: Window) -> Bytes:
    """What is on the screen once the scale bubble has gone."""
    window.until(lambda: not window.canvas._bubble_end.isActive())
    return window.on_screen().copy()


def source(window: Window) -> SourceImage:
    scene = window.canvas.scene
    assert scene is not None
    return scene.source


def side(window: Window, name: str | Path) -> Bytes:
    return expected.shown(source(window), name, window.grid)


def sides(window: Window, tiny_model: Path, which: str = "abcd") -> dict[str, Bytes]:
    names = {**NAMES, "b": str(tiny_model)}
    return {key: side(window, names[key]) for key in which}


def at(place: tuple[float, float], pane: str) -> tuple[float, float]:
    """A point of A's pane, in another."""
    return place[0] + PANES[pane][0], place[1] + PANES[pane][1]


class TestPanes:
    def test_each_shows_its_sampler_on_the_same_grid(self, photo: Window, tiny_model: Path) -> None:
        each = sides(photo, tiny_model)
        assert len({pixels.tobytes() for pixels in each.values()}) == 4
        np.testing.assert_array_equal(photo.pixels(), expected.canvas(photo, **each))
        assert photo.pills == ["A Bicubic", "B LIIF · tiny", "C Lanczos", "D Nearest"]
        assert photo.state.startswith("final")

    @pytest.mark.parametrize("which", ["abc", "abd", "ab"])
    def test_with_fewer_sides_the_others_are_larger(
        self, photo: Window, tiny_model: Path, which: str
    ) -> None:
        for absent in set("cd") - set(which):
            photo.main.set_sampler(absent, "")
        photo.at_rest()
        want = expected.canvas(photo, **sides(photo, tiny_model, which))
        np.testing.assert_array_equal(photo.pixels(), want)
        assert [text[0].lower() for text in photo.pills] == list(which)

    def test_on_an_upright_canvas_three_lie_below_each_other(
        self, make_window: MakeWindow, picture: Bytes, tiny_model: Path
    ) -> None:
        window = make_window(size=(700, 700))
        window.open(picture)
        window.key("Alt+6")
        window.main.set_sampler("d", "")
        window.at_rest()
        assert window.view.width == window.canvas.device.width < window.canvas.device.height
        want = expected.canvas(window, **sides(window, tiny_model, "abc"))
        np.testing.assert_array_equal(window.pixels(), want)

    def test_what_is_on_the_screen_is_what_is_copied(self, photo: Window) -> None:
        photo.key("Ctrl+C")
        copied = rgb_of(QGuiApplication.clipboard().image())
        np.testing.assert_array_equal(copied, photo.pixels())
        assert copied.shape == (224, 520, 3)
        screen = screen_of(photo)
        below = slice(45, 111)  # the labels stand above
        for pane in PANES.values():
            rows = slice(pane[1] + below.start, pane[1] + below.stop)
            columns = slice(pane[0], pane[0] + 259)
            np.testing.assert_array_equal(screen[rows, columns], copied[rows, columns])

    def test_labels_have_the_colours_of_their_sides(self, photo: Window) -> None:
        screen = screen_of(photo)
        for key, corner in PANES.items():
            x, y = corner[0] + 14 + 15, corner[1] + 14 + 13
            assert QColor(*screen[y, x].tolist()) == theme.side_colour(key)

    def test_space_lets_a_and_b_change_places(self, photo: Window, tiny_model: Path) -> None:
        before, each = photo.pixels(), sides(photo, tiny_model)
        with photo.hold_space():
            each["a"], each["b"] = each["b"], each["a"]
            np.testing.assert_array_equal(photo.pixels(), expected.canvas(photo, **each))
            assert [text[0] for text in photo.pills] == ["B", "A", "C", "D"]
            assert photo.canvas.pictures.at_rest
        np.testing.assert_array_equal(photo.pixels(), before)

    def test_below_1_to_1_all_say_so_and_are_the_same(self, window: Window) -> None:
        window.open(np.arange(400 * 900 * 3, dtype=np.uint32).reshape(400, 900, 3).astype(np.uint8))
        window.key("Alt+6")
        window.at_rest()
        assert all(text.endswith(" · source, reduced") for text in window.pills)
        reduced = expected.shown(source(window), "bicubic", window.grid)
        want = expected.canvas(window, **dict.fromkeys("abcd", reduced))
        np.testing.assert_array_equal(window.pixels(), want)


class TestOneView:
    @pytest.mark.parametrize("pane", "abcd")
    def test_the_wheel_in_any_pane_keeps_its_point_and_moves_all(
        self, photo: Window, tiny_model: Path, pane: str
    ) -> None:
        place = at((77.0, 70.0), pane)
        point = photo.source_at(place)
        photo.wheel(1.1, place)
        assert photo.source_at(place) == pytest.approx(point, abs=1e-7)
        photo.at_rest()
        want = expected.canvas(photo, **sides(photo, tiny_model))
        np.testing.assert_array_equal(photo.pixels(), want)

    @pytest.mark.parametrize("pane", "abcd")
    def test_a_drag_in_any_pane_moves_all(self, photo: Window, tiny_model: Path, pane: str) -> None:
        view = photo.view
        photo.drag(-23, 11, at=at((150.0, 60.0), pane))
        assert photo.view == view.panned(-23, 11)
        photo.at_rest()
        want = expected.canvas(photo, **sides(photo, tiny_model))
        np.testing.assert_array_equal(photo.pixels(), want)

    def test_all_panes_show_the_same_places(self, photo: Window) -> None:
        points = {photo.source_at(at((33.0, 44.0), pane)) for pane in PANES}
        assert len(points) == 1

    def test_a_double_click_in_the_last_pane_goes_to_100_percent_there(self, photo: Window) -> None:
        photo.key("F")
        photo.at_rest()
        place = at((130.0, 55.0), "d")
        point = photo.source_at(place)
        photo.double_click(place)
        assert photo.view.scale == 1.0
        assert photo.source_at(place) == pytest.approx(point, abs=0.51)

    def test_a_zoom_that_eases_ends_in_the_right_pixels(
        self, moving_window: Window, picture: Bytes, tiny_model: Path
    ) -> None:
        window = moving_window
        window.open(picture)
        window.key("Alt+6")
        window.wheel(2, at=at((100.0, 60.0), "d"))
        window.wheel(0.7, at=at((100.0, 60.0), "c"))
        window.at_rest()
        want = expected.canvas(window, **sides(window, tiny_model))
        np.testing.assert_array_equal(window.pixels(), want)


class TestRest:
    def test_it_is_final_only_when_all_sides_are(
        self, photo: Window, gate: Gate, tiny_model: Path
    ) -> None:
        gate.close()
        photo.wheel(1)
        photo.until(lambda: photo.state.startswith(("refining", "preview")))
        photo.until(gate.reached.is_set)
        assert not photo.canvas.pictures.at_rest
        photo.states.clear()
        gate.open()
        photo.at_rest()
        finals = [words for words in photo.states if words.startswith("final")]
        assert finals == photo.states[-1:]
        want = expected.canvas(photo, **sides(photo, tiny_model))
        np.testing.assert_array_equal(photo.pixels(), want)

    def test_c_and_d_cost_nothing_in_other_modes(self, photo: Window) -> None:
        photo.key("Alt+2")
        photo.wheel(1)
        photo.at_rest()
        layers = photo.canvas.pictures._requested
        assert layers is not None
        assert {layer.layer for layer in layers.layers} == {"a", "b"}

    def test_leaving_the_grid_half_way_waits_for_a_and_b_only(
        self, photo: Window, gate: Gate
    ) -> None:
        gate.close()
        photo.wheel(1)
        photo.until(gate.reached.is_set)
        photo.main.comparing.set_mode("side")
        requested = photo.canvas.pictures._requested
        assert requested is not None
        assert [layer.layer for layer in requested.layers] == ["a", "b"]
        gate.open()
        photo.at_rest()


class TestRegion:
    def test_a_drag_beyond_the_edge_of_its_pane_goes_on_in_its_own_view(
        self, photo: Window
    ) -> None:
        photo.key("R")
        start, end = (100.0, 40.0), (300.0, 150.0)  # into D's pane
        first = photo.view.to_source(*start)
        last = photo.view.to_source(*end)
        photo.drag(200, 110, at=start)
        region = photo.region
        assert (region.x, region.y) == pytest.approx(first)
        right, bottom = region.x + region.width, region.y + region.height
        assert right == pytest.approx(min(last[0], 120.0))
        assert bottom == pytest.approx(min(last[1], 56.0))

    def test_the_cursor_line_names_the_place_in_the_drags_view(self, photo: Window) -> None:
        heard: list[tuple[float, float]] = []
        photo.press((100.0, 40.0))
        photo.canvas.hovered.connect(heard.append)
        photo.move((300.0, 150.0))
        # The middle of the device pixel under the cursor.
        assert heard == [photo.canvas.camera.shown.to_source(300.5, 150.5)]  # type: ignore[union-attr]
        photo.release((300.0, 150.0))

    def test_it_is_drawn_in_every_pane(self, photo: Window) -> None:
        photo.key("R")
        photo.drag(60, 30, at=at((100.0, 60.0), "c"))
        photo.leave()
        screen = screen_of(photo)
        for pane in PANES:
            x, y = at((130.0, 60.0), pane)  # on the upper edge
            column = screen[round(y) - 3 : round(y) + 3, round(x) + 11]
            assert (column == 255).all(axis=-1).any()


class TestCrosses:
    @staticmethod
    def differing(before: Bytes, after: Bytes) -> set[str]:
        changed = (before != after).any(axis=-1)
        return {pane for pane, (x, y) in PANES.items() if changed[y : y + 111, x : x + 259].any()}

    @pytest.mark.parametrize("pane", "abcd")
    def test_the_other_panes_show_the_place_under_the_cursor(
        self, photo: Window, pane: str
    ) -> None:
        plain = screen_of(photo)
        place = (180.0, 77.0)
        photo.hover(at(place, pane))
        screen = screen_of(photo)
        assert self.differing(plain, screen) == set(PANES) - {pane}
        for other in set(PANES) - {pane}:
            x, y = (round(value) for value in at(place, other))
            np.testing.assert_array_equal(screen[y, x], plain[y, x])  # the place itself is free
            for dx, dy in ((6, 0), (-6, 0), (0, 6), (0, -6)):
                assert screen[y + dy, x + dx].tolist() == [255, 255, 255]
        photo.leave()
        np.testing.assert_array_equal(screen_of(photo), plain)

    def test_not_during_a_drag(self, photo: Window) -> None:
        photo.press((150.0, 77.0))
        photo.move((150.0, 77.0))
        held = screen_of(photo)
        photo.release((150.0, 77.0))
        photo.leave()
        np.testing.assert_array_equal(held, screen_of(photo))

    def test_not_where_all_is_one_pane(self, photo: Window) -> None:
        photo.key("Alt+1")
        photo.at_rest()
        plain = screen_of(photo)
        photo.hover((150.0, 177.0))
        np.testing.assert_array_equal(screen_of(photo), plain)


class TestGradientMap:
    def test_it_lies_over_all_sides(self, photo: Window) -> None:
        plain = photo.pixels()
        settings = type(photo.comparison.gradient)(True, "all", 1.0, 4.0, "grey")
        photo.parts.inspector.gradient.gradient_changed.emit(settings)
        photo.at_rest()
        for key, name in NAMES.items():
            grey = expected.colour(source(photo), f"gradient:{name}", photo.grid, 4.0)
            codes = np.floor(grey * 255 + 0.5).astype(np.uint8)
            shown = expected.canvas(photo, **dict.fromkeys("abcd", codes))
            x, y = PANES[key]
            cut = np.s_[y : y + 111, x : x + 259]
            np.testing.assert_array_equal(photo.pixels()[cut], shown[cut])
            assert (photo.pixels()[cut] != plain[cut]).any()

    def test_it_lies_over_b_alone_at_first(self, photo: Window) -> None:
        plain = photo.pixels()
        photo.key("G")
        photo.at_rest()
        assert TestCrosses.differing(plain, photo.pixels()) == {"b"}


class TestInspector:
    def test_c_and_d_are_chosen_in_the_grid_only(self, photo: Window) -> None:
        panels = photo.parts.inspector.samplers
        assert all(panels[key].isVisible() for key in SIDES)
        photo.key("Alt+2")
        assert [panels[key].isVisible() for key in SIDES] == [True, True, False, False]
        photo.key("Alt+6")
        assert all(panels[key].isVisible() for key in SIDES)

    def test_a_sampler_is_chosen_for_d(self, photo: Window) -> None:
        photo.parts.inspector.sampler_chosen.emit("d", "gradient:bicubic")
        photo.at_rest()
        grey = expected.colour(source(photo), "gradient:bicubic", photo.grid)
        codes = np.floor(grey * 255 + 0.5).astype(np.uint8)
        shown = expected.canvas(photo, **dict.fromkeys("abcd", codes))
        np.testing.assert_array_equal(photo.pixels()[113:, 261:], shown[113:, 261:])
        assert photo.pills[3] == "D Gradient of Bicubic"

    def test_off_takes_a_side_away_and_back(self, photo: Window, qtbot: QtBot) -> None:
        box = photo.parts.inspector.samplers["d"].box
        qtbot.keyClick(box, Qt.Key.Key_Up)
        assert (box.current, box.currentText()) == ("", "Off")
        assert photo.comparison.sides == ("a", "b", "c")
        photo.at_rest()
        qtbot.keyClick(box, Qt.Key.Key_Down)
        assert photo.comparison.d == "nearest"

    def test_a_and_b_cannot_be_taken_away(self, photo: Window, qtbot: QtBot) -> None:
        for key in "ab":
            box = photo.parts.inspector.samplers[key].box
            assert "" not in box.keys()  # noqa: SIM118 (a list of keys, no mapping)
            for _ in range(6):
                qtbot.keyClick(box, Qt.Key.Key_Up)
            assert photo.comparison.sampler(key) == "nearest"

    def test_maps_of_the_sides_are_listed(self, photo: Window) -> None:
        listed = photo.parts.inspector.samplers["a"].box.keys()
        assert listed[-4] == "gradient:bicubic"
        assert listed[-2:] == ["gradient:lanczos", "gradient:nearest"]
        photo.main.set_sampler("d", "gradient:lanczos")
        assert photo.parts.inspector.samplers["a"].box.keys()[-1] == "gradient:lanczos"
        assert photo.parts.inspector.samplers["d"].box.current == "gradient:lanczos"


class TestFailures:
    @pytest.mark.parametrize("broken_sides", ["c", "cd", "bd"])
    def test_a_broken_model_gives_way_on_every_side_that_has_it(
        self, tall_window: Window, picture: Bytes, tiny_model: Path, tmp_path: Path,
        broken_sides: str,
    ) -> None:  # fmt: skip
        window = tall_window
        window.open(picture)
        window.key("Alt+6")
        window.at_rest()
        before, comparison = window.pixels(), window.comparison
        broken = tmp_path / "broken.safetensors"
        broken.write_bytes(tiny_model.read_bytes()[:-1000])
        for key in broken_sides:
            window.main.open_model(key, broken)
        window.until(lambda: bool(window.message))
        assert "broken.safetensors" in window.message
        after = window.comparison
        assert after.openings[str(broken)] == len(broken_sides)
        assert replace(after, openings=comparison.openings) == comparison
        window.key("Esc")
        window.at_rest()
        np.testing.assert_array_equal(window.pixels(), before)


class TestMemory:
    def test_mode_and_c_and_d_are_there_again(
        self, make_window: MakeWindow, picture: Bytes
    ) -> None:
        first = make_window()
        first.key("Alt+6")
        first.main.comparing.set_mode("grid")
        first.main.set_sampler("c", "gradient:lanczos")
        first.main.set_sampler("d", "")
        first.main.close()
        second = make_window()
        kept = second.comparison
        assert (kept.mode, kept.c, kept.d) == ("grid", "gradient:lanczos", "")
        assert second.parts.top.modes.current == "grid"
        assert second.parts.inspector.samplers["d"].isVisible()
        second.open(picture)
        assert [text[0] for text in second.pills] == ["A", "B", "C"]

    def test_what_is_not_there_any_more_is_not_missed(
        self, make_window: MakeWindow, settings: QSettings
    ) -> None:
        for key, value in {"mode": "mosaic", "c": "/gone.safetensors", "d": "gradient:x"}.items():
            settings.setValue(f"choice/{key}", value)
        window = make_window()
        kept = window.comparison
        assert (kept.mode, kept.c, kept.d) == ("split", "lanczos", "nearest")

    def test_a_file_is_not_remembered(
        self, make_window: MakeWindow, settings: QSettings, tiny_model: Path
    ) -> None:
        window = make_window()
        window.main.set_sampler("c", "bicubic")
        window.main.open_model("c", tiny_model)
        assert settings.value("choice/c") == "bicubic"


class TestMinimap:
    def test_it_is_there_only_where_it_leaves_its_pane_to_see(
        self, make_window: MakeWindow, picture: Bytes
    ) -> None:
        window = make_window(size=(800, 298))
        window.open(picture)
        window.wheel(3)
        minimap = window.parts.minimap
        window.at_rest()
        assert minimap.isVisible()
        window.key("Alt+6")
        assert not minimap.isVisible()
        window.main.resize(1000, 500)
        window.at_rest()
        across, down = window.view.width, window.view.height
        assert minimap.isVisible()
        assert (2 * minimap.width() <= across, 2 * minimap.height() <= down) == (True, True)


def test_the_cursor_between_panes_belongs_to_the_nearest(photo: Window) -> None:
    for x, y in product((259.5, 260.5), (50.0, 111.5, 112.5)):
        pane = photo.canvas.pane_at(QPointF(x, y))
        assert pane.area.left() == (0 if x < 260 else 261)
        assert pane.area.top() == (0 if y < 112 else 113)
