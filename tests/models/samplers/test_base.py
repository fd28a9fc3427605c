"""Pictures, their alpha, and what a picture must be."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch

from models.samplers.base import Coverage, Picture
from models.samplers.grid import Axis, Grid, Lattice, Tile
from models.samplers.interpolation import Nearest, bicubic, lanczos
from tests.models.nets import sampler_of, shipped, small_metasr
from tests.models.pictures import CPU, cover, noise, places
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
    picture = noise(3, 2)
    coverage = Coverage(picture, CPU)
    assert coverage.tiles(bicubic(picture, CPU), lattice, [Tile(0, 0)]) is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ("name", "make"), [("bicubic", bicubic), ("lanczos", lanczos), ("nearest", Nearest)]
)
@pytest.mark.parametrize("scale", [0.4, 1.0, 3.71])
def test_coverage_is_alpha_by_what_made_the_colour(dtype, name, make, scale):
    picture = noise(17, 17, dtype=dtype, alpha=True)
    grid = Grid.for_scale(17, 17, scale)
    coverage = Coverage(picture, CPU)
    tile = coverage.tiles(make(picture, CPU), grid.lattice, [Tile(0, 0)])[0].numpy()
    if name == "nearest" and scale >= 1:
        ys, xs, _ = places(grid)
        image = picture.alpha[..., None] / float(np.iinfo(dtype).max)
        literal = oracle.nearest(image, ys, xs)[..., 0]
    else:
        literal = cover(picture, grid, name if scale >= 1 else "bicubic")[..., 0].clip(0, 1)
    rows, columns = literal.shape
    np.testing.assert_allclose(tile[:rows, :columns], literal, atol=2e-6)


DISC = 200
SAMPLERS = {
    "bicubic": bicubic,
    "lanczos": lanczos,
    "nearest": Nearest,
    "liif": lambda picture, _: sampler_of(shipped(), picture),
    "metasr": lambda picture, _: sampler_of(small_metasr(), picture),
}


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("scale", [0.6, 1.0, 3.7])
@pytest.mark.parametrize("behind", [0, 255])
def test_a_cut_out_has_no_rim(name, scale, behind):
    """A disc of one colour is of that colour wherever it is seen, whatever the file hides."""
    y, x = np.mgrid[:40, :40] - 19.5
    alpha = np.where(np.hypot(x, y) < 13, 255, 0).astype(np.uint8)
    pixels = np.where(alpha[..., None] > 0, DISC, behind).astype(np.uint8).repeat(3, axis=-1)
    whole = np.full_like(pixels, DISC)
    grid = Grid.for_scale(40, 40, scale)
    sampler = SAMPLERS[name](Picture(pixels, alpha), CPU)
    seen = Coverage(sampler.picture, CPU).tiles(sampler, grid.lattice, [Tile(0, 0)])[0, ..., None]
    pixels = sampler.evaluate(grid.lattice, [Tile(0, 0).window])[0]
    right = SAMPLERS[name](Picture(whole), CPU).evaluate(grid.lattice, [Tile(0, 0).window])[0]
    assert 0 < float(seen.mean()) < 1
    np.testing.assert_allclose(pixels.numpy(), (right * seen).numpy(), atol=0.5 / 255)


def test_a_picture_s_samplers_hold_it_once_and_no_longer_than_they_live():
    """Each upload of a picture of 200 megapixels takes 600 MB of a GPU."""
    picture = noise(20, 10)
    first, second = bicubic(picture, CPU), Nearest(picture, CPU)
    assert first.colour is second.colour
    held = weakref.ref(first.colour)
    del first
    assert held() is not None
    del second
    gc.collect()
    assert held() is None
    assert noise(20, 10).colour(CPU) is not picture.colour(CPU)


def test_pixels_may_lie_in_memory_as_they_like(rng):
    """Such as a part of RGBA, or a picture that is turned."""
    rgba = rng.integers(0, 256, (30, 40, 4), dtype=np.uint8)
    grid = Grid.for_scale(40, 30, 1.7)
    strange = Picture(rgba[::-1, :, :3], rgba[::-1, :, 3])
    plain = Picture(rgba[::-1, :, :3].copy(), rgba[::-1, :, 3].copy())
    for make in (bicubic, lanczos):
        assert torch.equal(make(strange, CPU).sample(grid), make(plain, CPU).sample(grid))
