"""What goes wrong with image files, said in one sentence each."""

from __future__ import annotations

import errno

_CLAUSES = {
    errno.EACCES: "it may not be accessed; change its permissions or choose another place",
    errno.EPERM: "it may not be accessed; change its permissions or choose another place",
    errno.EROFS: "the disk may only be read; choose another folder",
    errno.ENOSPC: "there is no space left on the disk; free some or choose another folder",
    errno.EDQUOT: "the disk quota is used up; free some space or choose another folder",
    errno.EFBIG: "the file would be larger than the disk allows; choose another folder",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.ENOENT: "there is no such file or folder; check the path",
    errno.ENOTDIR: "a part of the path is not a folder; check the path",
    errno.ENOMEM: "there is not enough memory; close other programs or choose a smaller size",
}


class ImageError(Exception):
    """An image file cannot be read or written. `str()` is one sentence for people."""


class UnsupportedError(Exception):
    """A file is sound but of a kind that is not read. `str()` is the second half of a sentence."""


class WritingCancelledError(ImageError):
    """The work on a file was given up by `Writer.abort`; nothing of it remains."""


def because(error: OSError) -> str:
    """A failure of the operating system as the second half of a sentence."""
    known = _CLAUSES.get(error.errno or 0)
    return known or f"{(error.strerror or str(error) or 'the system refused').lower()}; try again"
