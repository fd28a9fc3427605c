"""JPEG, WebP and AVIF: rows are spooled, then encoded in a child process that can be killed."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from viewer.imaging.layout import Extras, Layout, MismatchError, Rows

_PROGRAM = Path(__file__).with_name("encode.py")
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""On Windows a child would open a console."""

_DEATH_SECONDS = 0.1
"""How long `stop` waits for a killed child to be gone."""


class ChildEncoder:
    """Spools rows beside the target, in a file without a name, and hands them to a child.

    The child gets both files as its standard streams: it opens none itself, so nothing is left
    when it is killed.

    Args:
        file: the file to be written.
        folder: where the spool may lie.
        kind: Pillow's name of the format.
        options: further arguments of Pillow's `save`.
        lossless: whether pixels must come back as they were.
    """

    def __init__(
        self,
        file: BinaryIO,
        layout: Layout,
        extras: Extras,
        *,
        folder: Path,
        kind: str,
        options: Mapping[str, Any],
        lossless: bool,
    ):
        self._file = file
        self._layout = layout
        self._starting = threading.Lock()
        self._stopped = False
        self._process: subprocess.Popen[bytes] | None = None
        self._spool = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - `close` closes it
        job = {
            "format": kind,
            "width": layout.width,
            "height": layout.height,
            "mode": "RGBA" if layout.channels == 4 else "RGBX",
            "options": dict(options),
            "lossless": lossless,
            "icc_profile": base64.b64encode(extras.icc_profile or b"").decode(),
            "exif": base64.b64encode(extras.exif or b"").decode(),
            "dpi": extras.dpi,
        }
        text = json.dumps(job).encode()
        self._spool.write(struct.pack("<Q", len(text)) + text)

    def add(self, rows: Rows) -> None:
        """Spools rows as 4 bytes a pixel, which Pillow can use where they lie."""
        pixels = np.full((*rows.shape[:2], 4), 255, np.uint8)
        pixels[:, :, : rows.shape[2]] = rows
        self._spool.write(pixels.data)

    def end(self) -> None:
        """Encodes and verifies, both in the child: it is the part that takes long.

        Raises:
            MismatchError: what the child says.
            OSError: the system refused the child something.
        """
        self._spool.flush()
        self._spool.seek(0)
        process = self._start()
        _, said = process.communicate()
        if process.returncode:
            raise _failure(said.decode("utf-8", "replace").strip().splitlines())

    def verify(self, check: Callable[[], None]) -> None:
        """Done by the child already."""

    def stop(self) -> None:
        """Kills the child; a later `end` starts none."""
        with self._starting:
            self._stopped = True
        if self._process is not None:
            self._process.kill()
            # If it takes longer: it dies anyway, and holds no file that has a name.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_DEATH_SECONDS)

    def close(self) -> None:
        """Removes the spool."""
        self._spool.close()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._starting:
            if self._stopped:
                raise MismatchError("the encoder was stopped")
            # -P: the folder of the program is ours, its modules must not hide the library's.
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_PROGRAM)],
                stdin=self._spool,
                stdout=self._file,
                stderr=subprocess.PIPE,
                creationflags=_NO_WINDOW,
            )
            return self._process


def _failure(said: Sequence[str]) -> Exception:
    """What the last line on the child's standard error says."""
    reason = said[-1].rstrip(".") if said else "it ended early, maybe for lack of memory"
    word, _, number = reason.partition(" ")
    if word == "errno" and number.isdecimal():
        return OSError(int(number), os.strerror(int(number)))
    return MismatchError(f"the encoder failed ({reason})")
