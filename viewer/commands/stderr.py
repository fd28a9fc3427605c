"""Words for a person on stderr, where there may be nobody any more."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO


def tell(text: str) -> None:
    """Write a line, if it can be written: work does not fail because nobody is told of it.

    A terminal may have gone, a log may lie on a full disk; what comes after is not tried again.
    """
    if sys.stderr is None:
        return  # print would take the other stream
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Let a stream lead nowhere, with what it still holds, so that the program's end is calm."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
