"""What LLVM compiles for the processor at hand: when it is first asked for, once a process."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Callable
from importlib.util import find_spec
from threading import Lock
from typing import Generic, TypeVar

ROOM = 64 << 20
"""Bytes that must be there for LLVM; it has been seen to take a few."""

LIBRARY = 192 << 20
"""Bytes that must be there before its library is loaded, which takes half of them."""

Made = TypeVar("Made")


class Once(Generic[Made]):
    """Something that is compiled when first asked for.

    Args:
        make: compiles it, and makes sure that it computes rightly: compilers err, too.
    """

    def __init__(self, make: Callable[[], Made]):
        self._make = make
        self._lock = Lock()
        self._made: tuple[Made] | None = None

    def __call__(self) -> Made:
        """It, after some tenths of a second the first time.

        Raises:
            ImportError, OSError, RuntimeError: where it cannot be compiled, or computes wrongly.
            MemoryError: if there is too little memory now.
        """
        with self._lock:
            if self._made is None:
                _look_for_room()
                self._made = (self._make(),)
            return self._made[0]


def has_compiler() -> bool:
    """Whether llvmlite is installed."""
    return find_spec("llvmlite") is not None


def _look_for_room() -> None:
    """Raise MemoryError where LLVM might find too little: it would end the process."""
    loaded = "llvmlite.binding" in sys.modules
    try:
        mmap.mmap(-1, ROOM if loaded else ROOM + LIBRARY).close()
    except OSError as error:
        raise MemoryError("no room to compile for this processor") from error
