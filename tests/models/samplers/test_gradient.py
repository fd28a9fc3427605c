"""The gradient map against its definition, its brightness over the zooms, and its options."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.samplers.base import Coverage, Picture
from models.samplers.gradient import GradientSampler, gradient_magnitude
from models.samplers.grid import TILE, Grid, Lattice, Region, Window
from models.samplers.interpolation import Nearest, bicubic, lanczos
from tests.models.nets import literal_pixels, sampler_of, small_liif
from tests.models.pictures import CPU, drawing, noise, places, premultiplied
from tests.reference import gradient as oracle
from tests.reference import resample


def literal_map(picture, grid, name="bicubic"):
    """The map of an interpolator's samples, one sample wider on each side."""
    ys, xs, steps = places(Grid(grid.lattice, grid.window.grown(1)))
    reduced = "bicubic" if max(steps) > 1 else name
    samples = resample.resample(premultiplied(picture), ys, xs, steps, reduced).clip(0, 1)
    return oracle.magnitude(samples, steps)


@pytest.mark.parametrize("name", ["bicubic", "lanczos"])
@pytest.mark.parametrize(
    ("width", "height", "scale", "region"),
    [
        (23, 17, 1.0, None),
        (23, 17, 2.7, None),
        (23, 17, 4.0, None),
        (23, 17, 0.4, None),
        (23, 17, 50.0, Region(22.0, 15.9, 1.0, 1.1)),
        (1, 1, 9.0, None),
        (1, 13, 3.0, None),
        (13, 1, 3.0, None),
    ],
)
def test_map_is_the_definition(name, width, height, scale, region):
    picture = drawing(width, height)
    grid = Grid.for_scale(width, height, scale, region)
    inner = {"bicubic": bicubic, "lanczos": lanczos}[name](picture, CPU)
    pixels = GradientSampler(inner).sample(grid)
    literal = literal_map(picture, grid, name).clip(0, 1)
    assert pixels.shape == (grid.rows, grid.columns, 3)
    # The difference of two samples is divided by the step, and so is their rounding.
    tolerance = 2e-6 * max(1.0, 1 / grid.lattice.x.step)
    for channel in range(3):
        np.testing.assert_allclose(pixels[..., channel].numpy(), literal, atol=tolerance)


def test_axes_are_divided_by_their_own_steps():
    picture = drawing(23, 17)
    for size in ((90, 20), (25, 80), (60, 8)):
        grid = Grid.for_size(23, 17, *size)
        pixels = GradientSampler(bicubic(picture, CPU)).sample(grid)[..., 0].numpy()
        np.testing.assert_allclose(pixels, literal_map(picture, grid).clip(0, 1), atol=2e-5)


def test_map_of_liif_is_that_of_its_definition():
    network, picture = small_liif(residual=True), drawing(20, 16)
    grid = Grid.for_scale(20, 16, 2.3)
    grown = Grid(grid.lattice, grid.window.grown(1))
    literal = oracle.magnitude(literal_pixels(network, picture, grown), places(grid)[2])
    pixels = GradientSampler(sampler_of(network, picture, 16)).sample(grid)[..., 0].numpy()
    np.testing.assert_allclose(pixels, literal.clip(0, 1), atol=3e-5)


def test_map_at_actual_size_is_the_published_one():
    # SPSR: I(x + 1) − I(x − 1) of the source itself.
    picture = noise(12, 11)
    pixels = GradientSampler(bicubic(picture, CPU)).sample(Grid.for_scale(12, 11, 1.0))
    literal = oracle.magnitude(premultiplied(picture), (1.0, 1.0)).clip(0, 1)
    np.testing.assert_allclose(pixels[1:-1, 1:-1, 0].numpy(), literal, atol=2e-6)


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.7, 16.0, 64.0])
def test_a_ramp_is_equally_bright_at_every_zoom(scale):
    # 0.02 a source pixel, taken over two samples: twice that per source pixel.
    levels = (np.arange(40) * 0.02 * 65535 + 0.5).astype(np.uint16)
    picture = Picture(np.broadcast_to(levels[None, :, None], (20, 40, 3)).copy())
    grid = Grid.for_scale(40, 20, scale, Region(10, 8, min(16, 64 / scale), 4))
    pixels = GradientSampler(bicubic(picture, CPU)).sample(grid).numpy()
    grey = sum(oracle.LUMA)
    np.testing.assert_allclose(pixels, 2 * 0.02 * grey, rtol=0.01)


def test_gain_multiplies_before_the_clamp():
    picture = drawing(20, 16)
    grid = Grid.for_scale(20, 16, 2.0)
    inner = bicubic(picture, CPU)
    literal = literal_map(picture, grid)
    for gain in (0.25, 1.0, 4.0, 64.0):
        pixels = GradientSampler(inner, gain).sample(grid)[..., 0].numpy()
        np.testing.assert_allclose(pixels, (gain * literal).clip(0, 1), atol=5e-6 * gain)


def test_a_new_gain_or_colour_map_takes_no_new_samples():
    inner = bicubic(drawing(20, 16), CPU)
    grid = Grid.for_scale(20, 16, 2.0)
    plain = GradientSampler(inner)
    plain.sample(grid)
    inner.evaluate = None  # any further call would fail
    stronger = plain.toned(4.0)
    levels = stronger.sample(grid)[..., 0]
    assert stronger.gain == 4.0
    table = torch.stack([torch.arange(256) / 255, torch.zeros(256), torch.ones(256)], dim=1)
    coloured = plain.toned(4.0, table).sample(grid)
    torch.testing.assert_close(coloured[..., 0], (levels * 255 + 0.5).floor() / 255)
    assert float(coloured[..., 1].max()) == 0.0
    assert float(coloured[..., 2].min()) == 1.0


def test_keys_tell_inner_gain_and_colours():
    picture = drawing(5, 4)
    table = torch.rand(256, 3)
    one, other = bicubic(picture, CPU), Nearest(picture, CPU)
    other.title = one.title  # titles are for people
    keys = [
        GradientSampler(one).key,
        GradientSampler(other).key,
        GradientSampler(one, 2.0).key,
        GradientSampler(one, 1.0, table).key,
        one.key,
    ]
    assert len(set(keys)) == len(keys)
    assert GradientSampler(one, 2.0, table).key == GradientSampler(one).toned(2.0, table).key


def test_maps_of_the_reduced_picture_are_one():
    """Whatever shows what is finer: they are not computed twice."""
    picture, reduced = drawing(5, 4), Grid.for_scale(5, 4, 0.5).lattice
    one, other = (GradientSampler(make(picture, CPU)) for make in (bicubic, Nearest))
    assert one.key_on(reduced) == other.key_on(reduced)
    assert one.key_on(reduced) != one.toned(2.0).key_on(reduced)


def test_keys_ask_nothing_of_the_device(monkeypatch):
    """They are asked for with every tile; to fetch colours from a GPU would wait for its queue."""
    toned = GradientSampler(bicubic(noise(9, 9), CPU)).toned(2.0, torch.rand(256, 3))
    monkeypatch.setattr(torch.Tensor, "cpu", lambda _: pytest.fail("the device was asked"))
    assert toned.key == toned.key


def test_the_same_samples_have_the_same_bits_whoever_asks():
    sampler = GradientSampler(sampler_of(small_liif(residual=True), noise(50, 44), 16))
    whole = Grid.for_scale(50, 44, 2.9)
    pixels = sampler.sample(whole)
    fresh = GradientSampler(sampler_of(small_liif(residual=True), noise(50, 44), 16))
    for window in (Window(60, 50, 15, 15), Window(5, 3, 100, 90)):
        part = fresh.sample(Grid(whole.lattice, window))
        rows = slice(window.row, window.row + window.rows)
        columns = slice(window.column, window.column + window.columns)
        assert torch.equal(part, pixels[rows, columns])


def test_windows_that_are_not_kept_are_evaluated_together(monkeypatch):
    """Each by itself would be too little for all of a processor's threads."""
    sampler = GradientSampler(bicubic(noise(90, 80), CPU))
    lattice = Grid.for_scale(90, 80, 2.0).lattice
    windows = [Window(column, 0, 16, 16) for column in (0, 16, 32, 48)]
    expected = [sampler.evaluate(lattice, [window]) for window in windows]
    sampler = GradientSampler(sampler.inner)
    sampler.evaluate(lattice, windows[1:2])
    asked, evaluate = [], sampler.inner.evaluate

    def noted(lattice: Lattice, some: list[Window]) -> torch.Tensor:
        asked.append(some)
        return evaluate(lattice, some)

    monkeypatch.setattr(sampler.inner, "evaluate", noted)
    for _ in range(2):  # the second time all of them are kept
        found = sampler.evaluate(lattice, [*windows, windows[0]])
        assert torch.equal(found, torch.cat([*expected, expected[0]]))
    assert asked == [[windows[0].grown(1), windows[2].grown(1), windows[3].grown(1)]]


def test_what_is_kept_keeps_nothing_else():
    sampler = GradientSampler(bicubic(noise(90, 80), CPU))
    lattice = Grid.for_scale(90, 80, 2.0).lattice
    sampler.evaluate(lattice, [Window(column, 0, 16, 16) for column in (0, 16, 32, 48)])
    raw = sampler._raw.get((lattice, Window(16, 0, 16, 16)))
    assert raw is not None
    assert raw.untyped_storage().nbytes() == raw.nbytes == 16 * 16 * 4


def test_preparing_covers_the_wider_window():
    sampler = GradientSampler(sampler_of(small_liif(), noise(150, 140), 16))
    lattice = Grid.for_scale(150, 140, 1.0).lattice
    # At 1:1 the samples themselves need no pixel before the 64th; the wider window does.
    inner = sampler.inner.lacking(lattice, Window(64, 64, 64, 64))
    assert len(inner) < len(sampler.lacking(lattice, Window(64, 64, 64, 64)))
    assert list(sampler.prepare(lattice, [Window(64, 64, 64, 64)]))
    assert list(sampler.inner.prepare(lattice, [Window(63, 63, 66, 66)])) == []


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_a_map_covers_what_is_transparent(scale):
    """It has values there, too: no board is to be seen through it."""
    picture = noise(20, 12, alpha=True)
    grid = Grid.for_scale(20, 12, scale)
    sampler, tiles = GradientSampler(bicubic(picture, CPU)), grid.tiles()
    alpha = Coverage(picture, CPU).tiles(sampler, grid.lattice, tiles)
    assert torch.equal(alpha, torch.ones(len(tiles), TILE, TILE))


def test_a_constant_picture_has_no_gradient():
    samples = torch.full((5, 6, 3), 0.7)
    assert float(gradient_magnitude(samples, 0.25, 0.5).abs().max()) < 1e-6


@pytest.mark.parametrize("coloured", [False, True])
def test_what_is_no_number_stays_none(monkeypatch, coloured):
    """An export says so; as the index of a colour it would end a GPU's context."""
    inner = bicubic(noise(20, 12), CPU)
    evaluate = inner.evaluate

    def spoilt(lattice, windows):
        samples = evaluate(lattice, windows).clone()
        samples[:, 5, 7] = torch.nan
        return samples

    monkeypatch.setattr(inner, "evaluate", spoilt)
    colours = torch.linspace(0, 1, 256)[:, None].repeat(1, 3) if coloured else None
    window = Window(0, 0, 16, 10)
    pixels = GradientSampler(inner, 1.0, colours).evaluate(
        Grid.for_scale(20, 12, 1.0).lattice, [window]
    )
    assert 0 < int(pixels.isnan().all(-1).sum()) < 10
