"""TIFF, written as it comes: deflated strips, then the directory (TIFF 6.0, and BigTIFF)."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
import tifffile
from numpy.typing import NDArray

from viewer.imaging.errors import ImageError
from viewer.imaging.layout import Extras, Layout, MismatchError, Rows
from viewer.imaging.metadata import descriptive_texts

_LEVEL = 4
_STRIP_BYTES = 1 << 20
_CLASSIC_LIMIT = 0xF000_0000
"""More bytes of samples need BigTIFF: 32-bit offsets end at 4 GiB, and deflate may add some."""

_ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED, _LONG8 = 2, 3, 4, 5, 7, 16
_CODES = {_SHORT: "H", _LONG: "I", _LONG8: "Q"}
_DEFLATE, _DIFFERENCES, _RGB, _STRAIGHT_ALPHA = 8, 2, 2, 2
_NO_UNIT, _INCH = 1, 2

Field = tuple[int, int, bytes]
"""Type, count and value of a tag."""


class TiffEncoder:
    """Deflates and writes strips at once; memory does not grow with the picture."""

    def __init__(self, file: BinaryIO, layout: Layout, extras: Extras):
        self._file = file
        self._layout = layout
        self._extras = extras
        self._digest = hashlib.blake2b()
        self._rows_per_strip = max(1, min(_STRIP_BYTES // layout.row_bytes, layout.height))
        self._pending = np.empty((0, layout.width, layout.channels), layout.dtype)
        self._places: list[tuple[int, int]] = []
        self._big = layout.all_bytes > _CLASSIC_LIMIT
        file.write(b"II+\0\x08\0\0\0" + bytes(8) if self._big else b"II*\0" + bytes(4))

    def add(self, rows: Rows) -> None:
        """Encodes all full strips; the rest waits for more rows."""
        pending = np.concatenate([self._pending, rows])
        step = self._rows_per_strip
        whole = len(pending) // step * step
        for first in range(0, whole, step):
            self._strip(pending[first : first + step])
        self._pending = pending[whole:].copy()

    def end(self) -> None:
        """Writes the last strip and the directory."""
        if len(self._pending):
            self._strip(self._pending)
        self._directory(self._fields())

    def verify(self, check: Callable[[], None]) -> None:
        """Reads the file back, by tifffile, and compares size and pixels."""
        digest = hashlib.blake2b()
        self._file.seek(0)
        try:
            with tifffile.TiffFile(self._file) as tiff:
                self._compare(tiff.pages[0], digest, check)
        except (MismatchError, ImageError, OSError):
            raise
        except Exception as error:  # whatever tifffile stumbles over, the file is not right
            raise MismatchError("the file cannot be decoded") from error
        if digest.digest() != self._digest.digest():
            raise MismatchError("the pixels in the file are not those that were written")

    def stop(self) -> None:
        """Nothing to interrupt: every step is short."""

    def close(self) -> None:
        """Nothing of its own is open."""

    def _strip(self, rows: NDArray[Any]) -> None:
        plain = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
        self._digest.update(plain.reshape(-1).view(np.uint8).data)
        differences = plain.copy()
        differences[:, 1:] -= plain[:, :-1]
        deflated = zlib.compress(differences.data, _LEVEL)
        self._places.append((self._file.tell(), len(deflated)))
        self._file.write(deflated)

    def _compare(self, page: Any, digest: hashlib.blake2b, check: Callable[[], None]) -> None:
        layout = self._layout
        found = (page.imagewidth, page.imagelength, page.samplesperpixel, page.bitspersample)
        if found != (layout.width, layout.height, layout.channels, layout.depth):
            raise MismatchError("the file has another size or kind of samples")
        for strip, _place, _shape in page.segments(maxworkers=1):
            check()
            plain = np.ascontiguousarray(strip, layout.dtype.newbyteorder("<"))
            digest.update(plain.reshape(-1).view(np.uint8).data)

    def _fields(self) -> dict[int, Field]:
        layout, extras = self._layout, self._extras
        place = _LONG8 if self._big else _LONG
        fields = {
            256: _numbers(_LONG, [layout.width]),
            257: _numbers(_LONG, [layout.height]),
            258: _numbers(_SHORT, [layout.depth] * layout.channels),
            259: _numbers(_SHORT, [_DEFLATE]),
            262: _numbers(_SHORT, [_RGB]),
            273: _numbers(place, [offset for offset, _ in self._places]),
            274: _numbers(_SHORT, [1]),
            277: _numbers(_SHORT, [layout.channels]),
            278: _numbers(_LONG, [self._rows_per_strip]),
            279: _numbers(place, [size for _, size in self._places]),
            284: _numbers(_SHORT, [1]),
            317: _numbers(_SHORT, [_DIFFERENCES]),
            **_resolution(extras.dpi),
        }
        if layout.channels == 4:
            fields[338] = _numbers(_SHORT, [_STRAIGHT_ALPHA])
        if extras.icc_profile:
            fields[34675] = (_UNDEFINED, len(extras.icc_profile), extras.icc_profile)
        for tag, text in descriptive_texts(extras.exif).items():
            encoded = text.encode("latin-1") + b"\0"
            fields[tag] = (_ASCII, len(encoded), encoded)
        return fields

    def _directory(self, fields: dict[int, Field]) -> None:
        """Values that do not fit into their entry come first, then the entries in order."""
        count, place, entry = ("<Q", "<Q", "<HHQ") if self._big else ("<H", "<I", "<HHI")
        room = struct.calcsize(place)
        entries = b""
        for tag, (kind, number, value) in sorted(fields.items()):
            held = value if len(value) <= room else struct.pack(place, self._aligned(value))
            entries += struct.pack(entry, tag, kind, number) + held.ljust(room, b"\0")
        table = struct.pack(count, len(fields)) + entries + struct.pack(place, 0)
        first = self._aligned(table)
        self._file.seek(room)  # in both headers the first offset is as far in as it is long
        self._file.write(struct.pack(place, first))

    def _aligned(self, value: bytes) -> int:
        """Writes at an even offset, as TIFF demands, and returns it."""
        self._file.write(bytes(self._file.tell() % 2))
        offset = self._file.tell()
        self._file.write(value)
        return offset


def _numbers(kind: int, values: list[int]) -> Field:
    return kind, len(values), struct.pack(f"<{len(values)}{_CODES[kind]}", *values)


def _resolution(dpi: tuple[float, float] | None) -> dict[int, Field]:
    """Tags that TIFF wants in any case: a ratio of 1 without a unit says "not known"."""
    unit = _NO_UNIT if dpi is None else _INCH
    across, down = (struct.pack("<II", round(v * 1000), 1000) for v in dpi or (1.0, 1.0))
    return {
        282: (_RATIONAL, 1, across),
        283: (_RATIONAL, 1, down),
        296: _numbers(_SHORT, [unit]),
    }
