"""`batch`: the pictures of a folder, each written as `export` writes it."""

from __future__ import annotations

import errno
import gc
import threading
import traceback
from collections.abc import Sequence
from functools import partial

from models.checkpoints import CheckpointError
from viewer.commands.batch_plan import Plan, Task, plan
from viewer.commands.export import export_job, settings_for
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import BatchOptions, CommonOptions, Place
from viewer.commands.parser import PROGRAM
from viewer.commands.progress import Progress
from viewer.commands.work import check_sampler, drive, note_reduction, reports
from viewer.imaging.errors import ImageError
from viewer.imaging.folders import make_folder
from viewer.imaging.source import open_image, size_of
from viewer.imaging.writers import check_limits, format_for
from viewer.rendering.failures import explain
from viewer.rendering.remaining import Remaining
from viewer.rendering.writing import WritingJob

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What a disk says that takes no further file."""


def run(options: BatchOptions, common: CommonOptions, interrupts: Interrupts) -> None:
    """Write the files.

    Raises:
        ImageError, ValueError: one sentence: what is wrong, with what, and what to do; also at the
            end, if some of the pictures could not be written.
        KeyboardInterrupt: files that are done stay, and nothing of another.
    """
    check_format(options)
    grid = Place(options.scale).grid(1, 1)
    todo = plan(options, common.overwrite)
    check_sampler(options.sampler, options.gain, common)
    make_folder(options.out)
    note_reduction(grid, common)
    with Progress(options.folder.resolve().name, common.quiet) as progress:
        batch = Batch(options, common, todo, progress)
        with interrupts.stops(batch.stop):
            batch.run()
    batch.sum_up()


def check_format(options: BatchOptions) -> None:
    """Raise ImageError if no file of this format can be written with so many bits."""
    kind = format_for(options.out / f"picture.{options.ending}")
    check_limits(kind, 1, 1, options.depth or 8, alpha=False)


class Batch:
    """Writes one picture after the other; what goes wrong with one does not stop the rest.

    Only one picture is in memory at a time. The model of the samplers is kept by the catalogue.
    """

    def __init__(
        self, options: BatchOptions, common: CommonOptions, todo: Plan, progress: Progress
    ):
        self._options, self._common = options, common
        self._todo, self._progress = todo, progress
        self._course = Course(todo.tasks, progress)
        self._done = self._failed = 0
        self._lock = threading.Lock()  # held to settle between the next job and `stop`
        self._stopped = False
        self._job: WritingJob | None = None

    def run(self) -> None:
        """Write all, up to `stop` or to a failure that would be that of every other picture too."""
        for index, task in enumerate(self._todo.tasks):
            if self._stopped or not self._attempt(index, task):
                return

    def stop(self) -> None:
        """Give up the file that is being written, and say how to go on; from any thread."""
        with self._lock:
            self._stopped = True
            job = self._job
        if job is not None:
            job.cancel()
        self._progress.close()
        how = "begins again" if self._common.overwrite else "with --resume goes on"
        self._note(f"interrupted: {self._counts()}; the same command {how}")

    def sum_up(self) -> None:
        """Say how many files there are now. Raises ImageError if one is missing."""
        if not self._failed:
            self._note(self._counts())
            return
        again = "run it again" if self._common.overwrite else "go on with --resume"
        raise ImageError(f"{self._counts()}; see to what is said above, then {again}")

    def _attempt(self, index: int, task: Task) -> bool:
        """Write a picture, or say why not. False if no other one need be tried."""
        try:
            self._write(index, task)
            return True
        except Exception as error:
            self._fail(task, error)
            ends_all = self._ends_all(error)
        gc.collect()  # a job and its error hold each other, and with them the picture
        return not ends_all

    def _write(self, index: int, task: Task) -> None:
        source = open_image(task.image)
        for note in source.notes:
            self._note(f"{source.name}: {note}")
        settings = settings_for(source, self._options.export(task.image, task.out), self._common)
        job = export_job(source, settings, reports(partial(self._course.update, index)))
        try:
            if self._begin(job):
                drive(job)
        finally:
            self._job = None
        if job.error is not None:
            raise job.error
        self._done += job.written

    def _begin(self, job: WritingJob) -> bool:
        with self._lock:
            if not self._stopped:
                self._job = job
            return not self._stopped

    def _fail(self, task: Task, error: Exception) -> None:
        self._failed += 1
        if self._common.debug:
            self._progress.say("".join(traceback.format_exception(error)).rstrip())
        text = explain(error)
        named = text if task.image.name in text else f"{task.image.name}: {text}"
        self._progress.say(f"{PROGRAM}: {named}")

    def _ends_all(self, error: Exception) -> bool:
        """Whether it is the model, the disk or the folder: nothing that another picture has not."""
        reason = error.__cause__ or error
        full = isinstance(reason, OSError) and reason.errno in FULL
        return full or isinstance(error, CheckpointError) or not self._options.out.is_dir()

    def _counts(self) -> str:
        left = len(self._todo.tasks) - self._done - self._failed
        counts = f"{self._done} done, {self._todo.skipped} skipped, {self._failed} failed"
        return f"{counts}, {left} left" if left else counts

    def _note(self, text: str) -> None:
        if not self._common.quiet:
            self._progress.say(f"{PROGRAM}: {text}")


class Course:
    """How far a batch has come, by the pixels of its pictures; only where somebody would see it."""

    def __init__(self, tasks: Sequence[Task], progress: Progress):
        self._progress = progress
        self._sizes = [_pixels(task) for task in tasks] if progress.visible else []
        self._remaining = Remaining()

    def update(self, index: int, fraction: float, _: float | None) -> None:
        """Show that a fraction (0..1) of a picture is done, and all before it."""
        if not self._progress.visible:
            return
        pixels = sum(self._sizes[:index]) + fraction * self._sizes[index]
        done = pixels / max(1, sum(self._sizes))
        note = f"{index + 1} of {len(self._sizes)}"
        self._progress.update(done, self._remaining.update(done), note)


def _pixels(task: Task) -> int:
    try:
        width, height = size_of(task.image)
    except ImageError:
        return 0  # said when its turn comes
    return width * height
