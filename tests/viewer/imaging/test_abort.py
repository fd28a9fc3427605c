"""Giving up: from another thread, at any time, within 200 ms, leaving nothing behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from viewer.imaging import child, layout, png_reader, writers
from viewer.imaging.errors import WritingCancelledError
from viewer.imaging.writers import ImageError, Writer

SUFFIXES = [each.extensions[0] for each in writers.ALL_FORMATS]
PATIENCE = 30.0
"""Seconds after which a test is taken to hang."""


def begin(path: Path, samples: np.ndarray, **options: object) -> Writer:
    height, width, channels = samples.shape
    arguments = {"icc_profile": None, "exif": None, **options}
    return writers.open_writer(path, width, height, channels, 8, **arguments)  # type: ignore[arg-type]


class Finishing(threading.Thread):
    """Calls `finish` and keeps what it raises."""

    def __init__(self, writer: Writer):
        super().__init__()
        self.writer = writer
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.writer.finish()
        except BaseException as error:
            self.error = error


@pytest.fixture
def child_started(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a child process has been started."""
    event = threading.Event()
    start = child.ChildEncoder._start

    def observed(encoder: child.ChildEncoder) -> object:
        process = start(encoder)
        event.set()
        return process

    monkeypatch.setattr(child.ChildEncoder, "_start", observed)
    return event


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_before_anything_was_written(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    writer = begin(tmp_path / f"a{suffix}", photo)
    assert list(tmp_path.iterdir()) != []
    writer.abort()
    writer.abort()
    assert list(tmp_path.iterdir()) == []
    for later in (lambda: writer.write(photo), writer.finish):
        with pytest.raises(WritingCancelledError, match="cancelled"):
            later()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_half_way_keeps_the_older_file(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"precious")
    writer = begin(path, photo, overwrite=True)
    writer.write(photo[:30])
    writer.abort()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"precious"


def test_leaving_the_context_gives_up(photo: np.ndarray, tmp_path: Path) -> None:
    def interrupted() -> None:
        with begin(tmp_path / "a.tif", photo) as writer:
            writer.write(photo[:10])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_large_webp_is_dropped_at_once(
    tmp_path: Path, rng: np.random.Generator, child_started: threading.Event
) -> None:
    """The fastest of three: another process may hold this one up, the code may not."""
    noise = rng.integers(0, 256, (2000, 2000, 3), dtype=np.uint8)
    delays = []
    for _ in range(3):
        child_started.clear()
        writer = begin(tmp_path / "large.webp", noise, quality=100)
        writer.write(noise)
        finishing = Finishing(writer)
        finishing.start()
        assert child_started.wait(PATIENCE)
        before = time.perf_counter()
        writer.abort()
        delays.append(time.perf_counter() - before)
        assert list(tmp_path.iterdir()) == []
        finishing.join(PATIENCE)
        assert not finishing.is_alive()
        assert isinstance(finishing.error, WritingCancelledError)
        if delays[-1] < 0.2:
            break
    assert min(delays) < 0.2
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_dies_is_told(
    photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the system runs out of memory."""
    start = child.ChildEncoder._start

    def killed(encoder: child.ChildEncoder) -> object:
        process = start(encoder)
        process.kill()
        return process

    monkeypatch.setattr(child.ChildEncoder, "_start", killed)
    writer = begin(tmp_path / "a.webp", photo)
    writer.write(photo)
    with pytest.raises(ImageError, match="ended early") as caught:
        writer.finish()
    assert not isinstance(caught.value, WritingCancelledError)
    assert list(tmp_path.iterdir()) == []


def test_no_child_is_started_after_an_abort(photo: np.ndarray, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w+b") as file:
        encoder = child.ChildEncoder(
            file,
            layout.Layout(83, 60, 3, 8),
            layout.Extras(),
            folder=tmp_path,
            kind="WEBP",
            options={},
            lossless=False,
        )
        encoder.add(photo)
        encoder.stop()
        with pytest.raises(layout.MismatchError, match="stopped"):
            encoder.end()
        encoder.close()
        assert encoder._process is None


def held(monkeypatch: pytest.MonkeyPatch, place: object, name: str) -> tuple[
    threading.Event, threading.Event
]:  # fmt: skip
    """Makes a function wait. Returns the events "it was reached" and "it may go on"."""
    reached, go_on = threading.Event(), threading.Event()
    real: Callable[..., object] = getattr(place, name)

    def waiting(*arguments: object) -> object:
        reached.set()
        assert go_on.wait(PATIENCE)
        return real(*arguments)

    monkeypatch.setattr(place, name, waiting)
    return reached, go_on


def test_while_a_file_is_read_back(
    photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = begin(tmp_path / "a.png", photo)
    writer.write(photo)
    reached, go_on = held(monkeypatch, png_reader, "_unfiltered")
    finishing = Finishing(writer)
    finishing.start()
    assert reached.wait(PATIENCE)
    writer.abort()  # returns although the other thread is in the middle of it
    assert list(tmp_path.iterdir()) == []
    go_on.set()
    finishing.join(PATIENCE)
    assert isinstance(finishing.error, WritingCancelledError)
    assert list(tmp_path.iterdir()) == []
    assert writer._target.file.closed


def test_in_the_last_moment_either_all_or_nothing(
    photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An abort that comes while the file takes its name waits for it, and does nothing."""
    writer = begin(tmp_path / "a.png", photo)
    writer.write(photo)
    reached, go_on = held(monkeypatch, Path, "replace")
    finishing = Finishing(writer)
    finishing.start()
    assert reached.wait(PATIENCE)
    aborting = threading.Thread(target=writer.abort)
    aborting.start()
    go_on.set()
    finishing.join(PATIENCE)
    aborting.join(PATIENCE)
    assert finishing.error is None
    assert [each.name for each in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_any_moment_leaves_all_or_nothing(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    """Aborts race with the whole of `write` and `finish`."""
    for attempt in range(4):
        writer = begin(tmp_path / f"a{suffix}", photo, overwrite=True)
        aborting = threading.Thread(target=writer.abort)
        finishing = Finishing(writer)
        if attempt % 2:
            aborting.start()
        try:
            writer.write(photo)
        except ImageError:
            assert attempt % 2
        finishing.start()
        if not attempt % 2:
            aborting.start()
        finishing.join(PATIENCE)
        aborting.join(PATIENCE)
        left = [each.name for each in tmp_path.iterdir()]
        assert left == ([] if finishing.error else [f"a{suffix}"])
        assert writer._target.file.closed
        (tmp_path / f"a{suffix}").unlink(missing_ok=True)
