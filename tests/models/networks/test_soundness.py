"""Networks that fail in fp16 go on in fp32: all that is seen of it is a line in the log."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from torch import nn

from models.backend import Backend
from models.networks.encoder import finish
from models.networks.soundness import steadied
from models.samplers.encoded import EncodedModel
from models.samplers.fixed_scale import FixedScaleModel, FixedScaleSampler
from models.samplers.grid import Grid
from models.samplers.neural import LIIFModel, LIIFSampler
from tests.models.nets import small_liif
from tests.models.networks.upscalers import small
from tests.models.pictures import CPU, noise

HALF, FULL = Backend(CPU, torch.float16), Backend(CPU)
GRID = Grid.for_scale(40, 30, 2.0)


def too_large(block: nn.Module) -> None:
    """Make what is inside a block larger than fp16 can say, and what leaves it as it was."""
    first, *_, last = [each for each in block.modules() if isinstance(each, nn.Conv2d)]
    with torch.no_grad():
        first.weight *= 2.0**16
        first.bias *= 2.0**16
        last.weight *= 2.0**-16
    block.half().float()  # as small numbers are rounded more than usual


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING)
    return caplog


def test_a_trunk_whose_fp16_overflows_shows_what_it_shows_in_fp32(lines):
    network, picture = small_liif("edsr", residual=True), noise(40, 30)
    too_large(network.encoder.body[0])
    full = LIIFSampler(LIIFModel(network, FULL, "x", "X"), picture).sample(GRID)
    model = LIIFModel(network, HALF, "x", "X")
    sampler = LIIFSampler(model, picture, side=16)
    shown = sampler.sample(GRID)
    np.testing.assert_allclose(shown.numpy(), full.numpy(), atol=4 / 255)
    assert [line.levelno for line in lines.records] == [logging.WARNING], "said once"
    assert "fp32" in lines.text
    # Another picture finds the trunk as it is now.
    LIIFSampler(model, noise(40, 30, seed=3)).sample(GRID)
    assert len(lines.records) == 1


def test_a_network_of_a_fixed_scale_likewise(lines):
    network, picture = small("wdsr-a"), noise(40, 30)
    too_large(network.body[0])
    full = FixedScaleSampler(FixedScaleModel(network, FULL, "x", "X"), picture).sample(GRID)
    shown = FixedScaleSampler(FixedScaleModel(network, HALF, "x", "X"), picture, side=16)
    np.testing.assert_allclose(shown.sample(GRID).numpy(), full.numpy(), atol=4 / 255)
    assert len(lines.records) == 1


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_in_other_precisions_nothing_is_asked_or_changed(lines, precision):
    network, begun = nn.Linear(2, 2).to(precision), []

    def begin():
        begun.append(1)
        yield
        return torch.tensor([torch.nan])

    assert finish(steadied(network, begin)).isnan().all()
    assert begun == [1]
    assert network.weight.dtype == precision
    assert not lines.records


def test_what_works_in_fp16_stays_in_it(lines):
    model = LIIFModel(small_liif("edsr"), HALF, "x", "X")
    assert isinstance(model, EncodedModel)
    LIIFSampler(model, noise(40, 30)).sample(GRID)
    assert torch.float16 in {each.dtype for each in model.encoder.parameters()}
    assert not lines.records
