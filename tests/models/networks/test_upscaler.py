"""What a source pixel costs: the count against the sum over layers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from models.kinds import kind_of
from models.networks.spsr import SPSR
from models.networks.upscaler import Upscaler
from models.networks.wdsr_upscaler import WDSR
from models.published import find


def operations(layers: nn.Module, pixels: int = 1) -> int:
    """Two for each weight of each convolution, at so many pixels a source pixel."""
    convolutions = [each for each in layers.modules() if isinstance(each, nn.Conv2d)]
    return sum(2 * each.weight.numel() * pixels for each in convolutions)


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("narrow", [None, 6])
def test_all_of_wdsr_runs_over_source_pixels(factor: int, narrow: int | None) -> None:
    network = WDSR(factor, n_feats=8, n_resblocks=2, wide=16, narrow=narrow)
    assert network.flops() == operations(network)


def test_the_last_layers_of_spsr_run_over_enlarged_pixels() -> None:
    network = SPSR(n_feats=8, n_blocks=3, growth=4, taps=(1, 2))
    late = [network.fusion, *network.out]
    want = operations(network) + sum(operations(each, 15) for each in late)
    for arm in (network.arm, network.branch_arm):
        want += operations(arm.convs[0], 3) + sum(operations(each, 15) for each in arm.convs[1:])
    assert network.flops() == want


def test_counting_leaves_the_network_as_it_is() -> None:
    network = WDSR(2, n_feats=8, n_resblocks=1, wide=16)
    before = {name: each.clone() for name, each in network.state_dict().items()}
    network.flops()
    for name, each in network.state_dict().items():
        assert torch.equal(each, before[name])


PUBLISHED = {"wdsr-x2": (WDSR, 2), "wdsr-x3": (WDSR, 3), "wdsr-x4": (WDSR, 4), "spsr": (SPSR,)}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_files_cost_what_is_said(name: str) -> None:
    kind, *arguments = PUBLISHED[name]
    with torch.device("meta"):
        network = kind(*arguments)
    assert isinstance(network, Upscaler)
    known = find(name)
    assert known is not None
    assert known.mflop == pytest.approx(network.flops() / 1e6, rel=0.005)


def test_the_cost_is_told_after_where_it_applies() -> None:
    network = WDSR(2)
    cost = kind_of(network).cost(network)
    assert cost == "fixed, ×2 · 2.37 MFLOP a source pixel"


def test_what_counts_is_imported_only_to_count() -> None:
    """It takes a quarter of a second, and the whole program waits for this module."""
    code = "import sys, models.networks.upscaler; print('torch.utils.flop_counter' in sys.modules)"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
