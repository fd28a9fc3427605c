"""What separable filters read."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Pixels(Protocol):
    """A picture that can be read in windows.

    Attributes:
        width, height, channels: its size.
    """

    width: int
    height: int
    channels: int

    @property
    def whole(self) -> tuple[Tensor, float] | None:
        """All of it, ``[H, W, C]``, and what makes 1 of its largest number.

        None where `read` makes the numbers; one thread at a time may then ask.
        """
        ...

    def read(self, rows: slice, columns: slice) -> Tensor:
        """Channels-last fp32 samples in 0..1."""
        ...
