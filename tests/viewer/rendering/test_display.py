"""The last step before the screen: on the device where it can be, with the same bytes."""

from __future__ import annotations

import numpy as np
import pytest

from models.samplers.base import Coverage, Sampler
from models.samplers.gradient import GradientSampler
from models.samplers.grid import Axis, Lattice, Tile
from models.samplers.interpolation import Nearest, bicubic
from tests.models.nets import sampler_of, small_liif
from tests.viewer.imaging.conftest import P3, SRGB_CURVE, matrix_profile
from tests.viewer.rendering.fakes import CPU, noise
from viewer.imaging.colour import DisplayTransform, to_display
from viewer.rendering.checker import over_checker
from viewer.rendering.display import Display

OPAQUE, CLEAR = noise(60, 40), noise(60, 40, alpha=True)
TILES = [Tile(0, 0), Tile(1, -1), Tile(2, 2)]
PROFILE = DisplayTransform(matrix_profile(P3, (SRGB_CURVE,) * 3))
PLAIN = DisplayTransform(None)
SAMPLERS = {
    "nearest": lambda picture: Nearest(picture, CPU),
    "bicubic": lambda picture: bicubic(picture, CPU),
    "liif": lambda picture: sampler_of(small_liif(), picture),
    "gradient": lambda picture: GradientSampler(bicubic(picture, CPU), 1.5),
}


class OnDevice(Display):
    """A display that takes the host for a device of its own."""

    def __init__(self) -> None:
        super().__init__(CPU)
        self._on_device = True


def shown(display: Display, sampler: Sampler, transform: DisplayTransform, scale: float = 3.0):
    lattice = Lattice(Axis(0.1, 1 / scale), Axis(-0.2, 1 / scale))
    coverage = Coverage(sampler.picture, CPU)
    pixels = display.begin(sampler, lattice, TILES, coverage, transform)()
    return lattice, pixels


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("picture", [OPAQUE, CLEAR], ids=["opaque", "transparent"])
@pytest.mark.parametrize("transform", [PLAIN, PROFILE], ids=["plain", "profile"])
@pytest.mark.parametrize("scale", [3.0, 0.4])
def test_a_device_and_the_host_show_the_same_bytes(name, picture, transform, scale):
    sampler = SAMPLERS[name](picture)
    _, there = shown(OnDevice(), sampler, transform, scale)
    _, here = shown(Display(CPU), sampler, transform, scale)
    assert len(there) == len(TILES)
    for one, other in zip(there, here, strict=True):
        np.testing.assert_array_equal(one, other)


def test_samples_are_converted_by_the_profile():
    sampler = SAMPLERS["bicubic"](OPAQUE)
    lattice, pixels = shown(OnDevice(), sampler, PROFILE)
    expected = to_display(sampler.tiles(lattice, TILES).numpy(), None, PROFILE)
    np.testing.assert_array_equal(np.stack(pixels), expected)
    _, plain = shown(OnDevice(), sampler, PLAIN)
    assert (np.stack(plain) != expected).any()


@pytest.mark.parametrize("name", ["bicubic", "nearest"])
def test_transparent_parts_lie_over_the_checkerboard(name):
    sampler = SAMPLERS[name](CLEAR)
    lattice, pixels = shown(OnDevice(), sampler, PLAIN)
    alpha = Coverage(CLEAR, CPU).tiles(sampler, lattice, TILES)
    rgb = sampler.tiles(lattice, TILES).numpy()
    np.testing.assert_array_equal(
        np.stack(pixels), over_checker(to_display(rgb, alpha.numpy(), PLAIN))
    )


def test_where_bytes_are_made_on_the_device_no_samples_are_brought(monkeypatch):
    sampler = SAMPLERS["bicubic"](OPAQUE)
    monkeypatch.setattr(sampler, "tiles", None)
    shown(OnDevice(), sampler, PLAIN)
