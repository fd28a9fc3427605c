"""`evaluate`: how well samplers restore reduced pictures, by the published protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.backend import Backend, choose_backend
from models.catalogue import describe, make_sampler
from models.evaluation.protocol import PROTOCOLS, Protocol, check, make_case, score
from models.samplers.base import Sampler
from models.samplers.grid import Grid
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import CommonOptions, EvaluateOptions
from viewer.commands.progress import Progress
from viewer.commands.restored import Restored
from viewer.commands.scores import Row, Scores
from viewer.commands.text_file import check_text, write_text
from viewer.imaging.errors import ImageError
from viewer.imaging.folders import sets_in
from viewer.imaging.reduce import eight_bits, reduce_bicubic
from viewer.imaging.source import SourceImage, open_image, size_of
from viewer.rendering.bands import finite, strips
from viewer.rendering.remaining import Remaining

Floats = NDArray[np.float32]
Advance = Callable[[int], None]
"""Is told how many more pixels are done."""


@dataclass(frozen=True)
class Subject:
    """A picture that is to be restored.

    Attributes:
        data_set: name of the set it belongs to.
        path: its file.
        pixels: how many it has.
    """

    data_set: str
    path: Path
    pixels: int


def run(options: EvaluateOptions, common: CommonOptions, interrupts: Interrupts) -> None:
    """Print the tables, and write the files that were asked for.

    Raises:
        ImageError, ValueError: one sentence: what is wrong, with what, and what to do.
        KeyboardInterrupt: no partial file is left.
    """
    protocol = PROTOCOLS[options.protocol]
    backend = choose_backend(common.device, common.precision, common.threads)
    titles = {name: describe(name, backend).title for name in options.samplers}
    subjects = find(options.data, options.scales, protocol)
    restored = _restored(options, subjects, common)
    if options.json and options.csv and options.json.resolve() == options.csv.resolve():
        raise ImageError(f"--json and --csv both name {options.csv}; give two files.")
    for path in filter(None, (options.json, options.csv)):
        check_text(path, common.overwrite)
    rows: list[Row] = []
    with Progress(options.data.resolve().name, common.quiet) as progress:
        advance = _advance(progress, _pixels(subjects, options))
        for subject in subjects:
            source = open_image(subject.path)
            for row, samples in restore(subject, source, options, protocol, backend, advance):
                rows.append(row)
                if restored is not None:
                    restored.write(row, samples, source.icc_profile, interrupts)
    scores = Scores(str(options.data), protocol, backend.describe(), titles, rows)
    # The files first: whoever reads the tables may have gone.
    if options.json is not None:
        write_text(options.json, scores.as_json(), common.overwrite, interrupts)
    if options.csv is not None:
        write_text(options.csv, scores.as_csv(), common.overwrite, interrupts)
    print(scores.tables())


def find(data: Path, scales: Sequence[float], protocol: Protocol) -> list[Subject]:
    """The pictures of a folder and of the folders in it; all must be large enough.

    Raises:
        ImageError: one sentence that names the folder or the picture.
    """
    subjects = []
    for name, paths in sets_in(data):
        for path in paths:
            width, height = size_of(path)
            try:
                for scale in scales:
                    check(width, height, scale, protocol)
            except ValueError as error:
                raise ImageError(f"Cannot evaluate {path.name}: {error}.") from error
            subjects.append(Subject(name, path, width * height))
    return subjects


def restore(
    subject: Subject,
    source: SourceImage,
    options: EvaluateOptions,
    protocol: Protocol,
    backend: Backend,
    advance: Advance,
) -> Iterator[tuple[Row, Floats]]:
    """Each scale and sampler of a picture: its score, and the samples ``[H, W, 3]``.

    Raises:
        ImageError: a sampler gave pixels that are no numbers, which no score is worth.
    """
    high = eight_bits(source.picture)
    for scale in options.scales:
        case = make_case(high, scale, reduce_bicubic)
        picture = case.picture
        for name in options.samplers:
            samples = render(make_sampler(name, picture, backend), case.grid, advance)
            if not finite(samples):
                raise ImageError(
                    f"Cannot evaluate {name} on {subject.path.name} at ×{scale:g}: some of its "
                    "pixels are no numbers; leave out that sampler, or try --precision fp32."
                )
            result = score(case, samples, protocol)
            yield Row(subject.data_set, subject.path.name, scale, name, result), samples


def render(sampler: Sampler, grid: Grid, advance: Advance) -> Floats:
    """The pixels of `Sampler.sample`, a row of tiles at a time."""
    rows = []
    for strip in strips(grid.window):
        rows.append(sampler.sample(Grid(grid.lattice, strip)).cpu().numpy())
        advance(strip.rows * strip.columns)
    return np.concatenate(rows)


def _restored(
    options: EvaluateOptions, subjects: Sequence[Subject], common: CommonOptions
) -> Restored | None:
    if options.images is None:
        return None
    restored = Restored(options.images, options.samplers, common.overwrite)
    restored.check([(each.data_set, each.path.name) for each in subjects], options.scales)
    return restored


def _pixels(subjects: Sequence[Subject], options: EvaluateOptions) -> int:
    """Pixels to be rendered, or a few more: cropping takes some away."""
    each = sum(subject.pixels for subject in subjects)
    return each * len(options.scales) * len(options.samplers)


def _advance(progress: Progress, total: int) -> Advance:
    remaining = Remaining()
    done = 0

    def advance(pixels: int) -> None:
        nonlocal done
        done += pixels
        progress.update(done / total, remaining.update(done / total))

    return advance
