"""Words for people, where there may be nobody to read them."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from viewer.commands.stderr import silence, tell

ROOT = Path(__file__).parents[3]
FULL = Path("/dev/full")

on_full_disks = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def run(folder: Path, *words: str, **streams: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "main.py", "--device", "cpu", *words],
        cwd=folder,
        text=True,
        check=False,
        **streams,
    )


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (48, 36)).save(folder / name)
    return folder


def test_it_is_said_where_somebody_listens(capsys):
    tell("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_where_stderr_is_closed_the_other_stream_is_not_taken(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    tell("hello")
    assert capsys.readouterr().out == ""


@on_full_disks
def test_a_silenced_stream_takes_what_it_could_not_write():
    with FULL.open("w") as stream:
        stream.write("hello")
        silence(stream)
        stream.flush()


def test_a_stream_without_a_file_is_left():
    stream = io.StringIO()
    silence(stream)
    assert stream.write("hello") == 5


@on_full_disks
def test_work_goes_on_where_nobody_can_be_told(photos):
    """A log on a full disk: the bad picture is passed over as if it had been named."""
    (photos / "b.png").write_bytes(b"no picture")
    with FULL.open("w") as full:
        done = run(
            photos.parent,
            *("batch", "photos", "-o", "out", "--scale", "1/2", "--sampler", "nearest"),
            stderr=full,
        )
    assert done.returncode == 1
    assert sorted(each.name for each in (photos.parent / "out").iterdir()) == ["a.png", "c.png"]


@on_full_disks
def test_the_scores_are_kept_where_the_tables_cannot_be_written(photos):
    with FULL.open("w") as full:
        done = run(
            photos.parent,
            *("evaluate", "--data", "photos", "--scales", "1", "--samplers", "nearest"),
            *("--json", "scores.json", "--csv", "scores.csv"),
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert (photos.parent / "scores.json").stat().st_size > 0
    assert (photos.parent / "scores.csv").stat().st_size > 0
