"""The window while comparing: modes, divider, Space, difference, gradient map, models."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit

from models import brought
from models.checkpoints import save_checkpoint
from models.families.liif_official import OfficialLIIF
from models.networks.wdsr_upscaler import WDSR
from models.published import PUBLISHED
from models.samplers.gradient import GradientSampler
from models.samplers.interpolation import Nearest
from tests.models.nets import small_liif
from tests.models.networks.upscalers import randomised
from tests.viewer.ui import expected
from tests.viewer.ui.driver import Window
from viewer.imaging.source import SourceImage
from viewer.rendering.colour_maps import colours

Bytes = NDArray[np.uint8]

MODES = ["single", "split", "side", "flip", "diff", "grid"]


@pytest.fixture
def photo(window: Window, picture: Bytes) -> Window:
    """A window that compares bicubic (A) and the tiny model (B) at an odd scale."""
    window.open(picture)
    window.wheel(1.7, at=(301, 98))
    window.at_rest()
    return window


def source(window: Window) -> SourceImage:
    scene = window.canvas.scene
    assert scene is not None
    return scene.source


def side(window: Window, name: str | Path) -> Bytes:
    """The grid's pixels as a sampler has them."""
    return expected.shown(source(window), name, window.grid)


class TestModes:
    def test_keys_and_buttons_choose_them(self, photo: Window) -> None:
        bar = photo.parts.top.modes
        for number, mode in enumerate(MODES):
            photo.key(f"Alt+{number + 1}")
            assert photo.comparison.mode == bar.current == mode
        for mode in MODES:
            photo.click(bar.button(mode))
            assert photo.comparison.mode == bar.current == mode

    def test_the_readme_lists_them(self, window: Window) -> None:
        readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
        actions = [window.main.actions_by_name[f"mode_{mode}"] for mode in MODES]
        words = ", ".join(action.text().lower() for action in actions)
        first, last = (action.shortcut().toString() for action in (actions[0], actions[-1]))
        assert f"| {first} … {last} | {words} |" in readme

    def test_split_shows_a_left_and_b_right_of_the_divider(
        self, photo: Window, tiny_model: Path
    ) -> None:
        a, b, x = side(photo, "bicubic"), side(photo, tiny_model), 520 // 2
        assert not np.array_equal(a, b)
        np.testing.assert_array_equal(photo.pixels()[:, :x], a[:, :x])
        np.testing.assert_array_equal(photo.pixels()[:, x:], b[:, x:])
        assert photo.pills == ["A Bicubic", "B LIIF · tiny"]

    def test_single_and_flip_show_b_alone(self, photo: Window, tiny_model: Path) -> None:
        for mode in ("Alt+1", "Alt+4"):
            photo.key(mode)
            photo.at_rest()
            np.testing.assert_array_equal(photo.frame(), side(photo, tiny_model))
            assert photo.pills == ["B LIIF · tiny"]

    def test_side_by_side_shares_one_view(self, photo: Window, tiny_model: Path) -> None:
        photo.key("Alt+3")
        photo.at_rest()
        pixels = photo.pixels()
        np.testing.assert_array_equal(photo.frame(pixels), side(photo, "bicubic"))
        np.testing.assert_array_equal(photo.frame(pixels, 261), side(photo, tiny_model))
        assert photo.source_at((100, 90)) == photo.source_at((361, 90))

    def test_zooming_in_either_half_keeps_its_point(self, photo: Window) -> None:
        photo.key("Alt+3")
        for at in ((77.0, 90.0), (404.0, 33.0)):
            point = photo.source_at(at)
            photo.wheel(2, at)
            assert photo.source_at(at) == pytest.approx(point, abs=1e-7)

    def test_going_through_all_modes_comes_back_to_the_same_pixels(self, photo: Window) -> None:
        before = photo.pixels()
        for number in (1, 4, 5, 3, 2):
            photo.key(f"Alt+{number}")
            photo.at_rest()
        np.testing.assert_array_equal(photo.pixels(), before)

    def test_what_is_at_rest_needs_no_work_for_another_mode(self, photo: Window) -> None:
        generation = photo.canvas.pictures.generation
        for number in (1, 4, 5, 2):
            photo.key(f"Alt+{number}")
            assert photo.canvas.pictures.at_rest
        assert photo.canvas.pictures.generation == generation


class TestDivider:
    def test_it_is_dragged(self, photo: Window, tiny_model: Path) -> None:
        view = photo.view
        photo.drag(-133, 20, at=(260, 40))
        assert photo.view == view
        assert round(photo.comparison.divider * 520) == 127
        want = expected.canvas(photo, a=side(photo, "bicubic"), b=side(photo, tiny_model))
        np.testing.assert_array_equal(photo.pixels(), want)
        assert photo.canvas.pictures.at_rest, "both sides were finished already"

    def test_it_can_be_dragged_to_the_ends_and_back(self, photo: Window, tiny_model: Path) -> None:
        photo.drag(-400, 0, at=(260, 40))
        np.testing.assert_array_equal(photo.frame(), side(photo, tiny_model))
        handle = (17.0, 112.0)  # it stays in view
        photo.drag(600, 0, at=handle)
        np.testing.assert_array_equal(photo.frame(), side(photo, "bicubic"))
        photo.drag(-243, 0, at=(503.0, 112.0))
        assert photo.comparison.divider == pytest.approx(0.5)

    def test_it_is_dragged_in_the_middle_of_a_zoom(
        self, moving_window: Window, picture: Bytes, tiny_model: Path
    ) -> None:
        window = moving_window
        window.open(picture)
        window.wheel(3, at=(100, 100))
        assert window.canvas.camera.moving
        window.press((260, 40))
        window.move((200, 40))
        window.wheel(0.3, at=(200, 40))
        window.move((180, 40))
        window.release((180, 40))
        assert window.canvas.camera.moving
        window.at_rest()
        assert round(window.comparison.divider * 520) == 180
        want = expected.canvas(window, a=side(window, "bicubic"), b=side(window, tiny_model))
        np.testing.assert_array_equal(window.pixels(), want)

    def test_a_double_click_on_it_does_not_zoom(self, photo: Window) -> None:
        view = photo.view
        photo.double_click((260, 40))
        assert photo.view == view

    def test_where_there_is_none_the_picture_is_dragged(self, photo: Window) -> None:
        for mode in ("Alt+1", "Alt+3", "Alt+5"):
            photo.key(mode)
            view = photo.view
            photo.drag(-33, 20, at=(260, 40))
            assert photo.view == view.panned(-33, 20)


class TestSpace:
    def test_it_shows_a_while_held(self, photo: Window) -> None:
        a = side(photo, "bicubic")
        for mode in ("Alt+1", "Alt+4", "Alt+5"):
            photo.key(mode)
            before = photo.pixels()
            with photo.hold_space():
                np.testing.assert_array_equal(photo.frame(), a)
                assert photo.pills == ["A Bicubic"]
                assert photo.canvas.pictures.at_rest, "nothing had to be waited for"
            np.testing.assert_array_equal(photo.pixels(), before)

    @pytest.mark.parametrize(("mode", "second"), [("Alt+2", 0), ("Alt+3", 261)])
    def test_it_swaps_the_sides(
        self, photo: Window, tiny_model: Path, mode: str, second: int
    ) -> None:
        photo.key(mode)
        photo.at_rest()
        a, b = side(photo, "bicubic"), side(photo, tiny_model)
        with photo.hold_space():
            pixels = photo.pixels()
            left, right = photo.frame(pixels), photo.frame(pixels, second)
            np.testing.assert_array_equal(left[:, :200], b[:, :200])
            np.testing.assert_array_equal(right[:, -200:], a[:, -200:])
            assert photo.pills == ["B LIIF · tiny", "A Bicubic"]
        assert photo.pills == ["A Bicubic", "B LIIF · tiny"]

    def test_it_works_in_a_zoom_too(self, moving_window: Window, picture: Bytes) -> None:
        window = moving_window
        window.open(picture)
        window.key("Alt+1")
        window.wheel(3)
        with window.hold_space():
            window.at_rest()
            np.testing.assert_array_equal(window.frame(), side(window, "bicubic"))

    def test_repeats_of_the_key_are_no_second_press(self, photo: Window) -> None:
        with photo.hold_space():
            for kind in (QEvent.Type.KeyRelease, QEvent.Type.KeyPress):
                space, none = Qt.Key.Key_Space.value, Qt.KeyboardModifier.NoModifier
                QApplication.sendEvent(photo.focus, QKeyEvent(kind, space, none, " ", True, 1))
                assert photo.comparison.swapped

    def test_not_with_the_focus_in_a_field(self, photo: Window) -> None:
        field = photo.parts.status.scale
        photo.click(field)
        assert photo.focus is field
        with photo.hold_space():
            assert not photo.comparison.swapped
        photo.key("Esc")
        with photo.hold_space():
            assert photo.comparison.swapped

    def test_not_with_the_focus_in_any_field_of_the_inspector(self, photo: Window) -> None:
        photo.key("G")  # without it its fields are off
        inspector, focused = photo.parts.inspector, 0
        for widget in [*inspector.findChildren(QLineEdit), *inspector.findChildren(QComboBox)]:
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            if photo.focus is widget and isinstance(widget, QLineEdit):
                focused += 1
                with photo.hold_space():
                    assert not photo.comparison.swapped
        assert focused >= 6, "x, y, width, height, opacity and gain"

    def test_clicked_buttons_do_not_keep_it(self, photo: Window) -> None:
        photo.click(photo.parts.top.gradient)
        photo.at_rest()
        with photo.hold_space():
            assert photo.comparison.swapped

    def test_a_window_that_loses_the_keyboard_lets_go(self, photo: Window) -> None:
        photo.bot.keyPress(photo.focus, Qt.Key.Key_Space)
        assert photo.comparison.swapped
        other = QLineEdit()
        photo.bot.addWidget(other)
        other.show()
        other.activateWindow()
        photo.until(lambda: not photo.comparison.swapped)
        photo.main.activateWindow()
        photo.until(photo.main.isActiveWindow)
        with photo.hold_space():
            assert photo.comparison.swapped


class TestDifference:
    def test_it_is_amplified_from_what_both_sides_show(
        self, photo: Window, tiny_model: Path
    ) -> None:
        photo.key("D")
        a, b = side(photo, "bicubic").astype(int), side(photo, tiny_model).astype(int)
        np.testing.assert_array_equal(photo.frame(), np.minimum(np.abs(a - b) * 8, 255))
        assert photo.pills == ["|A − B| × 8"]
        photo.key("D")
        assert photo.comparison.mode == "split"

    @pytest.mark.parametrize("mode", ["single", "grid"])
    def test_d_again_brings_back_the_mode_before(self, photo: Window, mode: str) -> None:
        photo.main.comparing.set_mode(mode)
        photo.key("D")
        photo.key("Alt+5")
        assert photo.comparison.mode == "diff"
        photo.key("D")
        assert photo.comparison.mode == mode
        photo.at_rest()

    def test_its_factor_is_set_in_the_inspector(self, photo: Window, tiny_model: Path) -> None:
        photo.key("D")
        factor = photo.parts.inspector.difference.factor.field
        assert factor.isVisible()
        photo.type_into(factor, "2")
        a, b = side(photo, "bicubic").astype(int), side(photo, tiny_model).astype(int)
        np.testing.assert_array_equal(photo.frame(), np.minimum(np.abs(a - b) * 2, 255))
        assert photo.pills == ["|A − B| × 2"]

    def test_a_sampler_against_itself_is_black(self, photo: Window) -> None:
        photo.key("D")
        photo.main.set_sampler("b", "bicubic")
        photo.at_rest()
        assert not photo.frame().any()

    def test_it_follows_pans_and_zooms(self, photo: Window, tiny_model: Path) -> None:
        photo.key("D")
        photo.drag(31, -17)
        photo.wheel(1.3)
        photo.at_rest()
        a, b = side(photo, "bicubic").astype(int), side(photo, tiny_model).astype(int)
        np.testing.assert_array_equal(photo.frame(), np.minimum(np.abs(a - b) * 8, 255))


def blend(below: Bytes, above: Bytes, opacity: float) -> NDArray[np.float64]:
    return below * (1 - opacity) + above * opacity


class TestGradientMap:
    def gradient(self, window: Window, name: str | Path, gain: float = 4.0) -> Bytes:
        grey = expected.colour(source(window), f"gradient:{name}", window.grid, gain)
        codes: Bytes = np.floor(grey * 255 + 0.5).astype(np.uint8)
        return codes

    def test_it_lies_over_b_with_its_opacity_and_gain(
        self, photo: Window, tiny_model: Path
    ) -> None:
        photo.key("Alt+1")
        photo.key("G")
        photo.at_rest()
        below, above = side(photo, tiny_model), self.gradient(photo, tiny_model)
        assert np.abs(photo.frame() - blend(below, above, 0.4)).max() <= 2.0
        panel = photo.parts.inspector.gradient
        photo.type_into(panel.opacity.field, "100")
        np.testing.assert_array_equal(photo.frame(), above)
        photo.type_into(panel.gain.field, "9")
        photo.at_rest()
        np.testing.assert_array_equal(photo.frame(), self.gradient(photo, tiny_model, 9.0))

    def test_it_is_switched_by_key_button_and_inspector(self, photo: Window) -> None:
        plain = photo.pixels()
        by_key = partial(photo.key, "G")
        by_button = partial(photo.click, photo.parts.top.gradient)
        for switch in (by_key, by_button):
            switch()
            photo.at_rest()
            assert photo.parts.top.gradient.isChecked()
            assert (photo.pixels() != plain).any()
            switch()
            np.testing.assert_array_equal(photo.pixels(), plain)
            assert not photo.parts.top.gradient.isChecked()

    @pytest.mark.parametrize("where", ["a", "b", "all"])
    def test_it_lies_over_the_sides_it_was_given(self, photo: Window, where: str) -> None:
        plain = photo.pixels()
        photo.key("G")
        settings = photo.comparison.gradient
        change = photo.parts.inspector.gradient.gradient_changed
        change.emit(type(settings)(True, where, 1.0, 4.0, "grey"))  # type: ignore[arg-type]
        photo.at_rest()
        changed = (photo.pixels() != plain).any(axis=-1)
        assert changed[:, :260].any() == (where in ("a", "all"))
        assert changed[:, 260:].any() == (where in ("b", "all"))

    def test_a_colour_map_colours_it(self, photo: Window) -> None:
        photo.key("Alt+1")
        photo.main.set_sampler("b", "bicubic")
        photo.parts.inspector.gradient.gradient_changed.emit(
            type(photo.comparison.gradient)(True, "b", 1.0, 4.0, "viridis")
        )
        photo.at_rest()
        level = self.gradient(photo, "bicubic")[..., 0]
        np.testing.assert_array_equal(photo.frame(), colours("viridis")[level])

    def test_it_is_a_side_of_the_comparison_as_well(self, photo: Window) -> None:
        photo.key("Alt+1")
        photo.main.set_sampler("b", "gradient:bicubic")
        photo.at_rest()
        np.testing.assert_array_equal(photo.frame(), self.gradient(photo, "bicubic", 1.0))
        assert photo.pills == ["B Gradient of Bicubic"]
        photo.key("G")
        photo.at_rest()
        np.testing.assert_array_equal(photo.frame(), self.gradient(photo, "bicubic", 1.0))


class TestModels:
    def test_the_inspector_chooses_samplers(self, photo: Window) -> None:
        box = photo.parts.inspector.samplers["a"].box
        photo.parts.inspector.sampler_chosen.emit("a", "lanczos")
        photo.at_rest()
        assert box.current == "lanczos"
        x = 520 // 2
        np.testing.assert_array_equal(photo.pixels()[:, :x], side(photo, "lanczos")[:, :x])
        assert photo.pills[0] == "A Lanczos"

    def test_a_model_is_opened_from_a_file(
        self, photo: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "official.pth"
        torch.save(OfficialLIIF().save(small_liif("edsr", seed=3)), path)
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
        photo.parts.inspector.open_model_requested.emit("a")
        photo.at_rest()
        x = 520 // 2
        np.testing.assert_array_equal(photo.pixels()[:, :x], side(photo, path)[:, :x])
        panel = photo.parts.inspector.samplers["a"]
        photo.until(lambda: any("M parameters" in line for line in panel.lines()))
        assert photo.pills[0] == "A LIIF · official"

    def test_a_closed_dialog_changes_nothing(
        self, photo: Window, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = photo.comparison
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
        photo.parts.inspector.open_model_requested.emit("a")
        assert photo.comparison == before

    def test_one_that_was_trained_on_shows_its_new_weights_when_opened_again(
        self, photo: Window, tmp_path: Path
    ) -> None:
        path = tmp_path / "mine.safetensors"
        save_checkpoint(path, small_liif(seed=3))
        photo.main.open_model("a", path)
        photo.main.open_model("b", path)
        photo.at_rest()
        before = photo.pixels()
        save_checkpoint(path, small_liif(seed=4))
        photo.main.open_model("b", path)
        photo.at_rest()
        assert not np.array_equal(photo.pixels(), before)
        np.testing.assert_array_equal(photo.pixels(), side(photo, path))

    def test_one_that_was_replaced_is_described_anew_once_it_is_shown(
        self, photo: Window, picture: Bytes, tmp_path: Path
    ) -> None:
        path = tmp_path / "mine.safetensors"
        save_checkpoint(path, small_liif())
        photo.main.open_model("a", path)
        panel = photo.parts.inspector.samplers["a"]
        photo.until(lambda: "continuous · " in "".join(panel.lines()))
        photo.at_rest()
        save_checkpoint(path, randomised(WDSR(2, 6, 2, 14)))
        photo.drag(10, 0)
        photo.at_rest()
        assert photo.pills[0] == "A LIIF · mine", "it is what is shown"
        photo.open(picture[:, ::-1])
        photo.until(lambda: photo.pills[0] == "A WDSR-A ×2 · mine")
        assert "fixed, ×2 · " in "".join(panel.lines())

    @pytest.mark.parametrize("mode", ["Alt+1", "Alt+2"])
    def test_a_broken_model_gives_way_to_the_one_before(
        self, tall_window: Window, picture: Bytes, tiny_model: Path, tmp_path: Path, mode: str
    ) -> None:
        photo = tall_window
        photo.open(picture)
        photo.key(mode)
        before = photo.pixels()
        broken = tmp_path / "broken.safetensors"
        broken.write_bytes(tiny_model.read_bytes()[:-1000])
        photo.main.open_model("b", broken)
        photo.until(lambda: bool(photo.message))
        assert "broken.safetensors" in photo.message
        assert "damaged" in photo.message
        assert photo.comparison.b == str(tiny_model)
        photo.key("Esc")
        photo.at_rest()
        np.testing.assert_array_equal(photo.pixels(), before)
        listed = photo.parts.inspector.samplers["b"].box
        assert all(str(broken) != listed.itemData(row) for row in range(listed.count()))

    def test_a_second_broken_model_gives_way_to_the_last_good_one(
        self, photo: Window, tiny_model: Path, tmp_path: Path
    ) -> None:
        for number in range(2):
            broken = tmp_path / f"broken_{number}.safetensors"
            broken.write_bytes(b"not a model, but longer than its header would be")
            photo.main.open_model("b", broken)
        photo.until(lambda: bool(photo.message))
        photo.at_rest()
        assert photo.comparison.b == str(tiny_model)

    def test_a_file_brought_meanwhile_can_be_chosen_on_coming_back(
        self, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(brought.VARIABLE, str(tmp_path))
        published = PUBLISHED[-1]
        window.main.comparing.list_samplers()
        box = window.parts.inspector.samplers["a"].box

        def usable() -> bool:
            row = box.findText(published.title)
            return bool(box.model().flags(box.model().index(row, 0)) & Qt.ItemFlag.ItemIsEnabled)

        assert not usable()
        other = QLineEdit()
        window.bot.addWidget(other)
        other.show()
        other.activateWindow()
        window.until(lambda: not window.main.isActiveWindow())
        (tmp_path / published.file).write_bytes(b"as good as any, to be listed")
        window.activate()
        assert usable()


class TestDefects:
    """What nobody foresaw is said and logged, and the window goes on with what works."""

    def test_a_sampler_that_fails_gives_way(
        self,
        tall_window: Window,
        picture: Bytes,
        tiny_model: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        window = tall_window
        window.open(picture)

        def fail(*_: object) -> None:
            raise RuntimeError("a defect")

        monkeypatch.setattr(Nearest, "_evaluate", fail)
        window.main.set_sampler("b", "nearest")
        window.until(lambda: bool(window.message))
        assert "a defect" in window.message
        assert window.comparison.b == str(tiny_model)
        window.at_rest()
        assert "nearest failed" in caplog.text
        caplog.clear()

    def test_a_map_that_fails_is_switched_off(
        self,
        tall_window: Window,
        picture: Bytes,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        window = tall_window
        window.open(picture)

        def fail(*_: object) -> None:
            raise RuntimeError("a defect")

        monkeypatch.setattr(GradientSampler, "_evaluate", fail)
        window.key("G")
        window.until(lambda: bool(window.message))
        assert not window.comparison.gradient.enabled
        window.at_rest()
        caplog.clear()
