import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.checkpoints import CheckpointError
from models.training import state
from models.training.loop import DivergedError, Run, Watcher, resumed, started
from tests.models.training.pictures import KINDS, TINY, parts, stripes


class Clock:
    """A clock that goes on by a fixed time whenever it is read."""

    def __init__(self, tick: float):
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


class Notes:
    """Takes what a run tells."""

    def __init__(self, path, step, psnr=None):
        self.lines, self.saved, self._path, self._step = [], [], path, step
        validate = None if psnr is None else (lambda: psnr)
        self.watcher = Watcher(self.lines.append, self._save, validate)

    def _save(self, position):
        self.saved.append(position)
        state.save(self._path, self._step, position)


def run(path, position=None, tick=0.0, resume=None, psnr=None, **changes):
    config, step, batches = parts(stripes(), **changes)
    if resume is not None:
        position = state.restore(resume, step)
    notes = Notes(path, step, psnr)
    begun = position or started(config)
    training = Run(config, step, batches, begun, notes.watcher, None, Clock(tick))
    training.run()
    return training, notes, step


def test_a_run_ends_after_its_iterations(tmp_path):
    training, notes, _ = run(tmp_path / "c.json", psnr=30.0)
    assert training.ended
    assert training.position.iteration == 12
    assert [each.iteration for each in notes.lines] == [*range(1, 13)]
    assert notes.lines[-1].psnr == 30.0
    assert notes.lines[-1].progress == 1.0
    assert notes.saved[-1] == training.position


def test_every_step_of_a_run_by_the_clock_is_told_once_and_measured_once(tmp_path):
    changes = {"minutes": 1.1, "log_every": 1, "warmup": 0, "validate_minutes": 0.0}
    measured = []
    config, step, batches = parts(stripes(), **changes)
    notes = Notes(tmp_path / "c.json", step)
    watcher = Watcher(notes.lines.append, notes.watcher.save, lambda: measured.append(1) or 30.0)
    training = Run(config, step, batches, started(config), watcher, None, Clock(6.0))
    training.run()
    assert training.ended
    assert [each.iteration for each in notes.lines] == [*range(1, training.position.iteration + 1)]
    assert [each.progress >= 1.0 for each in notes.lines[-2:]] == [False, True]
    assert len(measured) == len(notes.lines)


def test_a_run_that_has_ended_goes_on_without_a_line(tmp_path):
    path = tmp_path / "c.json"
    run(path, psnr=30.0)
    training, notes, _ = run(path, resume=path, psnr=30.0)
    assert training.ended
    assert notes.lines == []
    assert notes.saved == [training.position]


def test_a_run_ends_on_time_with_its_learning_rate_at_the_end(tmp_path):
    """Ten looks at the clock a minute; the steps are many more than `iterations`."""
    training, notes, _ = run(
        tmp_path / "c.json", tick=6.0, minutes=5.0, iterations=1, log_every=1000, warmup=0
    )
    assert training.ended
    assert 300 <= training.position.seconds <= 312
    assert 40 <= training.position.iteration <= 50
    assert notes.lines[-1].rate < 1e-2 * 3e-3


@pytest.mark.parametrize("kind", ["liif", "wdsr-a"])
def test_a_run_ends_by_rms(tmp_path, kind):
    """The last three of twelve steps. Each loss is that of the weights before its step."""
    ends = [
        [each.loss for each in run(tmp_path / "c.json", **KINDS[kind], **changes)[1].lines]
        for changes in ({}, {"rms_share": 0.25}, {"rms_share": 1.0}, {"loss": "rms"})
    ]
    absolute, mixed, share, root = ends
    assert mixed[:9] == absolute[:9]
    assert all(one > other for one, other in zip(mixed[9:], absolute[9:], strict=True))
    assert share == root != absolute


@pytest.mark.parametrize("kind", ["liif", "liif-muon"])
def test_the_next_part_is_that_of_one_run_bit_for_bit(tmp_path, kind):
    changes = KINDS[kind]
    whole, whole_notes, whole_step = run(tmp_path / "whole.json", **changes)
    path = tmp_path / "part.json"
    config, step, batches = parts(stripes(), **changes)
    first = Notes(path, step)
    clock = Clock(1.0)
    paused = replace(config, pause_minutes=10 / 60)
    Run(paused, step, batches, started(config), first.watcher, None, clock).run()
    done = first.saved[-1].iteration
    assert 0 < done < 12

    rest, rest_notes, rest_step = run(path, resume=path, **changes)
    assert rest.position.iteration == whole.position.iteration
    losses = {each.iteration: each.loss for each in whole_notes.lines}
    assert [each.loss for each in rest_notes.lines] == [
        losses[each.iteration] for each in rest_notes.lines
    ]
    for one, other in zip(
        whole_step.network.parameters(), rest_step.network.parameters(), strict=True
    ):
        assert torch.equal(one, other)
    for one, other in zip(whole_step.average.values, rest_step.average.values, strict=True):
        assert torch.equal(one, other)


def test_a_run_that_is_stopped_keeps_where_it_is_and_measures_nothing(tmp_path):
    config, step, batches = parts(stripes(), checkpoint_minutes=1000.0, validate_minutes=1000.0)
    notes = Notes(tmp_path / "c.json", step)

    def never() -> float:
        raise AssertionError("measured")

    watcher = Watcher(notes.lines.append, notes.watcher.save, never, lambda: len(notes.lines) == 3)
    stopped = Run(config, step, batches, started(config), watcher, None, Clock(0.0))
    stopped.run()
    assert not stopped.ended
    assert [each.iteration for each in notes.saved] == [notes.lines[-1].iteration]
    assert stopped.position.iteration == notes.lines[-1].iteration < 12


def test_no_number_stops_the_run_and_keeps_the_last_good_checkpoint(tmp_path):
    config, step, batches = parts(stripes(), checkpoint_minutes=0.0)
    notes = Notes(tmp_path / "c.json", step)

    def spoil(line):
        notes.lines.append(line)
        if line.iteration == 4:
            with torch.no_grad():
                step.network.imnet.linears[0].weight.fill_(torch.nan)

    watcher = Watcher(spoil, notes.watcher.save)
    with pytest.raises(DivergedError, match=r"iteration 4; the last good checkpoint is kept"):
        Run(config, step, batches, started(config), watcher, None, Clock(0.0)).run()
    assert state.read(tmp_path / "c.json").iteration == 3


def test_a_loss_far_above_what_it_was_stops_the_run(tmp_path):
    with pytest.raises(DivergedError, match="diverged: the loss became"):
        run(tmp_path / "c.json", learning_rate=10.0, warmup=0, clip=0.0, iterations=500)


class Told:
    """Stands for a step and its batches: one loss after the other, as they are given."""

    def __init__(self, losses):
        self.network, self.total, self._losses = torch.nn.Identity(), torch.zeros(()), iter(losses)

    def make(self, _iteration):
        return None

    def __call__(self, *_):
        self.total += next(self._losses)


def reached(losses, position=None, save=None, **changes):
    """Where a run of given losses ends, and whether it is said to have diverged there.

    ``save`` gets the iterations of its checkpoints.
    """
    config = replace(TINY, iterations=len(losses), **changes)
    told = Told(losses)
    saved = [] if save is None else save
    watcher = Watcher(lambda _: None, lambda position: saved.append(position.iteration))
    run = Run(config, told, told, position or started(config), watcher, None, Clock(0.0))
    try:
        run.run()
    except DivergedError as error:
        return int(str(error).split("iteration ")[1].split(";")[0]), True
    return run.position.iteration, False


@pytest.mark.parametrize("log_every", [1, 10])
@pytest.mark.parametrize("first", [0.0, 1e-6, 0.04])
def test_single_batches_are_no_divergence(log_every, first):
    """At a scale of 1 nothing is lost, and now and then a batch is hard or its loss another."""
    losses = [first, *[0.04] * 299, 0.8, *[0.12] * 200]
    assert reached(losses, log_every=log_every) == (501, False)


@pytest.mark.parametrize("log_every", [1, 10])
@pytest.mark.parametrize("steps", [5, 1000])
def test_a_loss_that_stays_far_above_is_divergence_soon(log_every, steps):
    at, diverged = reached([0.04] * steps + [99.0] * 60, log_every=log_every)
    assert diverged
    assert steps < at <= steps + 40


@pytest.mark.parametrize("log_every", [10, 50])
@pytest.mark.parametrize("steps", [60, 150, 1000])
@pytest.mark.parametrize("loss", [0.5, 5.0])
def test_divergence_keeps_the_checkpoint_from_before_it(log_every, steps, loss):
    """It takes a while to be sure, in which nothing is saved."""
    saved = []
    losses = [0.02] * steps + [loss] * 2000
    at, diverged = reached(losses, save=saved, log_every=log_every, checkpoint_minutes=0.0)
    assert diverged
    assert steps < at <= steps + 250
    assert saved[-1] <= steps
    assert len(saved) >= steps // log_every


def test_a_hard_batch_only_puts_a_checkpoint_off():
    saved = []
    losses = [0.02] * 100 + [1.0] + [0.02] * 9
    assert reached(losses, save=saved, log_every=1, checkpoint_minutes=0.0) == (110, False)
    assert 101 not in saved
    assert saved[-1] == 110


def test_what_is_no_number_is_divergence_at_once():
    assert reached([0.0, float("inf"), 0.04]) == (2, True)


@pytest.mark.parametrize(
    ("changes", "forgotten"),
    [
        ({}, False),
        ({"learning_rate": 1e-5, "iterations": 5000, "log_every": 3}, False),
        ({"rms_share": 0.5}, True),
        ({"data": "others"}, True),
        ({"wide_share": 0.3}, True),
    ],
)
def test_other_losses_are_not_measured_by_what_they_were(changes, forgotten):
    before = replace(started(TINY), iteration=900, smooth=0.01, least=0.01, smoothed=900)
    config = replace(TINY, **changes)
    position = resumed(before, config)
    assert position.config == config.to_json()
    assert position.iteration == 900
    assert (position.smooth, position.least, position.smoothed) == (
        (None, None, 0) if forgotten else (0.01, 0.01, 900)
    )
    assert reached([0.15] * 1900, position)[1] is not forgotten


def test_a_checkpoint_that_counts_no_smoothed_steps_goes_on(tmp_path):
    """Those of earlier versions of the program: all steps had been smoothed."""
    path = tmp_path / "c.json"
    run(path)
    content = json.loads(path.read_text())
    assert content.pop("smoothed") == 12
    path.write_text(json.dumps(content))
    assert state.read(path).smoothed == 12
    training, _, _ = run(path, resume=path, iterations=13)
    assert training.position.smoothed == 13


def test_a_large_checkpoint_is_cut_into_small_files(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "PART_BYTES", 4000)
    run(tmp_path / "c.json")
    files = sorted(tmp_path.glob("c-*.safetensors"))
    assert len(files) > 3
    assert max(each.stat().st_size for each in files) < 4000 + 8 * 1024
    assert state.PART_BYTES < 16_000_000
    assert [each.name for each in files] == list(state.read(tmp_path / "c.json").parts)
    training, _, _ = run(tmp_path / "c.json", resume=tmp_path / "c.json", iterations=13)
    assert training.position.iteration == 13


def test_a_checkpoint_that_cannot_be_written_leaves_the_earlier_one(tmp_path, monkeypatch):
    path = tmp_path / "c.json"
    run(path)
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        run(path, resume=path, iterations=13)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_only_the_newest_checkpoint_stays(tmp_path):
    run(tmp_path / "c.json", checkpoint_minutes=0.0)
    assert [each.name for each in sorted(tmp_path.iterdir())] == [
        "c-00000012-000.safetensors",
        "c.json",
    ]


@pytest.mark.parametrize("name", ["c-best", "c-00000012", "c-00000012-000-mine", "d-00000001-000"])
def test_what_is_no_part_of_a_checkpoint_stays_beside_it(tmp_path, name):
    kept = tmp_path / f"{name}.safetensors"
    kept.write_bytes(b"dear")
    run(tmp_path / "c.json", checkpoint_minutes=0.0)
    assert kept.read_bytes() == b"dear"


@pytest.mark.parametrize("damage", ["missing", "text", "part", "cut", "model"])
def test_a_checkpoint_that_cannot_be_used_is_named(tmp_path, damage):
    path = tmp_path / "c.json"
    run(path)
    (part,) = tmp_path.glob("*.safetensors")
    changes = {}
    if damage == "missing":
        path.unlink()
    elif damage == "text":
        path.write_text("[1, 2]")
    elif damage == "part":
        part.unlink()
    elif damage == "cut":
        part.write_bytes(part.read_bytes()[:500])
    else:
        changes = {"hidden": (16, 17)}
    with pytest.raises(CheckpointError) as failure:
        run(path, resume=path, **changes)
    assert str(path) in str(failure.value)
    assert "\n" not in str(failure.value)
