"""Exports behind the views: one at a time, reported in the bar, cancelled at any point."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from models.samplers.grid import Grid
from tests.models.pictures import noise
from tests.viewer.ui import expected
from tests.viewer.ui.expected import CPU
from viewer.imaging.colour import DisplayTransform
from viewer.imaging.source import SourceImage, open_image
from viewer.rendering.jobs import Job
from viewer.rendering.messages import SamplerSpec, Scene
from viewer.rendering.renderer import Renderer
from viewer.rendering.worker import Worker
from viewer.ui.export_choice import ExportChoice
from viewer.ui.export_progress import ExportProgress
from viewer.ui.exporting import Exporter

SOURCE = SourceImage(noise(40, 30), "noise")
SPECS = {"a": SamplerSpec("nearest"), "b": SamplerSpec("gradient:bicubic", gain=3.0)}


class Hand:
    """A worker whose jobs a test steps by hand."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def submit(self, job: Job) -> None:
        self.jobs.append(job)

    def run(self) -> None:
        """Step the newest job to its end."""
        while self.jobs[-1].step():
            pass


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def bar(qtbot: QtBot) -> ExportProgress:
    bar = ExportProgress()
    qtbot.addWidget(bar)
    return bar


@pytest.fixture
def exporter(qapp: object, hand: Hand, bar: ExportProgress) -> Exporter:
    del qapp
    return Exporter(cast(Worker, hand), Renderer(CPU), bar)


@pytest.fixture
def start(exporter: Exporter, tmp_path: Path) -> Callable[..., Path]:
    """Starts an export of the picture, at × 3 unless told otherwise."""

    def begin(name: str = "out.png", *sides: str, depth: int = 8, scale: float = 3.0) -> Path:
        out, grid = tmp_path / name, Grid.for_scale(40, 30, scale)
        choice = ExportChoice(out, grid, sides or ("a",), depth, 90, overwrite=False)
        exporter.start(Scene(SOURCE, DisplayTransform(None)), choice, SPECS)
        return out

    return begin


def test_a_file_is_written_and_said_to_be(
    exporter: Exporter, hand: Hand, bar: ExportProgress, start: Callable[..., Path], qtbot: QtBot
) -> None:
    out = start("out.png", "a", "b", depth=16)
    assert exporter.running
    assert (bar.state, bar.words.text()) == ("running", "Exporting out.png")
    with qtbot.waitSignal(exporter.ended):
        hand.run()
    assert not exporter.running
    assert (bar.state, bar.path) == ("done", out)
    grid = Grid.for_scale(40, 30, 3.0)
    a = expected.exported(SOURCE, "nearest", grid, 16)
    grey = expected.colour(SOURCE, "gradient:bicubic", grid, gain=3.0)
    b = np.floor(grey.astype(np.float64) * 65535 + 0.5)
    written = open_image(out).picture.pixels
    np.testing.assert_array_equal(written[:, :120], a)
    assert np.abs(written[:, 120:].astype(float) - b).max() <= 1


def test_progress_is_shown(
    exporter: Exporter,
    hand: Hand,
    bar: ExportProgress,
    start: Callable[..., Path],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[float] = []
    monkeypatch.setattr(bar, "set_progress", lambda fraction, _: shown.append(fraction))
    start()
    with qtbot.waitSignal(exporter.ended):
        hand.run()
    assert shown == sorted(shown)
    assert 0.9 < shown[-1] < 1.0


def test_nothing_is_made_before_its_turn(
    exporter: Exporter, start: Callable[..., Path], tmp_path: Path, qtbot: QtBot
) -> None:
    start()
    assert list(tmp_path.iterdir()) == []
    with qtbot.waitSignal(exporter.ended):
        exporter.cancel()
    assert not exporter.running


def test_cancelled_before_its_turn_it_never_begins(
    exporter: Exporter,
    hand: Hand,
    bar: ExportProgress,
    start: Callable[..., Path],
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    start()
    with qtbot.waitSignal(exporter.ended):
        bar.cancel.click()
    assert bar.state == "idle"
    hand.run()
    assert list(tmp_path.iterdir()) == []


def test_cancelled_on_the_way_it_leaves_nothing(
    exporter: Exporter,
    hand: Hand,
    bar: ExportProgress,
    start: Callable[..., Path],
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    start(scale=100.0)  # more than two steps can do
    assert hand.jobs[0].step()
    assert hand.jobs[0].step()
    with qtbot.waitSignal(exporter.ended):
        bar.cancel.click()
        hand.run()
    assert bar.state == "idle"
    assert list(tmp_path.iterdir()) == []


def test_a_failure_is_said_in_one_sentence(
    exporter: Exporter, hand: Hand, bar: ExportProgress, start: Callable[..., Path], qtbot: QtBot
) -> None:
    start("out.png").write_bytes(b"somebody's only copy")
    with qtbot.waitSignal(exporter.ended):
        hand.run()
    assert bar.state == "failed"
    assert "out.png" in bar.words.text()
    assert bar.path.read_bytes() == b"somebody's only copy"


def test_a_sampler_that_cannot_be_made_is_one(
    exporter: Exporter, hand: Hand, bar: ExportProgress, tmp_path: Path, qtbot: QtBot
) -> None:
    choice = ExportChoice(tmp_path / "out.png", Grid.for_scale(40, 30, 3.0), ("a",), 8, 90, False)
    specs = {"a": SamplerSpec(str(tmp_path / "absent.safetensors"))}
    exporter.start(Scene(SOURCE, DisplayTransform(None)), choice, specs)
    with qtbot.waitSignal(exporter.ended):
        hand.run()
    assert bar.state == "failed"
    assert "absent.safetensors" in bar.words.text()
    assert list(tmp_path.iterdir()) == []


def test_cancelling_nothing_is_allowed(exporter: Exporter) -> None:
    exporter.cancel()
    assert not exporter.running
