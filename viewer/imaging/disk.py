"""Questions to the disk that are answered also where nobody may look.

pathlib's own raise there (up to Python 3.12): for folders without permission, dead mounts, and
words that are too long for a name.
"""

from __future__ import annotations

from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a file is there to be read."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there to be looked into."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def has_gone(path: Path) -> bool:
    """Whether nothing is there any more; where nobody may look it may still be."""
    try:
        return not path.exists()
    except (OSError, ValueError):
        return False
