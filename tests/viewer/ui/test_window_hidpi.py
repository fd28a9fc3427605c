"""The window at other device pixel ratios: one sample is one device pixel of the screen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF

from tests.models.pictures import noise
from tests.viewer.ui.conftest import MakeWindow
from tests.viewer.ui.driver import PATIENCE, Window
from viewer.ui.device_pixels import DevicePixels

Bytes = NDArray[np.uint8]

RATIO = float(os.environ.get("QT_SCALE_FACTOR", "1"))
OTHERS = ["1.25", "1.5", "2"]
SIZES = [(800, 298), (811, 303)]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def grains() -> Bytes:
    """White noise, small enough to lie clear of the labels: a shift of one pixel shows."""
    return noise(240, 90).pixels.astype(np.uint8)


def part_of_source(window: Window, source: Bytes) -> Bytes:
    """The source pixels that the grid of a view at 100 % covers."""
    x, y, width, height = (round(number) for number in window.grid.region)
    return source[y : y + height, x : x + width]


class TestAnyRatio:
    """Run at ratio 1 with all other tests, and by `test_at_another_ratio` at the others."""

    @pytest.mark.parametrize("size", SIZES)
    def test_the_canvas_is_all_that_lies_between_its_neighbours(
        self, window: Window, size: tuple[int, int]
    ) -> None:
        """A row that nobody painted would be a line between the picture and a bar."""
        window.key("Alt+1")
        window.main.set_sampler("b", "nearest")
        window.main.resize(*size)
        window.open(np.full((90, 240, 3), 250, np.uint8))
        window.key("8")
        window.leave()
        window.at_rest()
        assert window.canvas.devicePixelRatioF() == RATIO
        device, screen = window.canvas.device, window.on_screen()
        assert (screen[device.height // 2] == 250).all()
        assert (screen[:, device.width // 2] == 250).all()
        above, below = DevicePixels.of(window.parts.top), DevicePixels.of(window.parts.status)
        assert device.rect.top() == above.rect.bottom() + 1
        assert device.rect.bottom() == below.rect.top() - 1

    def test_at_100_percent_device_pixels_are_source_pixels(
        self, window: Window, grains: Bytes
    ) -> None:
        window.key("Alt+1")
        window.open(grains)
        window.key("1")
        ways = ((0.0, 0.0), (7.0, -3.0), (-11.0, 5.0), (3.0, 1.0))
        for size, sampler, (dx, dy) in product(SIZES, ("nearest", "bicubic"), ways):
            window.main.resize(*size)
            window.main.set_sampler("b", sampler)
            window.drag(dx, dy)
            window.leave()  # and with it the scale bubble
            window.at_rest()
            assert window.view.scale == 1.0
            shown = window.frame(window.on_screen())
            np.testing.assert_array_equal(shown, part_of_source(window, grains))
        assert window.parts.status.scale.text() == "100 %"

    def test_both_panes_of_side_by_side_too(self, window: Window, grains: Bytes) -> None:
        window.main.set_sampler("a", "nearest")
        window.main.set_sampler("b", "bicubic")
        window.key("Alt+3")
        window.open(grains[:, :120])
        window.key("1")
        window.at_rest()
        screen, width = window.on_screen(), window.canvas.device.width
        for left in (0, width - (width - 2) // 2):
            shown = window.frame(screen, left)
            np.testing.assert_array_equal(shown, part_of_source(window, grains[:, :120]))

    def test_all_panes_of_the_grid_too(self, window: Window, grains: Bytes) -> None:
        window.main.set_sampler("a", "nearest")
        window.main.set_sampler("b", "bicubic")
        window.key("Alt+6")
        window.open(grains[:40, :120])
        window.key("1")
        window.at_rest()
        screen, device = window.on_screen(), window.canvas.device
        width, height = device.width, device.height
        part = part_of_source(window, grains[:40, :120])
        corners = (0, width - (width - 2) // 2), (0, height - (height - 2) // 2)
        for left, top in product(*corners):
            shown = window.frame(screen, left, top)
            clear = part.shape[0] // 2  # of the labels
            np.testing.assert_array_equal(shown[clear:], part[clear:])

    def test_the_screen_shows_what_is_rendered_at_any_scale(
        self, window: Window, picture: Bytes
    ) -> None:
        window.open(picture)
        window.wheel(-1.7, at=(300, 100))
        window.leave()
        window.at_rest()
        same = (window.on_screen() == window.pixels()).all(axis=-1)
        clear = round(150 * RATIO), round(240 * RATIO)  # of the label and the divider's handle
        assert same[:, slice(*clear)].all()
        assert same[round(50 * RATIO) :, : clear[1]].all()
        assert same[round(50 * RATIO) :, round(280 * RATIO) :].all()

    @pytest.mark.parametrize("mode", ["Alt+1", "Alt+6"])
    def test_bars_move_no_device_pixel(
        self, make_window: MakeWindow, picture: Bytes, mode: str
    ) -> None:
        window = make_window(size=(801, 397))
        window.key(mode)
        window.open(np.ascontiguousarray(picture[:, :50]))  # its fit depends on the height
        messages, progress = window.parts.messages, window.parts.progress
        view, before, top = window.view, window.pixels(), window.canvas.device.rect.top()
        progress.set_done(Path("out.png"))
        messages.show_message("Something went wrong, and it is a long story. " * 3)
        window.at_rest()
        if mode == "Alt+1":
            first = window.canvas.device.rect.top() - top
            rows = slice(first, first + window.canvas.device.height)
            np.testing.assert_array_equal(window.pixels(), before[rows])
        messages.show_message("Something went wrong")
        progress.dismiss()
        window.at_rest()
        assert window.view.log2_scale == view.log2_scale
        messages.dismiss()
        window.at_rest()
        assert window.view == view
        np.testing.assert_array_equal(window.pixels(), before)

    @pytest.mark.parametrize("scale", [1.5, 1.57, 3.0])
    def test_the_status_bar_reads_the_source_pixel_that_is_shown(
        self, window: Window, grains: Bytes, scale: float
    ) -> None:
        window.key("Alt+1")
        window.main.set_sampler("b", "nearest")
        window.open(grains)
        window.main.scale_to(scale)
        window.at_rest()
        shown, device = window.pixels(), window.canvas.device
        x, y = device.width // 2, device.height // 2
        for column, row in product(range(x, x + 12), range(y, y + 3)):
            place = device.to_logical(QPointF(column, row))
            window.hover((place.x(), place.y()))
            words = " ".join(str(value) for value in shown[row, column])
            assert window.parts.status.colour_text.text() == words

    def test_wheel_and_drag_are_exact_in_device_pixels(self, window: Window, grains: Bytes) -> None:
        window.open(grains)
        view, at = window.view, (203.0, 77.0)
        point = window.source_at(at)
        for notches in (3, -3):
            window.wheel(notches, at)
            assert window.source_at(at) == pytest.approx(point, abs=1e-7)
        window.key("F")
        assert window.view == view
        window.drag(8, -12)
        assert window.view == view.panned(round(8 * RATIO), round(-12 * RATIO))


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """The tests above in processes of their own, as a ratio holds for a whole process."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command.append(f"{Path(__file__).relative_to(ROOT)}::TestAnyRatio")
    folder = tmp_path_factory.mktemp("ratios")
    started = {
        ratio: subprocess.Popen(
            # A folder of its own: sessions that share one clean up after each other.
            [*command, f"--basetemp={folder / ratio}"],
            cwd=ROOT,
            env=os.environ | {"QT_SCALE_FACTOR": ratio},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for ratio in OTHERS
    }
    yield started
    for process in started.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize("ratio", OTHERS)
def test_at_another_ratio(runs: dict[str, subprocess.Popen[str]], ratio: str) -> None:
    output, _ = runs[ratio].communicate(timeout=4 * PATIENCE / 1000)
    assert runs[ratio].returncode == 0, output
