"""Threads that share pieces of work out, each piece done by one of them from end to end.

Torch would split every single operation among the processors, and its threads would meet at the end
of each. A decoder's operations take some tens of microseconds: the meetings would cost as much, and
wherever another program holds a processor, all would wait for the slowest. Pieces do not meet.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait

import torch

Job = Callable[[], None]

MOST = 8
"""Threads that Python can keep at work, since it runs one at a time between operations; where
there are more processors, each of these has several."""


class Crew:
    """Threads that work for one other, which waits for them.

    They begin when first needed, by a thread whose niceness they take over (on Linux), and end with
    the crew.
    """

    def __init__(self, threads: int):
        self.size = min(threads, MOST)
        self._each = max(1, threads // self.size)
        self._threads: ThreadPoolExecutor | None = None

    def run(self, jobs: Iterable[Job]) -> None:
        """Do some jobs, in any order and in the caller's inference mode.

        Raises:
            Exception: the first that a job raised; jobs that had not begun by then are left out.
        """
        left = deque(jobs)
        hands = min(self.size, len(left))
        if hands < 2:
            for job in left:
                job()
            return
        inference, gradients = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

        def work() -> None:
            with torch.inference_mode(inference), torch.set_grad_enabled(gradients):
                _do(left)

        if self._threads is None:
            self._threads = self._started()
        pending = [self._threads.submit(work) for _ in range(hands)]
        wait(pending)
        for each in pending:
            each.result()

    def end(self) -> None:
        """End the threads and wait until they and all that they kept are gone."""
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None

    def _started(self) -> ThreadPoolExecutor:
        own = torch.get_num_threads()
        threads = ThreadPoolExecutor(self.size, "decoder", initializer=_use, initargs=(self._each,))
        # All of them now: each tells torch of its number, which is also that of threads to come.
        together = threading.Barrier(self.size)
        wait([threads.submit(together.wait) for _ in range(self.size)])
        torch.set_num_threads(own)
        return threads


def _use(threads: int) -> None:
    """Let torch split an operation among so many threads where this one calls it."""
    # A thread's first question makes torch give it the number of the whole process.
    torch.get_num_threads()
    torch.set_num_threads(threads)


def _do(left: deque[Job]) -> None:
    while left:
        try:
            job = left.popleft()
        except IndexError:  # another thread has just taken the last
            return
        try:
            job()
        except BaseException:
            left.clear()
            raise


_OWN = threading.local()


def share_out(jobs: Iterable[Job]) -> None:
    """Do some jobs on the processors that torch may use, by the calling thread's own crew.

    Raises:
        Exception: as `Crew.run`.
    """
    threads = torch.get_num_threads()
    crew: Crew | None = getattr(_OWN, "crew", None)
    if crew is None or _OWN.threads != threads:
        dismiss()
        crew, _OWN.threads = Crew(threads), threads
        _OWN.crew = crew
    crew.run(jobs)


def dismiss() -> None:
    """End the calling thread's crew: a thread that shares work out does so before it ends.

    Threads of a daemon are daemons. What these kept, torch frees without Python's lock; if Python
    ends before it asks for the lock again, the whole process is aborted.
    """
    crew: Crew | None = getattr(_OWN, "crew", None)
    if crew is not None:
        _OWN.crew = None
        crew.end()
