from __future__ import annotations

import os
import signal
import threading

import pytest

from viewer.commands.interrupts import INTERRUPTED, SIGNALS, Interrupts

LONG = 10.0


def never(code: int) -> None:
    raise AssertionError(f"the process would have ended with {code}")


def interrupt(number: int = signal.SIGINT) -> None:
    """Send a signal and stay until Python has handled it."""
    os.kill(os.getpid(), number)
    threading.Event().wait(LONG)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_work_and_cancels_it(number):
    cancelled = threading.Event()
    with Interrupts(never) as interrupts, pytest.raises(KeyboardInterrupt):  # noqa: SIM117
        with interrupts.stops(cancelled.set):
            interrupt(number)
    assert cancelled.is_set()


def test_work_that_is_over_is_not_cancelled():
    late = threading.Event()
    with Interrupts(never) as interrupts:
        with interrupts.stops(late.set):
            pass
        with pytest.raises(KeyboardInterrupt):
            interrupt()
    assert not late.is_set()


def test_a_main_thread_that_does_not_leave_is_not_waited_for():
    ended = threading.Event()
    codes: list[int] = []

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    cancelled = threading.Event()
    with Interrupts(end) as interrupts, interrupts.stops(cancelled.set):
        with pytest.raises(KeyboardInterrupt):
            interrupt()
        assert ended.wait(LONG)
    assert cancelled.is_set()
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


def test_other_threads_may_run_commands_too():
    entered = threading.Event()

    def work() -> None:
        with Interrupts(never):
            entered.set()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered.is_set()
