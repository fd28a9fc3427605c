from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.samplers.grid import Grid, Region
from viewer.cli import main
from viewer.commands.compare import fitting_scale
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


@pytest.mark.parametrize("words", [("--samplers", "bicubic,nobody"), ("--region", "90,0,5,5")])
def test_what_fails_leaves_no_sheet(photo, capsys, words):
    out = photo.with_name("sheet.png")
    assert main(["compare", str(photo), "-o", str(out), *words]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert list(photo.parent.iterdir()) == [photo]


def test_a_sheet_of_a_reduction_says_so(photo, capsys):
    compare(photo, "--scale", 0.5)
    assert "source, reduced" in capsys.readouterr().err
