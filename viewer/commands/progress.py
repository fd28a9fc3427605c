"""The progress bar of headless commands: on stderr, and only when it is a terminal."""

from __future__ import annotations

import math
import shutil
import sys
from types import TracebackType
from typing import Any

from viewer.commands.stderr import tell


def duration(seconds: float) -> str:
    """A time for people: ``8 s``, ``1:05 min``, ``2:03:20 h``."""
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d} min"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d} h"


class Progress:
    """A bar with the time left; does nothing where nobody would see it.

    Used as a context manager: leaving it gives the line back.
    """

    def __init__(self, name: str, quiet: bool):
        self.visible = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._bar: Any = None
        if self.visible:
            from tqdm import tqdm

            # Its monitor thread serves loops that forget to update; ours do not.
            tqdm.monitor_interval = 0
            self._bar = tqdm(
                desc=name,
                total=100.0,
                leave=False,
                # Some terminals do not know their size: tqdm would then show nothing.
                ncols=min(shutil.get_terminal_size().columns, 80) - 1,
                nrows=2,
                bar_format="{desc} {percentage:3.0f} % |{bar}|{postfix}",
            )

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the line back; whatever follows shows no bar. From any thread, also twice."""
        if self._bar is not None:
            self._bar.close()

    def say(self, text: str) -> None:
        """Write a line where the bar is, which moves below it."""
        if self._bar is None:
            tell(text)
            return
        with self._bar.external_write_mode(file=sys.stderr):
            tell(text)

    def update(self, fraction: float, seconds_left: float | None, note: str = "") -> None:
        """Show the fraction done (0..1), the seconds left, if they are known, and a note."""
        if self._bar is None:
            return
        left = "" if seconds_left is None else f"{duration(seconds_left)} left"
        text = f"{left} · {note}" if left and note else left or note
        self._bar.set_postfix_str(text, refresh=False)
        self._bar.update(100.0 * fraction - self._bar.n)
