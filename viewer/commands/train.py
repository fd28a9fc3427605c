"""`train`: weights from a folder of pictures, along a configuration."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from models.backend import Backend, choose_backend
from models.checkpoints import save_checkpoint
from models.evaluation.protocol import Case
from models.training import config as configs
from models.training import history, state
from models.training.arithmetic import flops, matmul_rate
from models.training.batches import Batches
from models.training.config import Config, ConfigError
from models.training.data import ImageSet
from models.training.group import Group
from models.training.loop import Line, Run, Watcher, started
from models.training.memory import keep_freed_memory
from models.training.plan import largest_side
from models.training.setup import fresh_network, network_from, prepare_torch, training_backend
from models.training.state import Position
from models.training.step import Step
from models.training.validation import validate
from viewer.commands.curves import draw
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import CommonOptions, TrainOptions
from viewer.commands.progress import Progress, duration
from viewer.commands.training_data import read_folder, validation_cases
from viewer.commands.training_log import TrainingLog
from viewer.commands.work import say
from viewer.imaging.errors import ImageError, because

CHECKPOINT, WEIGHTS, LOG, PLOT = "checkpoint.json", "weights.safetensors", "log.csv", "curves.png"


def run(options: TrainOptions, common: CommonOptions, interrupts: Interrupts) -> None:  # noqa: ARG001
    """Train, and leave weights, checkpoint, log and curves in the run's folder.

    Raises:
        ConfigError, CheckpointError, DataError, ImageError: one sentence.
        DivergedError: the last good checkpoint is kept.
        KeyboardInterrupt: so it is too.
    """
    config = settings(options)
    keep_freed_memory()
    prepare_torch(config.deterministic)
    backend = _backend(common)
    group = Group.join(backend.device)
    try:
        _train(config, options, common, backend, group)
    finally:
        group.leave()


def settings(options: TrainOptions) -> Config:
    """The configuration with all that the command line changes.

    A run that is resumed keeps its own settings; words of the command line change them again.

    Raises:
        ConfigError, CheckpointError: one sentence.
    """
    config = configs.load(options.config)
    if options.resume is not None:
        told = configs.from_table(state.read(options.resume).config)
        if told.name != config.name:
            raise ConfigError(
                f"{options.resume} is of a run of {told.name}, not of {config.name}; "
                f"say train {told.name}"
            )
        # A pause was of that part of the run alone.
        config = replace(told, pause_minutes=0.0, out=str(options.resume.parent))
    if options.data is not None:
        config = replace(config, data=str(options.data))
    if options.minutes is not None:
        config = replace(config, minutes=options.minutes)
    config = configs.changed(config, options.changes)
    if not config.data:
        raise ConfigError("train needs pictures to learn from; give --data DIR")
    return config


def _backend(common: CommonOptions) -> Backend:
    device = common.device
    if device == "auto" and torch.cuda.is_available():
        device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    place = choose_backend(device, "fp32", common.threads).device
    if place.type == "cuda":
        torch.cuda.set_device(place)
    return training_backend(place, common.precision)


@dataclass(frozen=True, eq=False)
class _Files:
    """The folder of a run and what is in it."""

    folder: Path

    @classmethod
    def of(cls, config: Config, resumes: bool, overwrite: bool) -> _Files:
        """The folder, made if need be. Raises ImageError if an earlier run would be lost."""
        folder = Path(config.out or Path("runs") / config.name).expanduser()
        checkpoint = folder / CHECKPOINT
        if checkpoint.exists() and not resumes and not overwrite:
            raise ImageError(
                f"{folder} holds an earlier run; go on with it by --resume {checkpoint}, choose "
                "another folder by --set out=DIR, or give --overwrite"
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise ImageError(f"Cannot write to the folder {folder}: {because(error)}.") from error
        return cls(folder)

    @property
    def checkpoint(self) -> Path:
        return self.folder / CHECKPOINT

    @property
    def weights(self) -> Path:
        return self.folder / WEIGHTS


def _train(
    config: Config, options: TrainOptions, common: CommonOptions, backend: Backend, group: Group
) -> None:
    files = _Files.of(config, options.resume is not None, common.overwrite) if group.leads else None
    quiet = common.quiet or not group.leads
    with Progress(config.name, quiet) as progress:
        folder = Path(config.data).expanduser()
        pictures = read_folder(folder, lambda share: progress.update(share, None, "reading"))
        cases = validation_cases(config) if group.leads else []
        images = ImageSet(pictures, largest_side(config), backend.device)
        progress.update(0.0, None)
        step, position = _begin(config, options, backend, group)
        run = _Training(config, backend, group, step, images, position, progress)
        told = f"{len(images)} pictures of {folder.resolve().name}, {images.pixels / 1e6:.0f} Mpx"
        if images.skipped:
            told += f" ({images.skipped} too small left out)"
        if not quiet:
            say(f"{config.name} on {backend.describe()}: {told}", common)
        if files is not None:
            earlier = options.resume and options.resume.with_name(LOG)
            log = TrainingLog(files.folder / LOG, earlier, position.iteration)
            run.write_to(files, log)
            run.told, run.cases = told, cases
        run.run()
    for note in step.notes:
        say(note, common)
    if files is not None:
        print(run.summary(files))


def _begin(
    config: Config, options: TrainOptions, backend: Backend, group: Group
) -> tuple[Step, Position]:
    """A step with its first weights, and where the run is."""
    past: tuple[Any, ...] = ()
    if options.init is not None and options.resume is None:
        network, metadata = network_from(options.init, config)
        *earlier, last = history.of_metadata(metadata) or ({},)
        past = (*earlier, {**last, "weights_sha256": history.digest(options.init)})
    else:
        network = fresh_network(config)
    step = Step(network, config, backend, group)
    if options.resume is None:
        return step, started(config, past)
    position = state.restore(options.resume, step)
    return step, replace(position, config=config.to_json())


class _Training:
    """A run with its files.

    Attributes:
        told: what the pictures are, for the weights' history.
        cases: what to validate on.
    """

    def __init__(
        self,
        config: Config,
        backend: Backend,
        group: Group,
        step: Step,
        images: ImageSet,
        position: Position,
        progress: Progress,
    ):
        self.told = ""
        self.cases: list[Case] = []
        self._config, self._backend, self._step = config, backend, step
        self._progress = progress
        self._group = group
        self._first = position
        self._batches = Batches(images, config, group.part(config.batch))
        self._files: _Files | None = None
        self._log: TrainingLog | None = None
        self._psnr: float | None = None
        self._run: Run | None = None

    def write_to(self, files: _Files, log: TrainingLog) -> None:
        """Where the run's files go."""
        self._files, self._log = files, log

    def run(self) -> None:
        """Train to the end of the schedule or to a pause."""
        watcher = Watcher(self._line, self._save, self._validate if self.cases else None)
        self._run = Run(self._config, self._step, self._batches, self._first, watcher, self._group)
        self._run.run()

    def _validate(self) -> float:
        return validate(self._step.network, self.cases, self._backend)

    def _line(self, line: Line) -> None:
        assert self._log is not None
        assert self._files is not None
        self._log.add(line)
        self._psnr = line.psnr if line.psnr is not None else self._psnr
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
        assert self._files is not None
        assert self._log is not None
        try:
            state.save(self._files.checkpoint, self._step, position)
            self._save_weights(position)
            image = draw(self._log.lines, self._config.name)
            _replace(self._files.folder / PLOT, lambda to: image.save(to, format="PNG"))
        except OSError as error:
            raise ImageError(
                f"Cannot write to the folder {self._files.folder}: {because(error)}."
            ) from error

    def _save_weights(self, position: Position) -> None:
        assert self._files is not None
        record = history.record(
            self._config, position, _command(), self._backend.describe(), self.told
        )
        if self._psnr is not None:
            record["validation"] = {
                "pictures": Path(self._config.validation).name,
                "scales": list(self._config.validation_scales),
                "psnr": round(self._psnr, 3),
            }
        metadata = history.to_metadata([*position.history, record])
        with self._step.average.shown():
            network = self._step.network
            _replace(
                self._files.weights,
                lambda to: save_checkpoint(to, network, metadata, half=self._config.half),
            )

    def summary(self, files: _Files) -> str:
        """What a person wants to know at the end."""
        assert self._run is not None
        position, first = self._run.position, self._first
        iterations = position.iteration - first.iteration
        rate = iterations / max(position.seconds - first.seconds, 1e-9)
        reached = rate * flops(self._step.network, self._config)
        share = reached / matmul_rate(self._backend)
        state_of = "done" if self._run.ended else "paused"
        lines = [
            f"{state_of} at iteration {position.iteration:,} after {duration(position.seconds)}: "
            f"{rate:.3g} iterations/s, {reached / 1e12:.3g} TFLOP/s, {share:.0%} of the device's "
            "own matrix product",
            f"weights {files.weights}",
        ]
        if self._psnr is not None:
            lines.insert(1, f"validation {self._psnr:.2f} dB")
        if not self._run.ended:
            lines.append(f"go on with --resume {files.checkpoint}")
        return "\n".join(lines)


def _replace(path: Path, write: Any) -> None:
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
