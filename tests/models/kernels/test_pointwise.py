from copy import deepcopy

import pytest
import torch
from torch import nn

from models.backend import Backend
from models.kernels.linear import choose_layer, plain_layer
from models.kernels.pointwise import RectifiedPointwise, fuse_rectifiers
from models.networks.encoder import Cut, finish
from models.networks.wdsr import WDSRB
from models.networks.wdsr_upscaler import WDSR

HALF = Backend(torch.device("cpu"), torch.bfloat16)
FULL = Backend(torch.device("cpu"), torch.float32)

fuses = pytest.mark.skipif(
    choose_layer(HALF) is plain_layer, reason="this build of torch cannot fuse on this processor"
)


def half(network):
    return network.eval().requires_grad_(False).bfloat16().to(memory_format=torch.channels_last)


def fused(network):
    copy = deepcopy(network)
    fuse_rectifiers(copy, HALF)
    return copy


def count(network):
    return sum(isinstance(each, RectifiedPointwise) for each in network.modules())


@fuses
@pytest.mark.parametrize("shape", [(1, 8, 13, 17), (2, 8, 1, 1), (1, 8, 1, 40), (3, 8, 9, 2)])
@pytest.mark.parametrize("order", [torch.channels_last, torch.contiguous_format])
def test_it_is_the_convolution_and_the_rectifier(shape, order):
    torch.manual_seed(0)
    plain = half(nn.Sequential(nn.Conv2d(8, 48, 1), nn.ReLU(), nn.Conv2d(48, 6, 1)))
    x = torch.randn(shape).bfloat16().contiguous(memory_format=order)
    with torch.inference_mode():
        found, right = fused(plain)(x), plain(x)
        wide = fused(plain)[0](x)
    assert found.shape == right.shape
    torch.testing.assert_close(found, right, rtol=1e-2, atol=1e-2)
    # Half of what a convolution of random numbers gives is below zero.
    assert (wide == 0).float().mean() > 0.2
    assert wide.min() == 0


@fuses
@pytest.mark.parametrize("make", [lambda: WDSRB(8, 3), lambda: WDSR(2, 8, 3, wide=48, narrow=6)])
def test_every_block_of_a_network_is_fused(make):
    assert count(fused(half(make()))) == 3


@fuses
def test_an_encoder_still_gives_the_same_features_whatever_its_window():
    torch.manual_seed(0)
    encoder = half(WDSRB(8, 3))
    encoder.first.float()
    fast = fused(encoder)
    image = torch.randn(1, 3, 40, 50).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        found, right = fast(image), encoder(image)
        part = finish(fast.steps(image[..., 8:, 5:], Cut(top=True, left=True)))
    torch.testing.assert_close(found, right, rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(part, found[..., 8 + 5 :, 5 + 5 :], rtol=1e-2, atol=1e-2)


def test_full_precision_is_left_as_it_is():
    encoder = WDSRB(8, 2)
    fuse_rectifiers(encoder, FULL)
    assert count(encoder) == 0


@fuses
@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(8, 8, 3, padding=1),
        nn.Conv2d(8, 8, 1, stride=2),
        nn.Conv2d(8, 8, 1, padding=1),
        nn.Conv2d(8, 8, 1, groups=2),
        nn.Conv2d(8, 8, 1, bias=False),
    ],
)
def test_other_convolutions_are_left_as_they_are(conv):
    assert count(fused(half(nn.Sequential(conv, nn.ReLU())))) == 0


@fuses
def test_a_sequence_may_hold_several():
    layers = [nn.Conv2d(8, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 1), nn.ReLU(), nn.Sigmoid()]
    network = half(nn.Sequential(*layers))
    assert count(fused(network)) == 2
    assert len(fused(network)) == 3
