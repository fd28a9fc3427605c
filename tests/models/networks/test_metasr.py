"""Meta-SR as published: the literal forms agree with each other, and the module with them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from models.families.metasr import OfficialMetaSR
from models.networks.edsr import EDSR
from models.networks.metasr import MetaSR
from models.networks.normalisation import Mixing
from models.samplers.grid import Grid, Region
from tests.models.nets import literal_pixels, sampler_of, small_metasr
from tests.models.pictures import noise, places, premultiplied
from tests.reference import metasr

SHAPES = pytest.mark.parametrize(("width", "height"), [(9, 7), (1, 1), (1, 8), (8, 1), (3, 2)])


def image_of(picture):
    return torch.from_numpy(premultiplied(picture)).float().permute(2, 0, 1)[None]


def synthetic(rng, width, height, channels=4):
    """Features and a predictor that need no encoder."""
    features = rng.normal(size=(channels, height, width))
    sizes = [3, 12, 27 * channels]
    predictor = [
        (rng.normal(size=(b, a)) / np.sqrt(a), rng.normal(size=b) / 4) for a, b in pairwise(sizes)
    ]
    return features, predictor


@SHAPES
@pytest.mark.parametrize("scale", [1.0, 2.0, 2.7, 4.0, 17.3])
def test_source_pixels_are_the_published_coordinates(rng, width, height, scale):
    features, predictor = synthetic(rng, width, height)
    size = Region(0, 0, min(width, 1.4), height)
    ys, xs, steps = places(Grid.for_scale(width, height, scale, size))
    ours = metasr.decode(features, predictor, ys, xs, steps)
    published = metasr.decode_published(features, predictor, ys, xs, steps)
    np.testing.assert_allclose(ours, published, atol=1e-9)


def test_source_pixels_are_the_published_coordinates_with_steps_of_their_own(rng):
    features, predictor = synthetic(rng, 9, 7)
    ys, xs, steps = places(Grid.for_size(9, 7, 40, 10))
    ours = metasr.decode(features, predictor, ys, xs, steps)
    published = metasr.decode_published(features, predictor, ys, xs, steps)
    np.testing.assert_allclose(ours, published, atol=1e-9)


@SHAPES
@pytest.mark.parametrize("scale", [1.0, 2.7, 8.0])
def test_the_module_is_the_definition(width, height, scale):
    network, picture = small_metasr(), noise(width, height)
    grid = Grid.for_scale(width, height, scale)
    with torch.no_grad():
        pixels = network.decode(network.encode(image_of(picture)), grid).numpy()
    np.testing.assert_allclose(pixels, literal_pixels(network, picture, grid), atol=1e-5)


def test_the_module_is_the_definition_with_steps_of_their_own():
    network, picture = small_metasr("rdn"), noise(9, 7)
    grid = Grid.for_size(9, 7, 50, 12, Region(0.7, 2.2, 8.0, 4.1))
    with torch.no_grad():
        pixels = network.decode(network.encode(image_of(picture)), grid).numpy()
    np.testing.assert_allclose(pixels, literal_pixels(network, picture, grid), atol=1e-5)


def original_state():
    """A small network as the original files hold it: for 0..255, with means that were trained."""
    state = OfficialMetaSR().save(small_metasr("rdn"))
    generator = torch.Generator().manual_seed(3)
    for name, divisor in (("sub_mean", 127.0), ("add_mean", 1 / 127.0)):
        mixed = torch.eye(3) + 0.05 * torch.randn(3, 3, generator=generator)
        state[f"{name}.weight"] = (mixed / divisor).view(3, 3, 1, 1)
    state["sub_mean.bias"] = torch.tensor([-0.9, -0.88, -0.8])
    state["add_mean.bias"] = torch.tensor([114.0, 111.0, 103.0])
    # Their features are 256 times ours, so what follows them is 256 times smaller.
    for name in state:
        if name.startswith("P2W.meta_block.2"):
            state[name] = state[name] / 2
        elif name.endswith("bias") and not name.startswith(("P2W", "sub_mean", "add_mean")):
            state[name] = state[name] / 256
    return state


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0, 3.3, 4.0])
def test_the_original_network_shows_the_same_by_both_forms(scale):
    state, picture = original_state(), noise(8, 6)
    network = OfficialMetaSR().load(state)
    literal = metasr.original(state, 255.0 * premultiplied(picture).transpose(2, 0, 1), scale)
    rows, columns = literal.shape[:2]
    # Its own output size is ⌊s·side⌋, with steps of exactly 1/s.
    grid = Grid.for_scale(8, 6, scale)
    grid = Grid(grid.lattice, grid.window._replace(columns=columns, rows=rows))
    literal = np.clip(literal / 255.0, 0.0, 1.0)
    assert literal.std() > 0.1
    assert ((literal > 0) & (literal < 1)).mean() > 0.4
    with torch.no_grad():
        pixels = network.decode(network.encode(image_of(picture)), grid).numpy()
    np.testing.assert_allclose(pixels, literal, atol=1e-5)
    fast = sampler_of(network, picture, 4).sample(grid).numpy()
    np.testing.assert_allclose(fast, literal, atol=1e-5)


def test_mixed_colours_are_matrices_of_pixels():
    matrix = (2.0, 0.5, 0.0), (0.0, 1.0, -1.0), (0.25, 0.0, 3.0)
    colours = Mixing(matrix, (1.0, 2.0, 3.0), matrix, (0.0, 0.0, 0.5))
    image = torch.tensor([0.2, 0.4, 0.8]).view(1, 3, 1, 1).expand(1, 3, 2, 4)
    mixed = colours.of(image, 1)
    assert mixed.shape == image.shape
    torch.testing.assert_close(mixed[0, :, 1, 2], torch.tensor([1.6, 1.6, 5.45]))
    torch.testing.assert_close(colours.back(image[0, :, 0, 0]), torch.tensor([0.6, -0.4, 2.95]))


def test_encoding_and_decoding_keep_nothing_on_the_module():
    network, grid = small_metasr(), Grid.for_scale(6, 5, 3.0)
    with torch.no_grad():
        latent = network.encode(image_of(noise(6, 5, seed=1)))
        before = network.decode(latent, grid)
        network.decode(network.encode(image_of(noise(6, 5, seed=2))), grid)
        assert torch.equal(network.decode(latent, grid), before)


def test_it_can_be_trained():
    network = small_metasr()
    network.decode(
        network.encode(torch.rand(1, 3, 6, 5)), Grid.for_scale(5, 6, 2.0)
    ).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert float(network.encoder.head[0].weight.grad.abs().sum()) > 0


def test_the_baseline_has_the_published_predictor():
    shapes = {name: tuple(each.shape) for name, each in MetaSR(EDSR()).imnet.state_dict().items()}
    assert shapes["layers.0.weight"] == (256, 3)
    assert shapes["layers.2.weight"] == (1728, 256)


def test_the_spec_builds_the_same_model_again():
    encoder = {"name": "edsr", "args": {"n_resblocks": 2, "n_feats": 8, "res_scale": 0.5}}
    network = MetaSR(EDSR(n_resblocks=2, n_feats=8, res_scale=0.5), 24)
    assert network.spec == {"name": "metasr", "args": {"encoder_spec": encoder, "hidden": 24}}
