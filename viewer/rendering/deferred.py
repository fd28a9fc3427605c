"""A job that is made by the compute thread itself, when its turn comes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from viewer.rendering.failures import explain
from viewer.rendering.jobs import Job


class Deferred:
    """Makes another job at its first step: samplers are only touched by the compute thread.

    A job that cannot be made is reported like one that failed; one that is cancelled before its
    first step is never made, or dropped if it was just being made: then it has not begun either.
    """

    def __init__(
        self,
        make: Callable[[], Job],
        on_error: Callable[[str], None],
        on_cancelled: Callable[[], None],
    ):
        self._make = make
        self._on_error = on_error
        self._on_cancelled = on_cancelled
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._ended = False

    def step(self) -> bool:
        """Make the job, then do its steps."""
        with self._lock:
            if self._ended:
                return False
            job = self._job
        return self._begin() if job is None else job.step()

    def _begin(self) -> bool:
        try:
            made = self._make()
        except Exception as error:
            with self._lock:
                reported, self._ended = self._ended, True
            if not reported:
                self._on_error(explain(error))
            return False
        with self._lock:
            # Cancelled meanwhile, and reported: the job itself would report it once more.
            self._job = None if self._ended else made
            return not self._ended

    def cancel(self) -> None:
        """Cancel the job, made or not; from any thread."""
        with self._lock:
            job, ended = self._job, self._ended
            if job is None:
                self._ended = True
        if job is not None:
            job.cancel()
        elif not ended:
            self._on_cancelled()
