"""What headless commands share: samplers on a backend, and jobs run to their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from models.backend import choose_backend
from models.catalogue import make_sampler
from models.samplers.base import Sampler
from models.samplers.grid import Grid
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import CommonOptions
from viewer.commands.parser import PROGRAM
from viewer.commands.progress import Progress
from viewer.commands.stderr import tell
from viewer.imaging.source import SourceImage, from_array, open_image
from viewer.rendering.writing import Reports, WritingJob


def open_source(path: Path, common: CommonOptions) -> SourceImage:
    """The picture of a file; what could not be kept of it is said.

    Raises:
        ImageError: one sentence.
    """
    source = open_image(path)
    for note in source.notes:
        say(f"{source.name}: {note}", common)
    return source


def say(text: str, common: CommonOptions) -> None:
    """Tell a person something that is no error."""
    if not common.quiet:
        tell(f"{PROGRAM}: {text}")


def make_samplers(
    names: Sequence[str], source: SourceImage, gain: float, common: CommonOptions
) -> tuple[Sampler, ...]:
    """Samplers of a picture where and as precisely as was asked for."""
    backend = choose_backend(common.device, common.precision, common.threads)
    return tuple(make_sampler(name, source.picture, backend, gain) for name in names)


def check_sampler(name: str, gain: float, common: CommonOptions) -> None:
    """Load what a sampler needs, which is kept for pictures to come; a mistake is told now.

    Raises:
        CheckpointError, ValueError: one sentence.
    """
    make_samplers([name], from_array(np.zeros((1, 1, 3), np.uint8)), gain, common)


def note_reduction(grid: Grid, common: CommonOptions) -> None:
    """Say so when no sampler's own pixels will be in the file."""
    if grid.lattice.reduces:
        say("source, reduced: below 1:1 every sampler gives the source's bicubic reduction", common)


def run_job(
    make: Callable[[Reports], WritingJob],
    name: str,
    common: CommonOptions,
    interrupts: Interrupts,
) -> None:
    """Run a job to its end under a progress bar.

    Raises:
        KeyboardInterrupt: if a person wanted it to stop; no file is left.
        Exception: what went wrong in it.
    """
    with Progress(name, common.quiet) as progress:
        job = make(reports(progress.update))
        with interrupts.stops(job.cancel):
            drive(job)
    if job.error is not None:
        raise job.error


def reports(progress: Callable[[float, float | None], None]) -> Reports:
    """The reports of a job that is driven to its end: only those of its progress matter."""
    return Reports(progress, _ignore, _ignore, _nothing)


def drive(job: WritingJob) -> None:
    """Step a job until it is over, however it ends; nothing of it runs any more."""
    try:
        while job.step():
            pass
    finally:
        job.cancel()
        job.join()


def _ignore(_: object) -> None:
    """What failed is raised, and a file that is done needs no words."""


def _nothing() -> None:
    """An interruption is raised."""
