"""What is asked of the worker, and what is made of its answers. The worker is a list here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from models.samplers.grid import Grid, overlap
from tests.viewer.ui.driver import Pixels, rgb_of
from viewer.imaging.colour import DisplayTransform
from viewer.imaging.source import from_array
from viewer.rendering.messages import Failed, Finished, Patch, Patches, Request, Scene
from viewer.rendering.tiling import coarser
from viewer.rendering.view import Size
from viewer.ui.camera import Camera
from viewer.ui.compare import Comparison
from viewer.ui.differences import difference
from viewer.ui.pictures import Pictures
from viewer.ui.settings import GradientSettings

WIDTH, HEIGHT = 240, 160
PICTURE = Size(60, 40)
GREY = 77


class Desk:
    """Pictures of a canvas of 240 × 160 over a picture of 60 × 40, with a hand-made worker.

    Attributes:
        requests: what was asked of it.
        states: what the status bar was told.
        failures: samplers that could not be used, and why.
        rests: how often everything was finished.
    """

    def __init__(self, *, animated: bool = False) -> None:
        self.requests: list[Request] = []
        self.camera = Camera(animated=False)
        self.pictures = Pictures(self.requests.append, self.camera, animated=animated)
        self.states: list[str] = []
        self.failures: list[tuple[str, str]] = []
        self.rests = 0
        self.pictures.state_changed.connect(lambda words, _: self.states.append(words))
        self.pictures.failed.connect(lambda *failure: self.failures.append(failure))
        self.pictures.rested.connect(self._rest)

    def _rest(self) -> None:
        self.rests += 1

    def show(self, mode: str = "single", size: Size = PICTURE) -> None:
        """Open a picture, fitted: × 4."""
        self.pictures.comparison = Comparison(mode=mode)
        source = from_array(np.zeros((size.height, size.width, 3), np.uint8))
        base = np.full((size.height, size.width, 4), (GREY, GREY, GREY, 255), np.uint8)
        self.pictures.show_scene(Scene(source, DisplayTransform(None)), base)
        self.camera.show_picture(size, WIDTH, HEIGHT)
        self.ask()

    def ask(self, focus: tuple[float, float] = (120.0, 80.0)) -> None:
        panes = self.pictures.comparison.panes(WIDTH, HEIGHT)
        self.pictures.request(panes, focus)

    def zoom(self) -> None:
        """Half a step, with its request; it does not settle by itself."""
        self.camera.zoom(0.5, 120.0, 80.0)
        self.ask()

    def settle(self, bot: QtBot) -> None:
        bot.waitUntil(lambda: not self.camera.moving)
        self.ask()

    @property
    def newest(self) -> Request:
        return self.requests[-1]

    def answer(
        self,
        layer: str,
        colour: int,
        share: float = 1.0,
        *,
        request: Request | None = None,
        factor: int = 1,
        known: bool = False,
    ) -> None:
        """Send the first tiles of a layer, in one colour."""
        request = request or self.newest
        grid = request.grid if factor == 1 else coarser(request.grid, factor)
        patches = patches_of(grid, colour)
        part = tuple(patches[: round(share * len(patches))])
        self.pictures.take(
            Patches(request.generation, layer, grid, factor, part, known, len(part), len(patches))
        )

    def finish(self, seconds: float = 0.038, path: str = "") -> None:
        self.pictures.take(Finished(self.newest.generation, seconds, path))

    def complete(self, a: int = 100, b: int = 200) -> None:
        """Answer everything."""
        for layer in self.newest.layers:
            self.answer(layer.layer, {"a": a, "b": b}.get(layer.layer, 250))
        self.finish()

    def painted(self) -> Pixels:
        image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
        image.fill(QColor(0, 0, 0))
        painter = QPainter(image)
        panes = self.pictures.comparison.panes(WIDTH, HEIGHT)
        self.pictures.paint(painter, panes, QRect(0, 0, WIDTH, HEIGHT))
        painter.end()
        return rgb_of(image)

    def colours(self) -> set[int]:
        return set(self.painted().ravel().tolist())


def patches_of(grid: Grid, colour: int) -> list[Patch]:
    patches = []
    for tile in grid.tiles():
        rows, columns, _, _ = overlap(grid.window, tile)
        size = rows.stop - rows.start, columns.stop - columns.start
        pixels = np.full((*size, 4), (colour, colour, colour, 255), np.uint8)
        patches.append(Patch(columns.start, rows.start, pixels))
    return patches


@pytest.fixture
def desk(qapp: object) -> Desk:
    del qapp
    return Desk()


class TestAsking:
    def test_without_a_picture_nothing_is_asked(self, desk: Desk) -> None:
        assert not desk.pictures.at_rest
        desk.ask()
        assert desk.requests == []
        assert (desk.pictures.state, desk.pictures.grid, desk.pictures.size) == ("", None, None)
        assert not desk.painted().any()

    def test_every_view_is_a_new_generation(self, desk: Desk) -> None:
        desk.show()
        desk.zoom()
        desk.camera.pan(3, 4)
        desk.ask()
        assert [request.generation for request in desk.requests] == [1, 2, 3]

    def test_both_sides_are_asked_for_the_visible_one_first(self, desk: Desk) -> None:
        desk.show("single")
        assert [layer.layer for layer in desk.newest.layers] == ["b", "a"]
        desk.show("split")
        assert [layer.layer for layer in desk.newest.layers] == ["a", "b"]

    def test_the_focus_counts_from_the_grids_first_sample(self, desk: Desk) -> None:
        desk.show()
        desk.camera.scale_to(2.0, 120.0, 80.0)
        desk.ask((100.0, 90.0))
        assert desk.newest.focus == (100.0 - 60.0, 90.0 - 40.0)

    def test_a_pan_takes_the_lattice_and_is_no_preview(self, desk: Desk, qtbot: QtBot) -> None:
        desk.show()
        desk.zoom()
        assert desk.newest.moving
        lattice = desk.newest.grid.lattice
        desk.camera.pan(7, 0)
        desk.ask()
        assert desk.newest.grid.lattice is lattice
        assert not desk.newest.moving
        desk.settle(qtbot)
        assert not desk.newest.moving

    def test_what_is_shown_already_is_said(self, desk: Desk) -> None:
        desk.show()
        assert [layer.shown for layer in desk.newest.layers] == [0.25, 0.25], "the base"
        desk.complete()
        desk.zoom()
        assert desk.newest.layers[0].shown == pytest.approx(2**-0.5)
        desk.camera.zoom(-2.0, 120.0, 80.0)
        desk.ask()
        assert desk.newest.layers[0].shown == 1.0, "the whole picture is there, finer than needed"

    def test_what_does_not_reach_across_the_view_is_not_shown(self, desk: Desk) -> None:
        desk.show()
        desk.zoom()
        desk.complete()
        desk.camera.zoom(-0.25, 120.0, 80.0)
        desk.ask()
        base = 0.25 / 2**0.25
        assert desk.newest.layers[0].shown == pytest.approx(base)

    def test_another_sampler_lacks_until_it_is_asked_for(self, desk: Desk) -> None:
        assert not desk.pictures.lacks()
        desk.show()
        desk.pictures.compare(replace(desk.pictures.comparison, mode="split", divider=0.2))
        assert not desk.pictures.lacks()
        desk.pictures.compare(replace(desk.pictures.comparison, a="lanczos"))
        assert desk.pictures.lacks()
        desk.ask()
        assert not desk.pictures.lacks()

    def test_the_grid_lacks_c_and_d(self, desk: Desk) -> None:
        desk.show("split")
        desk.complete()
        desk.pictures.compare(replace(desk.pictures.comparison, mode="grid"))
        assert desk.pictures.lacks()
        desk.ask()
        assert [layer.layer for layer in desk.newest.layers] == ["a", "b", "c", "d"]
        desk.pictures.compare(replace(desk.pictures.comparison, d=""))
        desk.ask()
        assert [layer.layer for layer in desk.newest.layers] == ["a", "b", "c"]

    def test_what_is_not_needed_any_more_is_not_waited_for(self, desk: Desk) -> None:
        desk.show("grid")
        desk.pictures.compare(replace(desk.pictures.comparison, d=""))
        assert desk.pictures.lacks()

    def test_once_it_is_there_nothing_is_asked_again(self, desk: Desk) -> None:
        desk.show("grid")
        gradient = GradientSettings(enabled=True, side="all")
        desk.pictures.compare(replace(desk.pictures.comparison, gradient=gradient))
        desk.ask()
        assert len(desk.newest.layers) == 8
        desk.complete()
        off = replace(gradient, enabled=False)
        desk.pictures.compare(replace(desk.pictures.comparison, gradient=off))
        assert not desk.pictures.lacks()
        assert desk.pictures.at_rest

    def test_a_gradient_map_is_a_layer_of_its_own(self, desk: Desk) -> None:
        desk.show("split")
        gradient = GradientSettings(enabled=True, side="all", gain=2.0)
        desk.pictures.compare(replace(desk.pictures.comparison, gradient=gradient))
        assert desk.pictures.lacks()
        desk.ask()
        asked = {layer.layer: layer.sampler for layer in desk.newest.layers}
        assert list(asked) == ["a", "ga", "b", "gb"]
        assert (asked["ga"].name, asked["ga"].gain) == ("gradient:bicubic", 2.0)


class TestAnswers:
    def test_those_to_an_older_view_are_ignored(self, desk: Desk) -> None:
        desk.show()
        old = desk.newest
        desk.ask()
        desk.answer("b", 200, request=old)
        desk.pictures.take(Finished(old.generation, 1.0))
        desk.pictures.take(Failed(old.generation, "b", "liif", "too late"))
        assert desk.colours() == {GREY}
        assert desk.failures == []
        assert desk.states == ["refining 0 %"]

    def test_the_way_of_decoding_is_told_if_there_was_one(self, desk: Desk, qtbot: QtBot) -> None:
        desk.show()
        with qtbot.waitSignal(desk.pictures.decoded) as told:
            desk.finish(path="Triton")
        assert told.args == ["Triton"]
        with qtbot.assertNotEmitted(desk.pictures.decoded):
            desk.finish()

    def test_while_the_view_moves_on_those_on_the_way_are_shown(self, desk: Desk) -> None:
        desk.show()
        desk.complete()
        desk.zoom()
        first = desk.newest
        desk.zoom()
        desk.zoom()
        desk.answer("b", 150, request=first)
        assert desk.colours() == {150}, "a whole one, sharper than what was there"
        desk.answer("b", 160, factor=2, request=desk.requests[-2])
        assert desk.colours() == {150}, "coarser"
        desk.zoom()
        desk.answer("b", 170, request=desk.requests[-2])
        assert desk.colours() == {170}
        assert not desk.pictures.at_rest

    def test_not_those_of_another_sampler_or_of_a_view_that_rested(
        self, desk: Desk, qtbot: QtBot
    ) -> None:
        desk.show()
        desk.complete()
        desk.zoom()
        desk.pictures.compare(replace(desk.pictures.comparison, b="lanczos"))
        before = desk.newest
        desk.zoom()
        desk.answer("b", 150, request=before)
        assert desk.colours() == {GREY}
        desk.settle(qtbot)
        late = desk.requests[-2]
        assert late.moving
        desk.answer("b", 160, request=late)
        assert desk.colours() == {GREY}

    def test_tiles_are_shown_as_they_come(self, desk: Desk) -> None:
        desk.show()
        assert desk.colours() == {GREY}
        desk.answer("b", 200, share=0.5)
        assert desk.colours() == {GREY, 200}
        desk.answer("b", 200)
        assert desk.colours() == {200}

    def test_those_for_a_layer_nobody_asked_for_are_ignored(self, desk: Desk) -> None:
        desk.show()
        desk.answer("ga", 250)
        assert desk.colours() == {GREY}

    def test_a_finished_frame_stays_until_the_next_view_is_there(self, desk: Desk) -> None:
        desk.show()
        desk.complete()
        desk.zoom()
        assert desk.colours() == {200}
        desk.complete(b=210)
        assert desk.colours() == {210}

    def test_a_preview_lies_over_older_and_coarser_pixels(self, desk: Desk) -> None:
        desk.show()
        desk.zoom()
        desk.answer("b", 150, factor=2)
        assert desk.colours() == {150}
        desk.answer("b", 200)
        assert desk.colours() == {200}

    def test_another_picture_forgets_everything(self, desk: Desk) -> None:
        desk.show()
        desk.complete()
        desk.show()
        assert desk.colours() == {GREY}

    def test_another_sampler_drops_its_own_side_only(self, desk: Desk) -> None:
        desk.show("split")
        desk.complete()
        desk.pictures.compare(replace(desk.pictures.comparison, a="lanczos"))
        assert desk.colours() == {GREY, 200}

    def test_a_failure_is_passed_on(self, desk: Desk) -> None:
        desk.show()
        desk.pictures.take(Failed(desk.newest.generation, "b", "broken.pth", "It is damaged."))
        assert desk.failures == [("broken.pth", "It is damaged.")]

    def test_tiles_fade_in_and_then_are_exact(self, qapp: object, qtbot: QtBot) -> None:
        del qapp
        desk = Desk(animated=True)
        desk.show()
        desk.complete()
        assert not desk.pictures.at_rest
        with qtbot.waitSignal(desk.pictures.rested):
            pass
        assert desk.colours() == {200}

    def test_tiles_that_were_known_do_not_fade(self, qapp: object) -> None:
        del qapp
        desk = Desk(animated=True)
        desk.show()
        for layer in desk.newest.layers:
            desk.answer(layer.layer, 200, known=True)
        desk.finish()
        assert desk.pictures.at_rest
        assert desk.colours() == {200}


class TestState:
    def test_from_nothing_to_final(self, desk: Desk) -> None:
        assert desk.pictures.state == ""
        desk.show()
        desk.answer("b", 200, share=0.5)
        desk.answer("b", 200)
        desk.answer("a", 100)
        assert desk.states == ["refining 0 %", "refining 25 %", "refining 50 %", "refining 100 %"]
        assert desk.rests == 0
        desk.finish(0.0384)
        assert desk.states[-1] == "final · 38 ms"
        assert desk.rests == 1

    def test_the_time_is_that_of_the_samplers_that_are_shown(self, desk: Desk) -> None:
        desk.show()
        desk.complete()
        desk.finish(84.5)
        assert desk.states[-1] == "final · 84.5 s"
        # What is asked for again comes at once, but has not become cheaper.
        desk.ask()
        desk.complete()
        desk.finish(0.002)
        assert desk.states[-1] == "final · 84.5 s"
        desk.pictures.compare(replace(desk.pictures.comparison, b="lanczos"))
        desk.ask()
        desk.complete()
        desk.finish(0.0384)
        assert desk.states[-1] == "final · 38 ms"

    def test_finished_is_not_final_before_the_tiles_are_there(self, desk: Desk) -> None:
        desk.show()
        desk.finish()
        assert not desk.pictures.at_rest
        assert "final" not in desk.pictures.state

    def test_a_moving_view_is_a_preview_at_most(self, desk: Desk, qtbot: QtBot) -> None:
        desk.show()
        desk.complete()
        desk.zoom()
        assert desk.pictures.state == "preview"
        desk.answer("b", 150, factor=4)
        assert desk.pictures.state == "preview 1/4"
        desk.complete()
        assert "final" not in desk.pictures.state
        desk.settle(qtbot)
        desk.complete()
        assert desk.pictures.state.startswith("final")

    def test_below_1_to_1_it_says_so_first(self, desk: Desk) -> None:
        desk.show(size=Size(480, 320))
        assert desk.pictures.reduced
        assert desk.pictures.state.startswith("source, reduced · ")
        desk.camera.scale_to(1.0, 120.0, 80.0)
        desk.ask()
        assert not desk.pictures.reduced
        assert "reduced" not in desk.pictures.state

    def test_a_new_view_is_not_final_any_more(self, desk: Desk) -> None:
        desk.show()
        desk.complete()
        assert desk.pictures.at_rest
        desk.camera.pan(5, 0)
        desk.ask()
        assert not desk.pictures.at_rest
        assert "refining" in desk.pictures.state

    def test_a_picture_thinner_than_a_sample_is_asked_for_all_the_same(self, desk: Desk) -> None:
        """A picture a pixel high, so small that no device pixel's centre lies in it."""
        desk.show(size=Size(3000, 1))
        assert [request.grid.rows for request in desk.requests] == [1]
        assert desk.pictures.state != ""

    @pytest.mark.parametrize("scale", [0.3, 1.1, 1.3, 1.5, 2.5])
    def test_what_is_painted_is_what_was_asked_for(self, desk: Desk, scale: float) -> None:
        """The last column of a side of 121 at 1.5 has its centre at the picture's very end."""
        desk.show(size=Size(121, 81))
        found = set()
        for step in range(1, 40):
            desk.camera.scale_to(scale, 120.0, 80.0)
            desk.camera.pan(7 * step - 130, 3 * step - 50)
            desk.ask()
            placement = desk.pictures._placement
            assert placement is not None
            area = desk.pictures._covered(desk.camera.shown)
            grid = placement.grid
            found.add((area.right() + 1, area.bottom() + 1))
            assert area.getRect() == (placement.left, placement.top, grid.columns, grid.rows)
        assert len(found) > 10

    def test_the_same_words_are_said_once(self, desk: Desk) -> None:
        desk.show()
        desk.answer("b", 200)
        desk.answer("b", 200)
        assert desk.states == ["refining 0 %", "refining 50 %"]

    def test_each_rest_is_told_once(self, desk: Desk) -> None:
        for number in range(3):
            desk.show()
            desk.complete()
            desk.finish()
            assert desk.rests == number + 1


class TestPainting:
    def test_all_panes_of_the_grid(self, desk: Desk) -> None:
        desk.show("grid")
        for layer, colour in {"a": 90, "b": 110, "c": 130, "d": 150}.items():
            desk.answer(layer, colour)
        painted = desk.painted()
        corners = painted[::159, ::239, 0]
        assert corners.tolist() == [[90, 110], [130, 150]]
        assert set(painted.ravel()) == {0, 90, 110, 130, 150}

    def test_each_pane_shows_its_side(self, desk: Desk) -> None:
        desk.show("split")
        desk.complete(a=100, b=200)
        painted = desk.painted()
        assert set(painted[:, :120].ravel()) == {100}
        assert set(painted[:, 120:].ravel()) == {200}

    def test_the_difference_needs_both_sides(self, desk: Desk) -> None:
        desk.show("diff")
        desk.answer("a", 100)
        assert desk.colours() == {0}
        desk.answer("b", 104)
        assert desk.colours() == {4 * 8}

    def test_the_difference_is_made_once_of_each_tile(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: list[int] = []

        def counted(a: Pixels, b: Pixels, factor: float) -> Pixels:
            made.append(a.shape[0] * a.shape[1])
            return difference(a, b, factor)

        monkeypatch.setattr("viewer.ui.pictures.difference", counted)
        desk.show("diff")
        for share in (0.25, 0.5, 0.75, 1.0):
            desk.answer("a", 100, share)
            desk.painted()
            desk.answer("b", 104, share)
            desk.painted()
        assert sum(made) == WIDTH * HEIGHT
        assert desk.colours() == {4 * 8}

    def test_after_a_pan_the_difference_is_made_of_what_is_new(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk.show("diff")
        desk.camera.scale_to(8.0, 120.0, 80.0)
        desk.ask()
        desk.complete(100, 104)
        desk.painted()
        monkeypatch.setattr("viewer.ui.pictures.difference", lambda a, *_, **__: a | 255)
        desk.camera.pan(-64, 0)
        desk.ask()
        desk.complete(100, 104)
        assert desk.colours() == {4 * 8, 255}

    def test_another_factor_is_applied_to_what_is_there(self, desk: Desk) -> None:
        desk.show("diff")
        desk.complete(100, 104)
        assert desk.colours() == {32}
        desk.pictures.compare(replace(desk.pictures.comparison, factor=3.0))
        assert desk.colours() == {12}
        assert not desk.pictures.lacks()

    def test_a_map_is_laid_over_its_side_with_its_opacity(self, desk: Desk) -> None:
        desk.show()
        gradient = GradientSettings(enabled=True, side="b", opacity=0.5)
        desk.pictures.compare(replace(desk.pictures.comparison, gradient=gradient))
        desk.ask()
        desk.complete()
        (shown,) = desk.colours()
        assert abs(shown - (200 + 250) / 2) <= 2
        off = replace(gradient, enabled=False)
        desk.pictures.compare(replace(desk.pictures.comparison, gradient=off))
        assert desk.colours() == {200}
