from types import SimpleNamespace

import pytest
import torch

from models.training.ema import Average
from models.training.forward import predict
from models.training.losses import loss
from models.training.step import WARM, Step
from tests.models.training.pictures import KINDS, TINY, brought_down, parts, stripes


def test_a_step_is_adams():
    """Against torch's plain Adam on the same gradients, clipped in the same way."""
    _, step, batches = parts(stripes(), clip=0.0)
    before = [each.detach().clone() for each in step.network.parameters()]
    step(batches.make(0), 1e-3, 0.5)
    gradients = [each.grad.clone() for each in step.network.parameters()]
    own = [torch.nn.Parameter(each) for each in before]
    for parameter, gradient in zip(own, gradients, strict=True):
        parameter.grad = gradient
    torch.optim.Adam(own, lr=1e-3).step()
    for one, other in zip(step.network.parameters(), own, strict=True):
        assert torch.allclose(one, other, atol=1e-7)


def test_gradients_are_clipped():
    _, step, batches = parts(stripes(), clip=1e-3)
    step(batches.make(0), 1e-3, 0.5)
    norm = torch.stack([each.grad.norm() for each in step.network.parameters()]).norm()
    assert float(norm) <= 1.001e-3


def test_the_mean_follows_the_weights():
    network = torch.nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        network.weight.fill_(1.0)
    average = Average(network)
    with torch.no_grad():
        network.weight.fill_(3.0)
    average.update(torch.tensor(0.25))
    assert average.values[0].tolist() == [[1.5, 1.5]]
    with average.shown():
        assert network.weight.tolist() == [[1.5, 1.5]]
    assert network.weight.tolist() == [[3.0, 3.0]]


def test_losses_add_up():
    _, step, batches = parts(stripes())
    step(batches.make(0), 0.0, 0.5)
    once = float(step.total)
    step(batches.make(0), 0.0, 0.5)
    assert float(step.total) == 2 * once > 0


def test_it_learns_within_seconds():
    """On patches it has not seen, the loss falls far below that of bilinear interpolation."""
    task = {"queries": 256, "scale_min": 2.0, "scale_max": 2.0, "unit_share": 0.0}
    _, step, batches = parts(stripes(), hidden=(32, 32), **task)

    def measured() -> float:
        with torch.no_grad(), step.average.shown():
            unseen = [batches.make(10**6 + each) for each in range(8)]
            return sum(
                float(loss(predict(step.network, each), each.truth, TINY.batch, TINY))
                for each in unseen
            )

    before = measured()
    for iteration in range(300):
        step(batches.make(iteration), 5e-3, 0.95)
    assert measured() < 0.5 * before


def test_the_gradient_loss_trains_too():
    _, step, batches = parts(stripes(), block=8, gradient_loss=0.1)
    for iteration in range(3):
        step(batches.make(iteration), 1e-3, 0.9)
    assert bool(torch.isfinite(step.total))


@pytest.mark.parametrize("kind", ["liif", "metasr", "wdsr-b"])
def test_the_rms_loss_is_brought_down(kind):
    assert brought_down(5e-3, **KINDS[kind], loss="rms") < 0.8


@pytest.mark.parametrize("works", [True, False])
def test_replayed_steps_take_each_batch_once(monkeypatch, works):
    """The graph's book-keeping, with a stand-in that works on the captured batch's memory."""

    def capture(self, batch):
        if works:
            self._captured = SimpleNamespace(replay=lambda: self._work(batch))
        else:
            self._graph = False
        return works

    monkeypatch.setattr(Step, "_on_the_side", Step._work)
    monkeypatch.setattr(Step, "_capture", capture)
    _, eager, batches = parts(stripes())
    _, step, _ = parts(stripes())
    step._graph = True
    for iteration in range(3 * WARM):
        for each in (eager, step):
            each(batches.make(iteration), 1e-3, 0.9)
        assert torch.equal(eager.total, step.total)
    assert (step._captured is not None) == works


def test_a_run_that_begins_at_a_wide_scale_is_captured_all_the_same(monkeypatch):
    """Its patches are smaller; the usual ones are what the graph is made for."""

    def capture(self, batch):
        self._captured = SimpleNamespace(replay=lambda: self._work(batch))
        return True

    monkeypatch.setattr(Step, "_on_the_side", Step._work)
    monkeypatch.setattr(Step, "_capture", capture)
    _, _, batches = parts(stripes())
    _, _, small = parts(stripes(), patch=8, queries=TINY.queries)
    _, step, _ = parts(stripes())
    step._graph = True
    step(small.make(0), 1e-3, 0.9)
    for iteration in range(WARM + 1):
        step(batches.make(iteration), 1e-3, 0.9)
    assert step._captured is not None
    assert step._static.image.shape[-1] == TINY.patch
