"""Encoding by tile: the same features as encoding the whole picture, in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.backend import Backend
from models.networks.normalisation import STANDARD
from models.samplers.features import MARGIN, FeatureMap
from models.samplers.grid import Tile
from tests.models.nets import SMALL, literal_features, shipped, small_liif
from tests.models.pictures import CPU, noise

EACH = pytest.mark.parametrize("kind", SMALL)


def feature_map(network, picture, side, budget=1 << 30):
    return FeatureMap(network.encoder, picture.colour(CPU), Backend(CPU), side, budget)


def finished(steps):
    """What steps return, and how many there were."""
    result = []

    def run():
        result.append((yield from steps))

    with torch.no_grad():
        count = sum(1 for _ in run())
    return result[0], count


def whole_features(network, picture):
    """Features of the whole picture at once, with a border of zeros: ``[C, H + 2, W + 2]``."""
    image = picture.colour(CPU).read(slice(None), slice(None)).permute(2, 0, 1)[None]
    with torch.no_grad():
        features = network.encoder(STANDARD.of(image, 1))[0]
    return torch.nn.functional.pad(features, (MARGIN,) * 4)


def compare(network, picture, side):
    features = feature_map(network, picture, side)
    whole = whole_features(network, picture)
    seen = np.zeros((picture.height, picture.width), dtype=int)
    for tile in features.tiles(range(picture.height), range(picture.width)):
        rows, columns = features.extent(tile)
        seen[rows.start : rows.stop, columns.start : columns.stop] += 1
        encoded, _ = finished(features.steps(tile))
        expected = whole[:, rows.start : rows.stop + 2, columns.start : columns.stop + 2]
        assert encoded.shape == expected.shape
        torch.testing.assert_close(encoded, expected, atol=5e-6, rtol=0)
    assert (seen == 1).all()


@EACH
@pytest.mark.parametrize("side", [5, 16, 32, 1000])
@pytest.mark.parametrize(
    ("width", "height"), [(33, 17), (32, 32), (1, 1), (1, 20), (20, 1), (3, 40)]
)
def test_tiles_are_cut_from_the_whole_encoding(kind, side, width, height):
    compare(small_liif(kind), noise(width, height), side)


@EACH
def test_tiles_of_one_pixel_are_cut_from_the_whole_encoding(kind):
    compare(small_liif(kind), noise(7, 5), 1)


def test_tiles_of_the_trained_encoder_are_cut_from_the_whole_encoding():
    network, picture = shipped(), noise(70, 45)
    features, whole = feature_map(network, picture, 32), whole_features(network, picture)
    tolerance = 2e-6 * float(whole.abs().max())
    for tile in (Tile(0, 0), Tile(1, 1), Tile(2, 0)):
        rows, columns = features.extent(tile)
        expected = whole[:, rows.start : rows.stop + 2, columns.start : columns.stop + 2]
        encoded, _ = finished(features.steps(tile))
        torch.testing.assert_close(encoded, expected, atol=tolerance, rtol=0)


def test_features_far_from_the_corner_are_the_definition():
    network, picture = small_liif(), noise(61, 47)
    encoded, _ = finished(feature_map(network, picture, 16).steps(Tile(3, 2)))
    literal = literal_features(network, picture)
    expected = np.pad(literal, ((0, 0), (1, 1), (1, 1)))[:, 32:49, 48:63]
    np.testing.assert_allclose(encoded.numpy(), expected, atol=1e-5)


def test_tiles_are_those_that_hold_the_pixels_cut_to_the_picture():
    features = feature_map(small_liif(), noise(50, 40), 16)
    assert list(features.tiles(range(15, 17), range(31, 32))) == [Tile(1, 0), Tile(1, 1)]
    assert list(features.tiles(range(39, 90), range(49, 90))) == [Tile(3, 2)]
    assert features.extent(Tile(3, 2)) == (range(32, 40), range(48, 50))


def test_a_tile_is_encoded_in_steps_and_once():
    network = small_liif()
    features = feature_map(network, noise(50, 40), 16)
    first, steps = finished(features.steps(Tile(1, 1)))
    assert steps >= len(network.encoder.body)
    again, steps = finished(features.steps(Tile(1, 1)))
    assert steps == 0
    assert again is first


def test_memory_follows_the_budget_not_the_picture():
    network, picture = small_liif(), noise(200, 16)
    tile_bytes = 8 * 18 * 18 * 4
    features = feature_map(network, picture, 16, budget=3 * tile_bytes)
    tiles = list(features.tiles(range(16), range(200)))
    for tile in tiles:
        finished(features.steps(tile))
    kept = [finished(features.steps(tile))[1] == 0 for tile in reversed(tiles[-3:])]
    assert kept == [True, True, True]
    assert finished(features.steps(tiles[0]))[1] > 0
