from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from models.backend import choose_backend
from models.catalogue import make_sampler
from models.samplers.base import Picture
from models.samplers.grid import Grid, Region
from viewer.cli import main

WIDTH, HEIGHT = 21, 17


@pytest.fixture
def pixels(rng: np.random.Generator) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


@pytest.fixture
def photo(tmp_path: Path, pixels: NDArray[np.uint8]) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def export(photo: Path, out: str, *words: object) -> Path:
    path = photo.parent / out
    arguments = ["export", photo, "-o", path, "--device", "cpu", *words]
    assert main([str(word) for word in arguments]) == 0
    return path


def sampled(pixels: NDArray[np.uint8], name: str, grid: Grid, **options: float) -> NDArray:
    sampler = make_sampler(name, Picture(pixels), choose_backend("cpu"), **options)
    return np.floor(255 * sampler.sample(grid).numpy() + np.float32(0.5)).astype(np.uint8)


def read(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.array(image)


@pytest.mark.parametrize("name", ["nearest", "bicubic", "lanczos", "wdsr-liif", "gradient:liif"])
def test_the_file_holds_the_samplers_own_pixels(photo, pixels, name):
    out = export(photo, "out.png", "--scale", 4.3, "--sampler", name)
    grid = Grid.for_scale(WIDTH, HEIGHT, 4.3)
    np.testing.assert_array_equal(read(out), sampled(pixels, name, grid))


def test_liif_is_what_is_taken_by_default(photo):
    by_default = export(photo, "a.png", "--scale", 3)
    named = export(photo, "b.png", "--scale", 3, "--sampler", "liif")
    assert by_default.read_bytes() == named.read_bytes()


def test_a_model_file_is_a_sampler(photo, tmp_path):
    model = tmp_path / "mine.safetensors"
    shutil.copy(str(files("models.weights") / "wdsr-liif.safetensors"), model)
    mine = export(photo, "a.png", "--scale", 3, "--sampler", model)
    shipped = export(photo, "b.png", "--scale", 3, "--sampler", "wdsr-liif")
    np.testing.assert_array_equal(read(mine), read(shipped))


def test_the_gain_belongs_to_the_gradient_map(photo, pixels):
    grid = Grid.for_scale(WIDTH, HEIGHT, 2.0)
    out = export(photo, "out.png", "--scale", 2, "--sampler", "gradient:bicubic", "--gain", 0.5)
    expected = sampled(pixels, "gradient:bicubic", grid, gain=0.5)
    np.testing.assert_array_equal(read(out), expected)


def test_a_region_is_cut_at_the_borders_of_the_picture(photo, pixels):
    words = ("--scale", 5, "--region", "-5,2.5,12,100", "--sampler", "bicubic")
    grid = Grid.for_scale(WIDTH, HEIGHT, 5.0, Region(0.0, 2.5, 7.0, 14.5))
    np.testing.assert_array_equal(
        read(export(photo, "out.png", *words)), sampled(pixels, "bicubic", grid)
    )


@pytest.mark.parametrize(
    ("out", "scale", "told"),
    [
        ("out.jpg", 4000, "JPEG holds at most 65,500 pixels a side"),
        ("out.png", 1e9, "PNG holds at most"),
        ("out.png", 1e308, "choose a smaller one"),
    ],
)
def test_a_size_that_no_file_holds_is_told_before_a_model_is_loaded(
    photo, capsys, monkeypatch, out, scale, told
):
    monkeypatch.setattr("viewer.commands.export.make_samplers", None)
    assert main(["export", str(photo), "-o", str(photo.parent / out), "--scale", str(scale)]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_a_size_may_change_the_shape(photo, pixels):
    out = export(photo, "out.png", "--size", "100x33", "--sampler", "bicubic")
    grid = Grid.for_size(WIDTH, HEIGHT, 100, 33)
    np.testing.assert_array_equal(read(out), sampled(pixels, "bicubic", grid))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp"])
def test_every_format_has_the_size_that_was_asked_for(photo, suffix):
    out = export(photo, f"out{suffix}", "--size", "70x150", "--sampler", "bicubic")
    assert read(out).shape == (150, 70, 3)


def test_quality_changes_the_file(photo):
    sizes = [
        export(photo, f"{q}.jpg", "--scale", 4, "--quality", q, "--sampler", "bicubic")
        for q in (20, 95)
    ]
    assert sizes[0].stat().st_size < sizes[1].stat().st_size / 2


def deep_photo(folder: Path, rng: np.random.Generator) -> Path:
    path = folder / "deep.png"
    cv2.imwrite(str(path), rng.integers(0, 65536, (9, 11, 3), dtype=np.uint16))
    return path


@pytest.mark.parametrize(
    ("out", "words", "kind"),
    [
        ("out.png", (), np.uint16),
        ("out.tif", (), np.uint16),
        ("out.jpg", (), np.uint8),
        ("out.png", ("--depth", 8), np.uint8),
    ],
)
def test_a_deep_source_stays_deep_where_the_format_can(tmp_path, rng, out, words, kind):
    source = deep_photo(tmp_path, rng)
    path = export(source, out, "--scale", 1, "--sampler", "nearest", *words)
    written = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert written.dtype == kind
    if kind is np.uint16:
        np.testing.assert_array_equal(written, cv2.imread(str(source), cv2.IMREAD_UNCHANGED))


def test_a_shallow_source_may_be_written_deep(photo, pixels):
    out = export(photo, "out.png", "--scale", 1, "--sampler", "nearest", "--depth", 16)
    written = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)[..., ::-1]
    np.testing.assert_array_equal(written, pixels.astype(np.uint16) * 257)


@pytest.fixture
def veiled(tmp_path: Path, rng: np.random.Generator) -> Path:
    path = tmp_path / "veiled.png"
    samples = rng.integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)
    samples[:5, :5, 3] = 0
    Image.fromarray(samples).save(path)
    return path


def test_alpha_is_kept_straight(veiled):
    before, after = (
        read(veiled),
        read(export(veiled, "out.png", "--scale", 1, "--sampler", "nearest")),
    )
    np.testing.assert_array_equal(after[..., 3], before[..., 3])
    seen = before[..., 3] > 0
    np.testing.assert_array_equal(after[seen], before[seen])


def test_alpha_is_laid_over_white_where_the_format_has_none(veiled):
    out = read(export(veiled, "out.jpg", "--scale", 8, "--sampler", "nearest", "--quality", 100))
    assert out.shape == (8 * HEIGHT, 8 * WIDTH, 3)
    assert out[4:28, 4:28].min() > 245


def test_profile_and_exif_are_kept_and_the_picture_is_upright(tmp_path, pixels):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    source = tmp_path / "turned.png"
    Image.fromarray(pixels).save(source, icc_profile=profile, exif=exif)
    out = export(source, "out.png", "--scale", 1, "--sampler", "nearest")
    with Image.open(out) as image:
        assert image.info["icc_profile"] == profile
        assert image.getexif()[0x010F] == "A camera"
        assert image.getexif().get(0x0112, 1) == 1
        np.testing.assert_array_equal(np.array(image), np.rot90(pixels, -1))


def test_an_existing_file_is_replaced_only_when_that_was_said(photo, capsys):
    out = export(photo, "out.png", "--scale", 1, "--sampler", "bicubic")
    before = out.read_bytes()
    words = ["export", str(photo), "-o", str(out), "--scale", "2", "--sampler", "bicubic"]
    assert main(words) == 1
    assert out.read_bytes() == before
    assert main([*words, "--overwrite"]) == 0
    assert read(out).shape == (2 * HEIGHT, 2 * WIDTH, 3)
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--scale", "1/2"), True),
        (("--size", f"{WIDTH - 1}x400"), True),
        (("--scale", 1), False),
        (("--scale", "1/2", "--quiet"), False),
    ],
)
def test_a_reduction_is_told(photo, capsys, words, told):
    export(photo, "out.png", *words)
    said = capsys.readouterr().err
    assert ("source, reduced" in said) == told
    assert said.count("\n") == told


def test_reduced_pixels_are_bicubic_whatever_the_sampler(photo, pixels):
    out = export(photo, "out.png", "--scale", 0.5, "--sampler", "liif")
    expected = sampled(pixels, "bicubic", Grid.for_scale(WIDTH, HEIGHT, 0.5))
    np.testing.assert_array_equal(read(out), expected)


def test_nothing_is_said_when_all_is_well(photo, capsys):
    export(photo, "out.png", "--scale", 2)
    assert capsys.readouterr() == ("", "")
