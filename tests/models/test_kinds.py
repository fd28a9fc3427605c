"""Kinds of networks: each has its model and sampler, and says what a pixel costs."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from models.backend import Backend
from models.kernels import choice
from models.kinds import KINDS, kind_of, liif_flops, metasr_flops, mflop, place, sampler_of
from models.networks.edsr import EDSR
from models.networks.metasr import MetaSR
from models.networks.network import Network
from models.samplers.grid import Grid
from tests.models.nets import small_network
from tests.models.pictures import CPU, drawing


def test_every_network_has_one_kind():
    assert [kind.network for kind in KINDS] == list(get_args(Network))


@pytest.mark.parametrize("form", ["liif edsr", "metasr edsr"])
def test_a_network_becomes_its_model_and_sampler(form):
    network = small_network(form)
    kind = kind_of(network)
    model = place(network, Backend(CPU), "name", "Title")
    assert isinstance(model, kind.model)
    assert (model.name, model.title, model.backend) == ("name", "Title", Backend(CPU))
    sampler = sampler_of(model, drawing(5, 4))
    assert sampler.key == ("name", Backend(CPU))
    assert sampler.title == "Title"


def test_costs_are_short():
    assert mflop(0.00307) == "3.1 kFLOP"
    assert mflop(0.066) == "0.07 MFLOP"
    assert mflop(1.58) == "1.58 MFLOP"
    assert mflop(21.4) == "21 MFLOP"


@pytest.mark.parametrize("form", ["liif edsr", "metasr edsr"])
def test_a_pixel_costs_what_is_said(monkeypatch, form):
    monkeypatch.setattr(choice, "can_compile", lambda _: False)  # loops are not counted
    network, picture = small_network(form), drawing(16, 16)
    sampler = sampler_of(place(network, Backend(CPU), "name", "Title"), picture)
    grid = Grid.for_scale(16, 16, 16.0)
    sampler.sample(grid)  # encoded and folded before it is counted
    with FlopCounterMode(display=False) as counter:
        sampler.sample(grid)
    said = (metasr_flops if isinstance(network, MetaSR) else liif_flops)(network)
    assert counter.get_total_flops() / (256 * 256) == pytest.approx(said, rel=0.5)


def test_the_published_predictor_costs_three_kiloflops():
    with torch.device("meta"):
        assert metasr_flops(MetaSR(EDSR())) == pytest.approx(3000, rel=0.05)
