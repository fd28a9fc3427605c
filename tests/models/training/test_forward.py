from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.networks.liif import LIIF
from models.networks.normalisation import STANDARD
from models.training.batches import Batch
from models.training.forward import predict
from tests.models.nets import small_liif
from tests.models.training.pictures import noise, parts
from tests.reference import layers, liif


def literal(network: LIIF, batch: Batch) -> Tensor:
    """Equation (4) as it is written: unfold, concatenate, decode at four corners, blend."""
    image = STANDARD.of(batch.image, 1)
    features = network.encoder(image)
    unfolded = F.unfold(features, 3, padding=1).permute(0, 2, 1).reshape(-1, 9 * features.shape[1])
    pixels = image.permute(0, 2, 3, 1).reshape(-1, 3)
    total: Tensor = torch.zeros_like(batch.truth)
    for corner in range(4):
        index = batch.index[corner]
        cell = (2 * batch.step).expand(len(index), 2)
        query = torch.cat([unfolded[index], 2 * batch.offset[corner], cell], dim=1)
        value = network.imnet(query)
        if network.residual:
            value = value + pixels[index]
        total = total + value * batch.weight[corner][:, None]
    return total


@pytest.mark.parametrize(("kind", "residual"), list(product(("edsr", "wdsr"), (False, True))))
def test_the_hoisted_form_is_the_literal_one_and_so_are_its_gradients(rng, kind, residual):
    batch = parts(noise(rng))[2].make(2)
    network = small_liif(kind, residual)
    found = []
    for form in (predict, literal):
        network.zero_grad()
        shown = form(network, batch)
        (shown - batch.truth).abs().mean().backward()
        gradients = [each.grad.clone() for each in network.parameters()]
        found.append((shown.detach(), gradients))
    (ours, our_gradients), (theirs, their_gradients) = found
    assert ours.std() > 0.1
    assert (ours - theirs).abs().max() < 1e-5
    for one, other in zip(our_gradients, their_gradients, strict=True):
        assert (one - other).abs().max() < 1e-5 * max(1.0, float(other.abs().max()))


def test_the_prediction_is_the_oracles(rng):
    """Against the float64 transcription of the paper, for all queries of one patch."""
    config, _, batches = parts(noise(rng), batch=1, queries=16, unit_share=0.0)
    network = small_liif("edsr", residual=True)
    batch = batches.make(0)
    with torch.no_grad():
        shown = predict(network, batch).numpy() * 0.5 + 0.5
        features = network.encoder(STANDARD.of(batch.image, 1))[0].double().numpy()
    mlp = layers.imnet(network.state_dict())
    source = batch.image[0].double().numpy()
    side = config.patch
    place = batch.index[0].numpy()
    ys = place // side + 0.5 + batch.offset[0, :, 0].double().numpy()
    xs = place % side + 0.5 + batch.offset[0, :, 1].double().numpy()
    step = float(batch.step)
    for y, x, pixel in zip(ys, xs, shown, strict=True):
        oracle = liif.decode(features, mlp, np.array([y]), np.array([x]), (step, step), source)
        assert np.abs(oracle[0, 0] - pixel).max() < 1e-5


def test_half_precision_is_close(rng):
    batch = parts(noise(rng))[2].make(2)
    network = small_liif("wdsr", residual=True)
    with torch.no_grad():
        exact = predict(network, batch)
        with torch.autocast("cpu", torch.bfloat16):
            half = predict(network, batch)
    assert half.dtype == torch.float32
    assert 0 < (exact - half).abs().max() < 0.05
