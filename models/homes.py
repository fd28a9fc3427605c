"""Paths as people type them: ``~`` is a home folder."""

from __future__ import annotations

import os


def expanded(path: str | os.PathLike[str]) -> str:
    """A path with its home folder; the ``~`` of nobody known stays as it is."""
    return os.path.expanduser(path)  # noqa: PTH111 - Path's own raises without a home
