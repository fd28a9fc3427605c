"""The first layer taken apart, and the decoder that puts it together again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.backend import Backend
from models.kernels import decoder as decoding
from models.kernels.decoder import Decoder
from models.kernels.hoist import hoist
from models.samplers.grid import TILE, Axis, Grid, Lattice, Window
from tests.models.nets import sampler_of, small_liif
from tests.models.pictures import CPU, noise
from tests.reference import layers, liif


def test_the_parts_of_the_first_layer_sum_to_it(rng):
    network = small_liif()
    weights = hoist(network, Backend(CPU))
    features = rng.normal(size=(8, 5, 6))
    padded = torch.from_numpy(np.pad(features, ((0, 0), (1, 1), (1, 1)))).float()
    latents = weights.latents(padded).numpy()
    first = layers.imnet(network.state_dict())[0]
    for row in range(5):
        for column in range(6):
            (y, x), cell = rng.uniform(-1, 1, 2), rng.uniform(0, 1, 2)
            query = [*liif.unfolded(features, row, column), 2 * y, 2 * x, *(2 * cell)]
            expected = first[0] @ np.array(query) + first[1]
            constant = weights.constant(*cell)
            sum_of_parts = (
                latents[row, column]
                + (y * weights.along_y + x * weights.along_x + constant).numpy()
            )
            np.testing.assert_allclose(sum_of_parts, expected, atol=2e-6)


@pytest.mark.parametrize("precision", [torch.float32, torch.float16, torch.bfloat16])
def test_only_hidden_layers_are_in_half_precision(precision):
    weights = hoist(small_liif(), Backend(CPU, precision))
    assert {tensor.dtype for layer in weights.hidden for tensor in layer} == {precision}
    assert len(weights.hidden) == 2
    exact = (weights.along_y, weights.along_x, weights.cell, weights.bias, weights.fold)
    assert {tensor.dtype for tensor in (*exact, *weights.last)} == {torch.float32}


@pytest.mark.parametrize("band", [1, 4 * TILE * 24 * 7, 1 << 30])
def test_bands_change_no_more_than_rounding(monkeypatch, band):
    network, picture = small_liif(residual=True), noise(20, 18)
    grid = Grid.for_scale(20, 18, 3.3)
    expected = sampler_of(network, picture).sample(grid)
    monkeypatch.setattr(decoding, "BAND", band)
    pixels = sampler_of(network, picture).sample(grid)
    torch.testing.assert_close(pixels, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("rows", "heights"), [(64, [22, 22, 20]), (66, [22] * 3), (7, [7])])
def test_bands_are_about_as_high(monkeypatch, rows, heights):
    """A gradient map's windows are two rows higher than tiles; those two would be a band."""
    monkeypatch.setattr(decoding, "BAND", 4 * 30 * 24 * 31)
    done = []
    decoder = Decoder(hoist(small_liif(), Backend(CPU)), Backend(CPU), residual=False)
    lattice = Grid.for_scale(40, 40, 3.0).lattice
    area, down, across = decoder.geometry(lattice, Window(0, 0, 31, rows), 40, 40)
    latents = torch.zeros(area.rows, area.columns, 24)
    out = torch.empty(rows, 31, 3)
    for job in decoder.jobs(
        lattice,
        down,
        across,
        latents,
        latents[..., :3],
        out,
        lambda part, _: done.append(len(part)),
    ):
        job()
    assert done == heights


@pytest.mark.parametrize("step", [0.01, 0.3, 1.0])
def test_footprints_of_tiles_have_one_shape_and_hold_their_corners(step):
    decoder = Decoder(hoist(small_liif(), Backend(CPU)), Backend(CPU), residual=False)
    lattice = Lattice(Axis(0.3 * step, step), Axis(-0.5 * step, step))
    shapes = set()
    for tile in range(-1, 8):
        window = Window(tile * TILE, tile * TILE, TILE, TILE)
        footprint, down, across = decoder.geometry(lattice, window, 37, 41)
        shapes.add((footprint.rows, footprint.columns))
        assert down.index.min() == across.index.min() == 0
        assert 0 <= footprint.top <= 36 - down.index.max()
        assert 0 <= footprint.left <= 40 - across.index.max()
        assert down.index.max() < footprint.rows
        assert across.index.max() < footprint.columns
    assert len(shapes) == 1
