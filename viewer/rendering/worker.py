"""The compute thread: every torch call of the window is made here.

The cycle, in order:

1. The mailbox holds the newest request; taking one leaves it empty.
2. Its layers are rendered one after the other, the most urgent first: known tiles at once, then a
   preview if it helps, then the missing tiles from the focus outward, those first that need no
   more encoding.
3. After each batch of tiles and each encoder step the mailbox is looked at; a newer request makes
   the one in hand stale, and its finished tiles stay in the store. Only while a view moves on, its
   previews are finished first, within a budget: else a fast movement would never show any.
4. With nothing left to render, the oldest job (an export) makes a step.
5. With no job either, the worker is idle and waits.

The thread knows no Qt: answers go out through one callback.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

from models.kernels.crew import dismiss
from viewer.rendering.jobs import Job
from viewer.rendering.messages import Message, Request
from viewer.rendering.quality import MOVING_BUDGET
from viewer.rendering.renderer import Renderer

NICE = 5
"""Added niceness of the compute thread on Linux: the window's own thread comes first."""

log = logging.getLogger(__name__)


class Worker:
    """One thread with a newest-wins mailbox and a queue of jobs behind it.

    Attributes:
        stale: batches and encoder steps that were made for a request already superseded.
    """

    def __init__(
        self,
        renderer: Renderer,
        emit: Callable[[Message], None],
        clock: Callable[[], float] = time.perf_counter,
    ):
        self.stale = 0
        self._clock = clock
        self._request: Request | None = None
        self._until = 0.0
        self._renderer = renderer
        self._emit = emit
        self._wake = threading.Condition()
        self._mail: Request | None = None
        self._jobs: deque[Job] = deque()
        self._busy = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="compute", daemon=True)
        self._thread.start()

    def request(self, request: Request) -> None:
        """Put a request into the mailbox, in place of one that still lies there.

        From now on nothing is said of older requests.
        """
        with self._wake:
            if not self._closing:
                self._mail = request
                self._wake.notify_all()

    def submit(self, job: Job) -> None:
        """Queue a job behind the views."""
        with self._wake:
            if not self._closing:
                self._jobs.append(job)
                self._wake.notify_all()
                return
        job.cancel()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the worker is idle. False if it is not within ``timeout`` seconds."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._pending(), timeout)

    def close(self, timeout: float = 10.0) -> bool:
        """Cancel everything and end the thread. False if it did not end in time."""
        with self._wake:
            self._closing = True
            self._mail = None
            jobs = list(self._jobs)
            self._wake.notify_all()
        for job in jobs:
            job.cancel()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _pending(self) -> bool:
        return self._busy or self._mail is not None or bool(self._jobs)

    def _run(self) -> None:
        try:
            self._work()
        finally:
            dismiss()

    def _work(self) -> None:
        _be_nice()
        while True:
            with self._wake:
                self._busy = False
                self._wake.notify_all()
                self._wake.wait_for(lambda: self._closing or self._pending())
                if self._closing and not self._jobs:
                    return
                request, self._mail = self._mail, None
                job = self._jobs[0] if self._jobs else None
                self._busy = True
            if request is not None:
                self._render(request)
            elif job is not None:
                self._step(job)

    def _render(self, request: Request) -> None:
        self._request, self._until = request, self._clock() + MOVING_BUDGET
        steps = self._renderer.render(request, self._say)
        try:
            for _ in steps:
                if self._superseded():
                    self.stale += 1
                    return
        except Exception:
            # The thread must outlive a defect; the log names it.
            log.exception("rendering failed")
        finally:
            steps.close()

    def _say(self, message: Message) -> None:
        with self._wake:
            if not self._superseded():
                self._emit(message)

    def _superseded(self) -> bool:
        with self._wake:
            if self._mail is None or self._request is None:
                return self._closing
            return not self._request.leads_to(self._mail) or self._clock() >= self._until

    def _step(self, job: Job) -> None:
        more = False
        try:
            more = job.step()
        except Exception:
            log.exception("a job failed")
        if not more:
            with self._wake:
                self._jobs.popleft()


def _be_nice() -> None:
    """Let the window's thread come first. Threads have their own niceness on Linux only.

    Niceness shares the processors out, but whoever wakes up still takes one at once, and the
    arithmetic's threads wake up thousands of times a second. Those of batches wait their turn.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            thread = threading.get_native_id()
            usual = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, usual + NICE)
            os.sched_setscheduler(thread, os.SCHED_BATCH, os.sched_param(0))
