from dataclasses import replace

import pytest
import torch

from models.training.losses import gradient, loss, pixel_loss
from tests.models.training.pictures import TINY


def test_l1():
    truth = torch.zeros(64, 3)
    assert float(loss(truth + 0.25, truth, 1, TINY)) == 0.25


def test_rms_is_the_mean_of_each_patch_s_root(rng):
    truth = torch.from_numpy(rng.normal(size=(3 * 16, 3)).astype("float32"))
    off = torch.from_numpy(rng.normal(size=(3 * 16, 3)).astype("float32"))
    off[:16] *= 0.01
    expected = sum(float((off[16 * i : 16 * i + 16] ** 2).mean()) ** 0.5 for i in range(3)) / 3
    config = replace(TINY, loss="rms")
    assert float(loss(truth + off, truth, 3, config)) == pytest.approx(expected, abs=1e-4)


def test_rms_of_nothing_is_nothing_and_can_be_differentiated():
    shown = torch.zeros(2, 3, 4, 4, requires_grad=True)
    found = pixel_loss(shown, torch.zeros(2, 3, 4, 4), 2, replace(TINY, loss="rms"))
    found.backward()
    assert float(found.detach()) == pytest.approx(0.0, abs=1e-9)
    assert shown.grad is not None
    assert not bool(shown.grad.any())


def test_the_end_of_a_run_is_by_rms(rng):
    """By the very numbers, and nowhere else; and their derivatives are those of the one loss."""
    truth = torch.from_numpy(rng.normal(size=(2 * 16, 3)).astype("float32"))
    shown = torch.from_numpy(rng.normal(size=(2 * 16, 3)).astype("float32")).requires_grad_()
    both = replace(TINY, rms_share=0.25)
    for finish, alone in ((0.0, TINY), (1.0, replace(TINY, loss="rms"))):
        found = pixel_loss(shown, truth, 2, both, torch.tensor(finish))
        expected = pixel_loss(shown, truth, 2, alone)
        assert torch.equal(found, expected)
        slopes = [torch.autograd.grad(each, shown)[0] for each in (found, expected)]
        assert torch.equal(*slopes)
    assert not torch.equal(found, pixel_loss(shown, truth, 2, TINY, torch.tensor(1.0)))


def test_the_best_constant_is_the_mean_for_rms_and_the_median_for_l1():
    """Of pixels 0, 0 and 0.9 the mean is 0.3 and the median 0."""
    truth = torch.tensor([0.0, 0.0, 0.9])[:, None].expand(3, 3)
    values = torch.linspace(-0.2, 1.0, 121)
    for name, best in (("l1", 0.0), ("rms", 0.3)):
        config = replace(TINY, loss=name)
        found = [float(pixel_loss(each.expand(3, 3), truth, 1, config)) for each in values]
        assert float(values[found.index(min(found))]) == pytest.approx(best, abs=0.011)


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
    assert float(loss(brighter, truth, 1, config)) == pytest.approx(0.1, abs=1e-5)
    assert float(loss(flat, truth, 1, config)) > 0.5 + 0.2


def test_it_can_be_differentiated_where_nothing_changes():
    config = replace(TINY, block=4, gradient_loss=1.0)
    shown = torch.zeros(32, 3, requires_grad=True)
    loss(shown, torch.zeros(32, 3), 2, config).backward()
    assert shown.grad is not None
    assert bool(torch.isfinite(shown.grad).all())
