"""Arithmetic, beside what is counted layer by layer while a network runs."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.backend import Backend
from models.evaluation.cost import once, reach
from models.evaluation.speed import published_shape
from models.kernels.metasr import MetaDecoder
from models.networks.spsr import SPSR
from models.networks.wdsr_upscaler import WDSR
from tests.models.nets import small_liif, small_metasr
from tests.models.pictures import CPU


def counted(trunk: nn.Module, height: int, width: int) -> float:
    """Two operations for every weight at every place where a convolution puts it."""
    total = 0.0

    def count(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        nonlocal total
        total += 2.0 * layer.weight.numel() * output[0, 0].numel()

    layers = [each for each in trunk.modules() if isinstance(each, nn.Conv2d)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.no_grad():
        trunk(torch.rand(1, 3, height, width))
    for hook in hooks:
        hook.remove()
    return total / (height * width)


@pytest.mark.parametrize("kind", ["edsr", "wdsr-a", "wdsr", "rdn"])
def test_a_trunk_is_counted_with_the_fold_of_its_features(kind):
    network = small_liif(kind)
    fold = 2 * 9 * 8 * network.imnet.linears[0].out_features
    assert once(network) == pytest.approx(counted(network.encoder, 12, 10) + fold)


def test_meta_sr_folds_its_predictor():
    network = small_metasr()
    fold = 2 * 9 * 8 * MetaDecoder(network, Backend(CPU)).width
    assert once(network) == pytest.approx(counted(network.encoder, 12, 10) + fold)


@pytest.mark.parametrize("factor", [2, 3])
def test_a_fixed_network_is_counted_whole(factor):
    network = WDSR(factor, 6, 2, 24)
    assert once(network) == pytest.approx(counted(network, 12, 10))


def test_what_runs_at_a_larger_size_costs_more():
    network = SPSR(n_feats=4, n_blocks=3, growth=2, taps=(1, 2))
    weights = sum(each.weight.numel() for each in network.modules() if isinstance(each, nn.Conv2d))
    assert once(network) == pytest.approx(counted(network, 12, 10))
    assert once(network) > 2 * weights


def test_the_network_itself_is_left_alone():
    network = small_liif()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    once(network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_the_published_shape():
    network = published_shape()
    assert once(network) / 1e6 == pytest.approx(2.44 + 0.295, abs=0.01)
    assert reach(network) == 35
    assert reach(WDSR(2, 6, 2, 24)) == WDSR(2, 6, 2, 24).radius
