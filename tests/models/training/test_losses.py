from dataclasses import replace

import pytest
import torch

from models.training.losses import gradient, loss
from tests.models.training.pictures import TINY


def test_l1():
    truth = torch.zeros(64, 3)
    assert float(loss(truth + 0.25, truth, TINY)) == 0.25


def test_the_gradient_of_a_ramp():
    """Central differences over two pixels: a slope of 0.1 down and 0.2 across gives 0.2 and 0.4."""
    ramp = 0.1 * torch.arange(5.0)[:, None] + 0.2 * torch.arange(5.0)
    found = gradient(ramp[None, :, :, None].expand(2, 5, 5, 3))
    assert found.shape == (2, 3, 3, 3)
    assert torch.allclose(found, torch.tensor((0.2**2 + 0.4**2 + 1e-6) ** 0.5))


def test_the_gradient_loss_sees_structure_where_l1_does_not():
    """A brighter copy has the same edges; a blurred one does not."""
    config = replace(TINY, block=8, gradient_loss=1.0)
    edge = torch.zeros(8, 8, 3)
    edge[:, 4:] = 1.0
    truth = edge.view(-1, 3)
    brighter, flat = truth + 0.1, torch.full_like(truth, 0.5)
    assert float(loss(brighter, truth, config)) == pytest.approx(0.1, abs=1e-5)
    assert float(loss(flat, truth, config)) > 0.5 + 0.2


def test_it_can_be_differentiated_where_nothing_changes():
    config = replace(TINY, block=4, gradient_loss=1.0)
    shown = torch.zeros(32, 3, requires_grad=True)
    loss(shown, torch.zeros(32, 3), config).backward()
    assert shown.grad is not None
    assert bool(torch.isfinite(shown.grad).all())
