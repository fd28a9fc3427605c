"""Failures in one sentence: what people read when something went wrong."""

from __future__ import annotations

from viewer.imaging.source import ImageError

_LACK = "allocate memory", "out of memory", "ALLOC_FAILED", "ALLOCATION_FAILED"

_ONEDNN = (
    "could not create a primitive",
    "could not execute a primitive",
    "could not create a memory object",
)
"""All that oneDNN says where it found no room. With more behind it, as ``a primitive descriptor``,
it tells that it knows no way to do what was asked."""

_PERHAPS = "unable to find an engine", "valid cuDNN algorithm"
"""cuDNN's words where none of its ways to convolve can be used: mostly as none has room enough."""


def explain(error: BaseException) -> str:
    """One line that says what is wrong; errors made for people keep their own words."""
    text = " ".join(str(error).split())
    if lacks_memory(error):
        return (
            "there is not enough memory for this; close other programs, choose a smaller size "
            "or another --device"
        )
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if isinstance(error, ImageError | ValueError) and text:
        return text
    return f"unexpected {type(error).__name__}: {text or 'no more is known'}"


def lacks_memory(error: BaseException) -> bool:
    """Whether there was not enough memory, of the host or of the device."""
    # Torch's own class for CUDA has this name; elsewhere it raises a RuntimeError that says so.
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and _tells_of_lack(str(error)))
    )


def _tells_of_lack(words: str) -> bool:
    return words in _ONEDNN or any(each in words for each in _LACK)


def may_lack_memory(error: BaseException) -> bool:
    """Whether it may help to give memory back and to try again."""
    words = str(error) if isinstance(error, RuntimeError) else ""
    return lacks_memory(error) or any(each in words for each in _PERHAPS)
