from __future__ import annotations

import numpy as np
import pytest

from models.samplers.hidden import BLOCK, REACH, fill_hidden


def numbered(height, width, dtype=np.uint16):
    """Pixels that are told apart: what a filled one has says where it came from."""
    places = np.arange(height * width).reshape(height, width)
    return np.stack([places // 256 % 256, places % 256, places * 0], axis=-1).astype(dtype)


def distances(filled, alpha):
    """Of the pixel whose colour a hidden one has, and of the nearest visible one."""
    width = alpha.shape[1]
    ys, xs = np.nonzero(alpha == 0)
    source = filled[ys, xs, 0].astype(int) * 256 + filled[ys, xs, 1]
    sy, sx = source // width, source % width
    assert (alpha[sy, sx] > 0).all()
    vy, vx = np.nonzero(alpha)
    nearest = np.array([np.hypot(vy - y, vx - x).min() for y, x in zip(ys, xs, strict=True)])
    return np.hypot(sy - ys, sx - xs), nearest


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("height", "width"), [(40, 60), (1, 30), (30, 1), (2, 2)])
def test_hidden_pixels_get_the_colour_of_the_nearest_visible_one(seed, height, width):
    rng = np.random.default_rng(seed)
    alpha = np.where(rng.random((height, width)) < 0.1, 7, 0).astype(np.uint16)
    alpha[height // 2, width // 2] = 1
    alpha[0, 0] = 0
    pixels = numbered(height, width)
    filled = fill_hidden(pixels, alpha)
    assert np.array_equal(filled[alpha > 0], pixels[alpha > 0])
    found, nearest = distances(filled, alpha)
    # OpenCV's mask of 5 × 5 knows distances to a few per cent.
    assert (found <= nearest * 1.05 + 1e-9).all()


def test_blocks_meet_without_a_seam():
    """The one visible column is in another block than most of those it fills."""
    alpha = np.zeros((3, BLOCK + REACH), np.uint8)
    alpha[:, BLOCK - 1] = 255
    pixels = np.zeros((3, BLOCK + REACH, 3), np.uint8)
    pixels[:, BLOCK - 1] = 90
    assert (fill_hidden(pixels, alpha) == 90).all()


@pytest.mark.parametrize("value", [0, 255])
def test_where_nothing_or_all_is_hidden_nothing_is_copied(value):
    pixels = numbered(5, 6, np.uint8)
    assert fill_hidden(pixels, np.full((5, 6), value, np.uint8)) is pixels


def test_what_is_given_is_left_alone():
    pixels, alpha = numbered(5, 6, np.uint8), np.eye(5, 6, dtype=np.uint8)
    before = pixels.copy()
    assert not np.array_equal(fill_hidden(pixels, alpha), pixels)
    assert np.array_equal(pixels, before)
