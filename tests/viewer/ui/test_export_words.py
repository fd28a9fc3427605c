"""What the export dialog reads and says: sizes, steps, the outcome, limits and remarks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.samplers.base import Picture
from models.samplers.grid import Grid, Region
from viewer.imaging.source import SourceImage
from viewer.imaging.writers import FORMATS
from viewer.ui.export_choice import ExportContext, SizedBy
from viewer.ui.export_words import (
    MAX_SCALE,
    MIN_SCALE,
    Draft,
    area_words,
    read_size,
    show_scale_factor,
    size_complaint,
    space_warning,
    stepped_size,
)

WIDTH, HEIGHT = 400, 300


def draft(scale: float = 8.0, suffix: str = ".png", alpha: bool = False, **changes: Any) -> Draft:
    """An export of a whole picture of 400 × 300; A renders a million pixels a second, B a tenth."""
    covered = np.full((HEIGHT, WIDTH), 7, np.uint8) if alpha else None
    source = SourceImage(Picture(np.zeros((HEIGHT, WIDTH, 3), np.uint8), covered), "dog.jpg")
    whole = Region(0.0, 0.0, WIDTH, HEIGHT)
    speeds = changes.pop("speeds", {"a": 1e6, "b": 1e5})
    context = ExportContext(source, whole, scale, {"a": "Bicubic", "b": "LIIF"}, speeds.get)
    values = {"sides": ("b",), "depth": 8, "quality": 95} | changes
    grid = Grid.for_scale(WIDTH, HEIGHT, scale)
    return Draft(context, grid, scale, kind=FORMATS[suffix], **values)


# What is typed.


@pytest.mark.parametrize(
    ("words", "scale"),
    [("4", 4.0), (" 2.5 ", 2.5), ("2,5", 2.5), ("×4", 4.0), ("4x", 4.0), ("400 %", 4.0),
     ("50%", 0.5), ("1:2", 0.5), ("1/2", 0.5), ("4:1", 4.0), ("1000000", 1e6)],
)  # fmt: skip
def test_scales(words: str, scale: float) -> None:
    assert read_size("scale", words) == scale


@pytest.mark.parametrize(
    "words",
    ["", " ", "abc", "0", "-3", "0 %", "1:0", "0:1", "1e3", "nan", "inf", "4 px", "1000001",
     "0.0000001", "0." + 320 * "0" + "1", "×", "%"],
)  # fmt: skip
def test_what_is_no_scale(words: str) -> None:
    assert read_size("scale", words) is None


@pytest.mark.parametrize(
    ("words", "pixels"),
    [("1", 1), ("1920", 1920), (" 1920 px ", 1920), ("1920PX", 1920), ("16,000", 16_000),
     ("16.000", 16_000), ("1 234 567", 1_234_567), ("16'000", 16_000),
     ("2147483647", 2**31 - 1)],
)  # fmt: skip
@pytest.mark.parametrize("by", ["width", "height"])
def test_widths_and_heights_with_or_without_grouped_thousands(
    by: SizedBy, words: str, pixels: int
) -> None:
    assert read_size(by, words) == pixels


@pytest.mark.parametrize(
    "words",
    ["", "0", "-5", "+5", "12.5", "12,5", "1,92,000", "1920.0", "16,000.5", "abc", "px",
     "2147483648", "9" * 400, "×4", "50 %"],
)  # fmt: skip
@pytest.mark.parametrize("by", ["width", "height"])
def test_what_is_no_width_or_height(by: SizedBy, words: str) -> None:
    assert read_size(by, words) is None


@given(st.integers(1, 2**31 - 1))
def test_sizes_are_read_as_they_are_shown(pixels: int) -> None:
    assert read_size("width", f"{pixels:,}") == read_size("width", str(pixels)) == pixels


@given(st.floats(MIN_SCALE, MAX_SCALE))
def test_scales_are_read_as_they_are_shown(scale: float) -> None:
    words = show_scale_factor(scale)
    read = read_size("scale", words)
    assert read == pytest.approx(scale, rel=6e-4)
    assert show_scale_factor(read or 1.0) == words
    assert sum(letter.isdecimal() for letter in words.lstrip("0.")) <= 7


@pytest.mark.parametrize("by", ["scale", "width", "height"])
def test_a_complaint_names_the_words_and_the_field(by: SizedBy) -> None:
    complaint = size_complaint(by, "abc")
    assert "“abc”" in complaint
    assert by in complaint
    assert complaint.endswith(".")


# Steps.


@pytest.mark.parametrize(
    ("value", "notches", "after"),
    [(8.0, 1, 9.0), (8.0, -1, 7.0), (7.981, 1, 8.0), (7.981, -1, 7.0), (2.0, 1, 3.0),
     (2.0, -1, 1.9), (1.9, 1, 2.0), (1.0, 1, 1.1), (0.2, -1, 0.19), (0.19, 1, 0.2),
     (0.05, -1, 0.04), (0.02, 1, 0.03), (1.8, 3, 3.0), (3.0, -3, 1.8), (8.0, 10, 18.0)],
)  # fmt: skip
def test_steps_of_the_scale_are_round(value: float, notches: int, after: float) -> None:
    assert stepped_size("scale", value, notches) == pytest.approx(after, rel=1e-12)


@given(st.floats(MIN_SCALE * 10, MAX_SCALE / 10), st.sampled_from([1, -1, 10, -10]))
def test_a_step_of_the_scale_goes_the_right_way(value: float, notches: int) -> None:
    after = stepped_size("scale", value, notches)
    assert after > value if notches > 0 else after < value
    assert MIN_SCALE <= after <= MAX_SCALE


@pytest.mark.parametrize("start", [k / 10 for k in range(1, 21)] + [3.0, 10.0, 999.0])
def test_a_step_up_and_one_down_are_back(start: float) -> None:
    up = stepped_size("scale", start, 1)
    assert stepped_size("scale", up, -1) == pytest.approx(start, rel=1e-12)


@pytest.mark.parametrize(
    ("value", "notches", "after"),
    [(1160, 1, 1161), (1160, -10, 1150), (3, -10, 1), (2**31 - 2, 5, 2**31 - 1)],
)  # fmt: skip
@pytest.mark.parametrize("by", ["width", "height"])
def test_steps_of_a_side_are_pixels(by: SizedBy, value: int, notches: int, after: int) -> None:
    assert stepped_size(by, value, notches) == after


def test_steps_end_at_the_limits() -> None:
    assert stepped_size("scale", MAX_SCALE, 5) == MAX_SCALE
    assert stepped_size("scale", MIN_SCALE, -5) == MIN_SCALE


# The outcome.


def test_the_summary_has_size_bytes_and_time() -> None:
    size, count, time = draft().summary().split(" · ")
    assert size == "3200 × 2400 px"
    assert count.startswith("about ")
    assert count.endswith(" MB")
    assert time == "about 78 s"


def test_two_sides_are_twice_as_wide_and_take_the_time_of_both() -> None:
    both = draft(sides=("a", "b"))
    assert (both.width, both.height) == (6400, 2400)
    assert both.file_bytes == pytest.approx(2 * draft().file_bytes, rel=1e-3)
    alone = [draft(sides=(side,)).seconds or 0.0 for side in "ab"]
    assert both.seconds == pytest.approx(sum(alone))


def test_large_sizes_are_grouped() -> None:
    assert draft(scale=30.0).summary().startswith("12,000 × 9,000 px")


@pytest.mark.parametrize("speeds", [{"a": 1e6, "b": None}, {"a": 1e6}, {"a": 1e6, "b": 0.0}])
def test_no_time_is_told_where_a_speed_is_unknown(speeds: dict[str, float | None]) -> None:
    for sides in (("b",), ("a", "b")):
        unknown = draft(speeds=speeds, sides=sides)
        assert unknown.seconds is None
        assert unknown.summary().count("about") == 1
    assert draft(speeds=speeds, sides=("a",)).seconds is not None


def test_the_speeds_do_not_hold_below_one_to_one() -> None:
    assert draft(scale=0.5).seconds is None


@pytest.mark.parametrize(
    ("suffix", "fits", "too_large", "limit"),
    [
        (".webp", 16_383 / 400, 16_384 / 400, "16,383"),
        (".jpg", 65_500 / 400, 65_501 / 400, "65,500"),
        (".avif", 40.0, 100.0, "32,768"),
        (".png", 1e5, 1e7, "2,147,483,647"),
        (".tif", 1e5, 1e7, "2,147,483,647"),
    ],
)
def test_limits_of_formats(suffix: str, fits: float, too_large: float, limit: str) -> None:
    if suffix not in FORMATS:
        pytest.skip(f"this Pillow writes no {suffix}")
    assert draft(scale=fits, suffix=suffix).limit() == ""
    sentence = draft(scale=too_large, suffix=suffix).limit()
    assert limit in sentence
    assert FORMATS[suffix].name in sentence


def test_megapixels_of_avif_are_limited_too() -> None:
    if ".avif" not in FORMATS:
        pytest.skip("this Pillow writes no AVIF")
    assert "268 megapixels" in draft(scale=50.0, suffix=".avif").limit()


def test_a_limit_counts_both_sides() -> None:
    half = 16_382 / 800
    assert draft(scale=half, suffix=".webp", sides=("a", "b")).limit() == ""
    assert "16,383" in draft(scale=half + 0.01, suffix=".webp", sides=("a", "b")).limit()


def test_sixteen_bits_are_not_for_every_format() -> None:
    assert draft(suffix=".png", depth=16).limit() == ""
    assert "8 bits" in draft(suffix=".jpg", depth=16).limit()


# Remarks.


def test_nothing_is_remarked_where_nothing_is_lost() -> None:
    assert draft().notes() == ""
    assert draft(scale=1.0, suffix=".jpg").notes() == ""
    assert draft(alpha=True).notes() == ""


def test_a_reduction_is_named_as_in_the_window() -> None:
    assert draft(scale=0.99).notes().startswith("Source, reduced")


@pytest.mark.parametrize(("suffix", "lost"), [(".jpg", True), (".webp", False), (".tif", False)])
def test_lost_transparency_is_remarked(suffix: str, lost: bool) -> None:
    assert ("laid over white" in draft(suffix=suffix, alpha=True).notes()) == lost


def test_webp_without_loss_is_remarked() -> None:
    assert draft(suffix=".webp", quality=100).notes() == "WebP at quality 100 loses nothing."
    assert draft(suffix=".webp", quality=99).notes() == ""
    assert draft(suffix=".jpg", quality=100).notes() == ""


def test_an_area_is_named_with_its_place() -> None:
    words = area_words(Region(72.0, 50.04, 145.0, 98.75), "Region")
    assert words == "Region · 145 × 98.8 px at 72, 50"


def test_a_small_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 12_000_000})
    monkeypatch.setattr("viewer.ui.export_words.shutil.disk_usage", lambda _: usage)
    assert space_warning(tmp_path, 7e6) == ""
    assert space_warning(tmp_path, 9e6) == "Only 12 MB are free on that disk."


def test_a_folder_that_is_gone_is_no_matter_of_space(tmp_path: Path) -> None:
    assert space_warning(tmp_path / "gone", 1e30) == ""
