"""The checkerboard behind transparent pictures, laid under finished pixels."""

from __future__ import annotations

import numpy as np

from viewer.rendering.messages import Pixels

SQUARE = 8
"""Side of a square in device pixels; it divides a tile, so that all tiles have one pattern."""

DARK, LIGHT = 88, 120


def _board(rows: int, columns: int, square: int) -> Pixels:
    """``[rows, columns, 1]``. Cheap enough to be made anew: kept ones would never be given back."""
    odd_rows, odd_columns = (np.arange(count) // square % 2 == 1 for count in (rows, columns))
    odd = odd_rows[:, None] != odd_columns[None, :]
    return np.where(odd, np.uint8(DARK), np.uint8(LIGHT))[..., None]


def over_checker(pixels: Pixels, square: int = SQUARE) -> Pixels:
    """Premultiplied BGRA ``[…, rows, columns, 4]`` laid over the board, opaque.

    The board hangs on the lattice, so it moves with the picture and tiles keep their pixels.
    """
    rows, columns = pixels.shape[-3:-1]
    board = _board(rows, columns, max(1, square)).astype(np.uint32)
    through = 255 - pixels[..., 3:].astype(np.uint32)
    # ⌊x / 255 + 1/2⌋ for x ≤ 255², in integers.
    under = (board * through * 2 + 255) // 510
    laid = np.minimum(pixels[..., :3] + under, 255)
    return np.concatenate([laid, np.full_like(laid[..., :1], 255)], axis=-1).astype(np.uint8)
