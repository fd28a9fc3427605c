"""The program that encodes JPEG, WebP and AVIF, run as a child so that it can be killed.

It is run by its path and imports nothing of ours, so it starts from any folder and quickly.
Standard input is a file: the length of a JSON description (8 bytes, little endian), the
description, and pixels of 4 bytes in rows. Standard output is the file to be written; it is then
read back and compared. What fails is one line on standard error, with exit code 1; where
the system refused something it is ``errno`` and the number.
"""

from __future__ import annotations

import base64
import json
import mmap
import os
import struct
import sys
from typing import Any, BinaryIO

from PIL import Image

_BAND = 256


def options(job: dict[str, Any]) -> dict[str, Any]:
    """Arguments of Pillow's `save`."""
    exif = base64.b64decode(job["exif"])
    found: dict[str, Any] = {"format": job["format"], **job["options"]}
    if job["icc_profile"]:
        found["icc_profile"] = base64.b64decode(job["icc_profile"])
    if exif:
        found["exif"] = b"Exif\0\0" + exif
    if job["dpi"]:
        found["dpi"] = tuple(job["dpi"])
    return found


def compare(file: BinaryIO, picture: Image.Image, lossless: bool) -> None:
    """Decodes the written file once. Raises ValueError if it is not the picture."""
    file.seek(0)
    with Image.open(file) as read:
        if read.size != picture.size:
            raise ValueError("the file has another size than what was written")
        if not lossless:
            # Nothing is compared: a JPEG decoded to an eighth shows as well that it is whole.
            read.draft(None, (max(read.width // 8, 1), max(read.height // 8, 1)))
        read.load()
        for top in range(0, picture.height if lossless else 0, _BAND):
            box = (0, top, picture.width, min(top + _BAND, picture.height))
            found = read.crop(box).convert(picture.mode)
            if found.tobytes() != picture.crop(box).tobytes():
                raise ValueError("the pixels in the file are not those that were written")


def run(spool: BinaryIO, out: BinaryIO) -> None:
    """Encodes what the spool describes and checks it."""
    Image.MAX_IMAGE_PIXELS = None
    data = mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ)
    (length,) = struct.unpack_from("<Q", data)
    job = json.loads(data[8 : 8 + length])
    # The pixels stay where they are: Pillow maps modes of 4 bytes without a copy.
    pixels: Any = memoryview(data)[8 + length :]
    size, mode = (job["width"], job["height"]), job["mode"]
    picture = Image.frombuffer(mode, size, pixels, "raw", mode, 0, 1)
    picture.save(out, **options(job))
    out.flush()
    compare(out, picture, job["lossless"])


def _line(error: Exception) -> str:
    """What the parent is told. It has words of its own for what the system refuses."""
    if isinstance(error, OSError) and error.errno:
        return f"errno {error.errno}"
    return " ".join(str(error).split()) or type(error).__name__


def main() -> int:
    """Runs the job on the standard streams, or says what failed."""
    try:
        with os.fdopen(0, "rb", closefd=False) as spool, os.fdopen(1, "r+b", closefd=False) as out:
            run(spool, out)
    except Exception as error:  # whatever it is, the parent needs a line of text
        print(_line(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Without the interpreter's end, which would take the mapped file apart.
    os._exit(code)
