"""`train`: weights from a folder of pictures, along a configuration."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from models.backend import Backend, choose_backend
from models.homes import expanded
from models.training import config as configs
from models.training import history, state
from models.training.config import Config, ConfigError
from models.training.data import ImageSet
from models.training.group import Group
from models.training.loop import resumed, started
from models.training.memory import keep_freed_memory
from models.training.setup import (
    Start,
    fresh_network,
    network_from,
    prepare_torch,
    training_backend,
)
from models.training.state import Position
from models.training.step import Step
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import CommonOptions, TrainOptions
from viewer.commands.progress import Progress
from viewer.commands.training_data import check_folder, read_folder, validation_cases
from viewer.commands.training_log import TrainingLog
from viewer.commands.training_run import LOG, Outputs, RunFolder, TrainingRun
from viewer.commands.work import say


def run(options: TrainOptions, common: CommonOptions, interrupts: Interrupts) -> None:
    """Train, and leave weights, checkpoint, log and curves in the run's folder.

    Raises:
        ConfigError, CheckpointError, DataError, ImageError: one sentence.
        ValueError: so for a batch that torchrun's processes cannot share evenly.
        DivergedError: the last good checkpoint is kept.
        KeyboardInterrupt: the run is where it was after the step then taken, and can be resumed.
    """
    config = settings(options)
    keep_freed_memory()
    prepare_torch(config.deterministic)
    backend = _backend(common)
    group = Group.join(backend.device)
    try:
        _train(config, options, common, backend, group, interrupts)
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
    if device in ("auto", "cuda") and torch.cuda.is_available():
        device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    place = choose_backend(device, "fp32", common.threads).device
    if place.type == "cuda":
        torch.cuda.set_device(place)
    return training_backend(place, common.precision)


def _train(
    config: Config,
    options: TrainOptions,
    common: CommonOptions,
    backend: Backend,
    group: Group,
    interrupts: Interrupts,
) -> None:
    outputs = run = None
    place = Path(expanded(config.data))
    # Before a folder is made for a run that cannot begin, and before minutes of reading.
    group.part(config.batch)
    step, position = _begin(config, options, common, backend, group)
    check_folder(place, step.task.largest_side)
    if group.leads:
        cases = validation_cases(config)
        outputs = Outputs(RunFolder.of(config, options.resume, common.overwrite), cases)
    try:
        with Progress(config.name, common.quiet or not group.leads) as progress:
            images = _images(place, step, backend, progress)
            if outputs is not None:
                outputs.data = _told(images, place)
                earlier = options.resume and options.resume.with_name(LOG)
                outputs.log = TrainingLog(outputs.folder.log, earlier, position.iteration)
                say(f"{config.name} on {backend.describe()}: {outputs.data}", common)
            run = TrainingRun(config, backend, group, step, outputs, progress)
            with interrupts.stops(run.stop, patient=True):
                run.run(images, position)
                group.meet()
    finally:
        # After Ctrl-C too, else nobody knows how to go on.
        if run is not None and run.over:
            _sum_up(run, step, common, group)


def _images(place: Path, step: Step, backend: Backend, progress: Progress) -> ImageSet:
    """The pictures on the device. Decoded ones go on return: they are three quarters as large."""
    pictures = read_folder(place, lambda share: progress.update(share, None, "reading"))
    return ImageSet(pictures, step.task.largest_side, backend.device)


def _sum_up(run: TrainingRun, step: Step, common: CommonOptions, group: Group) -> None:
    for note in step.notes:
        say(note, common)
    if group.leads:
        print(run.summary())


def _told(images: ImageSet, place: Path) -> str:
    count = f"{len(images)} picture{'s' * (len(images) > 1)}"
    told = f"{count} of {place.resolve().name}, {images.pixels / 1e6:.0f} Mpx"
    return f"{told} ({images.skipped} too small left out)" if images.skipped else told


def _begin(
    config: Config, options: TrainOptions, common: CommonOptions, backend: Backend, group: Group
) -> tuple[Step, Position]:
    """A step with its first weights, and where the run is."""
    if options.init is not None and options.resume is None:
        start = network_from(options.init, config)
        if group.leads and not start.whole:
            words = f"{options.init} holds another model with the same trunk: it gives that alone"
            say(words, common)
        step = Step(start.network, config, backend, group)
        return step, started(config, _past(options.init, start))
    step = Step(fresh_network(config), config, backend, group)
    if options.resume is None:
        return step, started(config)
    return step, resumed(state.restore(options.resume, step), config)


def _past(path: Path, start: Start) -> tuple[Any, ...]:
    """The runs that earlier weights went through; the last one tells what was taken, and whence."""
    *earlier, last = history.of_metadata(start.metadata) or ({},)
    taken = {} if start.whole else {"taken": "trunk"}
    return (*earlier, {**last, "weights_sha256": history.digest(path), **taken})
