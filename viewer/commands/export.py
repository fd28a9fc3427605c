"""`export`: a picture, or a region of it, written at any size."""

from __future__ import annotations

from functools import partial

from viewer.commands.interrupts import Interrupts
from viewer.commands.options import CommonOptions, ExportOptions
from viewer.commands.work import make_samplers, note_reduction, open_source, run_job
from viewer.imaging.source import SourceImage
from viewer.imaging.writers import check_limits, format_for
from viewer.rendering.jobs import ExportJob, ExportSettings
from viewer.rendering.writing import Reports


def run(options: ExportOptions, common: CommonOptions, interrupts: Interrupts) -> None:
    """Write the file.

    Raises:
        ImageError, ValueError: one sentence: what is wrong, with what, and what to do.
        KeyboardInterrupt: no file is left.
    """
    format_for(options.out)  # a name that cannot be written is told before a picture is opened
    source = open_source(options.image, common)
    settings = settings_for(source, options, common)
    note_reduction(settings.grid, common)
    run_job(partial(export_job, source, settings), options.out.name, common, interrupts)


def settings_for(
    source: SourceImage, options: ExportOptions, common: CommonOptions
) -> ExportSettings:
    """What is written of an opened picture.

    Raises:
        ImageError, ValueError: one sentence, if no such file can be written.
    """
    kind = format_for(options.out)
    grid = options.place.grid(source.width, source.height)
    depth = options.depth or natural_depth(source, kind.depths)
    # Before a model is loaded and pixels are planned.
    check_limits(kind, grid.columns, grid.rows, depth, source.picture.alpha is not None)
    samplers = make_samplers([options.sampler], source, options.gain, common)
    return ExportSettings(
        out=options.out,
        grid=grid,
        samplers=samplers,
        depth=depth,
        quality=options.quality,
        overwrite=common.overwrite,
    )


def export_job(source: SourceImage, settings: ExportSettings, reports: Reports) -> ExportJob:
    """The job that writes it."""
    return ExportJob(
        source, settings, reports.progress, reports.done, reports.failed, reports.cancelled
    )


def natural_depth(source: SourceImage, depths: tuple[int, ...]) -> int:
    """The source's own bits a sample where the format has them, otherwise 8."""
    own = 8 * source.picture.pixels.dtype.itemsize
    return own if own in depths else 8
