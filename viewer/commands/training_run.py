"""A training run with its files: what is written at each line of the log and each checkpoint."""

from __future__ import annotations

import shlex
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.backend import Backend
from models.checkpoints import save_checkpoint
from models.evaluation.device import matmul_rate
from models.evaluation.protocol import Case
from models.homes import expanded
from models.training import history, state
from models.training.config import Config
from models.training.data import ImageSet
from models.training.group import Group
from models.training.loop import Line, Run, Watcher
from models.training.state import Position
from models.training.step import Step
from models.training.validation import validate
from viewer.commands.curves import draw
from viewer.commands.progress import Progress, duration
from viewer.commands.training_log import TrainingLog, is_blank
from viewer.imaging.errors import ImageError, because
from viewer.imaging.folders import make_folder

CHECKPOINT, WEIGHTS, LOG, PLOT = "checkpoint.json", "weights.safetensors", "log.csv", "curves.png"


@dataclass(frozen=True, eq=False)
class RunFolder:
    """The folder of a run, by the names of what is in it.

    Attributes:
        folder: where it is.
    """

    folder: Path

    @classmethod
    def of(cls, config: Config, resumes: Path | None, overwrite: bool) -> RunFolder:
        """The folder, made if need be; its own run may be gone on with by its checkpoint.

        Raises:
            ImageError: if an earlier run would be lost, or nothing can be written there.
        """
        folder = Path(expanded(config.out or Path("runs") / config.name))
        checkpoint = folder / CHECKPOINT
        there = [name for name in (CHECKPOINT, WEIGHTS, LOG, PLOT) if _holds(folder / name)]
        own = resumes is not None and resumes.resolve().parent == folder.resolve()
        if there and not own and not overwrite:
            found = "an earlier run" if CHECKPOINT in there else f"{there[0]} of an earlier run"
            resume = f"go on with it by --resume {checkpoint}, " if CHECKPOINT in there else ""
            raise ImageError(
                f"{folder} holds {found}; {resume}choose another folder by --set out=DIR, or give "
                "--overwrite"
            )
        make_folder(folder)
        return cls(folder)

    @property
    def checkpoint(self) -> Path:
        """What ``--resume`` takes."""
        return self.folder / CHECKPOINT

    @property
    def weights(self) -> Path:
        """What ``--init`` and ``--sampler`` take."""
        return self.folder / WEIGHTS

    @property
    def log(self) -> Path:
        """The lines of the run."""
        return self.folder / LOG

    @property
    def plot(self) -> Path:
        """Its curves."""
        return self.folder / PLOT


@dataclass(eq=False)
class Outputs:
    """What the leading process of a run has besides the run itself.

    Attributes:
        folder: where the files go.
        cases: what to validate on.
        log: the lines, once the run begins.
        data: what the pictures are, for the weights' history.
    """

    folder: RunFolder
    cases: list[Case]
    log: TrainingLog | None = None
    data: str = ""


class TrainingRun:
    """A run, and what is written and shown while it goes on. Only the leader has outputs."""

    def __init__(
        self,
        config: Config,
        backend: Backend,
        group: Group,
        step: Step,
        outputs: Outputs | None,
        progress: Progress,
    ):
        self._config, self._backend, self._group, self._step = config, backend, group, step
        self._outputs, self._progress = outputs, progress
        self._psnr: float | None = None
        self._ended = False
        self._iterations, self._seconds = 0, 0.0  # of this part of the run
        self._last: Position | None = None
        self._stop = threading.Event()

    def stop(self) -> None:
        """Pause as soon as there is something to keep; from any thread."""
        self._stop.set()

    @property
    def over(self) -> bool:
        """Whether there is something to sum up: the end was reached, or a pause."""
        return self._last is not None

    def run(self, images: ImageSet, first: Position) -> None:
        """Train from a position to the end of the schedule or to a pause."""
        cases = self._outputs.cases if self._outputs else []
        validate = self._validate if cases else None
        watcher = Watcher(self._line, self._save, validate, self._stop.is_set)
        batches = self._step.task.batches(images, self._group.part(self._config.batch))
        run = Run(self._config, self._step, batches, first, watcher, self._group)
        run.run()
        self._ended, self._last = run.ended, run.position
        self._iterations = run.position.iteration - first.iteration
        self._seconds = run.position.seconds - first.seconds

    def _validate(self) -> float | None:
        assert self._outputs is not None
        self._psnr = validate(self._step.network, self._outputs.cases, self._backend)
        return self._psnr

    def _line(self, line: Line) -> None:
        assert self._outputs is not None
        assert self._outputs.log is not None
        self._outputs.log.add(line)
        words = f"{line.per_second:.3g} it/s · loss {line.loss:.4f}"
        if self._psnr is not None:
            words += f" · {self._psnr:.2f} dB"
        self._progress.update(line.progress, self._left(line), words)

    def _left(self, line: Line) -> float:
        if self._config.minutes:
            return max(60 * self._config.minutes - line.seconds, 0.0)
        return (self._config.iterations - line.iteration) / max(line.per_second, 1e-9)

    def _save(self, position: Position) -> None:
        """Write checkpoint, weights and curves; each is replaced at once."""
        assert self._outputs is not None
        assert self._outputs.log is not None
        files = self._outputs.folder
        try:
            state.save(files.checkpoint, self._step, position)
            self._save_weights(files.weights, position)
            image = draw(self._outputs.log.lines, self._config.name)
            _replace(files.plot, lambda to: image.save(to, format="PNG"))
        except OSError as error:
            reason = because(error)
            raise ImageError(f"Cannot write to the folder {files.folder}: {reason}.") from error

    def _save_weights(self, path: Path, position: Position) -> None:
        metadata = history.to_metadata([*position.history, self._record(position)])
        half = self._config.half
        with self._step.average.shown():
            network = self._step.network
            _replace(path, lambda to: save_checkpoint(to, network, metadata, half))

    def _record(self, position: Position) -> dict[str, Any]:
        """What the weights' history tells of this run."""
        data = self._outputs.data if self._outputs else ""
        hardware = self._backend.describe()
        record = history.record(self._config, position, _command(), hardware, data)
        if self._psnr is not None:
            record["validation"] = {
                "pictures": Path(self._config.validation).name,
                "scales": list(self._step.task.scales),
                "psnr": round(self._psnr, 3),
            }
        return record

    def summary(self) -> str:
        """What a person wants to know at the end."""
        assert self._outputs is not None
        assert self._last is not None
        files = self._outputs.folder
        lines = [
            f"{'done' if self._ended else 'paused'} at iteration {self._last.iteration:,} after "
            f"{duration(self._last.seconds)}{self._speed()}",
            f"weights {files.weights}",
        ]
        if self._psnr is not None:
            lines.insert(1, f"validation {self._psnr:.2f} dB")
        if not self._ended:
            lines.append(f"go on with --resume {files.checkpoint}")
        return "\n".join(lines)

    def _speed(self) -> str:
        """How fast this part of the run was, if it took a step."""
        if not self._iterations:
            return ""
        rate = self._iterations / max(self._seconds, 1e-9)
        reached = rate * self._step.task.flops(self._step.network)
        share = reached / (matmul_rate(self._backend) * self._group.size)
        return (
            f": {rate:.3g} iterations/s, {reached / 1e12:.3g} TFLOP/s, {share:.0%} of the device's "
            "own matrix product"
        )


def _holds(path: Path) -> bool:
    """Whether a file of an earlier run is there, with something in it that could be lost."""
    return path.exists() and not (path.name == LOG and is_blank(path))


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file under another name and move it into place."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _command() -> str:
    """The command line without the paths of this machine."""
    return shlex.join(["liif-viewer", *(_without_folders(word) for word in sys.argv[1:])])


def _without_folders(word: str) -> str:
    """A path's last part, also in ``key=path``."""
    key, equals, value = word.rpartition("=")
    return f"{key}{equals}{Path(value).name}" if Path(value).name else word
