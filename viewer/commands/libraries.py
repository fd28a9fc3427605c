"""What the system says when it cannot load a library. Imports nothing that is large itself."""

from __future__ import annotations


def lacks_room(error: BaseException) -> bool:
    """Whether memory was wanting, or so much of it that a library could not be loaded."""
    words = str(error).lower() if isinstance(error, ImportError) else ""
    unloaded = "failed to map segment" in words or "cannot allocate memory" in words
    return unloaded or isinstance(error, MemoryError)
