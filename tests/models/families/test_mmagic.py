"""mmagic's LIIF: files with random tensors under the published names are the literal networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.checkpoints import load_checkpoint
from models.samplers.grid import Grid
from tests.models.nets import sampler_of
from tests.models.pictures import noise, places, premultiplied
from tests.reference import liif, liif_mmagic
from tests.reference.layers import imnet

FEATS, GROWTH, LAYERS, BLOCKS = 6, 5, 3, 2


def edsr_shapes():
    shapes = {"conv_first": (FEATS, 3, 3, 3), "conv_after_body": (FEATS, FEATS, 3, 3)}
    each = [f"body.{block}.conv{n}" for block in range(BLOCKS) for n in (1, 2)]
    return shapes | dict.fromkeys(each, (FEATS, FEATS, 3, 3))


def rdn_shapes():
    shapes = {"sfe1": (FEATS, 3, 3, 3), "sfe2": (FEATS, FEATS, 3, 3)}
    shapes |= {"gff.0": (FEATS, BLOCKS * FEATS, 1, 1), "gff.1": (FEATS, FEATS, 3, 3)}
    for block in range(BLOCKS):
        for n in range(LAYERS):
            shapes[f"rdbs.{block}.layers.{n}.conv"] = GROWTH, FEATS + n * GROWTH, 3, 3
        shapes[f"rdbs.{block}.lff"] = FEATS, FEATS + LAYERS * GROWTH, 1, 1
    return shapes


def published(shapes):
    """A file's tensors, made by name and never by the code under test."""
    shapes |= {"imnet.layers.0": (16, 9 * FEATS + 4), "imnet.layers.2": (3, 16)}
    generator, state = torch.Generator().manual_seed(5), {}
    for name, shape in shapes.items():
        spread = (0.1 if name == "imnet.layers.2" else 1.0) / np.sqrt(np.prod(shape[1:]))
        state[f"generator.{name}.weight"] = spread * torch.randn(shape, generator=generator)
        state[f"generator.{name}.bias"] = 0.1 * torch.randn(shape[0], generator=generator)
    return state


def mean_back(values):
    return values + liif_mmagic.MEAN


def unit_back(values):
    return values * 0.5 + 0.5


CASES = {
    "edsr": (edsr_shapes, liif_mmagic.edsr, mean_back),
    "rdn": (rdn_shapes, liif_mmagic.dense, unit_back),
}


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize(("width", "height"), [(9, 7), (1, 1), (3, 11)])
def test_a_published_file_is_the_definition(tmp_path, kind, width, height):
    shapes, encode, back = CASES[kind]
    state, picture = published(shapes()), noise(width, height)
    torch.save({"state_dict": state}, tmp_path / "model.pth")
    network, grid = (
        load_checkpoint(tmp_path / "model.pth").network,
        Grid.for_scale(width, height, 2.7),
    )
    features = encode(state, premultiplied(picture).transpose(2, 0, 1), BLOCKS)
    plain = {name.removeprefix("generator."): each for name, each in state.items()}
    # The oracle of LIIF gives 0..1 of a network that shows −1..1.
    values = 2 * liif.decode(features, imnet(plain), *places(grid)) - 1
    literal = np.clip(back(values), 0.0, 1.0)
    assert ((literal > 0) & (literal < 1)).mean() > 0.5
    np.testing.assert_allclose(sampler_of(network, picture, 4).sample(grid), literal, atol=1e-5)
