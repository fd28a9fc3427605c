from __future__ import annotations

import threading

import pytest

from viewer.imaging.source import ImageError
from viewer.rendering.deferred import Deferred

LONG = 10.0


class Steps:
    """A job of some steps, and what was done with it."""

    def __init__(self, steps: int = 3):
        self.left = steps
        self.cancelled = 0
        self.made_in = threading.get_ident()

    def step(self) -> bool:
        self.left -= 1
        return self.left > 0

    def cancel(self) -> None:
        self.cancelled += 1
        self.left = 1


class Told:
    """What a deferred job told."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.cancelled = 0

    def on_cancelled(self) -> None:
        self.cancelled += 1


@pytest.fixture
def told() -> Told:
    return Told()


def deferred(make, told: Told) -> Deferred:
    return Deferred(make, told.errors.append, told.on_cancelled)


def test_the_job_is_made_by_whoever_makes_the_first_step(told):
    made: list[Steps] = []

    def make() -> Steps:
        made.append(Steps())
        return made[0]

    job = deferred(make, told)
    assert made == []
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(job.step()))
    thread.start()
    thread.join(LONG)
    assert results == [True]
    assert made[0].made_in == thread.ident
    assert made[0].left == 3  # making it is work enough for one step
    assert [job.step() for _ in range(3)] == [True, True, False]
    assert len(made) == 1
    assert (told.errors, told.cancelled) == ([], 0)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ImageError("out.png cannot be written; choose another folder"), "out.png cannot be"),
        (ValueError("no such model"), "no such model"),
        (MemoryError(), "there is not enough memory"),
        (KeyError("x"), "unexpected KeyError"),
    ],
)
def test_a_job_that_cannot_be_made_is_reported_in_a_sentence(error, reason, told):
    def make() -> Steps:
        raise error

    job = deferred(make, told)
    assert job.step() is False
    assert len(told.errors) == 1
    assert told.errors[0].startswith(reason)
    assert job.step() is False
    job.cancel()
    assert (len(told.errors), told.cancelled) == (1, 0)


def test_a_job_cancelled_before_its_turn_is_never_made(told):
    job = deferred(lambda: pytest.fail("it was made"), told)
    job.cancel()
    assert told.cancelled == 1
    assert job.step() is False
    job.cancel()
    assert (told.errors, told.cancelled) == ([], 1)


def test_cancelling_a_made_job_is_left_to_it(told):
    steps = Steps()
    job = deferred(lambda: steps, told)
    job.step()
    job.cancel()
    assert steps.cancelled == 1
    assert told.cancelled == 0  # the job reports that itself, when it is over
    assert job.step() is False


def test_a_job_cancelled_while_it_is_made_is_reported_once_and_dropped(told):
    steps = Steps()
    job: Deferred

    def make() -> Steps:
        job.cancel()
        return steps

    job = deferred(make, told)
    assert job.step() is False
    assert job.step() is False
    assert told.cancelled == 1
    # A job reports its own cancellation: asked for it now, it would tell a second time.
    assert (steps.cancelled, steps.left) == (0, 3)
    assert told.errors == []


def test_a_job_that_fails_while_it_is_cancelled_is_only_cancelled(told):
    job: Deferred

    def make() -> Steps:
        job.cancel()
        raise ValueError("too late to matter")

    job = deferred(make, told)
    assert job.step() is False
    assert (told.errors, told.cancelled) == ([], 1)


def test_cancel_does_not_wait_for_the_making(told):
    making, go_on = threading.Event(), threading.Event()

    def make() -> Steps:
        making.set()
        assert go_on.wait(LONG)
        return Steps()

    job = deferred(make, told)
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(job.step()))
    thread.start()
    assert making.wait(LONG)
    job.cancel()
    assert told.cancelled == 1
    go_on.set()
    thread.join(LONG)
    assert results == [False]
    assert told.cancelled == 1
