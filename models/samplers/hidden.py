"""Colours for the pixels that nobody sees: those whose alpha is zero.

Files hold anything there, black mostly. A network that saw it, or colour multiplied by alpha, would
take the outline of what is visible for an edge, sharpen it, and leave a rim around it.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from cv2 import DIST_L2, DIST_LABEL_PIXEL, DIST_MASK_5, distanceTransformWithLabels
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

BLOCK = 256
"""Side of the parts that are filled at a time: a small one is filled while it is in the cache."""

REACH = 48
"""Pixels around a block in which the nearest visible one is looked for. What is farther from all
that is visible changes nothing that is by as much as can be seen: most networks see less far, and
the others hardly look there."""


def fill_hidden(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Give each pixel without alpha the colour of the nearest one with some.

    Blocks lie where the picture begins, so what a pixel gets depends on the picture alone.

    Args:
        pixels: ``[H, W, 3]``, not premultiplied.
        alpha: ``[H, W]``.

    Returns:
        ``pixels`` themselves if all are visible, or none; else a copy.
    """
    hidden = alpha == 0
    if not hidden.any() or hidden.all():
        return pixels
    filled = pixels.copy()
    height, width = hidden.shape
    for top, left in product(range(0, height, BLOCK), range(0, width, BLOCK)):
        rows, columns = slice(top, top + BLOCK), slice(left, left + BLOCK)
        if hidden[rows, columns].any():
            _fill(filled[rows, columns], pixels, hidden, top, left)
    return filled


def _fill(block: Pixels, pixels: Pixels, hidden: NDArray[np.bool_], top: int, left: int) -> None:
    y, x = max(top - REACH, 0), max(left - REACH, 0)
    around = slice(y, top + BLOCK + REACH), slice(x, left + BLOCK + REACH)
    mask = hidden[around]
    if mask.all():
        return
    # Each visible pixel has a label; each hidden one gets that of its nearest.
    _, labels = distanceTransformWithLabels(
        mask.view(np.uint8), DIST_L2, DIST_MASK_5, labelType=DIST_LABEL_PIXEL
    )
    visible = np.flatnonzero(~mask)
    sources = np.zeros(labels.max() + 1, np.intp)
    sources[labels.ravel()[visible]] = visible
    rows, columns = block.shape[:2]
    inner = slice(top - y, top - y + rows), slice(left - x, left - x + columns)
    nearest = pixels[around].reshape(-1, 3)[sources[labels[inner][mask[inner]]]]
    block[mask[inner]] = nearest
