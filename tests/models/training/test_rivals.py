import numpy as np
import pytest
import torch

from models.training.rivals import Discriminator, relativistic
from tests.models.training.pictures import JUDGED, SPSR, parts, stripes


def test_the_loss_is_the_oracles(rng):
    real, fake = rng.normal(size=(2, 6))
    sigmoid = 1 / (1 + np.exp(-np.array([real - fake.mean(), fake - real.mean()])))
    expected = -0.5 * np.log(sigmoid[0]).mean() - 0.5 * np.log(1 - sigmoid[1]).mean()
    found = relativistic(*torch.from_numpy(np.stack([real, fake]))[..., None])
    assert float(found) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("side", [24, 40, 128])
def test_a_discriminator_judges_patches_of_its_side(side):
    network = Discriminator(side, 4)
    assert network(torch.rand(2, 3, side, side)).shape == (2, 1)
    assert not dict(network.named_buffers())


def test_discriminators_learn_to_tell_blurs_from_pictures():
    _, step, batches = parts(stripes(), **JUDGED)
    rivals = step.rivals
    assert list(rivals.networks) == ["pictures", "gradients"]
    rivals.optimiser.param_groups[0]["lr"].fill_(2e-3)

    def misled(iteration):
        batch = batches.make(iteration)
        blurred = torch.nn.functional.avg_pool2d(batch.truth, 5, 1, 2)
        return blurred, batch.truth

    before = sum(float(rivals.worth(*misled(10**6 + each))) for each in range(8))
    for iteration in range(80):
        rivals.learn(*misled(iteration))
    after = sum(float(rivals.worth(*misled(10**6 + each))) for each in range(8))
    assert after > 2 * before


def test_the_network_is_taught_to_mislead_them():
    """Without any other loss, its weights follow the discriminators' gradients alone."""
    _, step, batches = parts(stripes(), **{**JUDGED, "pixel_loss": 0.0})
    rivals = [each.detach().clone() for each in step.rivals.networks.parameters()]
    network = [each.detach().clone() for each in step.network.parameters()]
    for iteration in range(2):
        step(batches.make(iteration), 1e-3, 0.9)
    for before, parameters in ((rivals, step.rivals.networks), (network, step.network)):
        changed = [
            not torch.equal(one, other)
            for one, other in zip(before, parameters.parameters(), strict=True)
        ]
        assert sum(changed) > len(changed) // 2


def test_none_are_made_where_none_are_wanted():
    assert parts(stripes(), **SPSR)[1].rivals is None
