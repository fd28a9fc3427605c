"""What holds for every kind of model: it learns, goes on bit for bit, and its weights are used."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from models.backend import Backend
from models.checkpoints import CheckpointError, load_checkpoint, save_checkpoint
from models.evaluation.protocol import make_case
from models.training import state
from models.training.group import Group
from models.training.loop import started
from models.training.setup import fresh_network, network_from
from models.training.step import Step
from models.training.validation import validate
from tests.models.training.pictures import CPU, KINDS, parts, stripes


def reduced(high, width, height):
    return np.array(Image.fromarray(high).resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_within_seconds(kind):
    """The running mean of the weights, on patches that were not trained on."""
    scale = {"queries": 256, "scale_min": 2.0, "scale_max": 2.0, "unit_share": 0.0}
    _, step, batches = parts(stripes(), **{**KINDS[kind], **scale})

    def measured() -> float:
        with torch.no_grad(), step.average.shown():
            unseen = [batches.make(10**6 + each) for each in range(8)]
            task, network = step.task, step.network
            return sum(float(task.loss(task.predict(network, each), each)) for each in unseen)

    before = measured()
    for iteration in range(400):
        step(batches.make(iteration), 5e-3, 0.95)
        if iteration % 50 == 49 and measured() < 0.75 * before:
            return
    pytest.fail(f"the loss went from {before:.3g} to {measured():.3g} only")


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_goes_on_bit_for_bit(tmp_path, kind):
    config, whole, batches = parts(stripes(), **KINDS[kind])
    for iteration in range(3):
        whole(batches.make(iteration), 1e-3, 0.9)
    state.save(tmp_path / "c.json", whole, started(config))
    _, rest, _ = parts(stripes(), **KINDS[kind])
    state.restore(tmp_path / "c.json", rest)
    for iteration in range(3, 6):
        for step in (whole, rest):
            step.total.zero_()
            step(batches.make(iteration), 1e-3, 0.9)
        assert torch.equal(whole.total, rest.total)
    tensors, others = (state._tensors(step) for step in (whole, rest))
    assert tensors.keys() == others.keys()
    assert all(torch.equal(tensors[name], others[name]) for name in tensors)


@pytest.mark.parametrize("kind", KINDS)
def test_its_weights_load_and_are_validated_at_its_scale(tmp_path, kind):
    config, step, batches = parts(stripes(), **KINDS[kind])
    step(batches.make(0), 1e-3, 0.5)
    with step.average.shown():
        save_checkpoint(tmp_path / "w.safetensors", step.network)
    network = load_checkpoint(tmp_path / "w.safetensors").network
    assert network.spec == step.network.spec
    assert all(
        torch.equal(one, other)
        for one, other in zip(network.parameters(), step.average.values, strict=True)
    )
    cases = [make_case(stripes(1)[0], scale, reduced) for scale in step.task.scales]
    assert 3 < validate(network, cases, Backend(CPU)) < 60
    assert network_from(tmp_path / "w.safetensors", config)[0].spec == network.spec


def test_weights_of_another_kind_or_scale_are_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    save_checkpoint(path, parts(stripes(), **KINDS["wdsr-a"])[1].network)
    for kind, which in (("wdsr-b", "WDSR-A ×2, not WDSR-B ×3"), ("liif", "WDSR-A ×2, not LIIF")):
        with pytest.raises(CheckpointError, match=f"another model than tiny .{which}"):
            network_from(path, parts(stripes(), **KINDS[kind])[0])


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_is_close(kind):
    _, step, batches = parts(stripes(), **KINDS[kind])
    for iteration in range(3):
        step(batches.make(iteration), 5e-3, 0.9)
    batch = batches.make(3)
    exact = step.task.predict(step.network, batch)
    with torch.autocast("cpu", torch.bfloat16):
        half = step.task.predict(step.network, batch)
    half.sum().backward()
    assert half.dtype == torch.float32
    assert 0 < (exact - half).abs().max() < 0.05
    assert all(each.grad is not None for each in step.network.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_steps_in_half_precision_learn_what_exact_ones_do(kind):
    config, exact, batches = parts(stripes(), **KINDS[kind])
    half = Step(fresh_network(config), config, Backend(CPU, torch.bfloat16), Group())
    for step in (exact, half):
        for iteration in range(8):
            step(batches.make(iteration), 1e-3, 0.9)
    assert float(half.total) == pytest.approx(float(exact.total), rel=0.02)
    assert half.notes == []


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_a_batch_make_the_whole(kind):
    _, step, batches = parts(stripes(), **KINDS[kind])
    images = batches._images
    halves = [step.task.batches(images, part).make(1) for part in (slice(0, 2), slice(2, 4))]
    whole = batches.make(1)
    for name in ("image", "truth"):
        joined = torch.cat([getattr(each, name) for each in halves])
        assert torch.equal(joined, getattr(whole, name))


@pytest.mark.parametrize("kind", KINDS)
def test_a_steps_arithmetic_is_counted(kind):
    """torch's own counter also sees small products and no gradient of the picture."""
    _, step, batches = parts(stripes(), **KINDS[kind])
    with FlopCounterMode(display=False) as counter:
        step.task.predict(step.network, batches.make(0)).sum().backward()
    assert np.isclose(counter.get_total_flops(), step.task.flops(step.network), rtol=0.25)
