"""Pieces of work shared out among threads."""

from __future__ import annotations

import threading
import weakref
from functools import partial

import pytest
import torch

from models.backend import Backend
from models.kernels.crew import MOST, Crew, dismiss, share_out
from models.samplers.grid import Grid
from tests.models.nets import sampler_of, small_liif
from tests.models.pictures import CPU, noise


class Kept:
    """What a thread keeps for itself."""


@pytest.fixture
def threads():
    """Tells torch how many threads it has; as before at the end."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_every_job_is_done_once(size, count):
    done = []
    Crew(size).run(partial(done.append, each) for each in range(count))
    assert sorted(done) == list(range(count))


def test_its_threads_work_at_the_same_time():
    together = threading.Barrier(3)
    Crew(3).run([partial(together.wait, 20.0)] * 3)


def test_each_has_its_share_of_torchs_threads_and_the_caller_keeps_its_own(threads):
    threads(4)
    together, found = threading.Barrier(2), []

    def look():
        together.wait(20.0)
        found.append(torch.get_num_threads())

    crew = Crew(2)
    crew.run([look, look])
    assert found == [1, 1]
    assert torch.get_num_threads() == 4


def test_many_processors_make_no_more_threads_than_python_can_keep_at_work():
    crew = Crew(4 * MOST)
    assert crew.size == MOST
    found = []
    together = threading.Barrier(MOST)

    def look():
        together.wait(20.0)
        found.append(torch.get_num_threads())

    crew.run([look] * MOST)
    assert found == [4] * MOST


@pytest.mark.parametrize("inference", [True, False])
def test_jobs_are_in_the_callers_mode(inference):
    found = []

    def look():
        found.append(torch.is_inference_mode_enabled())

    with torch.inference_mode(inference):
        Crew(2).run([look] * 6)
    assert found == [inference] * 6


def test_an_error_reaches_the_caller_and_the_crew_works_on():
    crew, done = Crew(2), []

    def fail():
        raise MemoryError("no more")

    with pytest.raises(MemoryError, match="no more"):
        crew.run([fail, *[partial(done.append, 1)] * 200])
    assert len(done) < 200
    crew.run([partial(done.append, 2)] * 2)
    assert done[-2:] == [2, 2]


def test_every_thread_that_decodes_has_a_crew_of_its_own(threads):
    threads(2)
    names: dict[str, set[int]] = {}
    # A thread that has ended leaves its identity to the next: both go on until both have decoded.
    together = threading.Barrier(2)

    def look(owner):
        names.setdefault(owner, set()).add(threading.current_thread().ident)

    def decode(owner):
        torch.set_num_threads(2)
        share_out([partial(look, owner)] * 40)
        together.wait(20.0)

    others = [threading.Thread(target=decode, args=(owner,)) for owner in "ab"]
    for each in others:
        each.start()
    for each in others:
        each.join()
    assert not names["a"] & names["b"]


def test_a_crew_is_gone_when_it_was_dismissed(threads):
    """With all that its threads kept: they are daemons where their leader is one."""
    threads(2)
    freed: list[str] = []
    seen: list[int] = []
    kept = threading.local()
    together = threading.Barrier(2)

    def keep():
        kept.thing = Kept()
        weakref.finalize(kept.thing, freed.append, threading.current_thread().name)
        together.wait(20.0)

    def lead():
        torch.set_num_threads(2)
        share_out([keep, keep])
        seen.append(len(freed))
        dismiss()
        dismiss()
        seen.append(len(freed))

    leader = threading.Thread(target=lead, daemon=True)
    leader.start()
    leader.join()
    assert seen == [0, 2]


def test_a_dismissed_crew_is_replaced(threads):
    threads(2)
    done: list[int] = []
    for number in range(2):
        share_out([partial(done.append, number)] * 4)
        dismiss()
    assert sorted(done) == [0] * 4 + [1] * 4


def test_more_threads_change_no_more_than_rounding(threads):
    network, picture = small_liif(residual=True), noise(40, 38)
    grid = Grid.for_scale(40, 38, 3.3)
    found = []
    for count in (1, 2, 3):
        threads(count)
        found.append(sampler_of(network, picture, backend=Backend(CPU)).sample(grid))
    torch.testing.assert_close(found[1], found[0], atol=1e-6, rtol=0)
    torch.testing.assert_close(found[2], found[0], atol=1e-6, rtol=0)
