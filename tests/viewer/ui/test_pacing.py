"""The pacing benchmark: what it does to a window, and what it notes."""

from __future__ import annotations

import threading

import numpy as np
from PySide6.QtWidgets import QApplication

from models.backend import Backend
from tests.models.pictures import CPU
from tests.viewer.ui.driver import Window
from viewer.rendering.pacing import blocks
from viewer.rendering.responsiveness import large_scene
from viewer.rendering.view import Size
from viewer.ui import pacing_run
from viewer.ui.pacing import Player, Watch
from viewer.ui.pacing_gestures import OCTAVE, Gesture, Hand, recording


def play(window: Window, *gestures: Gesture) -> Watch:
    watch = Watch(window.main)
    player = Player(window.main, iter(gestures), watch)
    with window.bot.waitSignal(player.ended, timeout=30_000):
        player.start()
    watch.stop()
    return watch


def test_gestures_move_the_window_and_are_noted(window: Window, picture: np.ndarray) -> None:
    window.open(picture)
    hand, before = Hand(window.main), window.view
    inputs = tuple((0.01 * i, lambda: hand.wheel(120, 0.5, 0.5)) for i in range(4))
    trace = play(window, Gesture("zoom in", inputs)).trace
    assert window.view.log2_scale == before.log2_scale + 1
    assert len(trace.inputs) == 4
    assert all(painted > due for due, painted in trace.inputs)
    assert all(end >= start for start, end in trace.paints)
    [(name, final)] = trace.finals
    assert name == "zoom in"
    assert final is not None
    assert final > 0
    assert 0 < blocks(trace.beats).median <= blocks(trace.beats).longest


def test_a_stopped_watch_notes_nothing_more(window: Window, picture: np.ndarray) -> None:
    window.open(picture)
    watch = play(window)
    paints = len(watch.trace.paints)
    window.canvas.repaint()
    QApplication.processEvents()
    assert len(watch.trace.paints) == paints


def test_the_recording_zooms_by_six_octaves_and_comes_back(window: Window) -> None:
    turned: list[int] = []

    class Still(Hand):
        def wheel(self, delta: int, x: float, y: float) -> None:
            assert 0 < x < 1
            assert 0 < y < 1
            turned.append(delta)

    gestures = list(recording(Still(window.main)))
    wheel = [each for each in gestures if each.name.startswith("zoom")]
    for gesture in wheel:
        for _, act in gesture.inputs:
            act()
    assert sum(turned[: len(wheel[0].inputs)]) == 6 * OCTAVE
    seconds = sum(gesture.inputs[-1][0] for gesture in gestures)
    assert 35 < seconds < 60  # without its rests
    short = list(recording(Still(window.main), short=True))
    assert [each.name for each in short] == [each.name for each in gestures][: len(short)]
    names = {each.name for each in short}
    assert names == {"zoom in", "zoom out", "pan", "resize", "flip", "divider"}
    for gesture in gestures:
        times = [moment for moment, _ in gesture.inputs]
        assert times == sorted(times)


def test_the_benchmark_drives_a_window_of_its_own(window: Window) -> None:
    """Given up at once, it still opens the picture, tidies up, and tells what it has."""
    given_up = threading.Event()
    given_up.set()
    trace = pacing_run.run(Backend(CPU), large_scene(Size(300, 200)), given_up)
    assert trace.finals == []
    assert window.main.isVisible()
