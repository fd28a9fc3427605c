from __future__ import annotations

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest

from models.samplers.grid import TILE
from viewer.rendering.checker import DARK, LIGHT, SQUARE, over_checker


def board(row: int, column: int, square: int) -> int:
    return LIGHT if (row // square + column // square) % 2 == 0 else DARK


def laid(colour: int, alpha: int, under: int) -> int:
    """Premultiplied colour over a grey, rounded half up, in exact arithmetic."""
    through = Fraction(under * (255 - alpha), 255) + Fraction(1, 2)
    return min(colour + through.numerator // through.denominator, 255)


def every_pair() -> np.ndarray:
    """``[256, 256, 4]``: every alpha with every grey that it allows, else with the largest."""
    alpha, colour = np.indices((256, 256))
    colour = np.minimum(colour, alpha)
    return np.stack([colour, colour // 2, colour // 3, alpha], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("square", [1, 2, 4, 8])
def test_every_colour_and_alpha_over_both_squares(square):
    for shift in (0, square):
        pixels = np.roll(every_pair(), shift, axis=1)
        result = over_checker(pixels, square)
        rows, columns = np.indices(pixels.shape[:2])
        light = (rows // square + columns // square) % 2 == 0
        grey = np.where(light, LIGHT, DARK).astype(np.int64)
        exact = grey * (255 - pixels[..., 3].astype(np.int64))
        # ⌊x/255 + 1/2⌋ = (2x + 255) // 510, checked against fractions below.
        expected = pixels[..., :3] + ((2 * exact + 255) // 510)[..., None]
        np.testing.assert_array_equal(result[..., :3], np.minimum(expected, 255))
        assert (result[..., 3] == 255).all()


def test_the_rounding_is_exact():
    pixels = np.zeros((1, 1, 4), np.uint8)
    for alpha in range(256):
        pixels[0, 0] = (alpha // 2, alpha, 0, alpha)
        shown = over_checker(pixels)[0, 0, :3].tolist()
        assert shown == [laid(colour, alpha, LIGHT) for colour in (alpha // 2, alpha, 0)]


def test_opaque_pixels_are_left_alone_and_clear_ones_show_the_board(rng):
    opaque = rng.integers(0, 256, (TILE, TILE, 4), dtype=np.uint8)
    opaque[..., 3] = 255
    np.testing.assert_array_equal(over_checker(opaque), opaque)
    clear = over_checker(np.zeros((20, 20, 4), np.uint8))
    for row, column in ((0, 0), (7, 7), (0, 8), (8, 0), (8, 8), (19, 16)):
        assert clear[row, column, :3].tolist() == [board(row, column, SQUARE)] * 3


@pytest.mark.parametrize("square", [8, 4, 2, 1])
def test_neighbouring_tiles_continue_the_board(square):
    """A tile holds an even number of squares, so every tile has the same pattern."""
    assert TILE % (2 * square) == 0
    tile = over_checker(np.zeros((TILE, TILE, 4), np.uint8), square)
    wide = over_checker(np.zeros((2 * TILE, 2 * TILE, 4), np.uint8), square)
    np.testing.assert_array_equal(np.tile(tile, (2, 2, 1)), wide)


def test_boards_of_many_sizes_are_not_kept():
    """Every transparent picture has one of its own size under its base."""
    over_checker(np.zeros((100, 100, 4), np.uint8))
    tracemalloc.start()
    try:
        for side in range(101, 111):
            over_checker(np.zeros((side, side, 4), np.uint8))
        assert tracemalloc.get_traced_memory()[0] < 100 * 100
    finally:
        tracemalloc.stop()


def test_several_tiles_at_once(rng):
    tiles = rng.integers(0, 100, (3, TILE, TILE, 4), dtype=np.uint8)
    together = over_checker(tiles)
    for one, expected in zip(tiles, together, strict=True):
        np.testing.assert_array_equal(over_checker(one), expected)
