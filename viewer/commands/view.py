"""`view`: the window. Qt is imported here at the latest possible moment."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Mapping
from importlib import import_module

from viewer.commands.interrupts import Interrupts, heard
from viewer.commands.libraries import lacks_room
from viewer.commands.options import CommonOptions, ViewOptions


def run(options: ViewOptions, common: CommonOptions) -> int:
    """Open the window and stay until it is closed; its exit code.

    Raises:
        ValueError: one sentence, if there is no display or no Qt.
        KeyboardInterrupt: the window was closed by a signal, or not even opened.
    """
    if sys.platform.startswith("linux") and not has_display(os.environ):
        raise ValueError(
            "there is no display to open a window on; start it in a desktop session, or use the "
            "commands that need none, such as export and compare"
        )
    try:
        with Interrupts() as interrupts, interrupts.loading():
            application = import_module("viewer.ui.application")
    except ImportError as error:
        if lacks_room(error):
            raise
        raise ValueError(_without_qt(error)) from error
    return int(application.run(list(options.images), common, heard()))


def has_display(environment: Mapping[str, str]) -> bool:
    """Whether Qt would find a display on Linux; where it does not, it aborts the process."""
    if environment.get("QT_QPA_PLATFORM") or environment.get("WAYLAND_DISPLAY"):
        return True
    display = environment.get("DISPLAY", "")
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display)
    return _answers(int(local[1])) if local else bool(display)


def _answers(number: int) -> bool:
    """Whether a local X server listens, on its file or its abstract address."""
    for address in (f"/tmp/.X11-unix/X{number}", f"\0/tmp/.X11-unix/X{number}"):
        with socket.socket(socket.AF_UNIX) as line:
            if line.connect_ex(address) == 0:
                return True
    return False


def _without_qt(error: ImportError) -> str:
    if (error.name or "").startswith("PySide6") and isinstance(error, ModuleNotFoundError):
        return (
            "the window needs PySide6, which is not installed; run pip install "
            "PySide6-Essentials, or use export and compare, which do without"
        )
    return (
        f"the window cannot start ({error}): a system library that Qt needs is missing; "
        "tools/system_libraries.sh says which, and how to install it (README, With pip alone)"
    )
