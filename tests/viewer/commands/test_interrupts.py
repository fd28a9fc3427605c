from __future__ import annotations

import io
import os
import signal
import sys
import threading

import pytest

from viewer.commands import interrupts as module
from viewer.commands.interrupts import INTERRUPTED, SIGNALS, Interrupts, leave

LONG = 10.0


def never(code: int) -> None:
    raise AssertionError(f"the process would have ended with {code}")


def interrupt(number: int = signal.SIGINT) -> None:
    """Send a signal and stay until Python has handled it."""
    os.kill(os.getpid(), number)
    threading.Event().wait(LONG)


HANG_UP = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there are no such terminals")


@pytest.fixture(autouse=True)
def heard():
    """Whoever runs the tests under nohup has the signal of a closed terminal ignored."""
    if not hasattr(signal, "SIGHUP"):
        yield
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@HANG_UP
def test_under_nohup_a_closed_terminal_stops_nothing():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    cancelled = threading.Event()
    with Interrupts(never) as interrupts, interrupts.stops(cancelled.set):
        os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert not cancelled.is_set()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_interrupts(number):
    with Interrupts(never), pytest.raises(KeyboardInterrupt):
        interrupt(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_work_is_cancelled_and_never_broken_into(number):
    cancelled = threading.Event()
    ends: list[bool] = []

    def work(interrupts: Interrupts) -> None:
        with interrupts.stops(cancelled.set):
            os.kill(os.getpid(), number)
            ends.append(cancelled.wait(LONG))

    with Interrupts(never) as interrupts, pytest.raises(KeyboardInterrupt):
        work(interrupts)
    assert ends == [True]


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there is no other to send")
def test_another_signal_interrupts_nothing():
    handled, cancelled = threading.Event(), threading.Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: handled.set())
    try:
        with Interrupts(never) as interrupts, interrupts.stops(cancelled.set):
            os.kill(os.getpid(), signal.SIGUSR1)
            assert handled.wait(LONG)
            assert not cancelled.wait(module.PATIENCE)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_an_interruption_of_what_is_being_loaded_ends_the_process_and_breaks_into_nothing(
    monkeypatch,
):
    monkeypatch.setattr(module, "PATIENCE", 3 * LONG)  # nor is anything waited for
    codes: list[int] = []
    ended = threading.Event()

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    def load(interrupts: Interrupts) -> None:
        with interrupts.loading():
            os.kill(os.getpid(), signal.SIGINT)
            assert ended.wait(LONG)  # by the other thread

    with Interrupts(end) as interrupts, pytest.raises(KeyboardInterrupt):
        load(interrupts)
    assert codes == [INTERRUPTED]


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="terminals close silently here")
def test_nohup_is_obeyed():
    before = signal.getsignal(signal.SIGHUP)
    try:
        for handler, is_heard in ((signal.SIG_DFL, True), (signal.SIG_IGN, False)):
            signal.signal(signal.SIGHUP, handler)
            assert (signal.SIGHUP in module.heard()) == is_heard
            assert {signal.SIGINT, signal.SIGTERM} <= set(module.heard())
    finally:
        signal.signal(signal.SIGHUP, before)


def test_work_that_begins_when_the_signal_was_heard_is_cancelled_too():
    heard = threading.Event()
    late = threading.Event()
    with Interrupts(lambda _: heard.set()) as interrupts:
        with pytest.raises(KeyboardInterrupt):
            interrupt()
        assert heard.wait(LONG)
        with pytest.raises(KeyboardInterrupt), interrupts.stops(late.set):
            pass
    assert late.is_set()


def test_work_that_is_over_is_not_cancelled():
    late = threading.Event()
    with Interrupts(never) as interrupts:
        with interrupts.stops(late.set):
            pass
        with pytest.raises(KeyboardInterrupt):
            interrupt()
    assert not late.is_set()


def test_a_main_thread_that_does_not_leave_is_not_waited_for():
    cancelled = threading.Event()
    ended = threading.Event()
    codes: list[int] = []

    def end(code: int) -> None:
        assert cancelled.is_set()
        codes.append(code)
        ended.set()

    def work(interrupts: Interrupts) -> None:
        with interrupts.stops(cancelled.set):
            os.kill(os.getpid(), signal.SIGINT)
            ended.wait(LONG)

    with Interrupts(end) as interrupts, pytest.raises(KeyboardInterrupt):
        work(interrupts)
    assert codes == [INTERRUPTED]


def test_patient_work_is_waited_for_until_a_second_signal_a_moment_later(monkeypatch):
    cancelled, ended = threading.Event(), threading.Event()
    codes: list[int] = []

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    def work(interrupts: Interrupts) -> None:
        with interrupts.stops(cancelled.set, patient=True):
            os.kill(os.getpid(), signal.SIGINT)
            assert cancelled.wait(LONG)
            os.kill(os.getpid(), signal.SIGTERM)  # as torchrun sends it: of the same moment
            assert not ended.wait(3 * module.PATIENCE)
            monkeypatch.setattr(module, "SAME", 0.0)
            os.kill(os.getpid(), signal.SIGINT)
            assert ended.wait(LONG)

    with Interrupts(end) as interrupts, pytest.raises(KeyboardInterrupt):
        work(interrupts)
    assert codes == [INTERRUPTED]


def test_a_second_signal_does_not_break_into_the_tidying_up():
    with Interrupts(never):
        with pytest.raises(KeyboardInterrupt):
            interrupt()
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)


def test_everything_is_put_back():
    before = [signal.getsignal(number) for number in SIGNALS]
    threads = threading.active_count()
    with Interrupts(never):
        assert threading.active_count() == threads + 1
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert threading.active_count() == threads
    assert signal.set_wakeup_fd(-1) == -1


class Stream(io.StringIO):
    """Notes that it was flushed, and fails then if it is to."""

    def __init__(self, error: Exception | None = None):
        super().__init__()
        self.error, self.flushed = error, False

    def flush(self) -> None:
        self.flushed = True
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize(
    "out", [Stream(), Stream(BrokenPipeError()), Stream(ValueError("it is closed")), None]
)
def test_the_process_is_left_with_all_said_whatever_became_of_a_stream(monkeypatch, out):
    err, codes = Stream(), []
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr(os, "_exit", codes.append)
    leave(3)
    assert codes == [3]
    assert err.flushed
    assert out is None or out.flushed


def test_other_threads_may_run_commands_too():
    entered = threading.Event()

    def work() -> None:
        with Interrupts(never):
            entered.set()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered.is_set()
