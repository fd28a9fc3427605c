"""Fixed-scale networks: their values, their reach, and pieces that equal the whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.networks.encoder import WHOLE, Cut, finish
from models.networks.spsr import SPSR
from models.networks.upscaler import Spare
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
@pytest.mark.parametrize("axis", [2, 3])
def test_the_radius_is_the_support_of_the_gradient(kind, axis):
    network = SMALL[kind]().double()
    with torch.no_grad():
        for parameter in network.parameters():
            # With positive weights nothing cancels and no activation closes: the support is exact.
            parameter.fill_(1 / max(parameter[0].numel(), 1))
    # A strip: the axes are told apart and the other one costs nothing. It is no flat one, since
    # a gradient map's derivative is zero there.
    middle, factor = network.radius + 2, network.factor
    strip = torch.linspace(0, 1, 2 * middle + 1, dtype=torch.float64) ** 2
    image = strip[:, None].expand(1, 3, -1, 3).transpose(2, axis).contiguous().requires_grad_()
    low, high = middle, middle
    # The pixels of one source pixel do not all reach equally far: the radius is the furthest.
    for pixel in (middle * factor, middle * factor + factor - 1):
        shown = network(image)[0, 0].select(axis - 2, pixel)[factor]
        (gradient,) = torch.autograd.grad(shown, image)
        touched = (gradient[0] != 0).any(dim=0).any(dim=3 - axis).nonzero()
        low, high = min(low, int(touched.min())), max(high, int(touched.max()))
    assert {middle - low, high - middle} == {network.radius}


@pytest.mark.parametrize(("narrow", "radius"), [(None, 34), (25, 18)])
def test_the_published_depths_have_the_published_reach(narrow, radius):
    assert WDSR(narrow=narrow).radius == radius


def test_spsr_as_published_has_its_reach_and_its_parameters():
    with torch.device("meta"):
        network = SPSR()
    assert network.radius == 353
    # Files also hold the kernels of the gradient, `conv_w` of the branch's picture, and one
    # convolution twice.
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count == 24_833_176 - 2 * 9 - (64 * 3 + 3) - (64 * 64 * 9 + 64)


@EACH
@pytest.mark.parametrize("axis", [2, 3])
@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True), (True, True)])
def test_a_piece_is_cut_from_the_whole(kind, axis, before, after):
    network = small(kind).double()
    cut = Cut(top=before, bottom=after) if axis == 2 else Cut(left=before, right=after)
    reach, factor, length = network.radius, network.factor, 2 * network.radius + 9
    image = image_of(noise(5, length), torch.float64).transpose(2, axis)
    start, stop = 3 * before, length - 2 * after
    piece = finish(network.steps(image.narrow(axis, start, stop - start), cut))
    first, last = (start + reach * before) * factor, (stop - reach * after) * factor
    whole = network(image).narrow(axis, first, last - first)
    torch.testing.assert_close(piece, whole, rtol=0, atol=1e-12)


def test_a_piece_may_be_cut_on_every_side():
    network = small("wdsr-b").double()
    image = image_of(noise(19, 17), torch.float64)
    piece = finish(network.steps(image[..., 1:-2, 2:-1], Cut(True, True, True, True)))
    r, f = network.radius, network.factor
    whole = network(image)[..., (1 + r) * f : -(2 + r) * f, (2 + r) * f : -(1 + r) * f]
    torch.testing.assert_close(piece, whole, rtol=0, atol=1e-12)


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
def test_half_precision_stays_within_what_the_program_promises(kind):
    network, image = small(kind), image_of(drawing(40, 31))
    exact = network(image)
    network.halve(torch.bfloat16)
    difference = (network(image) - exact).abs().max()
    assert 0 < difference < 4 / 255


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


@EACH
@pytest.mark.parametrize("axis", [2, 3])
@pytest.mark.parametrize("spare", [1, 3, 40])
def test_spare_pixels_are_neighbours_and_are_not_returned(kind, axis, spare):
    network = small(kind).double()
    image = image_of(noise(5, 2 * spare + 7), torch.float64).transpose(2, axis)
    sides = Spare(spare, spare + 2) if axis == 2 else Spare(0, 0, spare, spare + 2)
    piece = finish(network.steps(image, WHOLE, sides))
    factor = network.factor
    whole = network(image).narrow(axis, spare * factor, 5 * factor)
    torch.testing.assert_close(piece, whole, rtol=0, atol=1e-12)


@EACH
def test_one_side_may_be_cut_and_the_other_spare(kind):
    network = small(kind).double()
    reach, factor = network.radius, network.factor
    image = image_of(noise(5, reach + 4 + 30), torch.float64)
    piece = finish(network.steps(image, Cut(top=True), Spare(bottom=30)))
    whole = network(image)[..., reach * factor : (reach + 4) * factor, :]
    torch.testing.assert_close(piece, whole, rtol=0, atol=1e-12)


def test_what_is_spare_is_not_enlarged():
    network = small("spsr")
    seen = []
    for layer in network.arm.convs:
        layer.register_forward_hook(lambda _, given, __: seen.append(given[0].shape[-2]))
    finish(network.steps(image_of(noise(5, 90)), WHOLE, Spare(40, 40)))
    # Ten source pixels and the neighbours that fusion and arms need, at ×2 and ×4.
    near = network.radius - network._coarse_radius(3)
    assert seen == [2 * (10 + 2 * near)] + [4 * (10 + 2 * near)] * 3
