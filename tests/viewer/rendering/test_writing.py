from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count, repeat
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from viewer.imaging.errors import ImageError
from viewer.rendering.bands import Piece
from viewer.rendering.writing import BANDS_AHEAD, Reports, WritingJob

OUT = Path("out.png")
LONG = 10.0
PROMPT = 0.2


class FakeWriter:
    """A writer into a list, which can be made slow, or to fail, at any of its verbs."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.finished = False
        self.aborted = threading.Event()
        self.entered = threading.Event()
        self.may_go_on = threading.Event()
        self.stuck_in = ""
        self.fails_in = ""
        self.opened = 0

    def open(self) -> FakeWriter:
        self.opened += 1
        self._do("open")
        return self

    def write(self, rows: np.ndarray) -> None:
        self._do("write")
        self.rows.append(rows)

    def finish(self) -> None:
        self._do("finish")
        self.finished = True

    def abort(self) -> None:
        self.aborted.set()
        self.may_go_on.set()

    def _do(self, verb: str) -> None:
        if self.stuck_in == verb:
            self.entered.set()
            assert self.may_go_on.wait(LONG)
            if self.aborted.is_set():
                raise ImageError("The writing was cancelled.")
        if self.fails_in == verb:
            raise ImageError(f"The disk failed in {verb}.")


class Told:
    """What a job told, in order."""

    def __init__(self, on_progress: Callable[[], object] = lambda: None):
        self.fractions: list[float] = []
        self.ends: list[object] = []
        self.progress_after_the_end = False
        self._on_progress = on_progress
        self.reports = Reports(
            self._progress,
            self.ends.append,
            self.ends.append,
            lambda: self.ends.append("cancelled"),
        )

    def _progress(self, fraction: float, left: float | None) -> None:
        assert left is None or left >= 0
        self.progress_after_the_end |= bool(self.ends)
        self.fractions.append(fraction)
        self._on_progress()


def band(value: int) -> np.ndarray:
    return np.full((4, 3, 3), value, np.uint8)


def some_pieces(number: int) -> Iterator[Piece]:
    for value in range(number):
        yield Piece()
        yield Piece(tiles=1)
        yield Piece(rows=band(value))


def run(job: WritingJob) -> None:
    deadline = time.monotonic() + LONG
    while job.step():
        assert time.monotonic() < deadline
    assert job.join(LONG)


def start(
    writer: FakeWriter, pieces: Iterator[Piece] | None = None, told: Told | None = None
) -> tuple[WritingJob, Told]:
    told = told or Told()
    job = WritingJob(pieces or some_pieces(20), 20, writer.open, OUT, told.reports)
    return job, told


def test_all_bands_are_written_in_order_and_the_end_is_told_once():
    writer = FakeWriter()
    job, told = start(writer)
    run(job)
    assert [int(rows[0, 0, 0]) for rows in writer.rows] == list(range(20))
    assert writer.finished
    assert not writer.aborted.is_set()
    assert told.ends == [OUT]
    assert job.written
    assert job.error is None


def test_progress_never_falls_and_never_follows_the_end():
    job, told = start(FakeWriter())
    run(job)
    assert told.fractions == sorted(told.fractions)
    assert 0.9 < told.fractions[-1] < 1.0
    assert not told.progress_after_the_end


def test_a_job_that_is_over_stays_so():
    job, told = start(FakeWriter())
    run(job)
    job.cancel()
    assert not job.step()
    assert told.ends == [OUT]


@pytest.mark.parametrize("verb", ["open", "write", "finish"])
def test_a_slow_writer_never_holds_a_step_up(verb):
    writer = FakeWriter()
    writer.stuck_in = verb
    job, told = start(writer, some_pieces(2) if verb == "finish" else repeat(Piece(rows=band(0))))
    while not writer.entered.is_set():
        assert job.step()
    times = []
    for _ in range(9):
        before = time.monotonic()
        assert job.step()
        times.append(time.monotonic() - before)
    assert median(times) < 0.06
    job.cancel()
    writer.may_go_on.set()
    run(job)
    assert told.ends == ["cancelled"]


def test_a_slow_writer_does_not_fill_the_memory():
    rendered: list[int] = []

    def pieces() -> Iterator[Piece]:
        for value in count():
            rendered.append(value)
            yield Piece(rows=band(value))

    writer = FakeWriter()
    writer.stuck_in = "write"
    job, _ = start(writer, pieces())
    while not writer.entered.is_set() or len(rendered) <= BANDS_AHEAD:
        assert job.step()
    for _ in range(10):
        assert job.step()
    # In the queue, in the writer's hands, and in the job's.
    assert len(rendered) <= BANDS_AHEAD + 2
    job.cancel()
    run(job)


def test_cancelled_before_its_first_step_it_opens_nothing():
    writer = FakeWriter()
    job, told = start(writer)
    job.cancel()
    job.cancel()
    run(job)
    assert writer.opened == 0
    assert told.ends == ["cancelled"]


@pytest.mark.parametrize("verb", ["open", "write", "finish"])
def test_cancel_takes_effect_without_any_further_step(verb):
    writer = FakeWriter()
    writer.stuck_in = verb
    job, told = start(writer, some_pieces(2) if verb == "finish" else repeat(Piece(rows=band(0))))
    while not writer.entered.is_set():
        assert job.step()
    before = time.monotonic()
    job.cancel()
    if verb == "open":
        writer.may_go_on.set()  # no writer is there yet that could be stopped
    assert job.join(PROMPT)
    assert time.monotonic() - before < PROMPT
    assert told.ends == ["cancelled"]
    assert writer.aborted.is_set()
    assert not writer.finished
    assert not job.written
    assert not job.step()


def test_cancel_between_two_steps_ends_a_waiting_writer():
    writer = FakeWriter()
    job, told = start(writer, repeat(Piece(tiles=0)))
    assert job.step()
    job.cancel()
    assert job.join(PROMPT)
    assert told.ends == ["cancelled"]


def test_a_report_may_cancel():
    jobs: list[WritingJob] = []
    told = Told(on_progress=lambda: jobs[0].cancel())
    job, _ = start(FakeWriter(), repeat(Piece(tiles=0)), told)
    jobs.append(job)
    run(job)
    assert len(told.fractions) == 1
    assert told.ends == ["cancelled"]


def test_many_threads_may_cancel_at_once():
    job, told = start(FakeWriter(), repeat(Piece(rows=band(0))))
    assert job.step()
    threads = [threading.Thread(target=job.cancel) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run(job)
    assert told.ends == ["cancelled"]


@pytest.mark.parametrize("verb", ["open", "write", "finish"])
def test_what_fails_while_writing_ends_the_job_promptly(verb):
    writer = FakeWriter()
    writer.fails_in = verb
    job, told = start(writer, some_pieces(2) if verb == "finish" else repeat(Piece(rows=band(0))))
    run(job)
    assert told.ends == [f"The disk failed in {verb}."]
    assert isinstance(job.error, ImageError)
    assert writer.aborted.is_set() == (verb != "open")
    assert not told.progress_after_the_end


def test_what_fails_while_rendering_leaves_no_file():
    def pieces() -> Iterator[Piece]:
        yield Piece(rows=band(0))
        raise RuntimeError("the\nkernel failed")

    writer = FakeWriter()
    job, told = start(writer, pieces())
    run(job)
    assert writer.aborted.is_set() or writer.opened == 0
    assert told.ends == ["unexpected RuntimeError: the kernel failed"]


def test_an_error_before_a_cancel_is_still_told():
    writer = FakeWriter()
    writer.fails_in = "open"
    job, told = start(writer)
    assert job.step()
    assert job.join(LONG)
    job.cancel()
    assert told.ends == ["The disk failed in open."]


def test_no_thread_is_left():
    before = threading.active_count()
    for _ in range(3):
        run(start(FakeWriter())[0])
    job, _ = start(FakeWriter())
    job.cancel()
    run(job)
    assert threading.active_count() == before
