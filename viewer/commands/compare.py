"""`compare`: a sheet that shows the same pixels by several samplers."""

from __future__ import annotations

from functools import partial

from models.samplers.base import Coverage
from models.samplers.grid import Grid, Region
from viewer.commands.insets import arrange
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import CommonOptions, CompareOptions
from viewer.commands.sheet import GAP, NARROWEST, Layout, Sheet
from viewer.commands.work import make_samplers, note_reduction, open_source, run_job
from viewer.imaging.colour import DisplayTransform
from viewer.imaging.source import SourceImage
from viewer.imaging.writers import check_limits, format_for, open_writer
from viewer.rendering.writing import WritingJob

CLOSE = 4.0
"""The scale of a sheet unless its panels would become too large."""

LARGEST_REGION = 4096
"""Longest side of a panel, in pixels, when a region was asked for."""

LONGEST_SHEET = 100_000
"""Most pixels a side of a sheet: strips of its whole width are in memory."""

LARGEST = 1600
"""Longest side of a panel that shows the whole picture."""


def run(options: CompareOptions, common: CommonOptions, interrupts: Interrupts) -> None:
    """Write the sheet.

    Raises:
        ImageError, ValueError: one sentence: what is wrong, with what, and what to do.
        KeyboardInterrupt: no file is left.
    """
    kind = format_for(options.out)
    source = open_source(options.image, common)
    scale = options.scale or fitting_scale(source.width, source.height, options.region)
    grid = Grid.for_scale(source.width, source.height, scale, options.region)
    enlarged = arrange(options.insets, grid, (source.width, source.height), GAP, NARROWEST)
    layout = Layout.of(grid, len(options.samplers), enlarged)
    check_limits(kind, layout.width, layout.height, 8, alpha=False)
    if max(layout.width, layout.height) > LONGEST_SHEET:
        raise ValueError(
            f"a sheet of {layout.width:,} × {layout.height:,} pixels is too large to be looked at; "
            "choose a smaller --scale, or a --region"
        )
    samplers = make_samplers(options.samplers, source, options.gain, common)
    note_reduction(grid, common)
    sheet = Sheet(
        _title(source, grid),
        _note(grid, scale),
        grid,
        samplers,
        DisplayTransform(source.icc_profile),
        enlarged,
    )
    open_file = partial(
        open_writer,
        options.out,
        layout.width,
        layout.height,
        3,
        8,
        icc_profile=None,
        exif=None,
        quality=options.quality,
        overwrite=common.overwrite,
    )
    coverage = Coverage(source.picture, samplers[0].device)
    pieces = sheet.pieces(coverage)
    run_job(
        lambda reports: WritingJob(pieces, sheet.tiles, open_file, options.out, reports),
        options.out.name,
        common,
        interrupts,
    )


def fitting_scale(width: int, height: int, region: Region | None) -> float:
    """×4, or less where a panel would be larger than anybody wants to look at."""
    box = (region or Region(0.0, 0.0, width, height)).clipped(width, height)
    largest = LARGEST if region is None else LARGEST_REGION
    return min(CLOSE, largest / max(box.width, box.height))


def _title(source: SourceImage, grid: Grid) -> str:
    x, y, width, height = (round(value, 2) for value in grid.region)
    part = f"x {x:g}, y {y:g}, {width:g} × {height:g} source pixels"
    return f"{source.name} · {part} · {grid.columns} × {grid.rows} pixels each"


def _note(grid: Grid, scale: float) -> str:
    return f"×{scale:.4g} · source, reduced" if grid.lattice.reduces else f"×{scale:.4g}"
