"""Weights of separable filters as the compiled loops read them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

VECTOR, GROUP = 16, 12
"""Numbers that are read at a time across, and how many of them count: four pixels of three
channels, or twelve of one. The others have no weight."""


class Weights(NamedTuple):
    """How the samples of a row or a column are made of source pixels.

    Attributes:
        first: the first source pixel that one of them needs.
        span: pixels from it on that all of them need.
        starts: ``[samples]`` int64, where each begins, counted from the first.
        table: fp32: down ``[rows, taps]``, across what `grouped` makes of that.
    """

    first: int
    span: int
    starts: Tensor
    table: Tensor


def grouped(table: Tensor, channels: int) -> Tensor:
    """Weights ``[columns, taps]`` as they are read: ``[columns, groups, VECTOR]``.

    Each counts as often as a pixel has channels, 1 or 3.
    """
    columns, taps = table.shape
    groups = -(-taps * channels // GROUP)
    out = torch.zeros(columns, groups * GROUP)
    out[:, : taps * channels] = table.repeat_interleave(channels, 1)
    return pad(out.view(columns, groups, GROUP), (0, VECTOR - GROUP))


class Part(NamedTuple):
    """A window of samples, and what they are made of.

    Attributes:
        source: pixels ``[H, W, C]`` of a picture or of a part of it, C = 1 or 3.
        corner: row and column in the picture of the first of them.
        down, across: how the window's rows and columns are made of the picture's.
        out: ``[rows, columns, C]`` fp32, the samples.
    """

    source: Tensor
    corner: tuple[int, int]
    down: Weights
    across: Weights
    out: Tensor

    def split(self, count: int) -> list[Part]:
        """The window in at most so many parts of whole rows."""
        rows = self.down.starts.shape[0]
        each = -(-rows // count)
        return [
            self._replace(
                down=self.down._replace(
                    starts=self.down.starts[first : first + each],
                    table=self.down.table[first : first + each],
                ),
                out=self.out[first : first + each],
            )
            for first in range(0, rows, each)
        ]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Rows, columns, taps down and groups across, numbers of a source row, and channels."""
        (rows, taps), (columns, groups, _) = self.down.table.shape, self.across.table.shape
        _, width, channels = self.source.shape
        return rows, columns, taps, groups, width * channels, channels

    @property
    def length(self) -> int:
        """Numbers of a source row that the window needs."""
        return self.across.span * self.source.shape[2]

    @property
    def places(self) -> tuple[int, ...]:
        """Addresses of the first pixel needed, of the weights and of the samples; the length."""
        _, width, channels = self.source.shape
        top, left = self._begin
        skipped = (top * width + left) * channels * self.source.element_size()
        arrays = *self.down[2:], *self.across[2:], self.out
        return self.source.data_ptr() + skipped, *(each.data_ptr() for each in arrays), self.length

    @property
    def fits(self) -> bool:
        """Whether the source has all pixels that the window needs, and all lies as it has to."""
        height, width, channels = self.source.shape
        top, left = self._begin
        inside = 0 <= top <= height - self.down.span and 0 <= left <= width - self.across.span
        shape = self.down.table.shape[0], self.across.table.shape[0], channels
        right = self.out.shape == shape and self.out.dtype == torch.float32
        arrays = self.source, self.out
        return (
            inside
            and right
            and all(each.is_contiguous() and each.device.type == "cpu" for each in arrays)
        )

    @property
    def _begin(self) -> tuple[int, int]:
        """Row and column of the source where the window begins."""
        return self.down.first - self.corner[0], self.across.first - self.corner[1]
