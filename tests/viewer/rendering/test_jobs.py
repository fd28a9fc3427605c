from __future__ import annotations

import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from models.samplers.base import Sampler
from models.samplers.gradient import GradientSampler
from models.samplers.grid import Axis, Grid, Lattice, Region, Window
from models.samplers.interpolation import Nearest, bicubic, lanczos
from viewer.imaging.colour import to_samples
from viewer.imaging.source import SourceImage, from_array
from viewer.rendering.jobs import ExportJob, ExportSettings

CPU = torch.device("cpu")
LONG = 10.0


class Told:
    """What an export told, in order."""

    def __init__(self) -> None:
        self.fractions: list[float] = []
        self.done: list[Path] = []
        self.errors: list[str] = []
        self.cancelled = 0

    def on_progress(self, fraction: float, left: float | None) -> None:
        assert left is None or left >= 0
        self.fractions.append(fraction)

    def on_cancelled(self) -> None:
        self.cancelled += 1


def job_of(source: SourceImage, settings: ExportSettings) -> tuple[ExportJob, Told]:
    told = Told()
    job = ExportJob(
        source, settings, told.on_progress, told.done.append, told.errors.append, told.on_cancelled
    )
    return job, told


def run(job: ExportJob) -> None:
    deadline = time.monotonic() + LONG
    while job.step():
        assert time.monotonic() < deadline
    assert job.join(LONG)


def source_of(rng: np.random.Generator, channels: int = 3, kind: type = np.uint8) -> SourceImage:
    top = np.iinfo(kind).max
    return from_array(rng.integers(0, top + 1, (20, 30, channels), dtype=kind))


def expected(sampler: Sampler, grid: Grid, depth: int = 8) -> np.ndarray:
    return to_samples(sampler.sample(grid).numpy(), None, depth)


def read(path: Path) -> np.ndarray:
    samples = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return samples[..., [2, 1, 0, *range(3, samples.shape[2])]]


GRIDS = [
    Grid.for_scale(30, 20, 5.0),
    Grid.for_scale(30, 20, 7.7, Region(1.5, 2.25, 20.0, 15.0)),
    Grid.for_size(30, 20, 65, 129),
    # A canvas's own grid: any window of a lattice whose origin is a phase.
    Grid(Lattice(Axis(-0.01, 0.09), Axis(0.02, 0.09)), Window(37, 101, 200, 99)),
]


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("depth", [8, 16])
def test_the_file_holds_the_pixels_of_the_grid(tmp_path, rng, grid, depth):
    source = source_of(rng)
    sampler = bicubic(source.picture, CPU)
    out = tmp_path / "out.png"
    job, told = job_of(source, ExportSettings(out, grid, (sampler,), depth))
    run(job)
    assert told.done == [out]
    assert told.errors == []
    np.testing.assert_array_equal(read(out), expected(sampler, grid, depth))
    assert list(tmp_path.iterdir()) == [out]


def test_a_stands_left_and_b_right(tmp_path, rng):
    source = source_of(rng)
    samplers = (bicubic(source.picture, CPU), lanczos(source.picture, CPU))
    out = tmp_path / "out.tif"
    run(job_of(source, ExportSettings(out, GRIDS[1], samplers))[0])
    halves = [expected(sampler, GRIDS[1]) for sampler in samplers]
    np.testing.assert_array_equal(read(out), np.concatenate(halves, axis=1))


def test_deep_samples_are_not_cut(tmp_path, rng):
    source = source_of(rng, kind=np.uint16)
    out = tmp_path / "out.png"
    grid = Grid.for_scale(30, 20, 1.0)
    job, _ = job_of(source, ExportSettings(out, grid, (Nearest(source.picture, CPU),), 16))
    run(job)
    np.testing.assert_array_equal(read(out), source.picture.pixels)


def test_alpha_is_a_fourth_channel_where_there_is_one(tmp_path, rng):
    source = source_of(rng, channels=4)
    grid = Grid.for_scale(30, 20, 1.0)
    for name, channels in (("out.png", 4), ("out.jpg", 3)):
        out = tmp_path / name
        run(job_of(source, ExportSettings(out, grid, (Nearest(source.picture, CPU),)))[0])
        assert read(out).shape == (20, 30, channels)


def test_profile_and_resolution_go_into_the_file(tmp_path, rng):
    source = source_of(rng)
    profile = b"any profile at all" * 10
    source = SourceImage(source.picture, "a", icc_profile=profile, dpi=(300.0, 300.0))
    out = tmp_path / "out.png"
    grid = Grid.for_scale(30, 20, 2.0)
    run(job_of(source, ExportSettings(out, grid, (bicubic(source.picture, CPU),)))[0])
    with Image.open(out) as image:
        assert image.info["icc_profile"] == profile
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_maps_are_opaque_and_have_colours_of_their_own(tmp_path, rng):
    """As in the window: the picture's alpha and profile are none of theirs."""
    whole = source_of(rng, channels=4).picture
    source = SourceImage(whole, "a", icc_profile=b"any profile at all" * 10)
    grid, bare = GRIDS[0], bicubic(whole, CPU)
    sampler = GradientSampler(bare, gain=2.0)
    job, told = job_of(source, ExportSettings(tmp_path / "map.png", grid, (sampler,)))
    run(job)
    assert told.errors == []
    with Image.open(tmp_path / "map.png") as image:
        assert "icc_profile" not in image.info
        shown = np.asarray(image.convert("RGBA"))
    assert (shown[..., 3] == 255).all()
    expected = np.floor(255 * sampler.sample(grid).numpy() + 0.5)
    np.testing.assert_array_equal(shown[..., :3], expected)


def test_an_existing_file_stays_unless_it_may_be_replaced(tmp_path, rng):
    source = source_of(rng)
    out = tmp_path / "out.png"
    out.write_bytes(b"precious")
    settings = ExportSettings(out, GRIDS[0], (bicubic(source.picture, CPU),))
    job, told = job_of(source, settings)
    run(job)
    assert out.read_bytes() == b"precious"
    assert len(told.errors) == 1
    assert "out.png" in told.errors[0]
    assert told.done == []
    run(job_of(source, ExportSettings(out, GRIDS[0], settings.samplers, overwrite=True))[0])
    assert read(out).shape == (100, 150, 3)


def test_what_a_format_cannot_hold_is_one_sentence(tmp_path, rng):
    source = source_of(rng)
    grid = Grid.for_size(30, 20, 17_000, 2)
    job, told = job_of(
        source, ExportSettings(tmp_path / "out.webp", grid, (bicubic(source.picture, CPU),))
    )
    run(job)
    assert len(told.errors) == 1
    assert "16,383" in told.errors[0]
    assert list(tmp_path.iterdir()) == []


class Failing(Nearest):
    """Fails at the tiles of the second row."""

    def _evaluate(self, lattice, windows):
        if windows[0].row:
            raise RuntimeError("the device was lost")
        return super()._evaluate(lattice, windows)


def test_a_failing_sampler_leaves_no_file(tmp_path, rng):
    source = source_of(rng)
    settings = ExportSettings(tmp_path / "out.png", GRIDS[0], (Failing(source.picture, CPU),))
    job, told = job_of(source, settings)
    run(job)
    assert told.errors == ["unexpected RuntimeError: the device was lost"]
    assert list(tmp_path.iterdir()) == []


class Wild(Nearest):
    """Has one pixel that is no number, in the second row of tiles."""

    def _evaluate(self, lattice, windows):
        samples = super()._evaluate(lattice, windows)
        for index, window in enumerate(windows):
            if (window.column, window.row) == (0, 64):
                samples[index, 10, 20, 1] = float("nan")
        return samples


def test_pixels_that_are_no_numbers_are_said_and_leave_no_file(tmp_path, rng):
    source = source_of(rng)
    samplers = Nearest(source.picture, CPU), Wild(source.picture, CPU)
    samplers[1].title = "LIIF · wild"
    job, told = job_of(source, ExportSettings(tmp_path / "out.png", GRIDS[0], samplers))
    run(job)
    assert told.errors == [
        "some pixels of LIIF · wild are no numbers; choose another sampler, or try --precision fp32"
    ]
    assert list(tmp_path.iterdir()) == []


def test_those_beside_what_is_written_do_not_matter(tmp_path, rng):
    source, grid = source_of(rng), Grid.for_scale(30, 20, 5.0, Region(0.0, 0.0, 4.0, 20.0))
    settings = ExportSettings(tmp_path / "out.png", grid, (Wild(source.picture, CPU),))
    job, told = job_of(source, settings)
    run(job)
    assert told.errors == []


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp"])
@pytest.mark.parametrize("until", [0.0, 0.5, 0.97])
def test_cancel_leaves_nothing_within_200_ms(tmp_path, rng, suffix, until):
    source = source_of(rng)
    grid = Grid.for_size(30, 20, 1500, 2500)
    settings = ExportSettings(tmp_path / f"out{suffix}", grid, (Nearest(source.picture, CPU),))
    job, told = job_of(source, settings)
    while job.step() and (not told.fractions or told.fractions[-1] < until):
        pass
    before = time.monotonic()
    job.cancel()
    assert job.join(LONG)
    assert time.monotonic() - before < 0.2
    assert told.cancelled == 1
    assert told.done == told.errors == []
    assert list(tmp_path.iterdir()) == []
    assert not job.step()


def test_no_thread_is_left(tmp_path, rng):
    before = threading.active_count()
    source = source_of(rng)
    settings = ExportSettings(tmp_path / "out.png", GRIDS[0], (bicubic(source.picture, CPU),))
    run(job_of(source, settings)[0])
    assert threading.active_count() == before
