"""Frames: pixels of one grid as they arrive, and where they lie in another view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from models.samplers.grid import TILE, Grid, Region, Tile, Window
from viewer.rendering.messages import Patch, Pixels
from viewer.rendering.sheet import Sheet


@dataclass(eq=False)
class Frame:
    """The pixels of a grid, filled tile by tile.

    Attributes:
        grid: where its samples lie.
        factor: device pixels per sample of the view it was made for; above 1 in previews.
        done, total: tiles that have arrived, and how many there are.
        sheet: where its pixels are, beside those of the frames that it took over.
    """

    grid: Grid
    factor: int = 1
    done: int = 0
    total: int = 0
    sheet: Sheet = field(init=False)
    _arrived: set[tuple[int, int]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.total = self.grid.tile_count
        self.sheet = Sheet(self.grid.window)

    @property
    def pixels(self) -> Pixels:
        """``[rows, columns, 4]`` BGRA, opaque; transparent where nothing has arrived.

        They take memory from when they are first needed: most views of a movement are gone before
        a pixel arrives.
        """
        return self.sheet.part(self.grid.window)

    @property
    def complete(self) -> bool:
        """Whether every tile has arrived."""
        return self.done == self.total

    @property
    def region(self) -> Region:
        """The source pixels it covers."""
        return self.grid.region

    @property
    def scale(self) -> float:
        """Samples per source pixel."""
        return 1.0 / self.grid.lattice.x.step

    def paste(self, patch: Patch) -> None:
        """Put a tile in its place."""
        rows, columns = patch.pixels.shape[:2]
        self.pixels[patch.top : patch.top + rows, patch.left : patch.left + columns] = patch.pixels
        place = self._place(patch)
        if place not in self._arrived:
            self._arrived.add(place)
            self.done += 1

    def _place(self, patch: Patch) -> tuple[int, int]:
        window = self.grid.window
        return (window.column + patch.left) // TILE, (window.row + patch.top) // TILE

    def has(self, patch: Patch) -> bool:
        """Whether a tile is there already."""
        return self._place(patch) in self._arrived

    def take_over(self, other: Frame) -> None:
        """Have what a frame of the same lattice has in this one's window, as after a pan.

        A tile has arrived by it if the other's window held all that this one's holds of it. What
        either gets from now on the other may have too: it is the same picture.
        """
        window = self.grid.window
        shared = window.common(other.grid.window)
        if shared is None or not other.done:
            return
        across, whole_across = _tiles(window.column, window.columns, shared.column, shared.columns)
        down, whole_down = _tiles(window.row, window.rows, shared.row, shared.rows)
        new = {(x, y) for x, y in other._arrived - self._arrived if x in across and y in down}
        if self.sheet.blank:
            self.sheet = other.sheet.moved(window)
        elif self.sheet is not other.sheet:
            for place in new:
                part = Tile(*place).window.common(shared)
                assert part is not None, "the tile lies across both"
                self.sheet.part(part)[:] = other.sheet.part(part)
        self._arrived |= {(x, y) for x, y in new if x in whole_across and y in whole_down}
        self.done = len(self._arrived)

    def follow(self, others: Sequence[Frame], make: Callable[..., Pixels]) -> None:
        """Make the tiles that have arrived in all of some frames of the same grid.

        Args:
            make: a part's pixels out of those of the others, in their order.
        """
        if self.complete:
            return
        new = set.intersection(*(other._arrived for other in others)) - self._arrived
        for column, row, columns, rows in self._windows(new.__contains__) if new else ():
            part = slice(row, row + rows), slice(column, column + columns)
            self.pixels[part] = make(*(other.pixels[part] for other in others))
        self._arrived |= new
        self.done = len(self._arrived)

    def missing(self) -> list[Window]:
        """Where tiles have not arrived: windows counted from the frame's corner."""
        return self._windows(lambda place: place not in self._arrived)

    def _windows(self, wanted: Callable[[tuple[int, int]], bool]) -> list[Window]:
        """Where some tiles lie.

        Tiles beside each other are one window, and so are equal rows of them.
        """
        column, row, columns, rows = window = self.grid.window
        across = range(column // TILE, (column + columns - 1) // TILE + 1)
        down = range(row // TILE, (row + rows - 1) // TILE + 1)
        lying = {y: _runs([x for x in across if wanted((x, y))]) for y in down}
        found = []
        for runs, group in groupby(down, lying.__getitem__):
            lines = list(group)
            for run in runs:
                tiles = Window(run.start, lines[0], len(run), len(lines))
                cut = Window(*(TILE * each for each in tiles)).common(window)
                assert cut is not None, "every tile of a frame lies in its window"
                found.append(cut._replace(column=cut.column - column, row=cut.row - row))
        return found

    def reaches(self, region: Region) -> bool:
        """Whether all of a region lies in it, finished or not.

        Half a sample may be missing: frames hold the samples whose centres lie in the picture.
        """
        own = self.region
        slack = 0.501 * self.grid.lattice.x.step
        return (
            own.x <= region.x + slack
            and own.y <= region.y + slack
            and own.x + own.width >= region.x + region.width - slack
            and own.y + own.height >= region.y + region.height - slack
        )


def _runs(numbers: Sequence[int]) -> list[range]:
    """Ascending numbers as ranges without gaps."""
    runs: list[range] = []
    for number in numbers:
        if runs and runs[-1].stop == number:
            runs[-1] = range(runs[-1].start, number + 1)
        else:
            runs.append(range(number, number + 1))
    return runs


def _tiles(start: int, count: int, first: int, shared: int) -> tuple[range, set[int]]:
    """Tiles along an axis that shared samples lie in, and those in which no others do.

    Args:
        start, count: samples of a window.
        first, shared: those of them that are shared.
    """
    last, end = first + shared - 1, start + count
    touched = range(first // TILE, last // TILE + 1)
    whole = (
        t
        for t in touched
        if max(t * TILE, start) >= first and min(t * TILE + TILE, end) <= last + 1
    )
    return touched, set(whole)
