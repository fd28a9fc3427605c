"""Two processes over gloo, started by torchrun, against one process with the whole batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.training.group import Group

ROOT = Path(__file__).parents[3]

WORKER = """
import json, os, sys
from dataclasses import replace
import torch
torch.set_num_threads(1)
from models.backend import Backend
from models.training.group import Group
from models.training.loop import Run, Watcher, started
from models.training.setup import fresh_network
from models.training.step import Step
from tests.models.training.pictures import CPU, KINDS, TINY, images, stripes

group = Group.join(CPU)
config = replace(TINY, iterations=8, **KINDS[KIND])
step = Step(fresh_network(config), config, Backend(CPU), group)
batches = step.task.batches(images(stripes(), config), group.part(config.batch))
lines = []
Run(config, step, batches, started(config), Watcher(lines.append, lambda _: None), group).run()
weights = [float(each.detach().double().abs().sum()) for each in step.network.parameters()]
if group.leads:
    losses = [each.loss for each in lines]
    print(json.dumps({"size": group.size, "losses": losses, "weights": weights}))
group.meet()
group.leave()
if group.size > 1:
    # How torch ends its own threads with the interpreter is not what is tested here.
    sys.stdout.flush()
    os._exit(0)
"""

FAILING = """
from models.training.group import Group
from tests.models.training.pictures import CPU

group = Group.join(CPU)
try:
    if group.leads:
        raise RuntimeError("this one fails")
    group.agree([1.0])
    group.meet()
finally:
    group.leave()
"""


def by_torchrun(script: Path, processes: int) -> dict:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone")
    result = subprocess.run(
        [*launcher, "--nproc-per-node", str(processes), str(script)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize("kind", ["liif", "spsr"])
def test_two_processes_are_one_with_the_whole_batch(tmp_path, capsys, monkeypatch, kind):
    script = tmp_path / "worker.py"
    worker = WORKER.replace("KIND]", f"{kind!r}]")
    script.write_text(worker, encoding="utf-8")
    two = by_torchrun(script, 2)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    exec(compile(worker, "worker", "exec"), {})
    one = json.loads(capsys.readouterr().out)
    assert (one["size"], two["size"]) == (1, 2)
    assert len(one["losses"]) == 8
    assert two["losses"] == pytest.approx(one["losses"], rel=1e-4)
    assert two["weights"] == pytest.approx(one["weights"], rel=1e-4)


JUDGED = """
import json, os, sys
from dataclasses import replace
import torch
torch.set_num_threads(1)
import torch.distributed as dist
from models.backend import Backend
from models.training.group import Group
from models.training.loop import Run, Watcher, started
from models.training.setup import fresh_network
from models.training.step import Step
from tests.models.training.pictures import CPU, JUDGED, TINY, images, stripes

group = Group.join(CPU)
config = replace(TINY, iterations=6, **JUDGED)
step = Step(fresh_network(config), config, Backend(CPU), group)
fresh = [each.detach().clone() for each in step.rivals.networks.parameters()]
batches = step.task.batches(images(stripes(), config), group.part(config.batch))
lines = []
Run(config, step, batches, started(config), Watcher(lines.append, lambda _: None), group).run()
rivals = list(step.rivals.networks.parameters())
sums = [float(each.double().abs().sum()) for each in (*step.network.parameters(), *rivals)]
moved = any(not torch.equal(one, other) for one, other in zip(fresh, rivals))
found = [None, None]
dist.all_gather_object(found, {"sums": sums, "moved": moved})
if group.leads:
    print(json.dumps({"found": found, "losses": [each.loss for each in lines]}))
group.meet()
group.leave()
sys.stdout.flush()
os._exit(0)
"""


def test_networks_and_their_rivals_stay_the_same_everywhere(tmp_path):
    """Each process judges its own part of a batch; all of them take the same steps."""
    script = tmp_path / "worker.py"
    script.write_text(JUDGED, encoding="utf-8")
    told = by_torchrun(script, 2)
    one, other = told["found"]
    assert one == other
    assert one["moved"]
    assert len(told["losses"]) == 6


def test_a_batch_is_shared_evenly_or_not_at_all():
    assert [Group(rank, 4).part(8) for rank in (0, 3)] == [slice(0, 2), slice(6, 8)]
    with pytest.raises(ValueError, match="3 processes cannot share"):
        Group(0, 3).part(8)


def test_alone_nothing_is_sent():
    assert Group().agree([1.5, 2.0]) == [1.5, 2.0]
    assert Group().leads
    Group().meet()
    Group().leave()


def test_one_that_fails_does_not_keep_the_others_waiting(tmp_path):
    """It leaves without meeting them; the launcher then ends them."""
    script = tmp_path / "worker.py"
    script.write_text(FAILING, encoding="utf-8")
    with pytest.raises(AssertionError, match="this one fails"):
        by_torchrun(script, 2)
