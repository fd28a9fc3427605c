"""What only a GPU can show. Skipped where there is none."""

import os
from dataclasses import fields, replace

import pytest

# Read once in a process, at the first matrix product, so before the tests that come first.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
import torch

from models.backend import Backend
from models.training import state
from models.training.batches import Batches
from models.training.data import ImageSet
from models.training.group import Group
from models.training.loop import started
from models.training.plan import largest_side
from models.training.setup import fresh_network, prepare_torch
from models.training.step import WARM, Step
from tests.models.training.pictures import CPU, KINDS, TINY, stripes

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")


@pytest.fixture(autouse=True)
def _plain_torch():
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    yield
    torch.use_deterministic_algorithms(False)


def losses(count=60, device="cuda", **changes):
    config = replace(TINY, **changes)
    place = torch.device(device)
    step = Step(fresh_network(config), config, Backend(place), Group())
    batches = step.task.batches(ImageSet(stripes(), step.task.largest_side, place))
    found = []
    for iteration in range(count):
        step(batches.make(iteration), 1e-3, 0.9)
        found.append(float(step.total))
        step.total.zero_()
    assert step.notes == []
    return found


def test_batches_are_those_of_the_cpu():
    made = [
        Batches(ImageSet(stripes(), largest_side(TINY), torch.device(name)), TINY).make(3)
        for name in ("cpu", "cuda")
    ]
    for each in fields(made[0]):
        one, other = (getattr(batch, each.name).to(CPU) for batch in made)
        assert torch.allclose(one.double(), other.double(), atol=1.01 / 255), each.name


def test_captured_steps_are_eager_steps():
    eager, captured = losses(graph=False), losses(graph=True)
    assert len(captured) > 10 * WARM
    assert captured == pytest.approx(eager, rel=1e-2)


def test_a_captured_step_obeys_the_end_of_a_run():
    """Captured while the loss is L1, replayed by RMS."""
    config = replace(TINY, rms_share=0.5)
    place = torch.device("cuda")
    found = []
    for graph in (False, True):
        told = replace(config, graph=graph)
        step = Step(fresh_network(told), told, Backend(place), Group())
        batches = step.task.batches(ImageSet(stripes(), step.task.largest_side, place))
        for iteration in range(2 * WARM):
            step(batches.make(iteration), 1e-3, 0.9)
        step.total.zero_()
        step(batches.make(0), 0.0, 0.9, finish=True)
        found.append(float(step.total))
        step.total.zero_()
        step(batches.make(0), 0.0, 0.9)
        assert found[-1] > 1.05 * float(step.total)
    assert found[1] == pytest.approx(found[0], rel=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_captured_steps_of_every_kind_are_eager_steps(kind):
    eager, captured = (losses(graph=graph, **KINDS[kind]) for graph in (False, True))
    assert captured == pytest.approx(eager, rel=3e-2)


def test_the_gpu_learns_what_the_cpu_learns():
    assert losses() == pytest.approx(losses(device="cpu"), rel=1e-2)


@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
def test_nothing_in_a_step_waits_for_the_gpu():
    place = torch.device("cuda")
    images = ImageSet(stripes(), largest_side(TINY), place)
    step = Step(fresh_network(TINY), TINY, Backend(place, torch.bfloat16), Group())
    batches = Batches(images, TINY)
    for iteration in range(2 * WARM):
        step(batches.make(iteration), 1e-3, 0.9)
    try:
        torch.cuda.set_sync_debug_mode("error")
        for iteration in range(2 * WARM, 10 * WARM):
            step(batches.make(iteration), 1e-3, 0.9)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_a_resumed_run_is_the_same_within_a_hundredth(tmp_path):
    place = torch.device("cuda")
    images = ImageSet(stripes(), largest_side(TINY), place)
    batches = Batches(images, TINY)
    step, other = (Step(fresh_network(TINY), TINY, Backend(place), Group()) for _ in range(2))
    for iteration in range(20):
        step(batches.make(iteration), 1e-3, 0.9)
    state.save(tmp_path / "c.json", step, started(TINY))
    state.restore(tmp_path / "c.json", other)
    for iteration in range(20, 120):
        found = []
        for each in (step, other):
            each.total.zero_()
            each(batches.make(iteration), 1e-3, 0.9)
            found.append(float(each.total))
        assert found[0] == pytest.approx(found[1], rel=1e-2)


def test_deterministic_runs_are_equal():
    prepare_torch(deterministic=True)
    assert losses(deterministic=True) == losses(deterministic=True)


@pytest.mark.filterwarnings("ignore:TensorFloat32 tensor cores")
def test_compiled_steps_are_eager_steps():
    assert losses(compile=True) == pytest.approx(losses(), rel=1e-2)
