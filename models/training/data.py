"""Pictures that stay on the device: four bytes a pixel, read by the index of a pixel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Bytes = NDArray[np.uint8]


class DataError(ValueError):
    """The pictures cannot be trained on; its text is one sentence."""


def too_small(count: int, least: int) -> DataError:
    """What is wrong with pictures none of which has so many pixels on both sides."""
    found = f"none of the {count} pictures has" if count > 1 else "the only picture does not have"
    return DataError(
        f"{found} {least} pixels on both sides; give larger ones, or set a smaller patch or "
        "scale_max"
    )


class ImageSet:
    """A set of pictures of any sizes, one after the other in the device's memory.

    A pixel is one int32 that holds red, green, blue and nothing: a crop, whatever its flips, is
    then one gather of whole words.

    Attributes:
        device: where the pixels are.
        heights, widths: ``[N]`` int64 on the host.
        starts: ``[N]`` int64 on the host, index of each picture's first pixel.
        skipped: how many pictures were too small to be taken.
    """

    def __init__(self, pictures: Sequence[Bytes], least: int, device: torch.device):
        """Place pictures ``[H, W, 3]`` uint8 whose sides have at least ``least`` pixels.

        Raises:
            DataError: if none is large enough.
        """
        taken = [each for each in pictures if min(each.shape[:2]) >= least]
        if not taken:
            raise too_small(len(pictures), least)
        self.device = device
        self.skipped = len(pictures) - len(taken)
        self.heights = np.array([each.shape[0] for each in taken], dtype=np.int64)
        self.widths = np.array([each.shape[1] for each in taken], dtype=np.int64)
        ends = np.cumsum(self.heights * self.widths)
        self.starts = ends - self.heights * self.widths
        self._pixels = torch.empty(int(ends[-1]), dtype=torch.int32, device=device)
        for start, end, picture in zip(self.starts, ends, taken, strict=True):
            self._pixels[start:end].copy_(torch.from_numpy(_packed(picture)))

    def __len__(self) -> int:
        return len(self.heights)

    @property
    def pixels(self) -> int:
        """Pixels of all pictures together."""
        return int(self._pixels.numel())

    def read(self, index: Tensor) -> Tensor:
        """The pixels of an int64 index of any shape: uint8 ``[*index.shape, 3]``."""
        words = self._pixels.index_select(0, index.reshape(-1))
        return words.view(torch.uint8).view(*index.shape, 4)[..., :3]


def _packed(picture: Bytes) -> NDArray[np.int32]:
    words = np.zeros((*picture.shape[:2], 4), dtype=np.uint8)
    words[..., :3] = picture
    return words.view(np.int32).reshape(-1)
