"""Measures of likeness: PSNR and SSIM of float pictures, on luma or on all channels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

ROUNDING = 1e-14
"""A mean square that fp32 alone may leave of equal pictures: it rounds samples by up to 3e-8."""

Floats = NDArray[np.float64]

LUMA = np.array([65.738, 129.057, 25.064]) / 256
"""Weights of ITU-R BT.601's luma, whose range is 219/255 of that of RGB."""

BLACK = 16 / 255
"""Luma of black. It cancels out in differences, but not in SSIM."""

WINDOW = 11
"""Side of SSIM's Gaussian window: 1.5 pixels of sigma, cut at 3.5 of them."""


def luma(rgb: Floats) -> Floats:
    """Luma ``[H, W]`` in 16/255..235/255 of RGB ``[H, W, 3]`` in 0..1."""
    return BLACK + rgb @ LUMA


def psnr(shown: Floats, truth: Floats, border: int = 0, on_luma: bool = True) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures, NaN where a sample is NaN.

    Pictures are equal if they differ by no more than fp32 rounds. Of others it is
    ``−10·log10(mean(d²))``, where ``d`` is the difference of luma or that of all three channels.

    Args:
        shown, truth: ``[H, W, 3]`` in 0..1, neither rounded nor clamped here.
        border: pixels left out on each side.
        on_luma: measure luma instead of RGB.

    Raises:
        ValueError: different shapes, or a border that leaves nothing.
    """
    difference = _inner(shown, border) - _inner(truth, border)
    if on_luma:
        difference = difference @ LUMA
    error = float(np.mean(np.square(difference)))
    return math.inf if error < ROUNDING else -10 * math.log10(error)


def ssim(shown: Floats, truth: Floats, border: int = 0) -> float:
    """Mean structural similarity of luma (Wang et al., 2004), 1 for equal pictures.

    An 11×11 Gaussian window of sigma 1.5, K₁ = 0.01, K₂ = 0.03, population moments; only windows
    that lie wholly inside count.

    Args:
        shown, truth: ``[H, W, 3]`` in 0..1.
        border: pixels left out on each side beforehand; at least 11×11 must remain.

    Raises:
        ValueError: different shapes, or a border that leaves no window.
    """
    return float(
        structural_similarity(  # type: ignore[no-untyped-call]
            luma(_inner(shown, border)),
            luma(_inner(truth, border)),
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1.0,
        )
    )


def _inner(picture: Floats, border: int) -> Floats:
    height, width = picture.shape[:2]
    if min(height, width) <= 2 * border:
        raise ValueError(f"a border of {border} leaves nothing of {width}x{height} pixels")
    return picture[border : height - border, border : width - border]
