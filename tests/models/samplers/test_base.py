"""Pictures, their alpha, and what a picture must be."""

from __future__ import annotations

import numpy as np
import pytest

from models.samplers.base import Coverage, Picture
from models.samplers.grid import Axis, Grid, Lattice, Tile
from tests.models.pictures import CPU, noise, places
from tests.reference import resample as oracle


@pytest.mark.parametrize(
    ("pixels", "alpha", "words"),
    [
        (np.zeros((4, 5), np.uint8), None, "H, W, 3"),
        (np.zeros((4, 5, 4), np.uint8), None, "H, W, 3"),
        (np.zeros((0, 5, 3), np.uint8), None, "H, W, 3"),
        (np.zeros((4, 5, 3), np.float32), None, "uint8 or uint16"),
        (np.zeros((4, 5, 3), np.uint8), np.zeros((5, 4), np.uint8), "size and type"),
        (np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5), np.uint16), "size and type"),
    ],
)
def test_what_is_no_picture_is_refused(pixels, alpha, words):
    with pytest.raises(ValueError, match=words):
        Picture(pixels, alpha)


def test_a_picture_is_only_equal_to_itself():
    one, other = noise(3, 2), noise(3, 2)
    assert one != other
    assert len({one, other, one}) == 2


def test_an_opaque_picture_has_no_coverage():
    lattice = Lattice(Axis(0, 0.5), Axis(0, 0.5))
    assert Coverage(noise(3, 2), CPU).tiles(lattice, [Tile(0, 0)]) is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("scale", [0.4, 1.0, 3.7])
def test_coverage_is_alpha_by_bicubic_at_every_scale(dtype, scale):
    picture = noise(17, 17, dtype=dtype, alpha=True)
    grid = Grid.for_scale(17, 17, scale)
    tile = Coverage(picture, CPU).tiles(grid.lattice, [Tile(0, 0)])[0].numpy()
    image = picture.alpha[..., None] / float(np.iinfo(dtype).max)
    literal = oracle.resample(image, *places(grid), "bicubic")[..., 0].clip(0, 1)
    rows, columns = literal.shape
    np.testing.assert_allclose(tile[:rows, :columns], literal, atol=2e-6)
