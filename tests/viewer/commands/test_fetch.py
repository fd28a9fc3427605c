"""`models --fetch`, against a server on this machine."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models import catalogue, published
from models.families.liif_official import OfficialLIIF
from models.published import Published
from tests.models.nets import small_liif
from tests.viewer.commands.server import Server, loopback_opener, serving
from tests.viewer.commands.test_process import Terminal, environment
from viewer.cli import main
from viewer.commands import download, fetch
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import CommonOptions
from viewer.commands.progress import Progress
from viewer.imaging.target import Target

NAME = "edsr-baseline-liif"


@pytest.fixture(scope="module")
def content() -> bytes:
    """A small official file."""
    file = io.BytesIO()
    torch.save(OfficialLIIF().save(small_liif()), file)
    return file.getvalue()


@pytest.fixture
def server(content, monkeypatch) -> Iterator[Server]:
    monkeypatch.setattr(download, "secure_opener", loopback_opener)
    with serving(content) as server:
        yield server


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "data" / "models"
    monkeypatch.setenv("LIIF_VIEWER_MODELS", str(folder))
    return folder


@pytest.fixture
def publish(server, content, monkeypatch):
    """Lists the file at one of the server's paths instead of the true one."""

    def publish(path: str, **changes: object) -> Published:
        wanted = replace(
            published.PUBLISHED[0],
            address=server.address(path),
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        wanted = replace(wanted, **changes)
        monkeypatch.setattr(published, "PUBLISHED", (wanted,))
        return wanted

    return publish


def run(capsys, *words: str) -> tuple[int, str, str]:
    code = main(["models", "--fetch", NAME, *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def sentence(error: str) -> str:
    """The one line of an error."""
    assert error.count("\n") == 1, error
    return error


@pytest.mark.parametrize("path", ["/file", "/moved", "/no-length"])
def test_a_file_is_fetched_checked_and_usable(publish, folder, content, capsys, path):
    wanted = publish(path)
    code, out, error = run(capsys)
    assert code == 0
    assert (folder / wanted.file).read_bytes() == content
    assert list(folder.iterdir()) == [folder / wanted.file]
    _, line = out.splitlines()
    assert line.split()[0] == wanted.name
    assert line.endswith("ready")
    assert sentence(error) == f"liif-viewer: {wanted.name} is now {folder / wanted.file}\n"
    assert catalogue.describe(NAME).available


def test_programs_get_json(publish, folder, capsys):
    wanted = publish("/file")
    code, out, _ = run(capsys, "--json", "--quiet")
    assert code == 0
    [row] = json.loads(out)
    assert (row["name"], row["status"]) == (wanted.name, "ready")
    assert row["path"] == str(folder / wanted.file)


def test_quiet_is_quiet(publish, folder, capsys):
    publish("/file")
    assert run(capsys, "--quiet")[2] == ""
    assert len(list(folder.iterdir())) == 1


def test_a_file_that_is_there_is_not_fetched_again(publish, folder, server, content, capsys):
    wanted = publish("/file")
    folder.mkdir(parents=True)
    (folder / wanted.file).write_bytes(content)
    code, out, error = run(capsys)
    assert code == 0
    assert "is there already" in sentence(error)
    assert out.splitlines()[1].endswith("ready")
    assert server.asked == []


def test_another_file_of_that_name_is_replaced_only_if_that_is_allowed(
    publish, folder, server, content, capsys
):
    wanted = publish("/file")
    folder.mkdir(parents=True)
    path = folder / wanted.file
    path.write_bytes(b"precious")
    code, _, error = run(capsys)
    assert code == 1
    assert "is not the published file; remove it or add --overwrite" in sentence(error)
    assert path.read_bytes() == b"precious"
    assert server.asked == []
    assert run(capsys, "--overwrite")[0] == 0
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("path", "changes", "words"),
    [
        ("/nothing", {}, "answers 404 Not Found"),
        ("/page", {}, "sent a web page instead of the file"),
        ("/page-as-file", {}, "sent a web page instead of the file"),
        ("/insecure", {}, "which is not https"),
        ("/altered", {}, "what came is another file (its SHA-256 begins with "),
        ("/file", {"sha256": "ab7ce3fc"}, "and not with ab7ce3fc)"),
        ("/file", {"size": 5}, "bytes there instead of 5"),
        ("/longer", {}, "it has more than "),
        ("/cut", {}, "the connection ended after "),
        ("/cut", {"size": None}, "the connection ended after "),
        ("/cut-unannounced", {}, "the connection ended after "),
        ("/cut-unannounced", {"size": None}, "what came is another file"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_no_file(publish, folder, capsys, path, changes, words):
    wanted = publish(path, **changes)
    code, out, error = run(capsys)
    assert code == 1
    assert out == ""
    assert f"Cannot fetch {wanted.file}: " in sentence(error)
    assert words in error
    assert f"by other means and save it as {folder / wanted.file}" in error
    assert wanted.address in error
    assert list(folder.iterdir()) == []


def test_without_a_network_it_says_where_to_put_the_file(publish, folder, server, capsys):
    wanted = publish("/file")
    server.close()
    code, _, error = run(capsys)
    assert code == 1
    assert "the connection to 127.0.0.1 failed" in sentence(error)
    assert f"get {wanted.address} by other means and save it as {folder / wanted.file}" in error


def test_a_file_of_unknown_size_ends_somewhere(publish, folder, monkeypatch, capsys):
    publish("/no-length", size=None)
    monkeypatch.setattr(fetch, "LARGEST", 100)
    code, _, error = run(capsys)
    assert code == 1
    assert "it has more than 100 bytes" in sentence(error)
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing(publish, folder, monkeypatch, capsys):
    def full(_: Target) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    publish("/file")
    monkeypatch.setattr(Target, "sync", full)
    code, _, error = run(capsys)
    assert code == 1
    assert f"Cannot write {folder}" in sentence(error)
    assert "there is no space left on the disk" in error
    assert "LIIF_VIEWER_MODELS" in error
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(publish, folder, server, capsys):
    publish("/file")
    folder.parent.write_text("a file in the way")
    code, _, error = run(capsys)
    assert code == 1
    assert f"Cannot write {folder}" in sentence(error)
    assert server.asked == []


def test_a_folder_that_may_not_be_changed_is_told(publish, folder, monkeypatch, capsys):
    def forbidden(_: Path, mode: str = "r") -> None:
        raise PermissionError(errno.EACCES, f"Permission denied ({mode})")

    publish("/file")
    folder.mkdir(parents=True)
    monkeypatch.setattr(Path, "open", forbidden)
    code, _, error = run(capsys)
    assert code == 1
    assert "it may not be accessed" in sentence(error)


def test_a_file_without_an_address_is_brought_by_hand(folder, capsys, monkeypatch):
    known = published.PUBLISHED[0]
    lone = replace(known, name="lone", file="lone.pth", address="", origin="lone.pth from a friend")
    monkeypatch.setattr(published, "PUBLISHED", (lone,))
    assert main(["models", "--fetch", "lone"]) == 1
    words = sentence(capsys.readouterr().err)
    assert "lone cannot be fetched; get lone.pth from a friend, and save it as" in words
    assert str(folder) in words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wdsr-liif", "comes with the program"),
        ("wdsr-x2", "comes with the program"),
        ("wdsr-x2-official", "cannot be fetched"),
        ("bicubic", "'bicubic' is no published model; to fetch are edsr-baseline-liif-official, "),
    ],
)
def test_what_is_not_to_be_fetched_is_told(folder, capsys, name, words):
    assert main(["models", "--fetch", name]) == 1
    assert words in sentence(capsys.readouterr().err)
    assert not folder.exists()


def test_a_published_file_that_is_no_use_here_is_kept_and_told(
    publish, folder, server, content, capsys
):
    server.content = content[: len(content) // 2] + bytes(len(content) - len(content) // 2)
    wanted = publish("/file", sha256=hashlib.sha256(server.content).hexdigest())
    code, _, error = run(capsys)
    assert code == 1
    assert "cannot be used" in error
    assert (folder / wanted.file).is_file()


@pytest.mark.usefixtures("folder")
def test_progress_tells_bytes_and_the_share_done(publish, content, monkeypatch):
    told = []

    class Listening(Progress):
        def update(self, fraction, seconds_left, note=""):  # noqa: ARG002
            told.append((fraction, note))

    publish("/file")
    monkeypatch.setattr(fetch, "Progress", Listening)
    fetch.fetch(NAME, CommonOptions(quiet=True), Interrupts())
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert told[-1][1] == f"{len(content) / 1e6:.1f} MB"


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_an_interrupted_download_leaves_nothing(publish, folder, server):
    publish("/stalls")

    def interrupt() -> None:
        assert server.reached.wait(20)
        os.kill(os.getpid(), signal.SIGINT)

    person = threading.Thread(target=interrupt)
    person.start()
    # Instead of the end of the process: the server lets go, so that the read returns.
    with (
        Interrupts(lambda _: server.go_on.set()) as interrupts,
        pytest.raises(KeyboardInterrupt),
    ):
        fetch.fetch(NAME, CommonOptions(quiet=True), interrupts)
    person.join()
    assert list(folder.iterdir()) == []


PROGRAM = """
import sys
from dataclasses import replace

from models import published
from tests.viewer.commands.server import loopback_opener
from viewer.cli import main
from viewer.commands import download

download.secure_opener = loopback_opener
wanted = replace(published.PUBLISHED[0], address=sys.argv[1], size=int(sys.argv[2]))
published.PUBLISHED = (wanted,)
sys.argv[1:] = ["models", "--fetch", wanted.short]
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_control_c_ends_a_download_at_once(folder):
    terminal = Terminal()
    with serving(bytes(range(256)) * 8000) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, server.address("/stalls"), str(len(server.content))],
            env=environment(),
            stderr=terminal.far,
        )
        os.close(terminal.far)
        terminal.read_until(b" %")
        assert server.reached.wait(20)
        begun = list(folder.iterdir())
        before = time.monotonic()
        process.send_signal(signal.SIGINT)
        code = process.wait(10)
        took = time.monotonic() - before
    terminal.close()
    assert code == 130
    assert len(begun) == 1
    assert list(folder.iterdir()) == []
    assert b"edsr-baseline-liif.pth" in terminal.shown
    # 0.2 s is promised; the rest is for a machine that is busy with other tests.
    assert took < 0.4
