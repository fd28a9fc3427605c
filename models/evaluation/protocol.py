"""The published protocols: a picture is reduced, restored by a sampler and compared with itself.

Sizes and borders are those of LIIF's evaluation (Chen, Liu and Wang, CVPR 2021), which follows
the benchmarks' habit: PSNR of every picture first, then their mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.metrics import WINDOW, psnr, ssim
from models.samplers.base import Picture
from models.samplers.grid import Grid

Bytes = NDArray[np.uint8]

Reduce = Callable[[Bytes, int, int], Bytes]
"""Reduces ``[H, W, 3]`` to a width and a height: Pillow's antialiased bicubic, in 8 bits."""


@dataclass(frozen=True)
class Protocol:
    """How a restored picture is compared.

    Attributes:
        name: as the command line takes it.
        luma: whether PSNR is that of luma, or of all three channels.
        margin: pixels left out on each side beyond ``⌈scale⌉``.
    """

    name: str
    luma: bool
    margin: int

    def border(self, scale: float) -> int:
        """Pixels left out on each side."""
        # A hair's breadth less: a scale of 3 may have come from a division.
        return math.ceil(scale - 1e-9) + self.margin


PROTOCOLS = {
    "benchmark": Protocol("benchmark", luma=True, margin=0),
    "div2k": Protocol("div2k", luma=False, margin=6),
}
"""For Set5, Set14, B100 and Urban100, and for DIV2K's validation pictures."""


@dataclass(frozen=True)
class Score:
    """PSNR in dB and SSIM, of a picture or the mean of several."""

    psnr: float
    ssim: float

    @classmethod
    def mean(cls, scores: Iterable[Score]) -> Score:
        """The mean of the pictures' scores. Raises ValueError if there is none."""
        every = list(scores)
        if not every:
            raise ValueError("there is no score to take the mean of")
        count = len(every)
        return cls(
            sum(each.psnr for each in every) / count, sum(each.ssim for each in every) / count
        )


@dataclass(frozen=True, eq=False)
class Case:
    """A picture to restore.

    Attributes:
        high: ``[H, W, 3]`` uint8, the truth.
        low: ``[h, w, 3]`` uint8, what samplers get.
        scale: nominal; the sides' own ratios differ from it by what rounding costs.
    """

    high: Bytes
    low: Bytes
    scale: float

    @property
    def picture(self) -> Picture:
        """The low-resolution picture. Each call makes another one: samplers keep theirs."""
        return Picture(self.low)

    @property
    def grid(self) -> Grid:
        """Exactly the truth's pixels over the whole low-resolution picture."""
        low_height, low_width = self.low.shape[:2]
        height, width = self.high.shape[:2]
        return Grid.for_size(low_width, low_height, width, height)


def sides(side: int, scale: float) -> tuple[int, int]:
    """Low- and high-resolution side for a picture's side: ``⌊side/s⌋`` and ``round(low·s)``."""
    low = math.floor(side / scale + 1e-9)
    # Halves go to the even number, as in the published program.
    return low, round(low * scale)


def check(width: int, height: int, scale: float, protocol: Protocol) -> None:
    """Raise ValueError if a picture is too small for a scale, or the scale is below 1.

    What remains inside the border must hold SSIM's window.
    """
    if not 1 <= scale < math.inf:
        raise ValueError(f"a scale to evaluate must be at least 1, not {scale:g}")
    low, high = zip(*(sides(side, scale) for side in (width, height)), strict=True)
    if min(low) < 1 or min(high) - 2 * protocol.border(scale) < WINDOW:
        raise ValueError(
            f"its {width} × {height} pixels are too few for ×{scale:g} by the protocol "
            f"{protocol.name}; leave out that scale or the picture"
        )


def make_case(high: Bytes, scale: float, reduce: Reduce) -> Case:
    """Crop a picture ``[H, W, 3]`` to the protocol's size, from its top left, and reduce it."""
    low_height, height = sides(high.shape[0], scale)
    low_width, width = sides(high.shape[1], scale)
    truth = np.ascontiguousarray(high[:height, :width])
    return Case(truth, reduce(truth, low_width, low_height), scale)


def score(case: Case, samples: NDArray[np.float32], protocol: Protocol) -> Score:
    """What a sampler's pixels ``[H, W, 3]`` in 0..1, not rounded, are worth."""
    shown, truth = samples.astype(np.float64), case.high / 255
    border = protocol.border(case.scale)
    return Score(psnr(shown, truth, border, protocol.luma), ssim(shown, truth, border))
