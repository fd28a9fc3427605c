from dataclasses import replace

import numpy as np
import pytest
import torch

from models.networks import spsr
from models.training.config import load
from models.training.patches import Pair
from models.training.tasks import task_of
from tests.models.training.pictures import SPSR, TINY, parts, stripes
from tests.reference.gradient_loss import gradient_l1, m


def test_the_losses_are_the_oracles(rng):
    shown, painted, truth = rng.random((3, 2, 3, 8, 7)).astype(np.float32)
    task = task_of(replace(TINY, **{**SPSR, "pixel_loss": 0.25, "gradient_loss": 2.0}))
    batch = Pair(image=torch.zeros(0), truth=torch.from_numpy(truth))
    found = float(task.loss(torch.from_numpy(np.concatenate([shown, painted], axis=1)), batch))
    edges = np.array([[m(plane) for plane in picture] for picture in truth])
    expected = (
        0.25 * np.abs(shown.astype(np.float64) - truth).mean()
        + 2.0 * gradient_l1(shown, truth)
        + 0.5 * np.abs(painted - edges).mean()
    )
    assert found == pytest.approx(expected, rel=1e-5)


def test_the_picture_is_the_networks_own():
    _, step, batches = parts(stripes(), **SPSR)
    assert isinstance(step.network, spsr.SPSR)
    batch = batches.make(0)
    with torch.no_grad():
        shown = step.task.predict(step.network, batch)
        assert torch.allclose(shown[:, :3], step.network(batch.image), atol=1e-6)
    assert shown.shape == (2, 6, 40, 40)
    assert step.task.largest_side == 40


def test_the_branch_learns_edges():
    """The painted map comes near the truth's, by a layer that is not among the weights."""
    _, step, batches = parts(stripes(), **{**SPSR, "pixel_loss": 0.0, "gradient_loss": 0.0})
    assert not any("paint" in name for name in step.network.state_dict())
    before = [each.detach().clone() for each in step.task.extras.parameters()]
    losses = []
    for iteration in range(60):
        step.total.zero_()
        step(batches.make(iteration), 5e-3, 0.9)
        losses.append(float(step.total))
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:3])
    for one, other in zip(before, step.task.extras.parameters(), strict=True):
        assert not torch.equal(one, other)


def test_the_papers_weights_of_losses():
    config = load("spsr-x4")
    assert (config.pixel_loss, config.gradient_loss, config.branch_loss) == (0.01, 0.01, 0.5)
    assert config.spec["args"] == spsr.SPSR().spec["args"]
