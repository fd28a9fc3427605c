"""Tests of the expected size and time, against files that our writers make."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from viewer.imaging.writers import ALL_FORMATS, FORMATS, Format, open_writer
from viewer.ui.export_estimate import (
    expected_bytes,
    expected_seconds,
    show_bytes,
    show_seconds,
)


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


def test_sixteen_bits_and_lossless_webp_are_larger() -> None:
    png, webp = FORMATS[".png"], FORMATS[".webp"]
    assert expected_bytes(png, 10**6, 4, 16, 95) > 3 * expected_bytes(png, 10**6, 4, 8, 95)
    assert expected_bytes(webp, 10**6, 4, 8, 100) > 2 * expected_bytes(webp, 10**6, 4, 8, 99)


def test_the_time_is_that_of_all_sides_and_of_the_encoder() -> None:
    png = FORMATS[".png"]
    assert expected_seconds(png, 10**6, 8, 95, [1e5]) == pytest.approx(10.1)
    assert expected_seconds(png, 10**6, 8, 95, [1e5, 1e6]) == pytest.approx(11.2)
    assert expected_seconds(png, 10**6, 8, 95, [1e5, None]) is None


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
