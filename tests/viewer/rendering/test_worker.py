"""The compute thread: what it does next, what it drops, and how it ends."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.kernels.crew import share_out
from models.samplers.grid import TILE, Axis, Grid, Lattice, Window
from tests.viewer.rendering.fakes import (
    BACKEND,
    LONG,
    TILE_SAMPLES,
    Clock,
    Fake,
    Gate,
    Shop,
    frame_of,
    noise,
    request_of,
    scene_of,
)
from viewer.imaging.colour import to_display
from viewer.rendering.messages import Failed, Finished, Message, Request, SamplerSpec
from viewer.rendering.quality import MOVING_BUDGET
from viewer.rendering.renderer import Renderer
from viewer.rendering.worker import NICE, Worker

SCENE = scene_of(noise(60, 40))


class Desk:
    """A worker, and what it has said.

    Attributes:
        said: the messages, in order.
    """

    def __init__(self, shop: Shop):
        self.shop = shop
        self.renderer = Renderer(BACKEND)
        self.said: list[Message] = []
        self.listen: Callable[[Message], None] = lambda _: None
        self.time = Clock()
        self.worker = Worker(self.renderer, self._hear, self.time.perf_counter)

    def _hear(self, message: Message) -> None:
        self.said.append(message)
        self.listen(message)

    def sampler(self, name: str) -> Fake:
        """A sampler of slow tiles: each is a batch of its own."""
        self.renderer.sampler(SCENE, SamplerSpec(name))
        fake = self.shop.made[name]
        fake.seconds = 1.0 / TILE_SAMPLES
        return fake

    def idle(self) -> None:
        assert self.worker.join(LONG)

    def generations(self) -> list[int]:
        return [message.generation for message in self.said]


@pytest.fixture
def desk(shop: Shop) -> Iterator[Desk]:
    made = Desk(shop)
    yield made
    for fake in shop.made.values():
        if isinstance(fake.during, Gate):
            fake.during.open()
    assert made.worker.close(LONG)
    assert not any(thread.name == "compute" for thread in threading.enumerate())


def grid_at(place: int, tiles: int = 5) -> Grid:
    """A row of tiles, far from those of another place."""
    lattice = Lattice(Axis(0.0, 0.01), Axis(0.0, 0.01))
    return Grid(lattice, Window(place * 6400, 0, tiles * TILE, TILE))


def ask(generation: int, tiles: int = 5, **layers: str) -> Request:
    grid = grid_at(generation, tiles)
    return request_of(SCENE, grid, layers or {"a": "x"}, generation=generation)


class Steps:
    """A job that records when it is stepped, and may stop at a gate in each step."""

    def __init__(self, log: list[str], name: str = "job", steps: int = 3):
        self.log, self.name, self.left = log, name, steps
        self.during: Callable[[], None] = lambda: None
        self.cancelled = False

    def step(self) -> bool:
        self.during()
        self.log.append(self.name)
        self.left -= 1
        return self.left > 0 and not self.cancelled

    def cancel(self) -> None:
        self.cancelled = True


# -- views --------------------------------------------------------------------------------


def test_a_request_is_rendered_to_its_end(desk):
    request = ask(1, a="x", b="y")
    desk.worker.request(request)
    desk.idle()
    for layer, name in (("a", "x"), ("b", "y")):
        samples = Fake(SCENE.source.picture, name).sample(request.grid).numpy()
        expected = to_display(samples, None, SCENE.transform)
        np.testing.assert_array_equal(frame_of(desk.said, layer).pixels, expected)
    assert isinstance(desk.said[-1], Finished)
    assert desk.worker.stale == 0


def test_all_of_it_happens_in_one_thread_of_its_own(desk):
    fake, threads = desk.sampler("x"), set()
    fake.during = lambda: threads.add(threading.current_thread().name)
    for generation in range(1, 4):
        desk.worker.request(ask(generation))
        desk.idle()
    assert threads == {"compute"}


def test_the_newest_request_wins(desk):
    fake = desk.sampler("x")
    fake.during = gate = Gate()
    desk.worker.request(ask(1))
    gate.reached()
    for generation in (2, 3, 4):
        desk.worker.request(ask(generation))
    gate.open()
    desk.idle()
    assert set(desk.generations()) == {4}
    places = {window.column // 6400 for _, window in fake.seen}
    assert places == {1, 4}  # 2 and 3 were never begun


def test_stale_tiles_are_dropped_after_the_one_in_hand(desk):
    fake = desk.sampler("x")
    fake.during = gate = Gate()
    desk.worker.request(ask(1, tiles=50))
    for _ in range(3):
        gate.reached()
        gate.let_pass()
    gate.reached()
    desk.worker.request(ask(2))
    gate.open()
    desk.idle()
    of_first = [window for _, window in fake.seen if window.column // 6400 == 1]
    assert len(of_first) == 4
    assert desk.worker.stale == 1
    assert isinstance(desk.said[-1], Finished)
    assert desk.said[-1].generation == 2


def test_stale_encoding_is_dropped_after_the_step_in_hand(desk):
    fake = desk.sampler("x")
    first = ask(1)
    fake.needs = dict.fromkeys((tile.window for tile in first.grid.tiles()), 10)
    fake.during = gate = Gate()
    desk.worker.request(first)
    for _ in range(2):
        gate.reached()
        gate.let_pass()
    gate.reached()
    desk.worker.request(ask(2))
    gate.open()
    desk.idle()
    assert fake.encoded == 3
    assert not any(window.column // 6400 == 1 for _, window in fake.seen)
    assert set(desk.generations()) == {2}


def test_a_later_layer_of_a_stale_request_is_not_begun(desk):
    fake = desk.sampler("x")
    fake.during = gate = Gate()
    desk.worker.request(ask(1, tiles=1, a="x", b="y"))
    gate.reached()
    desk.worker.request(ask(2, a="x"))
    gate.open()
    desk.idle()
    assert desk.shop.orders == ["x"]


def test_nothing_is_said_of_a_superseded_request(desk):
    """Not even of the tile that was in hand when the newer one came."""
    fake = desk.sampler("x")
    fake.during = gate = Gate()
    desk.worker.request(ask(1))
    gate.reached()
    gate.let_pass()
    gate.reached()
    said = len(desk.said)
    assert said == 1
    desk.worker.request(ask(2))
    gate.open()
    desk.idle()
    assert set(desk.generations()[said:]) == {2}


def moving(generation: int, tiles: int = 5) -> Request:
    return replace(ask(generation, tiles), moving=True)


def held(desk: Desk, fake: Fake, request: Request) -> Gate:
    """The gate in front of the second tile of a request."""
    fake.seconds = 0.0  # full quality is within the budget: no reduced preview
    fake.during = gate = Gate()
    desk.worker.request(request)
    gate.reached()
    gate.let_pass()
    gate.reached()
    return gate


def test_a_moving_view_is_finished_while_it_moves_on(desk):
    """Else a fast movement would never show anything."""
    gate = held(desk, desk.sampler("x"), moving(1))
    desk.worker.request(moving(2))
    desk.worker.request(moving(3))
    gate.open()
    desk.idle()
    assert [patches.done for patches in desk.said if patches.generation == 1][-1] == 5
    assert set(desk.generations()) == {1, 3}
    assert desk.worker.stale == 0


@pytest.mark.parametrize("late", ["rest", "other sampler", "out of time"])
def test_but_not_beyond_its_time_nor_when_it_comes_to_rest(desk, late):
    fake = desk.sampler("x")
    gate = held(desk, fake, moving(1))
    if late == "out of time":
        desk.time.now += 1.01 * MOVING_BUDGET
    newer = ask(2, a="y") if late == "other sampler" else ask(2)
    desk.worker.request(replace(newer, moving=late != "rest"))
    said = len(desk.said)
    gate.open()
    desk.idle()
    assert set(desk.generations()[said:]) == {2}
    assert desk.worker.stale == 1


def test_not_even_in_a_hail_of_requests(desk):
    newest, late = 0, []

    def listen(message: Message) -> None:
        if message.generation < newest:
            late.append((message, newest))

    desk.listen = listen
    for generation in range(1, 300):
        desk.worker.request(ask(generation, tiles=2))
        newest = generation
    desk.idle()
    assert late == []
    assert desk.generations() == sorted(desk.generations())
    assert isinstance(desk.said[-1], Finished)
    assert desk.said[-1].generation == 299


def test_what_was_finished_of_a_stale_request_is_found_again(desk):
    fake = desk.sampler("x")
    fake.during = gate = Gate()
    desk.worker.request(ask(1))
    gate.reached()
    desk.worker.request(ask(2))
    gate.open()
    desk.idle()
    fake.forget()
    desk.worker.request(ask(1))
    desk.idle()
    assert len(fake.seen) == 4  # of five


def test_a_listener_may_ask_for_more(desk):
    """The callback runs in the worker's thread; asking from there must not lock it up."""

    def listen(message: Message) -> None:
        if isinstance(message, Finished) and message.generation < 3:
            desk.worker.request(ask(message.generation + 1))

    desk.listen = listen
    desk.worker.request(ask(1))
    desk.idle()
    assert isinstance(desk.said[-1], Finished)
    assert desk.said[-1].generation == 3


# -- jobs ---------------------------------------------------------------------------------


def test_jobs_run_one_after_the_other_in_their_order(desk):
    log: list[str] = []
    gate = Gate()
    first = Steps(log, "first", 3)
    first.during = gate
    desk.worker.submit(first)
    gate.reached()
    desk.worker.submit(Steps(log, "second", 2))
    desk.worker.submit(Steps(log, "third", 1))
    gate.open()
    desk.idle()
    assert log == ["first"] * 3 + ["second"] * 2 + ["third"]


def test_views_go_before_jobs(desk):
    log: list[str] = []
    fake = desk.sampler("x")
    fake.during = gate = Gate()
    desk.worker.request(ask(1, tiles=3))
    gate.reached()
    desk.worker.submit(Steps(log))
    desk.listen = lambda message: log.append(type(message).__name__)
    gate.open()
    desk.idle()
    assert log == ["Patches"] * 3 + ["Finished"] + ["job"] * 3


def test_a_view_comes_between_two_steps_of_a_job(desk):
    log: list[str] = []
    job, gate = Steps(log, steps=4), Gate()
    job.during = gate
    desk.listen = lambda message: log.append(type(message).__name__)
    desk.worker.submit(job)
    gate.reached()
    gate.let_pass()
    gate.reached()
    desk.worker.request(ask(1, tiles=1))
    gate.open()
    desk.idle()
    assert log == ["job", "job", "Patches", "Finished", "job", "job"]


def test_a_newer_view_goes_before_the_next_step_of_a_job(desk):
    log: list[str] = []
    job, step, view = Steps(log, steps=2), Gate(), Gate()
    job.during, desk.sampler("x").during = step, view
    desk.listen = lambda message: log.append(type(message).__name__)
    desk.worker.submit(job)
    step.reached()
    desk.worker.request(ask(1, tiles=1))
    step.open()
    view.reached()
    desk.worker.request(ask(2, tiles=1))
    view.open()
    desk.idle()
    assert log == ["job", "Patches", "Finished", "job"]


def test_a_job_goes_on_between_views_that_keep_coming(desk):
    log: list[str] = []
    job = Steps(log, steps=5)
    again = iter(range(2, 8))

    def listen(message: Message) -> None:
        if isinstance(message, Finished):
            log.append("view")

    def during() -> None:
        desk.worker.request(ask(next(again), tiles=1))

    desk.listen = listen
    job.during = during
    desk.worker.submit(job)
    desk.idle()
    assert log == ["job", "view"] * 5


def test_a_job_that_fails_is_logged_and_dropped(desk, caplog):
    log: list[str] = []
    bad = Steps(log, "bad")

    def fail() -> None:
        raise RuntimeError("the disk is on fire")

    bad.during = fail
    desk.worker.submit(bad)
    desk.worker.submit(Steps(log, "good", 1))
    desk.idle()
    assert log == ["good"]
    assert [record.message for record in caplog.records] == ["a job failed"]
    assert "on fire" in str(caplog.records[0].exc_info[1])


# -- idleness -----------------------------------------------------------------------------


def test_it_can_be_waited_for(desk):
    assert desk.worker.join(LONG)  # nothing was asked yet
    fake = desk.sampler("x")
    fake.during = gate = Gate()
    desk.worker.request(ask(1))
    assert not desk.worker.join(0.0)
    gate.reached()
    assert not desk.worker.join(0.01)
    gate.open()
    assert desk.worker.join(LONG)
    assert isinstance(desk.said[-1], Finished)


def test_it_is_not_idle_before_its_jobs_are_done(desk):
    log: list[str] = []
    job, gate = Steps(log), Gate()
    job.during = gate
    desk.worker.submit(job)
    gate.reached()
    assert not desk.worker.join(0.01)
    gate.open()
    assert desk.worker.join(LONG)
    assert log == ["job"] * 3


# -- defects ------------------------------------------------------------------------------


def test_a_sampler_s_defect_is_told_and_logged_and_the_thread_lives_on(desk, caplog):
    fake = desk.sampler("x")

    def fail() -> None:
        raise RuntimeError("a defect")

    fake.during = fail
    desk.worker.request(ask(1, a="x", b="y"))
    desk.idle()
    failures = [message for message in desk.said if isinstance(message, Failed)]
    assert failures == [Failed(1, "a", "x", "unexpected RuntimeError: a defect")]
    assert frame_of(desk.said, "b").complete
    assert [record.message for record in caplog.records] == ["x failed"]
    fake.during = lambda: None
    desk.worker.request(ask(2))
    desk.idle()
    assert isinstance(desk.said[-1], Finished)


def test_a_listener_s_defect_is_logged_and_the_thread_lives_on(desk, caplog):
    def listen(_: Message) -> None:
        raise ValueError("a deaf ear")

    desk.listen = listen
    desk.worker.request(ask(1))
    desk.idle()
    assert "rendering failed" in [record.message for record in caplog.records]
    desk.listen = lambda _: None
    desk.worker.request(ask(2))
    desk.idle()
    assert isinstance(desk.said[-1], Finished)


# -- the end ------------------------------------------------------------------------------


def test_closing_while_rendering_ends_the_thread_after_the_step_in_hand(desk):
    fake = desk.sampler("x")
    fake.during = gate = Gate()
    desk.worker.request(ask(1, tiles=50))
    gate.reached()
    desk.worker.request(ask(2))
    assert not desk.worker.close(0.0)
    gate.open()
    assert desk.worker.close(LONG)
    assert len(fake.seen) == 1
    assert desk.said == []  # the window is gone
    assert desk.worker.join(LONG)


def test_closing_while_encoding_ends_the_thread_after_the_step_in_hand(desk):
    fake = desk.sampler("x")
    request = ask(1)
    fake.needs = dict.fromkeys((tile.window for tile in request.grid.tiles()), 10)
    fake.during = gate = Gate()
    desk.worker.request(request)
    gate.reached()
    assert not desk.worker.close(0.0)
    gate.open()
    assert desk.worker.close(LONG)
    assert fake.encoded == 1
    assert fake.seen == []


def test_closing_cancels_jobs_and_lets_them_finish(desk):
    log: list[str] = []
    running, waiting, gate = Steps(log, "running", 9), Steps(log, "waiting", 9), Gate()
    running.during = gate
    desk.worker.submit(running)
    gate.reached()
    desk.worker.submit(waiting)
    assert not desk.worker.close(0.0)
    assert running.cancelled
    assert waiting.cancelled
    gate.open()
    assert desk.worker.close(LONG)
    # Each has the step in which it sees that it is cancelled.
    assert log == ["running", "waiting"]


def test_with_the_thread_ends_the_crew_that_it_led(desk, monkeypatch):
    """Else the crew's daemons would still free their memory while Python ends: it aborts then."""
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    crew: list[threading.Thread] = []
    together = threading.Barrier(2)

    def work() -> None:
        crew.append(threading.current_thread())
        together.wait(LONG)

    desk.sampler("x").during = lambda: share_out([work, work])
    desk.worker.request(ask(1))
    assert desk.worker.join(LONG)
    assert len(crew) >= 2
    assert all(each.is_alive() for each in crew)
    assert desk.worker.close(LONG)
    assert not any(each.is_alive() for each in crew)


def test_closing_an_idle_worker_and_closing_twice(desk):
    assert desk.worker.close(LONG)
    assert desk.worker.close(LONG)


def test_after_the_end_nothing_is_taken_and_nobody_waits(desk):
    assert desk.worker.close(LONG)
    desk.worker.request(ask(1))
    job = Steps([])
    desk.worker.submit(job)
    assert job.cancelled
    assert desk.worker.join(LONG)
    assert desk.said == []


# -- manners ------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have no niceness there")
def test_the_window_s_thread_comes_first(desk):
    here = os.getpriority(os.PRIO_PROCESS, 0)
    there: list[int] = []
    job = Steps([], steps=1)
    job.during = lambda: there.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    desk.worker.submit(job)
    desk.idle()
    assert there == [min(here + NICE, 19)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == here


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have no policy there")
def test_its_threads_do_not_break_in_when_they_wake_up(desk):
    here = os.sched_getscheduler(0)
    there: list[int] = []
    job = Steps([], steps=1)
    job.during = lambda: there.append(os.sched_getscheduler(threading.get_native_id()))
    desk.worker.submit(job)
    desk.idle()
    assert there == [os.SCHED_BATCH]
    assert os.sched_getscheduler(0) == here


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have no niceness there")
def test_a_program_that_is_nice_already_becomes_no_less_so(desk, monkeypatch):
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "getpriority", lambda *_: 12)
    monkeypatch.setattr(os, "setpriority", lambda _, who, nice: asked.append((who, nice)))
    other = Desk(desk.shop)
    other.worker.request(ask(1))
    other.idle()
    assert [nice for _, nice in asked] == [12 + NICE]
    assert other.worker.close(LONG)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have no niceness there")
def test_a_system_that_forbids_it_is_obeyed(desk, monkeypatch):
    def forbid(*_: int) -> None:
        raise PermissionError("not allowed")

    monkeypatch.setattr(os, "setpriority", forbid)
    other = Desk(desk.shop)
    other.worker.request(ask(1))
    other.idle()
    assert isinstance(other.said[-1], Finished)
    assert other.worker.close(LONG)
