"""PNG, written as it comes: 8 or 16 bits, RGB or RGBA (W3C PNG specification, third edition)."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from viewer.imaging import png_reader
from viewer.imaging.layout import Extras, Layout, MismatchError, Rows

MAX_DEEP_SIDE = 1_000_000
"""Pixels a side that libpng reads, as it is built for us and nearly all; with 8 bits Pillow rules.
"""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {3: 2, 4: 6}
_LEVEL = 4
"""zlib's effort: 6 takes three times as long for files 5 % smaller."""

_CHUNK_BYTES = 1 << 18
_BAND_BYTES = 1 << 20
_METRE = 39.37007874
"""Inches in a metre."""


class PngEncoder:
    """Filters, deflates and writes rows at once; memory does not grow with the picture."""

    def __init__(self, file: BinaryIO, layout: Layout, extras: Extras):
        self._file = file
        self._layout = layout
        self._digest = hashlib.blake2b()
        self._above = np.zeros(layout.row_bytes, np.uint8)
        self._deflate = zlib.compressobj(_LEVEL)
        self._pending = bytearray()
        self._write_head(extras)

    def add(self, rows: Rows) -> None:
        """Encodes rows ``[n, W, C]``."""
        stored = network_bytes(rows)
        self._digest.update(stored.reshape(-1).data)
        step = max(1, _BAND_BYTES // self._layout.row_bytes)
        for first in range(0, len(stored), step):
            band = stored[first : first + step]
            filtered = filter_rows(band, self._above, self._layout.pixel_bytes)
            self._above = band[-1]
            self._data(self._deflate.compress(filtered.data))

    def end(self) -> None:
        """Writes the last chunks."""
        self._data(self._deflate.flush(), last=True)
        self._chunk(b"IEND", b"")

    def verify(self, check: Callable[[], None]) -> None:
        """Reads the file back and compares size and pixels."""
        digest = hashlib.blake2b()
        self._file.seek(0)
        for rows in png_reader.rows(self._file, self._layout):
            check()
            digest.update(rows.reshape(-1).data)
        if digest.digest() != self._digest.digest():
            raise MismatchError("the pixels in the file are not those that were written")

    def stop(self) -> None:
        """Nothing to interrupt: every step is short."""

    def close(self) -> None:
        """Nothing of its own is open."""

    def _write_head(self, extras: Extras) -> None:
        layout = self._layout
        self._file.write(SIGNATURE)
        size = struct.pack(">II", layout.width, layout.height)
        kind = bytes([layout.depth, _COLOUR_TYPES[layout.channels], 0, 0, 0])
        self._chunk(b"IHDR", size + kind)
        if extras.icc_profile:
            self._chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(extras.icc_profile))
        if extras.exif:
            self._chunk(b"eXIf", extras.exif)
        if extras.dpi:
            across, down = (round(value * _METRE) for value in extras.dpi)
            self._chunk(b"pHYs", struct.pack(">IIB", across, down, 1))

    def _data(self, deflated: bytes, last: bool = False) -> None:
        """Gathers compressed bytes into chunks of a useful size."""
        self._pending += deflated
        if last or len(self._pending) >= _CHUNK_BYTES:
            self._chunk(b"IDAT", bytes(self._pending))
            self._pending.clear()

    def _chunk(self, kind: bytes, data: bytes) -> None:
        self._file.write(struct.pack(">I", len(data)) + kind)
        self._file.write(data)
        self._file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))


def network_bytes(rows: Rows) -> NDArray[np.uint8]:
    """Rows ``[n, W, C]`` as PNG stores them: ``[n, row bytes]``, high byte first."""
    ordered = np.ascontiguousarray(rows, rows.dtype.newbyteorder(">"))
    return ordered.view(np.uint8).reshape(len(rows), -1)


def filter_rows(rows: NDArray[np.uint8], above: NDArray[np.uint8], pixel: int) -> NDArray[np.uint8]:
    """Each row with the filter that promises the shortest code, behind the filter's number.

    The choice is the specification's: least sum of absolute differences (12.7), among None,
    Sub and Up. Average and Paeth gain a few per cent but cannot be undone quickly in numpy, and
    the file is read back.

    Args:
        rows: ``[n, row bytes]``.
        above: the row before the first.
        pixel: bytes of a pixel.
    """
    sub = rows.copy()
    sub[:, pixel:] -= rows[:, :-pixel]
    up = rows - np.concatenate([above[None], rows[:-1]])
    candidates = (rows, sub, up)
    costs = np.stack([np.abs(each.view(np.int8)).view(np.uint8).sum(1) for each in candidates])
    best = costs.argmin(axis=0)
    out = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
    out[:, 0] = best
    for number, each in enumerate(candidates):
        chosen = best == number
        out[chosen, 1:] = each[chosen]
    return out
