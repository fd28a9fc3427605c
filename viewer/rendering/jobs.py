"""Jobs: long work cut into short steps, and the one that exports pixels to a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from models.samplers.base import Coverage, Sampler, Samples
from models.samplers.gradient import GradientSampler
from models.samplers.grid import Grid
from viewer.imaging.colour import flatten, to_samples
from viewer.imaging.source import SourceImage
from viewer.imaging.writers import Writer, format_for, open_writer
from viewer.rendering.bands import Floats, Relieve, bands, count_tiles
from viewer.rendering.writing import Reports, WritingJob


class Job(Protocol):
    """Work that whoever owns the compute thread does between other things."""

    def step(self) -> bool:
        """Do at most about 60 ms of work. False when the job is over, however it ended."""
        ...

    def cancel(self) -> None:
        """Stop as soon as possible; may be called from any thread, also again and later."""
        ...


@dataclass(frozen=True)
class ExportSettings:
    """What to write, and where.

    Attributes:
        out: the file; its suffix says the format.
        grid: the pixels.
        samplers: one, or several that stand side by side in the file, from left to right.
        depth: bits a sample, 8 or 16.
        quality: 1 to 100, of formats that have one.
        overwrite: whether an existing file may be replaced.
    """

    out: Path
    grid: Grid
    samplers: tuple[Sampler, ...]
    depth: int = 8
    quality: int = 95
    overwrite: bool = False


class ExportJob(WritingJob):
    """Writes a grid of a picture to a file: unconverted samples with their profile and metadata.

    Where memory is short, ``relieve`` is called before it fails.
    """

    def __init__(
        self,
        source: SourceImage,
        settings: ExportSettings,
        on_progress: Callable[[float, float | None], None],
        on_done: Callable[[Path], None],
        on_error: Callable[[str], None],
        on_cancelled: Callable[[], None],
        relieve: Relieve | None = None,
    ):
        grid, samplers = settings.grid, settings.samplers
        coverage = Coverage(source.picture, samplers[0].device)
        super().__init__(
            bands(grid, samplers, coverage, partial(_for_file, settings), relieve),
            count_tiles(grid, len(samplers)),
            partial(_open_file, source, settings),
            settings.out,
            Reports(on_progress, on_done, on_error, on_cancelled),
        )


def _for_file(settings: ExportSettings, _: Sampler, rgb: Floats, alpha: Floats | None) -> Samples:
    """Samples as the file holds them; over white where it cannot hold alpha."""
    samples = to_samples(rgb, alpha, settings.depth)
    return samples if format_for(settings.out).alpha else flatten(samples, settings.depth)


def _open_file(source: SourceImage, settings: ExportSettings) -> Writer:
    # Colours of maps are none of the picture's: its profile would give them others.
    maps = all(isinstance(each, GradientSampler) for each in settings.samplers)
    keeps_alpha = source.picture.alpha is not None and format_for(settings.out).alpha
    return open_writer(
        settings.out,
        settings.grid.columns * len(settings.samplers),
        settings.grid.rows,
        4 if keeps_alpha else 3,
        settings.depth,
        icc_profile=None if maps else source.icc_profile,
        exif=source.exif,
        dpi=source.dpi,
        quality=settings.quality,
        overwrite=settings.overwrite,
    )
