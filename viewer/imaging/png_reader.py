"""Reading back the PNG files that `png` writes, in bands, to prove that they are whole."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from viewer.imaging.layout import Layout, MismatchError

_BAND_BYTES = 1 << 20
_COLOUR_CHANNELS = {2: 3, 6: 4}
_NONE, _SUB, _UP = 0, 1, 2


def rows(file: BinaryIO, layout: Layout) -> Iterator[NDArray[np.uint8]]:
    """The stored bytes ``[n, row bytes]`` of a file, band after band.

    Chunk checksums, zlib's own checksum, the size and the number of rows are checked.

    Raises:
        MismatchError: the file is not a whole picture of this layout.
    """
    try:
        yield from _bands(file, layout)
    except (zlib.error, struct.error) as error:
        raise MismatchError("the file cannot be decoded") from error


def _bands(file: BinaryIO, layout: Layout) -> Iterator[NDArray[np.uint8]]:
    if file.read(8) != b"\x89PNG\r\n\x1a\n":
        raise MismatchError("the file does not begin as a PNG does")
    chunks = _chunks(file)
    _check_head(next(chunks), layout)
    width = layout.row_bytes + 1
    count = max(1, _BAND_BYTES // width)
    above, seen = np.zeros(layout.row_bytes, np.uint8), 0
    for block in _blocks(_inflated(chunks), width, count):
        band = _unfiltered(block.reshape(-1, width), above, layout.pixel_bytes)
        above, seen = band[-1], seen + len(band)
        yield band
    if seen != layout.height:
        raise MismatchError(f"the file has {seen} rows instead of {layout.height}")


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    kind = b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", file.read(8))
        data = file.read(length)
        (stored,) = struct.unpack(">I", file.read(4))
        if stored != zlib.crc32(data, zlib.crc32(kind)):
            raise MismatchError("a checksum in the file is wrong")
        yield kind, data


def _check_head(chunk: tuple[bytes, bytes], layout: Layout) -> None:
    width, height, depth, colour = struct.unpack(">IIBB", chunk[1][:10])
    expected = (layout.width, layout.height, layout.depth, layout.channels)
    if (width, height, depth, _COLOUR_CHANNELS.get(colour)) != expected:
        raise MismatchError("the file has another size or kind of samples")


def _inflated(chunks: Iterator[tuple[bytes, bytes]]) -> Iterator[bytes]:
    inflate = zlib.decompressobj()
    for kind, data in chunks:
        if kind == b"IDAT":
            yield inflate.decompress(data, _BAND_BYTES)
            while inflate.unconsumed_tail:
                yield inflate.decompress(inflate.unconsumed_tail, _BAND_BYTES)
    yield inflate.flush()
    if not inflate.eof:
        raise MismatchError("the compressed data of the file are cut off")


def _blocks(pieces: Iterator[bytes], width: int, count: int) -> Iterator[NDArray[np.uint8]]:
    """Whole rows, at most about ``count`` at once, from pieces of any length."""
    pending = bytearray()
    for piece in pieces:
        pending += piece
        whole = len(pending) // width * width
        if whole >= count * width:
            yield np.frombuffer(bytes(pending[:whole]), np.uint8)
            del pending[:whole]
    if len(pending) % width:
        raise MismatchError("the last row of the file is cut off")
    if pending:
        yield np.frombuffer(bytes(pending), np.uint8)


def _unfiltered(
    block: NDArray[np.uint8], above: NDArray[np.uint8], pixel: int
) -> NDArray[np.uint8]:
    """Undoes the filters of consecutive rows (PNG specification, 9.2)."""
    out = block[:, 1:].copy()
    for row, kind in zip(out, block[:, 0], strict=True):
        if kind == _SUB:
            pixels = row.reshape(-1, pixel)
            np.add.accumulate(pixels, axis=0, dtype=np.uint8, out=pixels)
        elif kind == _UP:
            row += above
        elif kind != _NONE:
            raise MismatchError("the file uses a filter that was not written")
        above = row
    return out
