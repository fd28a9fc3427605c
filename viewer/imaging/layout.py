"""What every encoder is told, and what it must do: the contract between `Writer` and a format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class Layout:
    """The samples of a file: RGB (3 channels) or RGB and straight alpha (4), 8 or 16 bits."""

    width: int
    height: int
    channels: int
    depth: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8 or uint16."""
        return np.dtype(np.uint8 if self.depth == 8 else np.uint16)

    @property
    def pixel_bytes(self) -> int:
        """Bytes of one pixel."""
        return self.channels * self.depth // 8

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return self.width * self.pixel_bytes

    @property
    def all_bytes(self) -> int:
        """Bytes of all samples, uncompressed."""
        return self.height * self.row_bytes


@dataclass(frozen=True)
class Extras:
    """What is written beside the samples.

    Attributes:
        icc_profile: profile of the samples.
        exif: a TIFF stream, without the prefix that JPEG puts before it.
        dpi: pixels per inch across and down.
    """

    icc_profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None


class MismatchError(Exception):
    """What was read back from a file is not what was written."""


class Encoder(Protocol):
    """Turns rows into a file that is already open. One thread calls all but `stop`."""

    def add(self, rows: Rows) -> None:
        """Takes the next rows ``[n, W, C]``; they may be encoded now or at the end."""

    def end(self) -> None:
        """Writes what is left to write."""

    def verify(self, check: Callable[[], None]) -> None:
        """Decodes the file once, calling `check` (which raises to stop) now and then.

        Raises:
            MismatchError: size or, where the format is lossless, pixels differ.
        """

    def stop(self) -> None:
        """From any thread: makes `end` or `verify` return soon, one way or another."""

    def close(self) -> None:
        """Gives back what the encoder itself has opened."""
