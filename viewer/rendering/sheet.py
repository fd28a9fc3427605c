"""Sheets: the memory that frames of one lattice share, so that a pan copies nothing."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from models.samplers.grid import Window
from viewer.rendering.messages import Pixels

MARGIN = 512
"""Samples around a moved window that its sheet has room for: as far again nothing is copied.
Memory that nothing has been written to is not taken from the system yet."""


class Sheet:
    """Pixels of a lattice: those of a window, transparent where nothing has been written.

    Attributes:
        window: which samples it has room for.
    """

    def __init__(self, window: Window):
        self.window = window

    @property
    def blank(self) -> bool:
        """Whether nothing has been written."""
        return "pixels" not in vars(self)

    @cached_property
    def pixels(self) -> Pixels:
        """``[rows, columns, 4]`` BGRA. Made when first needed."""
        return np.zeros((self.window.rows, self.window.columns, 4), np.uint8)

    def part(self, window: Window) -> Pixels:
        """The pixels of a window inside it, without a copy."""
        top, left = window.row - self.window.row, window.column - self.window.column
        return self.pixels[top : top + window.rows, left : left + window.columns]

    def memory(self, window: Window) -> memoryview:
        """The bytes from the first pixel of a window inside it to its last.

        A row begins ``4·columns`` bytes of the sheet's own window after the one before.
        """
        row, pixels = 4 * self.window.columns, self.pixels.data.cast("B")
        first = (window.row - self.window.row) * row + 4 * (window.column - self.window.column)
        return pixels[first : first + (window.rows - 1) * row + 4 * window.columns]

    def moved(self, window: Window) -> Sheet:
        """One that has room for another window: itself, or a larger one with what it has there."""
        shared = window.common(self.window)
        if shared == window:
            return self
        larger = Sheet(window.grown(MARGIN))
        if shared is not None:
            larger.part(shared)[:] = self.part(shared)
        return larger
