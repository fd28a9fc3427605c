from __future__ import annotations

import numpy as np
import pytest

from models.samplers.base import Picture
from tests.reference.evaluation import reduced
from viewer.imaging.reduce import eight_bits, reduce_bicubic


@pytest.mark.parametrize("size", [(20, 13), (7, 26), (11, 9), (40, 26)])
def test_the_reduction_is_the_literal_one(rng, size):
    """Weights are 22-bit integers there: a value on a rounding edge may fall to the other side."""
    high = rng.integers(0, 256, (26, 40, 3), dtype=np.uint8)
    low = reduce_bicubic(high, *size)
    assert low.shape == (size[1], size[0], 3)
    assert low.dtype == np.uint8
    difference = np.abs(low - reduced(high.astype(float), size[1], size[0]))
    assert difference.max() <= 1
    assert np.mean(difference > 0) < 0.01


def test_a_view_may_be_reduced(rng):
    high = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
    part = high[:20, ::2]
    np.testing.assert_array_equal(reduce_bicubic(part, 7, 9), reduce_bicubic(part.copy(), 7, 9))


def test_8_bits_stay_as_they_are(rng):
    pixels = rng.integers(0, 256, (3, 4, 3), dtype=np.uint8)
    np.testing.assert_array_equal(eight_bits(Picture(pixels)), pixels)


def test_16_bits_are_rounded():
    values = np.array([0, 128, 129, 32767, 32768, 65406, 65407, 65535], np.uint16)
    picture = Picture(np.repeat(values[None, :, None], 3, axis=2))
    expected = np.floor(values.astype(float) / 65535 * 255 + 0.5)
    np.testing.assert_array_equal(eight_bits(picture)[0, :, 1], expected)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_what_is_transparent_lies_over_white(depth):
    top = np.iinfo(depth).max
    alpha = np.array([[0, top, top // 5]], depth)
    low = eight_bits(Picture(np.zeros((1, 3, 3), depth), alpha))
    np.testing.assert_array_equal(low[0, :, 0], [255, 0, 204])
