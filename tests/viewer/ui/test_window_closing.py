"""Closing the window whatever is under way: no thread, no half file, and what is remembered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QLineEdit

from models import catalogue
from tests.models.pictures import drawing
from tests.viewer.ui.conftest import MakeWindow
from tests.viewer.ui.driver import Gate, Window
from viewer.imaging.source import SourceImage, from_array

Bytes = NDArray[np.uint8]

HELD = 5.0
"""Seconds that reading lasts unless a test ends it: it would be over if closing waited for it."""


def ours() -> list[str]:
    """Names of the threads that windows start and that are alive."""
    names = [thread.name for thread in threading.enumerate()]
    known = ("compute", "loader", "model")
    return [name for name in names if name in known or name.startswith("writes")]


def assert_ended(window: Window) -> None:
    """Closing has waited for what computes and what writes; what only reads ends soon."""
    assert set(ours()) <= {"loader", "model"}
    window.until(lambda: ours() == [])


def first(before: Callable[[], object], then: Callable[..., Any]) -> Callable[..., Any]:
    """A function that does something else first."""
    return lambda *arguments: (before(), then(*arguments))[1]


def test_an_empty_window(window: Window) -> None:
    assert "compute" in ours()
    window.main.close()
    assert_ended(window)
    window.main.close()


def test_a_window_at_rest(window: Window, picture: Bytes) -> None:
    window.open(picture)
    window.main.close()
    assert_ended(window)


def test_by_its_key(window: Window, picture: Bytes) -> None:
    """From a field that is being typed in as well."""
    window.open(picture)
    field = window.main.parts.inspector.findChildren(QLineEdit)[0]
    window.begin_typing(field, "3")
    window.key("Ctrl+Q")
    assert_ended(window)


def test_while_rendering(window: Window) -> None:
    """The shipped model has work for seconds; closing waits for no more than a batch of it."""
    window.main.set_sampler("b", "liif")
    source = from_array(drawing(400, 170).pixels, "long")
    window.main.opening.loader.open("long", lambda: source)
    pictures = window.canvas.pictures
    window.until(lambda: any("refining" in state and "refining 0 %" not in state
                             for state in window.states))  # fmt: skip
    assert not pictures.at_rest
    window.main.close()
    assert_ended(window)
    assert not any("final" in state for state in window.states)


def test_with_the_compute_thread_in_the_middle_of_a_tile(
    window: Window, picture: Bytes, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.open(picture)
    worker = window.main.worker
    monkeypatch.setattr(worker, "close", first(gate.open, worker.close))
    gate.close()
    window.wheel(2)
    window.until(gate.reached.is_set)
    window.main.close()
    assert_ended(window)


def test_in_the_middle_of_a_zoom(moving_window: Window, picture: Bytes) -> None:
    moving_window.open(picture)
    moving_window.wheel(3)
    assert moving_window.canvas.camera.moving
    moving_window.main.close()
    assert_ended(moving_window)


def test_while_opening_a_picture(window: Window, picture: Bytes) -> None:
    """Closing does not wait for it."""
    release, entered = threading.Event(), threading.Event()

    def opener() -> SourceImage:
        entered.set()
        release.wait(HELD)
        return from_array(picture, "slow")

    window.main.opening.loader.open("slow", opener)
    window.until(entered.is_set)
    window.main.close()
    assert "loader" in ours()
    release.set()
    window.until(lambda: ours() == [])
    assert window.canvas.scene is None, "the answer came too late"


@pytest.mark.parametrize("name", ["half.png", "half.webp"])
def test_while_exporting(
    tall_window: Window,
    picture: Bytes,
    tmp_path: Path,
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    window, worker = tall_window, tall_window.main.worker
    monkeypatch.setattr(worker, "close", first(gate.open, worker.close))
    folder = tmp_path / "out"
    folder.mkdir()
    window.open(picture)
    gate.close()
    window.export(folder / name)
    window.until(lambda: gate.reached.is_set() and any(folder.iterdir()))
    window.main.close()
    assert_ended(window)
    assert list(folder.iterdir()) == []


def test_while_a_model_is_described(
    window: Window, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing does not wait for it, and nobody wants to hear it any more."""
    release, entered = threading.Event(), threading.Event()
    describe = catalogue.describe

    def slow(*arguments: Any) -> catalogue.Description:
        if threading.current_thread().name == "model":
            entered.set()
            release.wait(HELD)
        return describe(*arguments)

    heard: list[object] = []
    monkeypatch.setattr(catalogue, "describe", slow)
    window.main.open_model("a", tiny_model)
    window.until(entered.is_set)
    window.main.close()
    window.main._bridge.arrived.connect(heard.append)
    assert "model" in ours()
    release.set()
    window.until(lambda: ours() == [])
    QApplication.processEvents()
    assert heard == []


def test_two_windows_go_their_own_ways(make_window: MakeWindow, picture: Bytes) -> None:
    one, other = make_window(), make_window()
    one.open(picture)
    other.open(255 - picture)
    one.main.close()
    other.activate()
    other.wheel(2)
    other.at_rest()
    with other.hold_space():
        assert other.comparison.swapped
        assert not one.comparison.swapped


class TestMemory:
    def test_size_inspector_and_minimap_are_as_they_were_left(
        self, make_window: MakeWindow, settings: QSettings
    ) -> None:
        first_time = make_window(size=(790, 400))
        first_time.key("I")
        first_time.key("M")
        first_time.main.close()
        settings.sync()
        again = make_window(size=None)
        assert (again.main.width(), again.main.height()) == (790, 400)
        assert not again.parts.inspector.isVisible()
        again.key("I")
        assert again.parts.inspector.isVisible()

    def test_closed_in_full_screen_it_comes_back_as_a_window(self, make_window: MakeWindow) -> None:
        first_time = make_window(size=(790, 400))
        first_time.key("F11")
        first_time.until(first_time.main.isFullScreen)
        first_time.main.close()
        again = make_window(size=None)
        assert not again.main.isFullScreen()
        assert again.parts.top.isVisible()
        assert (again.main.width(), again.main.height()) == (790, 400)
