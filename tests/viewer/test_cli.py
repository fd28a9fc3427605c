from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

from viewer import cli
from viewer.cli import main
from viewer.commands import view

CPU = ("--device", "cpu")


@pytest.fixture
def photo(tmp_path: Path, rng: np.random.Generator) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).save(path)
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the program; its exit code and what it wrote to stdout and stderr."""

    def answer(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        return (code, *capsys.readouterr())

    return answer


def is_one_line(text: str) -> bool:
    return text.startswith("liif-viewer: ") and text.count("\n") == 1 and text.endswith("\n")


def test_what_cannot_be_parsed_ends_with_2(run, photo):
    for words in (["export", photo], ["--nonsense"], ["export", photo, "-o", "x", "--scale", "0"]):
        code, out, err = run(*words)
        assert code == 2
        assert out == ""
        assert is_one_line(err)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["missing.png", "-o", "out.png"], "missing.png"),
        (["broken.png", "-o", "out.png"], "broken.png"),
        (["photo.png", "-o", "gone/out.png"], "gone"),
        (["photo.png", "-o", "out.xyz"], "out.xyz"),
        (["photo.png", "-o", "there.png"], "there.png"),
        (["photo.png", "-o", "out.jpg", "--depth", "16"], "JPEG"),
        (["photo.png", "-o", "out.png", "--region", "-20,0,5,5"], "region"),
        (["photo.png", "-o", "out.png", "--region", "3,3,0,5"], "region"),
        (["photo.png", "-o", "out.png", "--sampler", "~nobody-at-all/a.pth"], "no model file"),
        (["photo.png", "-o", "out.png", "--sampler", "nobody"], "nobody"),
        (["photo.png", "-o", "out.png", "--sampler", "broken.png"], "broken.png"),
        (["photo.png", "-o", "out.png", "--device", "cuda:99"], "cuda:99"),
    ],
)
def test_what_fails_ends_with_1_one_line_and_no_file(
    run, photo, tmp_path, monkeypatch, words, told
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.png").write_bytes(photo.read_bytes()[:60])
    (tmp_path / "there.png").write_bytes(b"precious")
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run("export", "--scale", 2, *CPU, *words)
    assert code == 1
    assert out == ""
    assert is_one_line(err)
    assert told in err
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "there.png").read_bytes() == b"precious"


NO_ROOM = ImportError("cv2.abi3.so: failed to map segment from shared object")


class Unloadable(ModuleType):
    """A module that there is no room for."""

    def __getattr__(self, name: str) -> object:
        raise NO_ROOM


@pytest.mark.parametrize("error", [NO_ROOM, MemoryError()])
@pytest.mark.parametrize("words", [["--version"], ["view"]])
def test_where_libraries_find_no_memory_it_says_so(run, monkeypatch, words, error):
    """What explains other failures cannot be loaded either."""

    def starved(_: str) -> ModuleType:
        raise error

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setitem(
        sys.modules, "viewer.rendering.failures", Unloadable("viewer.rendering.failures")
    )
    monkeypatch.setattr(cli if words == ["--version"] else view, "import_module", starved)
    code, out, err = run(*words)
    assert (code, out) == (1, "")
    assert is_one_line(err)
    assert "not enough memory to start" in err


def test_a_traceback_comes_only_with_debug(run, photo):
    words = ["export", photo, "-o", photo, "--scale", "2", *CPU]
    assert "Traceback" not in run(*words)[2]
    code, _, err = run(*words, "--debug")
    assert code == 1
    assert "Traceback" in err
    assert is_one_line(err.splitlines(keepends=True)[-1])


def test_an_unexpected_failure_is_one_line_too(run, monkeypatch):
    def break_down(_: object) -> int:
        raise KeyError("never thought of")

    monkeypatch.setattr(cli, "_answer", break_down)
    code, _, err = run("models")
    assert code == 1
    assert is_one_line(err)
    assert "never thought of" in err


def test_an_interruption_ends_with_130(run, monkeypatch):
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_answer", interrupt)
    assert run("models") == (130, "", "")


def test_help_ends_with_0(run):
    code, out, err = run("export", "--help")
    assert code == 0
    assert "--region" in out
    assert err == ""


def test_the_version_tells_program_torch_device_and_model(run):
    code, out, _ = run("--version", *CPU, "--precision", "fp32", "--threads", 1)
    assert code == 0
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == ["liif-viewer", "torch", "device", "model"]
    assert torch.__version__ in lines[1]
    assert lines[2] == "device CPU, fp32, 1 thread"
    assert "LIIF" in lines[3]


class Window(ModuleType):
    """Stands for the application: it remembers how it was opened."""

    def __init__(self) -> None:
        super().__init__("viewer.ui.application")
        self.opened: list[tuple] = []

    def run(self, paths: list[Path], options: object, signals: Sequence[int]) -> int:
        assert signal.SIGINT in signals
        self.opened.append((paths, options))
        return 0


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Window:
    window = Window()
    monkeypatch.setitem(sys.modules, "viewer.ui.application", window)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    return window


@pytest.mark.parametrize(
    ("words", "paths"),
    [([], []), (["a.png"], ["a.png"]), (["view", "export"], ["export"]), (["view"], [])],
)
def test_without_another_command_the_window_opens(run, window, words, paths):
    assert run(*words, "--threads", 2)[0] == 0
    ((opened, options),) = window.opened
    assert opened == [Path(path) for path in paths]
    assert options.threads == 2


def test_without_a_display_the_window_says_so(run, window, monkeypatch):
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    code, out, err = run("a.png")
    assert (code, out) == (1, "")
    assert is_one_line(err)
    assert "display" in err
    assert window.opened == []


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, False),
        ({"DISPLAY": ""}, False),
        ({"DISPLAY": ":4711"}, False),
        ({"DISPLAY": "unix:4711.0"}, False),
        ({"DISPLAY": "elsewhere:0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, True),
    ],
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have one display")
def test_a_display_is_looked_for_before_qt_aborts(environment, found):
    assert view.has_display(environment) == found
