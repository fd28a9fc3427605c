from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.samplers.grid import Grid, Region
from viewer.cli import main
from viewer.commands.compare import fitting_scale
from viewer.commands.insets import arrange
from viewer.commands.lettering import STRIP
from viewer.commands.sheet import Layout


@pytest.fixture
def photo(tmp_path: Path, rng: np.random.Generator) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)).save(path)
    return path


def compare(photo: Path, *words: object) -> np.ndarray:
    out = photo.with_name("sheet.png")
    arguments = ["compare", photo, "-o", out, "--device", "cpu", "--overwrite", *words]
    assert main([str(word) for word in arguments]) == 0
    with Image.open(out) as image:
        assert image.mode == "RGB"
        return np.array(image)


def test_the_sheet_holds_what_export_writes(photo):
    region = Region(10.0, 20.0, 30.0, 25.0)
    sheet = compare(photo, "--samplers", "bicubic,liif", "--region", "10,20,30,25")
    grid = Grid.for_scale(80, 60, 4.0, region)
    layout = Layout.of(grid, 2)
    assert sheet.shape == (layout.height, layout.width, 3)
    for index, name in enumerate(("bicubic", "liif")):
        out = photo.with_name(f"{name}.png")
        words = ["export", photo, "-o", out, "--region", "10,20,30,25", "--scale", 4]
        words += ["--sampler", name, "--device", "cpu"]
        assert main([str(word) for word in words]) == 0
        down, across = divmod(index, layout.across)
        top, left = 2 * STRIP + down * (STRIP + grid.rows + 16), layout.left(across)
        with Image.open(out) as image:
            panel = sheet[top : top + grid.rows, left : left + grid.columns]
            np.testing.assert_array_equal(panel, np.array(image))


def test_insets_hold_what_export_writes_at_their_scale(photo):
    words = ["--samplers", "bicubic,liif", "--region", "10,20,30,25", "--scale", 8]
    sheet = compare(photo, *words, "--inset", "12,22,6,4.5", "--inset", "28,30,9,9")
    panel = Grid.for_scale(80, 60, 8.0, Region(10.0, 20.0, 30.0, 25.0))
    regions = [Region(12.0, 22.0, 6.0, 4.5), Region(28.0, 30.0, 9.0, 9.0)]
    # Both are as high as fits side by side below a panel of 240 × 200 pixels.
    height = (240 - 16) / (6 / 4.5 + 9 / 9)
    layout = Layout.of(panel, 2, arrange(regions, panel, (80, 60), 16, 220))
    assert sheet.shape == (layout.height, layout.width, 3)
    assert layout.across == 2
    for index, name in enumerate(("bicubic", "liif")):
        left = layout.left(index)
        for region, right in zip(regions, (None, left + 240), strict=True):
            out = photo.with_name("inset.png")
            words = ["export", photo, "-o", out, "--scale", height / region.height, "--overwrite"]
            words += ["--region", ",".join(map(str, region)), "--sampler", name, "--device", "cpu"]
            assert main([str(word) for word in words]) == 0
            with Image.open(out) as image:
                expected = np.array(image)
            top = 3 * STRIP + 200 + 2
            start = left if right is None else right - expected.shape[1]
            shown = sheet[top : top + expected.shape[0], start : start + expected.shape[1]]
            np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize(
    ("inset", "words"),
    [
        ("0,0,5,5", "does not lie in the region 10,20,30,25"),
        ("35,40,8,4", "does not lie in the region"),
        ("12,22,0,4", "does not lie in the region"),
        ("10,20,30,25", "cannot be enlarged; make it smaller"),
    ],
)
def test_an_inset_that_cannot_be_shown_is_refused(photo, capsys, inset, words):
    out = photo.with_name("sheet.png")
    line = ["compare", str(photo), "-o", str(out), "--region", "10,20,30,25", "--inset", inset]
    assert main(line) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error
    assert list(photo.parent.iterdir()) == [photo]


def test_a_sheet_may_be_smaller_and_not_lossless(photo):
    sizes = []
    for quality in (95, 60):
        out = photo.with_name(f"sheet{quality}.jpg")
        words = ["compare", photo, "-o", out, "--samplers", "nearest", "--quality", quality]
        assert main([str(word) for word in words]) == 0
        sizes.append(out.stat().st_size)
    assert sizes[1] < 0.8 * sizes[0]


def test_the_scale_may_be_given(photo):
    sheet = compare(photo, "--samplers", "bicubic,nearest", "--scale", 7, "--region", "0,0,40,40")
    layout = Layout.of(Grid.for_scale(80, 60, 7.0, Region(0.0, 0.0, 40.0, 40.0)), 2)
    assert sheet.shape[:2] == (layout.height, layout.width)


def test_colours_are_converted_to_srgb(tmp_path):
    from viewer.imaging.colour import DisplayTransform

    profile = wide_gamut()
    path = tmp_path / "wide.png"
    Image.fromarray(np.full((8, 8, 3), (200, 60, 60), np.uint8)).save(path, icc_profile=profile)
    sheet = compare(path, "--samplers", "nearest", "--scale", 10)
    colour = np.array([200, 60, 60], np.float32) / 255
    expected = 255 * DisplayTransform(profile).convert(colour[None])[0]
    shown = sheet[2 * STRIP + 40, 16 + 40]
    assert np.abs(shown - expected).max() <= 1
    assert np.abs(shown - 255 * colour).max() > 8


def wide_gamut() -> bytes:
    """An ICC profile with sRGB's colours swapped round: green for red, blue for green."""
    from PIL import ImageCms

    content = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    places = [content.index(tag, 128) for tag in (b"rXYZ", b"gXYZ", b"bXYZ")]
    entries = [bytes(content[place + 4 : place + 12]) for place in places]
    for place, entry in zip(places, entries[1:] + entries[:1], strict=True):
        content[place + 4 : place + 12] = entry
    return bytes(content)


@pytest.mark.parametrize(
    ("size", "region", "scale"),
    [
        ((100, 80), None, 4.0),
        ((1000, 80), None, 1.6),
        ((6000, 4000), None, 1600 / 6000),
        ((6000, 4000), Region(10.0, 10.0, 200.0, 900.0), 4.0),
        ((6000, 4000), Region(0.0, 0.0, 2048.0, 100.0), 2.0),
    ],
)
def test_a_sheet_fits_a_screen_unless_told_otherwise(size, region, scale):
    assert fitting_scale(*size, region) == pytest.approx(scale)


@pytest.mark.parametrize(
    ("scale", "told"), [("1e300", "smaller one"), ("1e8", "PNG holds"), ("1e5", "smaller --scale")]
)
def test_a_sheet_that_no_file_holds_is_told_at_once(photo, capsys, monkeypatch, scale, told):
    monkeypatch.setattr("viewer.commands.compare.make_samplers", None)
    assert main(["compare", str(photo), "-o", str(photo.with_name("a.png")), "--scale", scale]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("words", [("--samplers", "bicubic,nobody"), ("--region", "90,0,5,5")])
def test_what_fails_leaves_no_sheet(photo, capsys, words):
    out = photo.with_name("sheet.png")
    assert main(["compare", str(photo), "-o", str(out), *words]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert list(photo.parent.iterdir()) == [photo]


def test_a_sheet_of_a_reduction_says_so(photo, capsys):
    compare(photo, "--scale", 0.5)
    assert "source, reduced" in capsys.readouterr().err
