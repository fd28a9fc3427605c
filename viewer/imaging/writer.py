"""The writer: rows in, a verified file out, or nothing at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from viewer.imaging.errors import ImageError, WritingCancelledError, because
from viewer.imaging.layout import Encoder, Layout, MismatchError, Rows
from viewer.imaging.target import Target


class Writer:
    """Writes one picture from top to bottom.

    One thread calls `write` and `finish`; any thread may call `abort`. After a failure nothing is
    left of the file, and an older one of that name is as it was. As a context manager it aborts
    whatever has not been finished.

    Attributes:
        layout: size and kind of the samples.
    """

    def __init__(self, target: Target, layout: Layout, encoder: Encoder):
        self.layout = layout
        self._target = target
        self._encoder = encoder
        self._rows = 0
        self._working = threading.Lock()  # held while the file is being touched
        self._deciding = threading.Lock()  # held, shortly, to settle between commit and abort
        self._cancelled = False
        self._committed = False

    def write(self, rows: Rows) -> None:
        """Takes the next rows.

        Args:
            rows: ``[n, W, C]``, uint8 or uint16 as the depth says, straight alpha.

        Raises:
            ValueError: rows of another shape or type, or more of them than the picture has.
            ImageError: they cannot be written, or the writer was aborted.
        """
        with self._work():
            self._check_rows(rows)
            self._rows += len(rows)
            self._encoder.add(rows)

    def finish(self) -> None:
        """Writes the end, decodes the file once to compare, and gives it its name.

        Raises:
            ValueError: rows are missing.
            ImageError: it cannot be written or does not decode right, or the writer was aborted.
        """
        with self._work():
            if self._rows != self.layout.height:
                raise ValueError(f"{self._rows} of {self.layout.height} rows were written")
            self._encoder.end()
            self._target.sync()
            self._check_alive()
            self._encoder.verify(self._check_alive)
            self._encoder.close()
            with self._deciding:
                self._check_alive()
                self._target.commit()
                self._committed = True

    def abort(self) -> None:
        """Gives up: stops a child process and removes the temporary file.

        From any thread, at any time, also twice; returns at once. After `finish` it does nothing.
        """
        with self._deciding:
            if self._committed:
                return
            self._cancelled = True
            self._encoder.stop()
            self._target.discard()
        self._close_if_idle()

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.abort()

    @contextmanager
    def _work(self) -> Iterator[None]:
        """The frame of `write` and `finish`: whatever fails inside leaves nothing behind."""
        try:
            with self._working:
                self._check_alive()
                yield
        except BaseException as error:
            cancelled = self._cancelled
            self.abort()
            told = self._sentence(error, cancelled)
            if told is error:
                raise
            raise told from error
        finally:
            # An abort during the work could not close the file: it was in use.
            if self._cancelled:
                self._close_if_idle()

    def _sentence(self, error: BaseException, cancelled: bool) -> BaseException:
        name = self._target.name
        if cancelled and isinstance(error, Exception):
            return WritingCancelledError(f"The writing of {name} was cancelled.")
        if isinstance(error, OSError):
            return ImageError(f"Cannot write {name}: {because(error)}.")
        if isinstance(error, MismatchError):
            return ImageError(f"Cannot write {name}: {error}; write it again, or elsewhere.")
        if isinstance(error, MemoryError):
            return ImageError(f"Cannot write {name}: the memory is full; choose a smaller size.")
        return error

    def _check_alive(self) -> None:
        if self._cancelled:
            raise WritingCancelledError(f"The writing of {self._target.name} was cancelled.")
        if self._committed:
            raise ValueError("the file is finished")

    def _check_rows(self, rows: Rows) -> None:
        layout = self.layout
        if rows.ndim != 3 or rows.shape[1:] != (layout.width, layout.channels):
            expected = f"[n, {layout.width}, {layout.channels}]"
            raise ValueError(f"rows are {expected}, not {list(rows.shape)}")
        if rows.dtype != layout.dtype:
            raise ValueError(f"rows are {layout.dtype}, not {rows.dtype}")
        if self._rows + len(rows) > layout.height:
            raise ValueError(f"the picture has only {layout.height} rows")

    def _close_if_idle(self) -> None:
        if self._working.acquire(blocking=False):
            try:
                self._encoder.close()
                self._target.close()
            finally:
                self._working.release()
