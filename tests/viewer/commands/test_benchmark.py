"""`benchmark` with tiny frames and a window that is not there."""

import json
import os
import threading

import pytest

from models.catalogue import ENTRIES
from models.shipped import FULL, LIGHT
from tests.models.nets import small_liif, small_metasr
from viewer import cli
from viewer.commands import benchmark
from viewer.commands.benchmark import Results, as_json, peak_memory
from viewer.commands.parser import read
from viewer.rendering.pacing import Trace
from viewer.rendering.responsiveness import large_scene
from viewer.rendering.view import Size


def small(name):
    return small_liif("wdsr", residual=True) if name.endswith("-liif") else small_metasr("wdsr")


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(benchmark, "FRAMES", ((40, 24), (80, 48)))
    monkeypatch.setattr(benchmark, "LITERAL", (33, 20))
    monkeypatch.setattr(benchmark, "large_scene", lambda: large_scene(Size(1500, 800)))
    monkeypatch.setattr(benchmark, "load_network", small)


def driven(_backend, scene, given_up, short):
    assert scene.source.width == 1500
    assert isinstance(given_up, threading.Event)
    return Trace([0.0, 0.002], [(0.0, 0.003)], [(0.0, 0.004)], [("pan", 1.5 if short else 2.5)])


@pytest.fixture
def window(monkeypatch):
    monkeypatch.setattr(cli, "drive_window", driven)


def test_words_become_options(tmp_path):
    options = read(["benchmark", "--json", str(tmp_path / "a.json"), "--full"]).options
    assert options == benchmark.BenchmarkOptions(tmp_path / "a.json", True)
    assert read(["benchmark"]).options == benchmark.BenchmarkOptions()


@pytest.mark.usefixtures("window")
def test_the_table_and_the_file_tell_the_same(tmp_path, capsys):
    path = tmp_path / "speed.json"
    assert cli.main(["benchmark", "--json", str(path), "--device", "cpu"]) == 0
    shown = capsys.readouterr().out
    told = json.loads(path.read_text(encoding="utf-8"))
    assert set(told) == set(vars(Results("", 1, 1)))
    assert set(told["frames"]) == {each.name for each in ENTRIES}
    assert set(told["ratios"]) == {LIGHT, FULL}
    for speeds in told["frames"].values():
        assert [each["columns"] for each in speeds] == [40, 80]
        assert all(each["decode"] > 0 and each["encode"] > 0 for each in speeds)
    for ratio in told["ratios"].values():
        assert ratio["factor"] == pytest.approx(ratio["literal"] / ratio["fast"])
        assert ratio["error"] < 4 / 255
        assert f"{ratio['factor']:.1f}" in shown
    assert told["pacing"]["latencies"]["median"] == pytest.approx(4.0)
    assert told["pacing"]["final"] == 1.5
    assert told["matmul"] > 1e8
    for words in ("80 × 48", "pan by 64 pixels", "from input to paint", "1.50 s"):
        assert words in shown


def test_without_qt_the_window_is_left_out(monkeypatch, capsys):
    monkeypatch.setattr(cli, "drive_window", lambda *_: None)
    assert cli.main(["benchmark", "--device", "cpu"]) == 0
    assert "THE WINDOW" not in capsys.readouterr().out


@pytest.mark.usefixtures("window")
def test_an_existing_file_is_kept_and_said_before_the_work(tmp_path, capsys, monkeypatch):
    path = tmp_path / "speed.json"
    path.write_text("mine")
    monkeypatch.setattr(benchmark, "matmul_rate", lambda *_: pytest.fail("work was begun"))
    assert cli.main(["benchmark", "--json", str(path)]) == 1
    assert "speed.json" in capsys.readouterr().err
    assert path.read_text() == "mine"


def test_frames_that_would_take_too_long_are_left_out(monkeypatch):
    monkeypatch.setattr(benchmark, "PATIENCE", 0.0)
    found = list(benchmark._frames(small_liif(), benchmark.choose_backend("cpu", "fp32", 1)))
    assert [each.columns for each in found] == [40]


@pytest.mark.skipif(os.name == "nt", reason="the system does not tell")
def test_memory_is_that_of_this_process():
    assert 50 < peak_memory() < 1 << 20


def test_a_window_that_was_not_driven_is_none():
    assert json.loads(as_json(Results("CPU, fp32", 1, 2)))["pacing"] is None
