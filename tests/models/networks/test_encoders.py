"""EDSR and WDSR-B: their values, their reach, and their parameters."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.networks.edsr import EDSR
from models.networks.liif import LIIF
from models.networks.normalisation import STANDARD
from models.networks.rdn import RDN
from models.networks.wdsr import WDSRA, WDSRB
from tests.models.nets import SMALL, literal_features, shipped, small_liif
from tests.models.pictures import drawing, noise, premultiplied

EACH = pytest.mark.parametrize("kind", SMALL)


def features_of(network, picture):
    image = torch.from_numpy(premultiplied(picture)).float().permute(2, 0, 1)[None]
    with torch.no_grad():
        return network.encoder(STANDARD.of(image, 1))[0].double().numpy()


@EACH
@pytest.mark.parametrize(("width", "height"), [(13, 9), (1, 1), (1, 11), (11, 1), (2, 30)])
def test_features_are_the_definition(kind, width, height):
    network = small_liif(kind)
    picture = noise(width, height)
    literal = literal_features(network, picture)
    assert literal.std() > 0.1
    np.testing.assert_allclose(features_of(network, picture), literal, atol=1e-5)


def test_features_of_the_trained_encoder_are_the_definition():
    picture = drawing(31, 22)
    literal = literal_features(shipped(), picture)
    tolerance = 1e-5 * np.abs(literal).max()
    np.testing.assert_allclose(features_of(shipped(), picture), literal, atol=tolerance)


def test_features_of_the_full_baseline_are_the_definition():
    network = LIIF(EDSR(), (8,))
    picture = drawing(17, 12)
    literal = literal_features(network, picture)
    tolerance = 1e-5 * np.abs(literal).max()
    np.testing.assert_allclose(features_of(network, picture), literal, atol=tolerance)


def test_the_residual_scale_is_applied_in_each_block():
    torch.manual_seed(0)
    encoder = EDSR(n_resblocks=2, n_feats=4, res_scale=0.1).double()
    plain = EDSR(n_resblocks=2, n_feats=4).double()
    with torch.no_grad():
        for ours, theirs in zip(plain.body[:-1], encoder.body[:-1], strict=True):
            theirs.body[-1].weight *= 10
            theirs.body[-1].bias *= 10
            ours.load_state_dict(theirs.state_dict())
            ours.body[-1].weight *= 0.1
            ours.body[-1].bias *= 0.1
        plain.head.load_state_dict(encoder.head.state_dict())
        plain.body[-1].load_state_dict(encoder.body[-1].state_dict())
        image = torch.rand(1, 3, 9, 8, dtype=torch.float64)
        torch.testing.assert_close(encoder(image), plain(image), rtol=1e-5, atol=1e-6)


def fill(encoder):
    """Gives an encoder weights by which the support of its gradient is exact."""
    with torch.no_grad():
        for parameter in encoder.parameters():
            # With positive weights nothing cancels and no ReLU closes: the support is exact.
            # Each tap's weights sum to 1/3, so neither end of the gradient's range is lost.
            # (In a dense block the longest way is one of many, so there it may not be divided.)
            inputs = parameter.shape[1] if parameter.ndim == 4 else 3
            parameter.fill_(1 / 4 if isinstance(encoder, RDN) else 1 / (3 * inputs))


def reach(encoder, rows, columns):
    """How far the gradient of the middle's feature is not zero: up, left, down, right."""
    image = torch.ones(1, 3, rows, columns, dtype=torch.float64, requires_grad=True)
    encoder(image)[0, 0, rows // 2, columns // 2].backward()
    touched = (image.grad[0] != 0).any(dim=0).nonzero()
    low, high = touched.min(dim=0).values, touched.max(dim=0).values
    assert len(touched) == int((high - low + 1).prod())
    middle = torch.tensor([rows // 2, columns // 2])
    return [*(middle - low).tolist(), *(high - middle).tolist()]


@pytest.mark.parametrize(
    ("encoder", "radius"),
    [
        (lambda: EDSR(n_feats=4), 34),
        (lambda: WDSRB(n_feats=4), 18),
        (lambda: RDN(n_resblocks=2, n_layers=3, growth=4, n_feats=4), 9),
        (lambda: WDSRA(n_feats=4, expansion=2), 34),
        (lambda: EDSR(n_resblocks=3, n_feats=4), 8),
        (lambda: WDSRB(n_resblocks=5, n_feats=4), 7),
    ],
)
def test_the_radius_is_the_support_of_the_gradient(encoder, radius):
    network = encoder().double()
    fill(network)
    assert network.radius == radius
    side = 2 * radius + 5
    assert reach(network, side, side) == [radius] * 4


def test_the_radius_of_the_published_rdn_is_the_support_of_its_gradient():
    """In strips: a square of its size would take a hundred times as long."""
    network = RDN(growth=2, n_feats=2).double()
    fill(network)
    assert network.radius == 131
    assert reach(network, 5, 267) == [2, 131, 2, 131]
    assert reach(network, 267, 5) == [131, 2, 131, 2]


def test_parameters_have_the_published_names():
    names = set(LIIF(EDSR(), (256,) * 4).state_dict())
    layers = ["encoder.head.0", "encoder.body.16"]
    layers += [f"encoder.body.{block}.body.{layer}" for block in range(16) for layer in (0, 2)]
    layers += [f"imnet.layers.{layer}" for layer in (0, 2, 4, 6, 8)]
    assert names == {f"{layer}.{part}" for layer in layers for part in ("weight", "bias")}
    assert len(names) == 82 - 4  # the published file also holds sub_mean and add_mean


def test_the_baseline_has_the_published_size():
    # 1,567,323 in the file, of which sub_mean and add_mean are 24.
    network = LIIF(EDSR(), (256,) * 4)
    assert sum(parameter.numel() for parameter in network.parameters()) == 1_567_323 - 24


def test_the_low_rank_of_a_wdsr_block_is_rounded_down():
    block = WDSRB().body[0].body
    assert [tuple(layer.weight.shape) for layer in (block[0], block[2], block[3])] == [
        (192, 32, 1, 1),
        (25, 192, 1, 1),
        (32, 25, 3, 3),
    ]


@EACH
def test_steps_give_what_forward_gives(kind):
    encoder = SMALL[kind]()
    image = torch.rand(1, 3, 7, 5)
    result = []

    def run():
        result.append((yield from encoder.steps(image)))

    pauses = sum(1 for _ in run())
    assert torch.equal(result[0], encoder(image))
    assert pauses >= 3  # head, both blocks, tail


@EACH
def test_encoding_leaves_its_input_as_it_was(kind):
    image = torch.rand(1, 3, 7, 5)
    before = image.clone()
    SMALL[kind]()(image)
    assert torch.equal(image, before)
