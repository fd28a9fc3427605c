"""Little text files: complete under their name, or not there at all."""

from __future__ import annotations

import threading
from pathlib import Path

from viewer.commands.interrupts import Interrupts
from viewer.imaging.errors import ImageError, because
from viewer.imaging.target import Target


def check_text(path: Path, overwrite: bool) -> None:
    """Raise ImageError if a file cannot be begun: better said before long work than after it."""
    Target(path, overwrite).close()


def write_text(path: Path, text: str, overwrite: bool, interrupts: Interrupts) -> None:
    """Write a text in UTF-8. What names of files have that is none is escaped, as JSON has it.

    Raises:
        ImageError: one sentence.
        KeyboardInterrupt: nothing is left of the file.
    """
    target = Target(path, overwrite)
    given_up = threading.Event()

    def give_up() -> None:
        given_up.set()
        target.discard()

    with interrupts.stops(give_up):
        try:
            target.file.write(text.encode(errors="backslashreplace"))
            target.sync()
            target.commit()
        except OSError as error:
            if not given_up.is_set():
                raise ImageError(f"Cannot write {path}: {because(error)}.") from error
        finally:
            target.close()
