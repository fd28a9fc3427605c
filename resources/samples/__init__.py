"""Pictures to try: a photograph and a resolution chart (their licences are in README.md)."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

DEFAULT_SAMPLE = "cat.png"
"""The photograph: fur, whiskers and smooth skin beside each other."""

CHART = "chart.png"
"""The resolution chart that ``tools/draw_chart.py`` draws."""


def sample_path(name: str = DEFAULT_SAMPLE) -> Path:
    """The file of the sample ``name``. Raises FileNotFoundError if there is no such sample."""
    path = Path(str(files(__name__) / name))
    if not path.is_file():
        raise FileNotFoundError(f"there is no sample {name}; there are {DEFAULT_SAMPLE}, {CHART}")
    return path
