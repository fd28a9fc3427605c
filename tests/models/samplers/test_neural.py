"""LIIF's and Meta-SR's fast forms against their definitions, at every scale; tiles and bits."""

from __future__ import annotations

import gc
import weakref
from copy import deepcopy

import numpy as np
import pytest
import torch

from models.backend import Backend
from models.networks.edsr import EDSR
from models.networks.normalisation import Normalisation
from models.samplers.base import Picture
from models.samplers.grid import TILE, Axis, Grid, Lattice, Region, Tile, Window
from models.samplers.interpolation import bicubic
from models.samplers.neural import LIIFModel, LIIFSampler
from tests.models.nets import (
    literal_features,
    literal_pixels,
    random_liif,
    sampler_of,
    shipped,
    small_liif,
    small_network,
)
from tests.models.pictures import CPU, drawing, noise

SIDE = 16
"""Of encoder tiles here: small pictures then have several."""

FORMS = pytest.mark.parametrize(
    "form",
    [
        "liif edsr",
        "liif+residual edsr",
        "liif+residual wdsr",
        "liif rdn",
        "metasr edsr",
        "metasr rdn",
    ],
)

BOTH = pytest.mark.parametrize("form", ["liif+residual wdsr", "metasr wdsr"])


def check(network, picture, grid, side=SIDE, tolerance=1e-5, features=None):
    literal = literal_pixels(network, picture, grid, features)
    pixels = sampler_of(network, picture, side).sample(grid)
    assert pixels.dtype == torch.float32
    np.testing.assert_allclose(pixels.numpy(), literal, atol=tolerance)


@FORMS
@pytest.mark.parametrize(
    ("width", "height"), [(23, 18), (33, 5), (5, 33), (1, 1), (1, 19), (19, 1), (2, 2), (17, 16)]
)
def test_whole_pictures_of_every_shape(form, width, height):
    check(small_network(form), noise(width, height), Grid.for_scale(width, height, 2.7))


@FORMS
@pytest.mark.parametrize(
    "scale", [1.0, 1.001, 1.5, 2.0, 3.0, 3.3, 4.0, 7.77, 16.0, 30.0, 64.0, 100.0]
)
def test_scales_from_1_to_100_over_borders_and_encoder_tiles(form, scale):
    network, picture = small_network(form), noise(37, 35)
    size = max(0.6, 24 / scale)
    features = literal_features(network, picture)
    for x, y in ((0, 0), (37 - size, 35 - size), (15.3, 0), (15.31, 15.17), (0, 20.5)):
        grid = Grid.for_scale(37, 35, scale, Region(x, y, size, min(size, 5.0)))
        rows = min(grid.rows, 12)
        below = grid.window._replace(row=grid.window.row + grid.rows - rows, rows=rows)
        check(network, picture, Grid(grid.lattice, below), features=features)


@FORMS
@pytest.mark.parametrize(("columns", "rows"), [(23, 90), (120, 18), (70, 40)])
def test_axes_have_their_own_steps(form, columns, rows):
    check(small_network(form), noise(23, 18), Grid.for_size(23, 18, columns, rows))


@FORMS
@pytest.mark.parametrize(("width", "height"), [(20_000, 8), (8, 20_000)])
@pytest.mark.parametrize("scale", [1.0, 3.3, 100.0])
def test_long_pictures_keep_their_precision_at_the_far_end(form, width, height, scale):
    # The oracle sees the last pixels and the reach before them, as if they began at the corner.
    network, picture = small_network(form), noise(width, height)
    size = 6.0 if scale < 2 else 40 / scale if scale < 10 else 0.31
    region = Region(width - size, height - size, size, size)
    grid = Grid.for_scale(width, height, scale, region)
    pixels = sampler_of(network, picture).sample(grid).numpy()
    left, top = max(0, width - 40), max(0, height - 40)
    crop = Picture(np.ascontiguousarray(picture.pixels[top:, left:]))
    lattice = Lattice(
        Axis(grid.lattice.x.origin - left, grid.lattice.x.step),
        Axis(grid.lattice.y.origin - top, grid.lattice.y.step),
    )
    literal = literal_pixels(network, crop, Grid(lattice, grid.window))
    np.testing.assert_allclose(pixels, literal, atol=1e-5)


def test_the_published_baseline():
    network, picture = random_liif(EDSR(), (256,) * 4, residual=False), drawing(24, 20)
    grid = Grid.for_scale(24, 20, 4.0, Region(14.0, 13.0, 10.0, 7.0))
    check(network, picture, grid)


@pytest.mark.parametrize("scale", [1.0, 2.0, 4.4, 30.0])
def test_the_trained_network(scale):
    picture = drawing(48, 40)
    size = min(16.0, 60 / scale)
    grid = Grid.for_scale(48, 40, scale, Region(48 - size, 9.0, size, size))
    check(shipped(), picture, grid)


@BOTH
@pytest.mark.parametrize("kind", [{"dtype": np.uint16}, {"alpha": True}])
def test_sixteen_bits_and_premultiplied_alpha(form, kind):
    network, picture = small_network(form), noise(12, 9, **kind)
    check(network, picture, Grid.for_scale(12, 9, 3.5))


def in_half(network, picture, precision):
    """A sampler whose decoder is in half precision and whose encoder is not."""
    model = LIIFModel(network, Backend(CPU, precision), "test", "Test")
    model.encoder = deepcopy(network.encoder)
    return LIIFSampler(model, picture)


@pytest.mark.parametrize(
    ("precision", "rms", "most"), [(torch.float16, 1e-4, 2e-3), (torch.bfloat16, 5e-4, 4e-3)]
)
@pytest.mark.parametrize("scale", [1.0, 3.7, 16.0])
def test_half_precision_with_trained_weights(precision, rms, most, scale):
    picture = drawing(64, 56, seed=3)
    size = min(40.0, 220 / scale)
    grid = Grid.for_scale(64, 56, scale, Region(10.3, 7.7, size, size))
    sampler = in_half(shipped(), picture, precision)
    image = torch.from_numpy(picture.pixels / np.float64(255)).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        # The module itself is within 1e-5 of the oracle, which would take minutes here.
        literal = shipped().decode(shipped().encode(image), grid)
    error = sampler.sample(grid) - literal
    assert 0 < float(error.square().mean().sqrt()) <= rms
    assert float(error.abs().max()) <= most


@pytest.mark.parametrize(
    ("form", "precision", "most"),
    [
        ("liif rdn", torch.float16, 1.5e-3),
        ("liif rdn", torch.bfloat16, 1.2e-2),
        # Meta-SR only stores in half precision, which is fp16 in both.
        ("metasr edsr", torch.float16, 1.5e-3),
        ("metasr edsr", torch.bfloat16, 1.5e-3),
        ("metasr rdn", torch.float16, 1.5e-3),
        ("metasr rdn", torch.bfloat16, 1.5e-3),
    ],
)
def test_half_precision_of_decoders_with_random_weights(form, precision, most):
    """They are harder on it than trained ones."""
    network, picture = small_network(form), drawing(24, 20)
    grid = Grid.for_scale(24, 20, 3.7, Region(3.3, 2.7, 18.0, 15.0))
    model = sampler_of(network, picture, SIDE, Backend(CPU, precision))._model
    model.encoder = deepcopy(network.encoder)
    sampler = type(sampler_of(network, picture))(model, picture, SIDE)
    error = sampler.sample(grid).numpy() - literal_pixels(network, picture, grid)
    assert 0 < np.abs(error).max() <= most
    assert np.sqrt(np.square(error).mean()) <= most / 4


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_half_precision_all_the_way_stays_within_four_grey_levels(precision):
    picture = drawing(48, 40)
    grid = Grid.for_scale(48, 40, 4.0, Region(8.0, 8.0, 24.0, 24.0))
    half = sampler_of(shipped(), picture, backend=Backend(CPU, precision)).sample(grid)
    error = (half - sampler_of(shipped(), picture).sample(grid)).abs()
    assert float(error.max()) <= 4 / 255
    assert float(error.square().mean().sqrt()) <= 6e-4


@BOTH
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("scale", [1.0, 2.9, 8.0])
def test_the_same_samples_have_the_same_bits_whoever_asks_in_whatever_order(form, precision, scale):
    network, picture = small_network(form), noise(50, 44)
    backend = Backend(CPU, precision)
    whole = Grid.for_scale(50, 44, scale)
    pixels = sampler_of(network, picture, SIDE, backend).sample(whole)
    fresh = sampler_of(network, picture, SIDE, backend)
    for window in (
        Window(whole.columns - 1, whole.rows - 1, 1, 1),
        Window(whole.columns // 2 - 7, whole.rows // 2 - 7, 15, 15),
        Window(0, 0, 1, 1),
        Window(5, 3, whole.columns - 9, whole.rows - 4),
    ):
        part = fresh.sample(Grid(whole.lattice, window))
        rows = slice(window.row, window.row + window.rows)
        columns = slice(window.column, window.column + window.columns)
        assert torch.equal(part, pixels[rows, columns])


@BOTH
def test_bits_do_not_depend_on_what_was_forgotten(form):
    network, picture = small_network(form), noise(60, 50)
    grid = Grid.for_scale(60, 50, 2.3)
    keeping, forgetting = (sampler_of(network, picture, SIDE) for _ in range(2))
    for cache in (forgetting._latents._cache, forgetting._features._cache):
        cache._budget = 0
    assert torch.equal(keeping.sample(grid), forgetting.sample(grid))


@BOTH
def test_tiles_of_a_batch_are_those_alone(form):
    sampler = sampler_of(small_network(form), noise(50, 40), SIDE)
    lattice = Lattice(Axis(0.01, 0.29), Axis(-0.1, 0.31))
    tiles = [Tile(0, 0), Tile(2, 1), Tile(1, 2), Tile(-1, -1), Tile(5, 5)]
    together = sampler.tiles(lattice, tiles)
    assert together.shape == (5, TILE, TILE, 3)
    for tile, samples in zip(tiles, together, strict=True):
        assert torch.equal(sampler.tiles(lattice, [tile])[0], samples)
        assert torch.equal(sampler.sample(Grid(lattice, tile.window)), samples)


@BOTH
def test_the_side_of_encoder_tiles_changes_no_more_than_rounding(form):
    network, picture = small_network(form), noise(50, 40)
    grid = Grid.for_scale(50, 40, 1.7)
    whole = sampler_of(network, picture, 64).sample(grid)
    for side in (1, 7, 16, 50):
        difference = sampler_of(network, picture, side).sample(grid) - whole
        assert float(difference.abs().max()) < 2e-6


def test_a_reduction_is_that_of_every_sampler():
    picture = noise(40, 30)
    sampler = sampler_of(small_liif(), picture)
    for grid in (Grid.for_scale(40, 30, 0.3), Grid.for_size(40, 30, 200, 15)):
        assert torch.equal(sampler.sample(grid), bicubic(picture, CPU).sample(grid))
        assert list(sampler.prepare(grid.lattice, [grid.window])) == []


def test_preparing_leaves_nothing_to_encode():
    network, picture = small_liif(), noise(50, 40)
    sampler = sampler_of(network, picture, SIDE)
    grid = Grid.for_scale(50, 40, 2.0)
    windows = [tile.window for tile in grid.tiles()]
    lacking = [sampler.lacking(grid.lattice, window) for window in windows]
    assert set().union(*lacking) == {Tile(i, j) for i in range(4) for j in range(3)}
    steps = sum(1 for _ in sampler.prepare(grid.lattice, windows))
    # Head, blocks and tail of 4 × 3 encoder tiles, between which others may run.
    assert steps >= 12 * len(network.encoder.body)
    assert list(sampler.prepare(grid.lattice, windows)) == []
    assert not any(sampler.lacking(grid.lattice, window) for window in windows)


@BOTH
def test_preparing_can_be_left_at_any_step_and_begun_again(form):
    network, picture = small_network(form), noise(20, 18)
    grid = Grid.for_scale(20, 18, 3.0)
    expected = sampler_of(network, picture, SIDE).sample(grid)
    for stop in range(9):
        sampler = sampler_of(network, picture, SIDE)
        for step, _ in enumerate(sampler.prepare(grid.lattice, [Window(0, 0, 64, 64)])):
            if step == stop:
                break
        assert torch.equal(sampler.sample(grid), expected)


def test_what_is_left_undone_goes_on_where_it_stopped():
    """A moving view asks again before a tile is encoded; it would never be otherwise."""
    network, picture = small_liif(), noise(20, 18)
    windows = [Window(0, 0, 64, 64)]
    lattice = Grid.for_scale(20, 18, 3.0).lattice
    whole = sum(1 for _ in sampler_of(network, picture, SIDE).prepare(lattice, windows))
    sampler = sampler_of(network, picture, SIDE)
    for _ in range(whole):
        assert next(sampler.prepare(lattice, windows), "done") is None
        assert not torch.is_inference_mode_enabled()
    assert list(sampler.prepare(lattice, windows)) == []
    expected = sampler_of(network, picture, SIDE).tiles(lattice, [Tile(0, 0)])
    assert torch.equal(sampler.tiles(lattice, [Tile(0, 0)]), expected)


def test_a_sampler_with_work_undone_is_freed_with_its_last_user():
    sampler = sampler_of(small_liif(), noise(20, 18), SIDE)
    next(sampler.prepare(Grid.for_scale(20, 18, 3.0).lattice, [Window(0, 0, 64, 64)]))
    gone = weakref.ref(sampler)
    gc.disable()
    try:
        del sampler
        assert gone() is None
    finally:
        gc.enable()


def test_only_what_a_window_needs_is_encoded():
    # 24 megapixels, of which 40 × 30 are looked at.
    picture = Picture(np.zeros((4000, 6000, 3), dtype=np.uint8))
    sampler = sampler_of(small_liif(), picture, SIDE)
    encoder = sampler._model.encoder
    sizes, encode = [], encoder.steps
    encoder.steps = lambda image, cut: sizes.append(tuple(image.shape[2:])) or encode(image, cut)
    sampler.sample(Grid.for_scale(6000, 4000, 2.0, Region(3001, 2003, 40, 30)))
    # 3 × 2 whole tiles of samples need 98 × 66 latents at most: 8 × 6 encoder tiles, each once.
    assert 0 < len(sizes) <= 48
    reach = encoder.radius + 1
    assert set(sizes) == {(SIDE + 2 * reach, SIDE + 2 * reach)}


@pytest.mark.parametrize("residual", [False, True])
def test_another_normalisation_goes_through_every_part(residual):
    """mmagic's EDSR variant subtracts a mean and divides by nothing; here by 0.25 as well."""
    network = small_liif("edsr", residual)
    network.normalisation = Normalisation((0.4488, 0.4371, 0.404), 0.25)
    picture, grid = noise(23, 18), Grid.for_scale(23, 18, 2.7)
    image = torch.from_numpy(picture.pixels / 255).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        expected = network.decode(network.encode(image), grid)
    pixels = sampler_of(network, picture, SIDE).sample(grid)
    torch.testing.assert_close(pixels, expected, atol=2e-5, rtol=0)
    assert (pixels - sampler_of(small_liif("edsr", residual), picture, SIDE).sample(grid)).std() > 0
    # The same by hand: a network that sees and shows −1..1 is given the picture of that mean.
    mean = torch.tensor([0.4488, 0.4371, 0.404])
    moved = (image[0].permute(1, 2, 0) - mean) / 0.25 * 0.5 + 0.5
    plain = small_liif("edsr", residual)
    with torch.no_grad():
        shown = plain.decode(plain.encode(moved.permute(2, 0, 1)[None]), grid)
    inside = (shown > 0) & (shown < 1) & (expected > 0) & (expected < 1)
    back = (shown - 0.5) / 0.5 * 0.25 + mean
    assert inside.float().mean() > 0.3
    torch.testing.assert_close(back[inside], expected[inside], atol=2e-5, rtol=0)
