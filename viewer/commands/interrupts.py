"""Ctrl-C, SIGTERM and a closed terminal: work stops at once, whatever the main thread does."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import FrameType, TracebackType

INTERRUPTED = 130
"""Exit code of an interrupted program (128 + SIGINT, as shells have it)."""

PATIENCE = 0.12
"""Seconds that the main thread gets to leave by itself after an interruption."""

SAME = 1.0
"""Seconds within which a second signal means what the first did: torchrun sends its own."""

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""What interrupts; a terminal that is closed sends the last, which Windows does not have."""


def leave(code: int) -> None:
    """End the process now.

    Unloading torch in the usual way takes twice as long as an interruption is allowed, and must not
    be done at all while threads still read.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # None where it is closed
            stream.flush()
    os._exit(code)


class Interrupts:
    """Turns the signals into KeyboardInterrupt, and stops work even if that comes late.

    Python runs signal handlers on the main thread between two instructions; a second of decoding
    in C is one instruction. So a thread is woken by the signal itself: it cancels the work, gives
    the main thread a moment, then ends the process. Off the main thread (where signals cannot be
    handled) it does nothing.
    """

    def __init__(self, end: Callable[[int], None] = leave):
        self._end = end
        self._cancel: Callable[[], None] | None = None
        self._patient = False
        self._heard = False  # by the watcher
        self._interrupted = False  # as far as the main thread knows
        self._left = threading.Event()
        self._watcher: threading.Thread | None = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            import socket  # not before Ctrl-C is dealt with: it takes a while

            self._bell, self._ear = socket.socketpair()
            self._bell.setblocking(False)
            self._old_bell = signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
            self._watcher = threading.Thread(target=self._watch, name="interrupts", daemon=True)
            self._watcher.start()
            self._handlers = {each: signal.signal(each, self._handle) for each in heard()}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._watcher is None:
            return
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_bell)
        self._left.set()
        self._bell.close()
        self._watcher.join()
        self._ear.close()

    @contextmanager
    def stops(self, cancel: Callable[[], None], patient: bool = False) -> Iterator[None]:
        """While this lasts, an interruption calls ``cancel``, on another thread, and only that.

        KeyboardInterrupt follows where the work has come to its own end: it never breaks into it.
        Patient work takes the time it needs to keep what it has; a second interruption, a moment
        later, ends the process nevertheless.
        """
        self._cancel, self._patient = cancel, patient
        try:
            if self._heard:
                cancel()  # the watcher looked for it a moment too early
            yield
        finally:
            self._cancel = None
        if self._interrupted:
            raise KeyboardInterrupt

    def loading(self) -> AbstractContextManager[None]:
        """While this lasts, an interruption ends the process: there is nothing to tidy up yet.

        A library that is being loaded may call Python where an exception aborts the process.
        """
        return self.stops(lambda: self._end(INTERRUPTED))

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        # Once is enough: a second signal must not break into the tidying up.
        first, self._interrupted = not self._interrupted, True
        if first and self._cancel is None:
            raise KeyboardInterrupt

    def _watch(self) -> None:
        first: float | None = None
        while numbers := self._ear.recv(16):
            if not any(number in SIGNALS for number in numbers):
                continue
            now = time.monotonic()
            first = now if first is None else first
            self._heard = True
            cancel, patient = self._cancel, self._patient
            if cancel is not None:
                cancel()
                if patient and now - first <= SAME:
                    continue
            if not self._left.wait(PATIENCE):
                self._end(INTERRUPTED)
            return


def heard() -> list[int]:
    """The signals that interrupt; not that of a closed terminal where nohup has it ignored."""
    return [each for each in SIGNALS if not _hangs_up_unheard(each)]


def _hangs_up_unheard(number: int) -> bool:
    """Whether a signal is that of a closed terminal, and nohup has it ignored."""
    ignored = signal.getsignal(number) is signal.SIG_IGN
    return ignored and number == getattr(signal, "SIGHUP", None)
