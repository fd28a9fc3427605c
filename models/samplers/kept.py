"""Samples that are kept as they were decoded, for who needs those beside a tile as well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.samplers.cache import ByteCache
from models.samplers.grid import Lattice, Window, tiles_of

BUDGET = 128 << 20
"""Bytes: those of a view of 3840 × 2160 samples."""

Floats = NDArray[np.float32]

Gap = tuple[Floats, Window]
"""A place that is still to be filled, and the window whose samples belong there."""

Evaluate = Callable[[Sequence[Window]], Tensor]
"""Samples ``[N, rows, columns, 3]`` of windows of one shape."""


class KeptTiles:
    """Unrounded samples of whole tiles, on the CPU; those not used for long leave.

    Nothing is kept once it has turned out that a sample's bits depend on the shape of the window it
    is evaluated in, as they do where a library chooses its loops by the size of its matrices. What
    is put together would then differ from what is evaluated.
    """

    def __init__(self, budget: int = BUDGET):
        # Arrays, not tensors: a small copy between those takes some microseconds.
        self._cache = ByteCache[Floats](budget)
        self._steady: bool | None = None  # not known yet

    @property
    def useful(self) -> bool:
        """Whether anything is kept."""
        return self._steady is not False

    def put(self, lattice: Lattice, windows: Sequence[Window], samples: Tensor) -> None:
        """Keep those windows' samples that are whole tiles."""
        for window, part in zip(windows, samples.numpy(), strict=True):
            if self.useful and _is_tile(window):
                # A view would keep its whole batch, as long as itself is kept.
                self._cache.put((lattice, window), part.copy())

    def count(self, lattice: Lattice, windows: Sequence[Window]) -> int:
        """How many of some windows are kept."""
        return sum((lattice, window) in self._cache for window in windows)

    def bordered(self, lattice: Lattice, windows: Sequence[Window], evaluate: Evaluate) -> Tensor:
        """Samples of windows one sample wider on each side, ``[N, rows + 2, columns + 2, 3]``.

        Args:
            windows: all of one shape.
            evaluate: makes what is not kept: a window with its border, or a line beside it.
        """
        rows, columns = windows[0].rows + 2, windows[0].columns + 2
        out = np.empty((len(windows), rows, columns, 3), np.float32)
        gaps: list[Gap] = []
        for window, target in zip(windows, out, strict=True):
            if self._steady is None:
                self._find_out(lattice, window, evaluate)
            gaps += self._fill(lattice, window, target)
        for some in _by_shape(gaps):
            made = evaluate([window for _, window in some]).numpy()
            for (target, _), part in zip(some, made, strict=True):
                target[:] = part
        return torch.from_numpy(out)

    def _find_out(self, lattice: Lattice, window: Window, evaluate: Evaluate) -> None:
        """See whether windows of all shapes have the same bits, if a tile is kept that can tell."""
        centre = self._cache.get((lattice, window))
        if centre is None or centre.min() == centre.max():
            return
        whole = window.grown(1)
        samples = evaluate([whole])[0].numpy()
        parts = [(window, centre)]
        for line in (_line(whole, 0, -1), _line(whole, -1, 0)):
            parts.append((line, evaluate([line])[0].numpy()))
        self._steady = all(np.array_equal(_within(samples, whole, w), part) for w, part in parts)
        if not self._steady:
            self._cache.clear()

    def _fill(self, lattice: Lattice, window: Window, target: Floats) -> Iterable[Gap]:
        """Fill a window and its border with what is kept; yields what is missing."""
        whole = window.grown(1)
        centre = self._cache.get((lattice, window))
        if centre is None:
            yield target, whole
            return
        target[1:-1, 1:-1] = centre
        for across, down in ((0, -1), (0, 1), (-1, 0), (1, 0)):
            line = _line(whole, across, down)
            place = _within(target, whole, line)
            if not self._copy(lattice, line, place):
                yield place, line

    def _copy(self, lattice: Lattice, line: Window, target: Floats) -> bool:
        """Copy a line beside a tile out of the tiles it lies in; whether all of them are kept."""
        for tile in (tile.window for tile in tiles_of(line)):
            samples = self._cache.get((lattice, tile))
            part = tile.common(line)
            if samples is None or part is None:
                return False
            _within(target, line, part)[:] = _within(samples, tile, part)
        return True


def _is_tile(window: Window) -> bool:
    return window == next(tiles_of(window)).window


def _line(whole: Window, across: int, down: int) -> Window:
    """The outermost line on a side: above and below with the corners, beside without them."""
    column, row, columns, rows = whole
    if down:
        return Window(column, row if down < 0 else row + rows - 1, columns, 1)
    return Window(column if across < 0 else column + columns - 1, row + 1, 1, rows - 2)


def _within(samples: Floats, window: Window, part: Window) -> Floats:
    """A part of a window's samples, without a copy."""
    top, left = part.row - window.row, part.column - window.column
    return samples[top : top + part.rows, left : left + part.columns]


def _by_shape(gaps: Iterable[Gap]) -> Iterable[list[Gap]]:
    """Those whose windows have one shape: they are evaluated together."""
    shapes: dict[tuple[int, int], list[Gap]] = {}
    for target, window in gaps:
        shapes.setdefault((window.columns, window.rows), []).append((target, window))
    return shapes.values()
