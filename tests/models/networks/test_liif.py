"""LIIF as published: the literal forms agree with each other, and the module with them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from models.networks.edsr import EDSR
from models.networks.liif import LIIF
from models.samplers.grid import Grid, Region
from tests.models.nets import (
    literal_features,
    literal_pixels,
    random_liif,
    shipped,
    small_liif,
)
from tests.models.pictures import drawing, noise, places, premultiplied
from tests.reference import liif

SHAPES = pytest.mark.parametrize(("width", "height"), [(9, 7), (1, 1), (1, 8), (8, 1), (3, 2)])


def image_of(picture):
    return torch.from_numpy(premultiplied(picture)).float().permute(2, 0, 1)[None]


def synthetic(rng, width, height, channels=4):
    """Features and a perceptron that need no encoder."""
    features = rng.normal(size=(channels, height, width))
    sizes = [9 * channels + 4, 12, 10, 3]
    mlp = [
        (rng.normal(size=(b, a)) / np.sqrt(a), rng.normal(size=b) / 4) for a, b in pairwise(sizes)
    ]
    return features, mlp


@SHAPES
@pytest.mark.parametrize("scale", [2.0, 2.7, 4.0, 17.3])
def test_fractions_are_the_published_areas(rng, width, height, scale):
    features, mlp = synthetic(rng, width, height)
    grid = Grid.for_scale(width, height, scale, Region(0, 0, min(width, 1.4), height))
    ys, xs, steps = places(grid)
    ours = liif.decode(features, mlp, ys, xs, steps)
    published = liif.decode_published(features, mlp, ys, xs, steps)
    np.testing.assert_allclose(ours, published, atol=1e-6)


def test_fractions_are_the_published_areas_with_steps_of_their_own(rng):
    features, mlp = synthetic(rng, 9, 7)
    ys, xs, steps = places(Grid.for_size(9, 7, 40, 10))
    ours = liif.decode(features, mlp, ys, xs, steps)
    np.testing.assert_allclose(ours, liif.decode_published(features, mlp, ys, xs, steps), atol=1e-6)


def test_only_the_exact_centres_of_the_last_row_and_column_differ(rng):
    # There all four published areas vanish, and rounding noise is divided by itself.
    features, mlp = synthetic(rng, 9, 7)
    ys, xs, steps = places(Grid.for_scale(9, 7, 3.0))
    ours = liif.decode(features, mlp, ys, xs, steps)
    published = liif.decode_published(features, mlp, ys, xs, steps)
    close = np.abs(ours - published).max(axis=2) < 1e-6
    degenerate = np.zeros_like(close)
    degenerate[-2, :] = degenerate[:, -2] = True
    assert close[~degenerate].all()
    assert not close[degenerate].all()


def test_features_unfold_channel_major_with_zeros_outside():
    features = np.arange(1.0, 25.0).reshape(2, 3, 4)
    corner = liif.unfolded(features, 0, 0)
    assert corner.tolist() == [0, 0, 0, 0, 1, 2, 0, 5, 6, 0, 0, 0, 0, 13, 14, 0, 17, 18]
    unfold = torch.nn.functional.unfold(torch.from_numpy(features)[None], 3, padding=1)
    for row in range(3):
        for column in range(4):
            literal = liif.unfolded(features, row, column)
            assert literal.tolist() == unfold[0, :, 4 * row + column].tolist()


@SHAPES
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("scale", [1.0, 2.7, 8.0])
def test_the_module_is_the_definition(width, height, residual, scale):
    network = small_liif(residual=residual)
    picture = noise(width, height)
    grid = Grid.for_scale(width, height, scale)
    with torch.no_grad():
        pixels = network.decode(network.encode(image_of(picture)), grid).numpy()
    np.testing.assert_allclose(pixels, literal_pixels(network, picture, grid), atol=1e-5)


def test_the_module_is_the_definition_with_steps_of_their_own():
    network = small_liif("wdsr", residual=True)
    picture = noise(9, 7)
    grid = Grid.for_size(9, 7, 50, 12, Region(0.7, 2.2, 8.0, 4.1))
    with torch.no_grad():
        pixels = network.decode(network.encode(image_of(picture)), grid).numpy()
    np.testing.assert_allclose(pixels, literal_pixels(network, picture, grid), atol=1e-5)


def test_the_baseline_is_the_definition():
    network = random_liif(EDSR(), (256,) * 4, residual=False)
    picture = drawing(12, 10)
    grid = Grid.for_scale(12, 10, 2.5, Region(7.3, 6.1, 4.7, 3.9))
    features = literal_features(network, picture)
    with torch.no_grad():
        pixels = network.decode(network.encode(image_of(picture)), grid).numpy()
    literal = literal_pixels(network, picture, grid, features)
    np.testing.assert_allclose(pixels, literal, atol=2e-5)


def test_the_trained_network_is_the_definition():
    picture = drawing(20, 16)
    grid = Grid.for_scale(20, 16, 3.3, Region(0, 0, 12, 5))
    with torch.no_grad():
        pixels = shipped().decode(shipped().encode(image_of(picture)), grid).numpy()
    np.testing.assert_allclose(pixels, literal_pixels(shipped(), picture, grid), atol=1e-5)


def test_without_a_decoder_the_residual_is_the_bilinear_picture():
    network = small_liif(residual=True)
    with torch.no_grad():
        for parameter in network.imnet.linears[-1].parameters():
            parameter.zero_()
        image = torch.rand(1, 3, 6, 5)
        pixels = network.decode(network.encode(image), Grid.for_scale(5, 6, 4.0))
    bilinear = torch.nn.functional.interpolate(image, scale_factor=4, mode="bilinear")
    torch.testing.assert_close(pixels, bilinear[0].permute(1, 2, 0), atol=1e-6, rtol=0)


def test_encoding_and_decoding_keep_nothing_on_the_module():
    network = small_liif()
    grid = Grid.for_scale(6, 5, 3.0)
    first, second = noise(6, 5, seed=1), noise(6, 5, seed=2)
    with torch.no_grad():
        features = network.encode(image_of(first))
        before = network.decode(features, grid)
        network.decode(network.encode(image_of(second)), grid)
        assert torch.equal(network.decode(features, grid), before)


def test_the_decoder_can_be_trained():
    network = small_liif(residual=True)
    image = torch.rand(1, 3, 6, 5)
    network.decode(network.encode(image), Grid.for_scale(5, 6, 2.0)).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert float(network.encoder.head[0].weight.grad.abs().sum()) > 0


def test_the_spec_builds_the_same_model_again():
    network = LIIF(EDSR(n_resblocks=2, n_feats=8, res_scale=0.5), (24, 16), residual=True)
    assert network.spec == {
        "name": "liif",
        "args": {
            "encoder_spec": {
                "name": "edsr",
                "args": {"n_resblocks": 2, "n_feats": 8, "res_scale": 0.5},
            },
            "imnet_spec": {"name": "mlp", "args": {"out_dim": 3, "hidden_list": [24, 16]}},
            "residual": True,
        },
    }
