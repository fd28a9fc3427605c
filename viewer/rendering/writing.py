"""Writing: pixels rendered in steps while another thread encodes them into a file."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from models.samplers.base import Samples
from viewer.imaging.writers import Writer
from viewer.rendering.bands import Piece
from viewer.rendering.failures import explain
from viewer.rendering.remaining import Remaining

BUDGET = 0.025
"""Seconds after which a step starts no further piece of work."""

WAIT = 0.02
"""Longest wait of a step, in seconds, for the writer."""

BANDS_AHEAD = 3
"""Finished bands that may wait for the writer; more would only cost memory."""

RENDERING = 0.97
"""The share of the work that lies before the file is closed, checked and moved into place."""


@dataclass(frozen=True)
class Reports:
    """Whom a job tells what.

    Exactly one of the last three is called, once, on the job's writer thread, and nothing after it.

    Attributes:
        progress: fraction done and the seconds left (None while unknown), on the stepping thread.
        done: the file is complete, verified and in its place.
        failed: one sentence.
        cancelled: no file is left.
    """

    progress: Callable[[float, float | None], None]
    done: Callable[[Path], None]
    failed: Callable[[str], None]
    cancelled: Callable[[], None]


class WritingJob:
    """Renders bands in steps while a thread of its own encodes them into a file.

    1. `step` runs pieces of the work for a moment; a complete band goes into a short queue.
    2. The writer thread opens the file, takes bands from the queue and encodes them.
    3. After the last band it closes, verifies and places the file, and says that it is done.
    4. Whatever fails on either thread stops both; so does `cancel`, which also kills the encoder.
    5. The writer thread is the only one that says how it ended, so it says so once.

    Attributes:
        error: what went wrong, as it was raised, or None.
        written: whether the file is complete and in its place.
    """

    def __init__(
        self,
        pieces: Iterator[Piece],
        tiles: int,
        open_file: Callable[[], Writer],
        out: Path,
        reports: Reports,
    ):
        self.error: Exception | None = None
        self.written = False
        self._pieces = pieces
        self._tiles, self._tiles_done = tiles, 0
        self._open_file, self._out, self._reports = open_file, out, reports
        self._band: Samples | None = None
        self._rendered = False
        self._queue: queue.Queue[Samples | None] = queue.Queue(BANDS_AHEAD)
        self._writer: Writer | None = None
        self._remaining = Remaining()
        self._lock = threading.RLock()  # a report may well call `cancel`
        self._started = self._settled = False
        self._stop, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"writes {out.name}", daemon=True)

    def step(self) -> bool:
        """Render for a moment, or wait a little for the writer. False when the job is over."""
        self._start()
        if self._rendered or self._stop.is_set():
            self._pieces, self._band = iter(()), None
            return not self._over.wait(WAIT)
        try:
            self._render(time.monotonic() + BUDGET)
        except Exception as error:
            self._halt(error)
        return True

    def cancel(self) -> None:
        """Stop rendering and encoding and remove the temporary file; nothing if it is over."""
        self._halt(None)
        self._start()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the job is over and its thread has ended; whether that came to pass."""
        if self._started:
            self._thread.join(timeout)
        return self._started and not self._thread.is_alive()

    def _start(self) -> None:
        with self._lock:
            if not self._started:
                self._started = True
                self._thread.start()

    # On the stepping thread.

    def _render(self, deadline: float) -> None:
        while self._hand_over():
            piece = next(self._pieces, None)
            if piece is None:
                # Said before the writer can know of the end: nothing follows its last report.
                self._tell_progress(closing=True)
                self._rendered = self._put(None)
                return
            self._tiles_done += piece.tiles
            self._band = piece.rows
            if time.monotonic() >= deadline:
                break
        self._tell_progress()

    def _hand_over(self) -> bool:
        """Give a complete band to the writer; False if the queue stayed full."""
        if self._band is not None and not self._put(self._band):
            return False
        self._band = None
        return True

    def _put(self, band: Samples | None) -> bool:
        try:
            self._queue.put(band, timeout=WAIT)
        except queue.Full:
            return False
        return True

    def _tell_progress(self, closing: bool = False) -> None:
        fraction = RENDERING * self._tiles_done / self._tiles
        # How long the file takes to close and to be verified, nobody knows.
        left = None if closing else self._remaining.update(fraction)
        with self._lock:
            if not self._stop.is_set():
                self._reports.progress(fraction, left)

    # On any thread.

    def _halt(self, error: Exception | None) -> None:
        """Stop both threads, for an error or because a person wants it; the first reason counts."""
        with self._lock:
            if self._settled or self._stop.is_set():
                return
            self.error = error
            self._stop.set()
        self._abort()
        # A full queue needs no wake-up call: then the writer is not waiting for a band.
        with suppress(queue.Full):
            self._queue.put_nowait(None)

    def _abort(self) -> None:
        # Should the rest of a file resist, what went wrong before is still the news.
        if self._writer is not None:
            with suppress(OSError):
                self._writer.abort()

    # On the writer thread.

    def _run(self) -> None:
        try:
            self.written = self._write()
        except Exception as error:
            self._halt(error)
        if not self.written:
            self._abort()
        with self._lock:
            self._settled = True
        self._tell_end()

    def _write(self) -> bool:
        """Open, encode, close. False if it was stopped on the way."""
        if self._stop.is_set():
            return False
        self._writer = self._open_file()
        while True:
            band = self._queue.get()
            if self._stop.is_set():
                return False
            if band is None:
                self._writer.finish()
                return True
            self._writer.write(band)

    def _tell_end(self) -> None:
        try:
            if self.written:
                self._reports.done(self._out)
            elif self.error is not None:
                self._reports.failed(explain(self.error))
            else:
                self._reports.cancelled()
        finally:
            self._over.set()
