"""What the boxes of AVIF and JPEG 2000 files tell, and Pillow does not: depth and colour space.

ISO/IEC 14496-12 (boxes), 23008-12 (items and their properties), AV1-ISOBMFF (``av1C``) and
15444-1 (JPEG 2000). A box is its size, its kind of four letters, and its content.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_CODESTREAM = b"\xff\x4f\xff\x51"
_NUMBERED, _SYCC = b"\1", struct.pack(">I", 18)
_TO_THE_END, _LONG = 0, 1
_MOST = 10_000
"""Boxes beside each other that are looked at; files made to keep programs busy have millions."""


def avif_depths(path: Path) -> set[int]:
    """Bits of the channels of an AVIF; empty where they are not told."""
    depths = set[int]()
    for kind, content in avif_properties(path):
        if kind == b"pixi":
            depths |= set(content[5:])
        elif kind == b"av1C" and len(content) > 2:
            deep, deepest = content[2] & 0x40, content[2] & 0x20
            depths.add(12 if deep and deepest else 10 if deep else 8)
    return depths


def avif_properties(path: Path) -> list[tuple[bytes, bytes]]:
    """Kinds and contents of the properties of the primary picture; empty if they are damaged."""
    with path.open("rb") as file:
        try:
            return _properties(file, path.stat().st_size)
        except (struct.error, IndexError):
            return []


def jpeg2000_depths(path: Path) -> set[int]:
    """Bits of the channels of a JPEG 2000; empty where they are not told."""
    with path.open("rb") as file:
        if file.read(4) != _CODESTREAM:
            file.seek(0)
            if _enter(file, path.stat().st_size, b"jp2c") is None or file.read(4) != _CODESTREAM:
                return set()
        # The marker's length, 34 bytes of sizes, then bits and two steps for each channel.
        head = file.read(38)
        (count,) = struct.unpack(">H", head[36:]) if len(head) == 38 else (0,)
        return {(bits & 0x7F) + 1 for bits in file.read(3 * count)[::3]}


def jpeg2000_colour(path: Path) -> bytes:
    """Content of the first box that tells the colour space: only that counts. Empty without one."""
    with path.open("rb") as file:
        end = _enter(file, path.stat().st_size, b"jp2h") or 0
        return next((content for kind, content in _contents(file, end) if kind == b"colr"), b"")


def is_ycc(path: Path) -> bool:
    """Whether a JPEG 2000 holds sYCC, luma and chroma, instead of RGB."""
    colour = jpeg2000_colour(path)
    return colour[:1] == _NUMBERED and colour[3:] == _SYCC


def _properties(file: BinaryIO, end: int) -> list[tuple[bytes, bytes]]:
    end = _enter(file, end, b"meta") or 0
    file.seek(4, 1)
    start = file.tell()
    item = next((data for kind, data in _contents(file, end) if kind == b"pitm"), b"")
    (number,) = struct.unpack(">I" if item[0] else ">H", item[4:])
    file.seek(start)
    end = _enter(file, end, b"iprp") or 0
    properties, links = list[tuple[bytes, bytes]](), list[int]()
    for kind, stop in _boxes(file, end):
        if kind == b"ipco":
            properties = list(_contents(file, stop))
        elif kind == b"ipma":
            links += _links(file.read(stop - file.tell()), number)
    return [properties[link - 1] for link in links if link]


def _links(table: bytes, item: int) -> list[int]:
    """Numbers, from 1, of the properties that an ``ipma`` box gives to an item."""
    head = ">IB" if table[0] else ">HB"
    letter, mask = ("H", 0x7FFF) if table[3] & 1 else ("B", 0x7F)
    (entries,) = struct.unpack_from(">I", table, 4)
    place = 8
    for _ in range(entries):
        number, count = struct.unpack_from(head, table, place)
        links = f">{count}{letter}"
        place += struct.calcsize(head)
        if number == item:
            return [link & mask for link in struct.unpack_from(links, table, place)]
        place += struct.calcsize(links)
    return []


def _contents(file: BinaryIO, end: int) -> Iterator[tuple[bytes, bytes]]:
    for kind, stop in _boxes(file, end):
        yield kind, file.read(stop - file.tell())


def _enter(file: BinaryIO, end: int, wanted: bytes) -> int | None:
    """Goes to the content of the next box of a kind; returns where it ends, None without one."""
    return next((stop for kind, stop in _boxes(file, end) if kind == wanted), None)


def _boxes(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int]]:
    """Kind and end of each box from here on, the file at its content; stops at a damaged one."""
    for _ in range(_MOST):
        start = file.tell()
        if start + 8 > end:
            return
        size, kind = struct.unpack(">I4s", file.read(8))
        if size == _LONG:
            size = int.from_bytes(file.read(8))
        stop = end if size == _TO_THE_END else start + size
        if not file.tell() <= stop <= end:
            return
        yield kind, stop
        file.seek(stop)
