"""Fixed-scale networks: their values, their reach, and pieces that equal the whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.networks.encoder import WHOLE, Cut, finish
from models.networks.wdsr_upscaler import WDSR
from tests.models.networks.upscalers import SMALL, literal, small
from tests.models.pictures import drawing, noise, premultiplied

EACH = pytest.mark.parametrize("kind", SMALL)


def image_of(picture, dtype=torch.float32):
    return torch.from_numpy(premultiplied(picture)).to(dtype).permute(2, 0, 1)[None]


@EACH
@pytest.mark.parametrize(("width", "height"), [(13, 9), (1, 1), (1, 11), (11, 1), (2, 30)])
def test_pixels_are_the_definition(kind, width, height):
    network, picture = small(kind), noise(width, height)
    expected = literal(network, premultiplied(picture).transpose(2, 0, 1))
    assert expected.shape == (3, height * network.factor, width * network.factor)
    assert expected.std() > 0.03
    np.testing.assert_allclose(network(image_of(picture))[0].numpy(), expected, atol=1e-5)


@EACH
def test_the_radius_is_the_support_of_the_gradient(kind):
    network = SMALL[kind]().double()
    side = 2 * network.radius + 5
    with torch.no_grad():
        for parameter in network.parameters():
            # With positive weights nothing cancels and no activation closes: the support is exact.
            parameter.fill_(1 / max(parameter[0].numel(), 1))
    image = torch.ones(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    middle, factor = side // 2, network.factor
    low, high = middle, middle
    # The pixels of one source pixel do not all reach equally far: the radius is the furthest.
    for pixel in (middle * factor, middle * factor + factor - 1):
        (gradient,) = torch.autograd.grad(network(image)[0, 0, pixel, pixel], image)
        touched = (gradient[0] != 0).any(dim=0).nonzero()
        low, high = min(low, int(touched.min())), max(high, int(touched.max()))
    assert {middle - low, high - middle} == {network.radius}


@pytest.mark.parametrize(("narrow", "radius"), [(None, 34), (25, 18)])
def test_the_published_depths_have_the_published_reach(narrow, radius):
    assert WDSR(narrow=narrow).radius == radius


@EACH
@pytest.mark.parametrize("sides", [*(1 << k for k in range(4)), 0b1111, 0b0110])
def test_a_piece_is_cut_from_the_whole(kind, sides):
    network = small(kind)
    cut = Cut(*(bool(sides >> k & 1) for k in range(4)))
    reach, factor = network.radius, network.factor
    image = image_of(noise(3 * reach + 4, 3 * reach + 2), torch.float64)
    network.double()
    top, left = cut.top * 3, cut.left * 2
    bottom, right = image.shape[2] - cut.bottom, image.shape[3] - cut.right * 4
    piece = finish(network.steps(image[..., top:bottom, left:right], cut))
    y0, x0 = (top + reach * cut.top) * factor, (left + reach * cut.left) * factor
    y1, x1 = (bottom - reach * cut.bottom) * factor, (right - reach * cut.right) * factor
    torch.testing.assert_close(piece, network(image)[..., y0:y1, x0:x1], rtol=0, atol=1e-12)


@EACH
def test_work_pauses_at_each_block(kind):
    network = small(kind)
    pauses = sum(1 for _ in network.steps(image_of(noise(7, 5)), WHOLE))
    assert pauses >= len(network.body)


@EACH
def test_enlarging_leaves_its_input_as_it_was(kind):
    image = image_of(noise(7, 5))
    before = image.clone()
    small(kind)(image)
    assert torch.equal(image, before)


@EACH
def test_half_precision_does_not_show_in_8_bit(kind):
    network, image = small(kind), image_of(drawing(40, 31))
    exact = network(image)
    network.halve(torch.bfloat16)
    difference = (network(image) - exact).abs().max()
    assert 0 < difference < 4e-3


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        # Convolutions of the layers as the papers list them, biases included.
        ({"wide": 128}, 896 + 16 * (36_992 + 36_896) + 3_468 + 912),
        ({"wide": 192, "narrow": 25}, 896 + 16 * (6_336 + 4_825 + 7_232) + 3_468 + 912),
    ],
)
def test_a_network_of_the_paper_has_its_parameters(arguments, count):
    assert sum(parameter.numel() for parameter in WDSR(2, **arguments).parameters()) == count
