"""Tests of the expected size and time, against files that our writers make."""

from __future__ import annotations

import time
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.samplers.grid import Grid, Region
from models.samplers.interpolation import bicubic
from viewer.imaging.colour import to_samples
from viewer.imaging.source import SourceImage, open_image
from viewer.imaging.writers import ALL_FORMATS, FORMATS, Format, open_writer
from viewer.ui.export_choice import ExportContext
from viewer.ui.export_dialog import ExportDialog
from viewer.ui.export_estimate import (
    expected_bytes,
    expected_seconds,
    show_bytes,
    show_seconds,
)
from viewer.ui.theme import apply_theme


@pytest.mark.parametrize("kind", ALL_FORMATS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("quality", [30, 90])
def test_the_expected_size_is_right_to_a_factor_of_two_and_a_half(
    tmp_path: Path, kind: Format, quality: int
) -> None:
    with (resources.files("resources.samples") / "cat.png").open("rb") as file:
        crop = Image.open(file).convert("RGB").crop((100, 60, 200, 160))
    pixels = np.asarray(crop.resize((400, 400), Image.Resampling.BICUBIC))
    out = tmp_path / f"cat{kind.extensions[0]}"
    with open_writer(out, 400, 400, 3, 8, icc_profile=None, exif=None, quality=quality) as writer:
        writer.write(pixels)
        writer.finish()
    ratio = expected_bytes(kind, 400 * 400, 4.0, 8, quality) / out.stat().st_size
    assert 0.4 < ratio < 2.5


@pytest.fixture
def doubled(tmp_path: Path) -> tuple[SourceImage, Grid, NDArray[np.uint8], float]:
    """The photograph, a grid of twice its size, its bicubic pixels, and the seconds they took."""
    with (resources.files("resources.samples") / "cat.png").open("rb") as file:
        (tmp_path / "cat.png").write_bytes(file.read())
    source = open_image(tmp_path / "cat.png")
    grid = Grid.for_scale(source.width, source.height, 2.0)
    start = time.perf_counter()
    colour = bicubic(source.picture, torch.device("cpu")).sample(grid).numpy()
    return source, grid, to_samples(colour, None, 8), time.perf_counter() - start


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_the_dialog_tells_about_how_large_a_photograph_becomes_and_how_long_it_takes(
    qapp: QApplication,
    qtbot: QtBot,
    settings: QSettings,
    doubled: tuple[SourceImage, Grid, NDArray[np.uint8], float],
    suffix: str,
) -> None:
    source, grid, pixels, rendering = doubled
    apply_theme(qapp)
    settings.setValue("export/format", suffix)
    region = Region(0.0, 0.0, source.width, source.height)
    speed = grid.columns * grid.rows / rendering
    context = ExportContext(source, region, 2.0, {"a": "Bicubic", "b": "Bicubic"}, lambda _: speed)
    dialog = ExportDialog(context, None, settings)
    qtbot.addWidget(dialog)
    size, count, seconds = dialog.form.summary.text().split(" · ")
    out, real = dialog.choice().out, dialog.choice()
    start = time.perf_counter()
    with open_writer(
        out, grid.columns, grid.rows, 3, 8, icc_profile=None, exif=None, quality=real.quality
    ) as writer:
        writer.write(pixels)
        writer.finish()
    # Nothing is told in less than a second.
    taken = max(time.perf_counter() - start + rendering, 1.0)
    assert size == f"{grid.columns} × {grid.rows} px"
    assert 1 / 3 < number(count) / out.stat().st_size < 3
    assert 1 / 3 < number(seconds) / taken < 3


def number(words: str) -> float:
    """What "about 12 MB" or "about 2.5 min" mean in bytes or seconds."""
    units = {"bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "s": 1, "min": 60, "h": 3600}
    about, value, unit = words.split(" ")
    assert about == "about"
    return float(value.replace(",", "")) * units[unit]


def test_sixteen_bits_and_lossless_webp_are_larger() -> None:
    png, webp = FORMATS[".png"], FORMATS[".webp"]
    assert expected_bytes(png, 10**6, 4, 16, 95) > 3 * expected_bytes(png, 10**6, 4, 8, 95)
    assert expected_bytes(webp, 10**6, 4, 8, 100) > 2 * expected_bytes(webp, 10**6, 4, 8, 99)


def test_the_time_is_that_of_all_sides_and_of_the_encoder() -> None:
    png = FORMATS[".png"]
    assert expected_seconds(png, 10**6, 8, 95, [1e5]) == pytest.approx(10.1)
    assert expected_seconds(png, 10**6, 8, 95, [1e5, 1e6]) == pytest.approx(11.2)
    assert expected_seconds(png, 10**6, 8, 95, [1e5, None]) is None


def test_less_quality_is_smaller_and_the_pixels_count() -> None:
    for kind in ALL_FORMATS:
        sizes = [round(expected_bytes(kind, 10**6, 4, 8, quality)) for quality in range(1, 100)]
        assert sizes == sorted(sizes)
        assert (sizes[0] < sizes[-1]) == kind.quality
        assert expected_bytes(kind, 2 * 10**6, 4, 8, 50) > 1.9 * sizes[49]


def test_enlarging_adds_little_detail_and_reducing_keeps_it() -> None:
    for kind in ALL_FORMATS:
        sizes = [expected_bytes(kind, 10**6, scale, 8, 90) for scale in (64, 8, 2, 1)]
        assert sizes == sorted(sizes)
        assert expected_bytes(kind, 10**6, 0.1, 8, 90) == sizes[-1]


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (850, "850 bytes"), (999, "1 kB"), (12_300, "12 kB"), (2.14e6, "2.1 MB"),
     (2e6, "2 MB"), (585e3, "585 kB"), (4.2e10, "42 GB"), (3e15, "3,000 TB")],
)  # fmt: skip
def test_sizes_in_words(count: float, words: str) -> None:
    assert show_bytes(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.01, "1 s"), (8.4, "8 s"), (89, "89 s"), (90, "1.5 min"), (600, "10 min"),
     (3 * 3600, "3 h"), (1e6, "12 days")],
)  # fmt: skip
def test_times_in_words(seconds: float, words: str) -> None:
    assert show_seconds(seconds) == words
