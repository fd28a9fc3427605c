"""The command line: who answers a request, and how the program ends.

What takes long to import is imported once `main` has begun: from there on Ctrl-C is silent.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from viewer.commands.interrupts import INTERRUPTED, Interrupts, leave
from viewer.commands.libraries import lacks_room

if TYPE_CHECKING:
    from viewer.commands.parser import Request

DONE, FAILED, MISUSED = 0, 1, 2

NO_ROOM = "there is not enough memory to start; close other programs"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Args:
        argv: the words after the program's name; by default those of this process.

    Returns:
        The exit code: 0 done, 1 failed, 2 words that cannot be parsed, 130 interrupted.
    """
    try:
        code = _end(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        code = INTERRUPTED
    if argv is None and (code == INTERRUPTED or _something_runs()):
        leave(code)
    return code


def _something_runs() -> bool:
    """Whether there are threads that Python does not wait for when it ends.

    It ends them where they come back to it: out of a library, that aborts the whole process.
    """
    return any(thread.daemon for thread in threading.enumerate())


def _end(words: Sequence[str]) -> int:
    """The exit code of a request; a sentence is said if it cannot be answered."""
    from viewer.commands.parser import MisuseError, read
    from viewer.commands.stderr import silence

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name the terminal cannot show is no failure
    try:
        return _answer(read(words))
    except SystemExit as end:  # after --help
        return DONE if end.code is None else int(end.code)
    except MisuseError as error:
        return _complain(str(error), MISUSED)
    except BrokenPipeError:
        # Whoever read the answer has had enough of it, as `head` has: there is nobody to tell.
        silence(sys.stdout)
        return FAILED
    except Exception as error:
        if "--debug" in words:
            import_module("traceback").print_exc()
        return _complain(_explained(error), FAILED)


def _answer(request: Request) -> int:
    """Hand a request to its command. Commands are imported only when asked for: torch is slow."""
    module = f"viewer.commands.{request.command}"
    if request.command == "view":
        # The window deals with Ctrl-C in its own loop.
        return int(import_module(module).run(request.options, request.common))
    # The window is not for commands to know; what drives it is handed to the one that measures it.
    extra = (drive_window,) if request.command == "benchmark" else ()
    with Interrupts() as interrupts:
        with interrupts.loading():
            command = import_module(module)
        command.run(request.options, request.common, interrupts, *extra)
    return DONE


def drive_window(*settings: Any) -> Any:
    """`viewer.ui.pacing_run.run`, or None where there is no Qt."""
    try:
        pacing = import_module("viewer.ui.pacing_run")
    except ImportError:
        return None
    return pacing.run(*settings)


def _explained(error: Exception) -> str:
    if isinstance(error, ImportError) and lacks_room(error):
        return NO_ROOM
    try:
        from viewer.rendering.failures import explain
    except (ImportError, MemoryError) as another:  # it needs large libraries itself
        if lacks_room(another):
            return NO_ROOM
        raise
    text = explain(error)
    return f"{text}; --debug shows where" if text.startswith("unexpected") else text


def _complain(text: str, code: int) -> int:
    from viewer.commands.parser import PROGRAM
    from viewer.commands.stderr import tell

    tell(f"{PROGRAM}: {text}")
    return code
