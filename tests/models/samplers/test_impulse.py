"""One half-pixel convention: no sampler shifts the picture against another."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.samplers.base import Picture
from models.samplers.gradient import GradientSampler
from models.samplers.grid import Grid, Region
from models.samplers.interpolation import Nearest, bicubic, lanczos
from tests.models.nets import sampler_of, shipped, small_liif
from tests.models.pictures import CPU, places

SIDE = 24
SCALES = [1.0, 2.0, 2.7, 3.0, 4.0, 5.3, 8.0, 16.0]


def bilinear(picture):
    """LIIF whose decoder says nothing: what its geometry alone makes of the picture."""
    network = small_liif(residual=True)
    with torch.no_grad():
        for parameter in network.imnet.linears[-1].parameters():
            parameter.zero_()
    return sampler_of(network, picture, 16)


SAMPLERS = {
    "nearest": lambda picture: Nearest(picture, CPU),
    "bicubic": lambda picture: bicubic(picture, CPU),
    "lanczos": lambda picture: lanczos(picture, CPU),
    "liif's geometry": bilinear,
    "liif": lambda picture: sampler_of(shipped(), picture, 16),
    "gradient": lambda picture: GradientSampler(bicubic(picture, CPU)),
}
# The first five follow from symmetry up to how samples fall under the kernel; what a network
# learnt is not exactly symmetric. A convention that is wrong shifts by (1 − 1/scale) / 2.
TOLERANCE = {"nearest": 0.13, "liif": 0.1}


def dot(x, y, background=0.4, height=0.2):
    """A grey picture with one brighter source pixel; nothing is clamped around it."""
    pixels = np.full((SIDE, SIDE, 3), background)
    pixels[y, x] += height
    return Picture((pixels * 65535 + 0.5).astype(np.uint16))


def response(make, x, y, scale, region=None):
    """Difference that the dot makes, and the positions of its rows and columns."""
    grid = Grid.for_scale(SIDE, SIDE, scale, region)
    with_dot, without = make(dot(x, y)), make(dot(x, y, height=0.0))
    difference = (with_dot.sample(grid) - without.sample(grid)).double().mean(dim=2).numpy()
    ys, xs, _ = places(grid)
    return difference, ys, xs


def centre_of(difference, ys, xs):
    total = difference.sum()
    return (difference.sum(axis=0) @ xs) / total, (difference.sum(axis=1) @ ys) / total


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("scale", SCALES)
def test_a_dot_stays_in_its_place(name, scale):
    difference, ys, xs = response(SAMPLERS[name], 13, 9, scale)
    x, y = centre_of(difference, ys, xs)
    tolerance = TOLERANCE.get(name, 0.02)
    assert x == pytest.approx(13.5, abs=tolerance)
    assert y == pytest.approx(9.5, abs=tolerance)


@pytest.mark.parametrize("name", ["bicubic", "lanczos", "liif's geometry", "nearest"])
@pytest.mark.parametrize("scale", [1.0, 3.0, 4.0, 7.0, 16.0])
def test_at_whole_scales_the_response_is_symmetric_about_the_dot(name, scale):
    difference, ys, xs = response(SAMPLERS[name], 12, 12, scale, Region(4, 4, 17, 17))
    np.testing.assert_allclose(difference, difference[::-1], atol=2e-6)
    np.testing.assert_allclose(difference, difference[:, ::-1], atol=2e-6)
    assert centre_of(difference, ys, xs) == pytest.approx((12.5, 12.5), abs=1e-4)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_region_shows_the_dot_where_the_whole_picture_does(name):
    # Neither the region nor its phase moves anything.
    for x, y in ((4.0, 3.0), (4.3, 3.9), (5.125, 2.5)):
        difference, ys, xs = response(SAMPLERS[name], 13, 9, 6.0, Region(x, y, 17, 14))
        tolerance = TOLERANCE.get(name, 0.02)
        assert centre_of(difference, ys, xs) == pytest.approx((13.5, 9.5), abs=tolerance)


@pytest.mark.parametrize("scale", [0.5, 0.4, 0.23])
def test_a_reduction_keeps_a_block_in_its_place(scale):
    # A single dot would fall between the samples; a soft block does not.
    pixels = np.full((60, 60, 3), 0.4)
    y, x = np.mgrid[:60, :60] + 0.5
    pixels += 0.2 * np.exp(-((x - 33.5) ** 2 + (y - 27.5) ** 2) / 60)[..., None]
    picture = Picture((pixels * 65535 + 0.5).astype(np.uint16))
    grid = Grid.for_scale(60, 60, scale)
    ys, xs, _ = places(grid)
    difference = bicubic(picture, CPU).sample(grid).double().mean(dim=2).numpy() - 0.4
    assert centre_of(difference, ys, xs) == pytest.approx((33.5, 27.5), abs=0.05)
