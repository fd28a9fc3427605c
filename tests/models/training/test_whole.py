from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from models.training.patches import Pair
from models.training.tasks import task_of
from tests.models.training.pictures import TINY, WDSR_A, WDSR_B, noise, parts
from tests.reference.gradient_loss import gradient_l1


def test_pairs_are_a_patch_and_pillows_reduction_of_it(rng):
    batch = parts(noise(rng), **WDSR_B)[2].make(0)
    assert batch.image.shape == (4, 3, 12, 12)
    assert batch.truth.shape == (4, 3, 36, 36)
    for low, high in zip(batch.image, batch.truth, strict=True):
        pixels = (high.permute(1, 2, 0) * 255).round().byte().numpy()
        pillow = np.asarray(Image.fromarray(pixels).resize((12, 12), Image.Resampling.BICUBIC))
        assert np.abs(255 * low.permute(1, 2, 0).numpy() - pillow).max() <= 1.001


@pytest.mark.parametrize("kind", [WDSR_A, WDSR_B])
def test_a_constant_image_has_no_loss(kind):
    """The network begins as the nearest pixel's colour."""
    picture = np.full((64, 64, 3), (10, 100, 250), dtype=np.uint8)
    _, step, batches = parts([picture], **{**kind, "gradient_loss": 0.5})
    batch = batches.make(0)
    assert float(step.task.loss(step.task.predict(step.network, batch), batch).detach()) < 1e-5


def test_it_begins_as_the_nearest_pixel(rng):
    _, step, batches = parts(noise(rng), **WDSR_B)
    batch = batches.make(0)
    nearest = batch.image.repeat_interleave(3, 2).repeat_interleave(3, 3)
    assert torch.allclose(step.task.predict(step.network, batch), nearest, atol=1e-6)


def test_the_loss_is_the_oracles(rng):
    shown, truth = rng.random((2, 2, 3, 9, 7)).astype(np.float32)
    task = task_of(replace(TINY, **WDSR_A, pixel_loss=0.25, gradient_loss=2.0))
    batch = Pair(image=torch.zeros(0), truth=torch.from_numpy(truth))
    found = float(task.loss(torch.from_numpy(shown), batch))
    expected = 0.25 * np.abs(shown.astype(np.float64) - truth).mean()
    assert found == pytest.approx(expected + 2.0 * gradient_l1(shown, truth), rel=1e-5)


def test_its_own_scale_is_told_and_validated():
    task = task_of(replace(TINY, **WDSR_B))
    assert task.scales == (3.0,)
    assert task.largest_side == 36
    assert task.told()["scale"] == [3, 3]
