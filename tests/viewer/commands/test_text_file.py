from __future__ import annotations

import errno
import json
import os
import signal
import threading

import pytest

from viewer.commands.interrupts import Interrupts
from viewer.commands.text_file import check_text, write_text
from viewer.imaging.errors import ImageError
from viewer.imaging.target import Target


def test_a_text_is_written_in_utf_8(tmp_path):
    path = tmp_path / "scores.csv"
    write_text(path, "×2\n", False, Interrupts())
    assert path.read_bytes() == "×2\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_names_that_are_not_utf_8_are_kept_in_json(tmp_path):
    path = tmp_path / "scores.json"
    name = os.fsdecode(b"caf\xe9.png")
    write_text(path, json.dumps({"×2": name}, ensure_ascii=False), False, Interrupts())
    assert json.loads(path.read_text(encoding="utf-8")) == {"×2": name}


def test_a_file_is_replaced_only_if_that_is_allowed(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("precious")
    for write in (
        lambda: check_text(path, False),
        lambda: write_text(path, "new", False, Interrupts()),
    ):
        with pytest.raises(ImageError, match="already"):
            write()
    check_text(path, True)
    assert path.read_text() == "precious"
    write_text(path, "new", True, Interrupts())
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_the_check_leaves_nothing(tmp_path):
    check_text(tmp_path / "scores.csv", False)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_sentence_and_no_file(tmp_path, monkeypatch):
    def full(_: Target) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Target, "sync", full)
    with pytest.raises(ImageError, match=r"Cannot write .*scores\.csv: there is no space left"):
        write_text(tmp_path / "scores.csv", "text", False, Interrupts())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="a file in use is not removed there")
def test_an_interrupted_file_is_not_left(tmp_path, monkeypatch):
    removed = threading.Event()
    discard = Target.discard

    def tell(target: Target) -> None:
        discard(target)
        removed.set()

    def interrupt(_: Target) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        assert removed.wait(10)

    monkeypatch.setattr(Target, "discard", tell)
    monkeypatch.setattr(Target, "sync", interrupt)
    with Interrupts(lambda _: None) as interrupts, pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "scores.csv", "text", False, interrupts)
    assert list(tmp_path.iterdir()) == []
