import pytest
import torch
from torch import nn

from models.networks.metasr import MetaSR
from models.samplers.grid import Grid
from models.training.metasr import predict
from models.training.plan import draw
from tests.models.nets import small_metasr
from tests.models.training.pictures import METASR, noise, parts


@pytest.mark.parametrize("wide_share", [0.0, 1.0])
@pytest.mark.parametrize("kind", ["edsr", "rdn"])
def test_the_prediction_is_the_networks_own(rng, kind, wide_share):
    """Against `MetaSR.decode`, which predicts a filter for every pixel of the whole patch."""
    changes = {"batch": 2, "wide_share": wide_share, "wide_max": 7.0, "wide_side": 60}
    _, _, batches = parts(noise(rng), **{**METASR, **changes})
    network = small_metasr(kind)
    for iteration in range(4):
        batch = batches.make(iteration)
        patch = batch.image.shape[-1]
        side = round(patch / float(batch.step))
        with torch.no_grad():
            shown = network.normalisation.back(predict(network, batch)).clamp(0, 1)
            whole = [
                network.decode(network.encode(image[None]), Grid.for_size(patch, patch, side, side))
                for image in batch.image
            ]
        own, within = batch.index // patch**2, batch.index % patch**2
        corner = torch.stack([within // patch, within % patch], dim=1) + batch.offset
        place = (corner / batch.step).round().long()
        for number, (y, x) in enumerate(place.tolist()):
            assert (whole[int(own[number])][y, x] - shown[number]).abs().max() < 1e-5


def test_a_querys_anchor_and_offset_are_its_place(rng):
    """The top left corner of query (row, column) lies ``(row, column)·step`` into the patch."""
    config, _, batches = parts(noise(rng), **METASR)
    plan = draw(config, batches._images, 3)
    batch = batches.realise(plan)
    within = batch.index % plan.patch**2
    corner = torch.stack([within // plan.patch, within % plan.patch], dim=1) + batch.offset
    rows = torch.from_numpy(plan.queries).reshape(2, -1).T
    assert torch.allclose(corner, rows * batch.step, atol=1e-5)
    assert float(batch.offset.min()) > -1e-5
    assert float(batch.offset.max()) < 1


def test_gradients_reach_every_layer(rng):
    _, step, batches = parts(noise(rng), **METASR)
    assert isinstance(step.network, MetaSR)
    batch = batches.make(0)
    step.task.loss(step.task.predict(step.network, batch), batch).backward()
    for name, each in nn.Module.named_parameters(step.network):
        assert each.grad is not None, name
        assert float(each.grad.abs().max()) > 0, name


def test_the_gradient_loss_trains_too(rng):
    _, step, batches = parts(noise(rng), **{**METASR, "block": 8, "gradient_loss": 0.1})
    for iteration in range(3):
        step(batches.make(iteration), 1e-3, 0.9)
    assert bool(torch.isfinite(step.total))
