"""The source pixel of each sample's top left corner."""

from __future__ import annotations

import numpy as np
import pytest

from models.samplers.anchors import anchors
from models.samplers.grid import Axis


@pytest.mark.parametrize("scale", [1, 2, 3, 4, 7, 30, 100])
@pytest.mark.parametrize("length", [1, 5, 40_000])
def test_at_whole_scales_every_pixel_has_as_many(scale, length):
    first = scale * max(0, length - 5)
    count = scale * length - first
    found = anchors(Axis(0.0, 1 / scale), first, count, length)
    expected = np.arange(first, scale * length)
    assert (found.index + found.start == expected // scale).all()
    np.testing.assert_allclose(found.offset, (expected % scale) / scale, atol=1e-9)


def test_a_corner_on_a_border_belongs_to_the_next_pixel_whatever_the_rounding():
    for noise in (-1e-9, 0.0, 1e-9):
        found = anchors(Axis(noise, 1 / 3), 0, 30, 10)
        assert (found.index == np.arange(30) // 3).all()
        assert np.abs(found.offset[::3]).max() < 1e-8


def test_samples_beyond_the_picture_are_those_of_its_border():
    axis = Axis(0.0, 0.25)
    left, right = anchors(axis, -3, 4, 6), anchors(axis, 23, 4, 6)
    assert left.start == 0
    assert left.index.tolist() == [0, 0, 0, 0]
    assert left.offset.tolist() == [-0.125, -0.125, -0.125, 0.0]
    assert right.start == 5
    assert right.index.tolist() == [0, 0, 0, 0]
    assert right.offset.tolist() == [0.75, 0.875, 0.875, 0.875]
