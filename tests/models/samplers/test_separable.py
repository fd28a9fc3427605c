"""Our filters against their definition, sample by sample, and against Pillow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from models.kernels.filtering import filters_on
from models.samplers import separable
from models.samplers.grid import Axis, Grid, Lattice, Region, Window
from models.samplers.separable import CHUNK, resample
from models.samplers.taps import BICUBIC, LANCZOS
from tests.models.pictures import CPU, noise, places, premultiplied
from tests.reference import resample as oracle

KERNELS = {
    "bicubic": (BICUBIC, Image.Resampling.BICUBIC),
    "lanczos": (LANCZOS, Image.Resampling.LANCZOS),
}
BOTH = pytest.mark.parametrize("name", ["bicubic", "lanczos"])


@pytest.fixture(params=["loops", "torch"], autouse=True)
def way(request, monkeypatch) -> str:
    """Both ways in turn: compiled loops where they can be, and matrix products."""
    if request.param == "torch":
        monkeypatch.setattr(separable, "filters_on", lambda _: None)
    elif filters_on(CPU) is None:
        pytest.skip("llvmlite is not installed")
    return request.param


def resampled(picture, grid, name):
    plane = picture.colour(CPU)
    samples = resample(plane, grid.lattice, [grid.window], KERNELS[name][0], CPU)
    return samples[0].double().numpy()


def expected(picture, grid, name):
    return oracle.resample(premultiplied(picture), *places(grid), name)


@BOTH
@pytest.mark.parametrize(
    ("width", "height", "scale", "region"),
    [
        (13, 9, 4.0, None),
        (13, 9, 2.7, None),
        (13, 9, 1.0, None),
        (29, 31, 0.4, None),
        (31, 5, 0.11, None),
        (13, 9, 3.3, Region(4.25, 2.5, 6.1, 3.9)),
        (13, 9, 37.0, Region(12.0, 8.0, 1.0, 1.0)),
        (1, 1, 5.0, None),
        (1, 1, 0.5, None),
        (1, 17, 2.5, None),
        (17, 1, 2.5, None),
        (2, 17, 0.3, None),
    ],
)
def test_samples_are_the_definition(name, width, height, scale, region):
    picture = noise(width, height)
    grid = Grid.for_scale(width, height, scale, region)
    np.testing.assert_allclose(
        resampled(picture, grid, name), expected(picture, grid, name), atol=2e-6
    )


@BOTH
@pytest.mark.parametrize(("columns", "rows"), [(40, 5), (5, 40), (3, 33), (90, 70)])
def test_axes_have_their_own_steps(name, columns, rows):
    picture = noise(20, 12)
    grid = Grid.for_size(20, 12, columns, rows)
    np.testing.assert_allclose(
        resampled(picture, grid, name), expected(picture, grid, name), atol=2e-6
    )


@BOTH
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("alpha", [False, True])
def test_sixteen_bits_are_kept_and_colour_is_premultiplied(name, dtype, alpha):
    picture = noise(9, 7, dtype=dtype, alpha=alpha)
    grid = Grid.for_scale(9, 7, 2.3)
    np.testing.assert_allclose(
        resampled(picture, grid, name), expected(picture, grid, name), atol=2e-6
    )


@BOTH
@pytest.mark.parametrize(
    ("columns", "rows"), [(200, 120), (73, 101), (50, 30), (17, 11), (3, 2), (50, 7)]
)
def test_whole_pictures_equal_pillow(name, columns, rows):
    picture = noise(50, 30)
    grid = Grid.for_size(50, 30, columns, rows)
    ours = resampled(picture, grid, name)
    for channel in range(3):
        plane = Image.fromarray(picture.pixels[..., channel].astype(np.float32) / 255)
        theirs = np.asarray(plane.resize((columns, rows), KERNELS[name][1]))
        np.testing.assert_allclose(ours[..., channel], theirs, atol=1e-5)


@BOTH
@pytest.mark.parametrize("scale", [4.0, 2.5, 1.0, 0.5, 0.2])
def test_a_region_equals_pillow_on_a_crop_with_margin(name, scale):
    picture = noise(120, 110)
    grid = Grid.for_scale(120, 110, scale, Region(50, 40, 20, 30))
    margin = 20  # wider than the widest kernel here, and a whole number of samples
    crop = picture.pixels[40 - margin : 70 + margin, 50 - margin : 70 + margin]
    cut = round(margin * scale)
    ours = resampled(picture, grid, name)
    for channel in range(3):
        plane = Image.fromarray(crop[..., channel].astype(np.float32) / 255)
        size = round(60 * scale), round(70 * scale)
        theirs = np.asarray(plane.resize(size, KERNELS[name][1]))
        np.testing.assert_allclose(ours[..., channel], theirs[cut:-cut, cut:-cut], atol=1e-5)


@BOTH
def test_a_strong_reduction_reads_the_picture_in_parts_and_sums_them(name):
    height = 2 * CHUNK + 300
    picture = noise(2, height)
    grid = Grid.for_size(2, height, 2, 3)
    np.testing.assert_allclose(
        resampled(picture, grid, name), expected(picture, grid, name), atol=2e-6
    )


@BOTH
@pytest.mark.parametrize(("width", "height"), [(20_000, 8), (8, 20_000)])
def test_far_places_of_long_pictures_keep_their_precision(name, width, height):
    picture = noise(width, height)
    region = Region(width - 3.37, height - 3.37, 3, 3)
    grid = Grid.for_scale(width, height, 31.7, region)
    near = Region(*(max(0, side - 16) for side in (width, height)), 16, 16)
    crop = premultiplied(picture)[int(near.y) :, int(near.x) :]
    ys, xs, steps = places(grid)
    literal = oracle.resample(crop, ys - near.y, xs - near.x, steps, name)
    np.testing.assert_allclose(resampled(picture, grid, name), literal, atol=2e-6)


@BOTH
@pytest.mark.parametrize("alpha", [False, True])
def test_both_ways_filter_alike(monkeypatch, name, alpha):
    picture = noise(70, 50, alpha=alpha)
    for scale in (0.13, 0.7, 1.0, 3.3):
        grid = Grid.for_scale(70, 50, scale)
        found = resampled(picture, grid, name)
        with monkeypatch.context() as patch:
            patch.setattr(separable, "filters_on", lambda _: None)
            np.testing.assert_allclose(found, resampled(picture, grid, name), atol=1e-6)


@BOTH
def test_windows_of_a_batch_are_those_alone(name):
    picture = noise(40, 30)
    lattice = Lattice(Axis(0.01, 0.3), Axis(-0.02, 0.4))
    windows = [Window(column, row, 16, 8) for column in (-16, 0, 120) for row in (-8, 0, 72)]
    kernel = KERNELS[name][0]
    together = resample(picture.colour(CPU), lattice, windows, kernel, CPU)
    for window, samples in zip(windows, together, strict=True):
        alone = resample(picture.colour(CPU), lattice, [window], kernel, CPU)[0]
        assert torch.equal(samples, alone)


@BOTH
def test_places_outside_the_picture_are_those_of_its_border(name):
    picture = noise(10, 8)
    lattice = Lattice(Axis(0.0, 0.5), Axis(0.0, 0.5))
    kernel = KERNELS[name][0]
    outside = resample(picture.colour(CPU), lattice, [Window(-20, 3, 4, 1)], kernel, CPU)[0]
    border = oracle.resample(
        premultiplied(picture), np.array([1.75]), np.array([0.0]), (0.5, 0.5), name
    )
    np.testing.assert_allclose(outside.numpy(), border.repeat(4, axis=1), atol=2e-6)
