"""The run: steps along a schedule, looked at now and then, saved, and ended on time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from models.training.config import Config, from_table
from models.training.group import Group
from models.training.patches import Patches
from models.training.schedule import Schedule
from models.training.state import Position
from models.training.step import Step

MEMORY = 200
"""Steps over which the loss is smoothed, to tell a hard batch from divergence."""

SETTLED = 50
"""Steps whose smoothed loss others are measured by. Fewer tell nothing: at a scale of 1 a batch may
lose nothing at all."""

TOO_MUCH = 8.0
"""A smoothed loss so many times the least one has diverged; another loss makes it 3 times."""

SUBJECT = (
    *("loss", "rms_share", "gradient_loss", "pixel_loss", "branch_loss"),
    *("adversarial", "gradient_adversarial", "data"),
    *("scale_min", "scale_max", "unit_share", "wide_share", "wide_max", "wide_side"),
)
"""Settings that say what is lost: under others, losses cannot be compared."""


class DivergedError(ValueError):
    """The loss is no number any more, or far above what it was; its text is one sentence."""


@dataclass(frozen=True)
class Line:
    """What is known of a run at one moment.

    Attributes:
        iteration: steps taken.
        seconds: time spent.
        progress: share of the schedule, 0..1.
        rate: learning rate of the last step.
        loss: mean over the steps since the line before.
        per_second: iterations a second since the line before.
        psnr: luma PSNR on the validation pictures in dB, where it was measured just now.
    """

    iteration: int
    seconds: float
    progress: float
    rate: float
    loss: float
    per_second: float
    psnr: float | None = None


@dataclass(frozen=True)
class Watcher:
    """What a run calls; but for the last, on the leading process only.

    Attributes:
        line: takes each line of the log.
        save: takes the position at each checkpoint.
        validate: measures the running mean of the weights in dB, as far as it can be; or None.
        stopped: whether a person wants the run to pause; asked before each step in every process,
            of which the leading one's answer counts.
    """

    line: Callable[[Line], None]
    save: Callable[[Position], None]
    validate: Callable[[], float | None] | None = None
    stopped: Callable[[], bool] = bool


class Run:
    """Takes steps until the schedule ends or the run is to pause.

    Attributes:
        position: where the run is, as of the last look.
        ended: whether the schedule has come to its end.
    """

    def __init__(
        self,
        config: Config,
        step: Step,
        batches: Patches,
        position: Position,
        watcher: Watcher,
        group: Group | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.position = position
        self.ended = False
        self._config, self._step, self._batches, self._watcher = config, step, batches, watcher
        self._group = group or Group()
        self._schedule = Schedule(config)
        self._clock = clock
        self._iteration, self._rate = position.iteration, 0.0
        self._looked = position.iteration, position.seconds
        self._saved = self._validated = position.seconds
        self._kept = position.iteration > 0  # whether there is a checkpoint to go back to
        self._stopped = False

    def run(self) -> None:
        """Train.

        Raises:
            DivergedError: nothing was saved since the last good line of the log.
        """
        began = self._clock() - self.position.seconds
        first = self.position.seconds
        pause = 60.0 * self._config.pause_minutes
        while True:
            # One process may hear of Ctrl-C a step before another.
            seconds, stopped = self._group.agree(
                [self._clock() - began, float(self._watcher.stopped())]
            )
            self._stopped = bool(stopped)
            self.ended = self._schedule.progress(self._iteration, seconds) >= 1.0
            last = self.ended or self._stopped or 0 < pause <= seconds - first
            if last or self._iteration % self._config.log_every == 0:
                self._look(seconds, last)
            if last:
                return
            self._take(seconds)

    def _take(self, seconds: float) -> None:
        self._rate = self._schedule.rate(self._iteration, seconds)
        decay = self._schedule.decay(self._iteration) if self._config.ema else 0.0
        finish = self._schedule.finishing(self._iteration, seconds)
        self._step(self._batches.make(self._iteration), self._rate, decay, finish)
        self._iteration += 1

    def _look(self, seconds: float, last: bool) -> None:
        """Wait for the device, write a line, and save and validate where it is time."""
        iterations, elapsed = self._iteration - self._looked[0], seconds - self._looked[1]
        if not iterations and not last:
            return
        mean = float(self._step.total) / max(iterations, 1)
        self._step.total.zero_()
        position = self._checked(mean, iterations, seconds)
        self._looked = self._iteration, seconds
        self.position = position
        if not self._group.leads:
            return
        psnr = None
        validate = self._watcher.validate
        due = self._due(self._validated, self._config.validate_minutes, seconds, last)
        # Who stops a run does not want to wait for what may take minutes.
        if validate and due and (self.ended or not self._stopped):
            self._validated = seconds
            with self._step.average.shown():
                psnr = validate()
        # Of a part in which no step was taken there is nothing to tell.
        if iterations:
            progress = self._schedule.progress(self._iteration, seconds)
            per_second = iterations / elapsed if elapsed > 0 else 0.0
            self._watcher.line(
                Line(self._iteration, seconds, progress, self._rate, mean, per_second, psnr)
            )
        # It takes some hundred steps to be sure of divergence; what was good stays meanwhile.
        doubtful = position.least is not None and mean > TOO_MUCH * position.least
        due = self._due(self._saved, self._config.checkpoint_minutes, seconds, last)
        if due and (last or not doubtful):
            self._save(position)
            self._saved = seconds

    def _checked(self, mean: float, iterations: int, seconds: float) -> Position:
        """The position after a look, with the losses it has seen. Raises DivergedError."""
        here = replace(self.position, iteration=self._iteration, seconds=seconds, parts=())
        if not iterations:
            return here
        smooth, least = here.smooth or 0.0, here.least
        steps = here.smoothed + iterations
        # As much as new steps weigh among all so far: the first one counts like any other.
        share = math.expm1(-iterations / MEMORY) / math.expm1(-steps / MEMORY)
        smooth += share * (mean - smooth)
        most = TOO_MUCH * (_worst(self._config) if least is None else least)
        if not math.isfinite(mean) or smooth > most:
            raise self._diverged(f"the loss became {mean:.3g}")
        if steps >= SETTLED:
            least = smooth if least is None else min(least, smooth)
        return replace(here, smooth=smooth, least=least, smoothed=steps)

    def _save(self, position: Position) -> None:
        for parameter in self._step.network.parameters():
            if not bool(torch.isfinite(parameter).all()):
                raise self._diverged("the weights are no numbers any more")
        self._watcher.save(position)
        self._kept = True

    def _diverged(self, what: str) -> DivergedError:
        advice = "begin again with a smaller learning_rate"
        if self._kept:
            advice = (
                "the last good checkpoint is kept, so resume from it with a smaller learning_rate"
            )
        return DivergedError(f"training diverged: {what} at iteration {self._iteration}; {advice}")

    @staticmethod
    def _due(before: float, minutes: float, seconds: float, last: bool) -> bool:
        return last or seconds - before >= 60.0 * minutes


def started(config: Config, history: tuple[Mapping[str, Any], ...] = ()) -> Position:
    """The position of a run that has not begun."""
    return Position(0, 0.0, config.to_json(), history)


def resumed(position: Position, config: Config) -> Position:
    """The position of a run that goes on, perhaps by other settings than it had."""
    before = from_table(position.config)
    if any(getattr(before, name) != getattr(config, name) for name in SUBJECT):
        position = replace(position, smooth=None, least=None, smoothed=0)
    return replace(position, config=config.to_json())


def _worst(config: Config) -> float:
    """About what a grey picture loses, the most that weights may begin with: 1 by each part."""
    of_pixels = config.pixel_loss + config.gradient_loss + config.branch_loss
    return of_pixels + config.adversarial + config.gradient_adversarial
