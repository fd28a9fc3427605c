"""EXIF and resolution: what an export may keep, and what must not follow the pixels."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from viewer.imaging.metadata import descriptive_texts
from viewer.imaging.source import open_image

BASE = ExifTags.Base


def photographed(orientation: int = 6) -> Image.Exif:
    exif = Image.Exif()
    exif[BASE.Orientation] = orientation
    exif[BASE.Make], exif[BASE.DateTime] = "Liife", "2026:01:02 03:04:05"
    exif[BASE.ImageWidth], exif[BASE.ImageLength] = 4000, 3000
    exif[BASE.XResolution] = 300.0
    exif[ExifTags.IFD.Exif] = {
        BASE.ExposureTime: 0.005,
        BASE.ExifImageWidth: 4000,
        BASE.ExifImageHeight: 3000,
        BASE.LensModel: "50 mm f/2",
    }
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (52.0, 30.0, 15.5)}
    return exif


def reloaded(block: bytes | None) -> Image.Exif:
    assert block is not None
    assert not block.startswith(b"Exif")
    exif = Image.Exif()
    exif.load(block)
    return exif


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif"])
def test_exif_describes_an_upright_picture(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photo).save(tmp_path / f"a.{suffix}", exif=photographed())
    exif = reloaded(open_image(tmp_path / f"a.{suffix}").exif)
    assert exif[BASE.Orientation] == 1
    assert exif[BASE.Make] == "Liife"
    assert BASE.ImageWidth not in exif
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    assert float(inner[BASE.ExposureTime]) == pytest.approx(0.005)
    assert inner[BASE.LensModel] == "50 mm f/2"
    assert BASE.ExifImageWidth not in inner
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[1] == "N"


@pytest.mark.parametrize("late", [False, True])
def test_exif_before_and_after_the_pixels_of_a_deep_png(late: bool, tmp_path: Path) -> None:
    plain = cv2.imencode(".png", np.zeros((2, 3, 3), np.uint16))[1].tobytes()
    body = b"eXIf" + photographed().tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    place = len(plain) - 12 if late else 33
    (tmp_path / "a.png").write_bytes(plain[:place] + chunk + plain[place:])
    opened = open_image(tmp_path / "a.png")
    assert (opened.width, opened.height) == (2, 3)
    assert reloaded(opened.exif)[BASE.Make] == "Liife"


def test_a_tiff_keeps_its_description_but_not_its_own_tags(
    photo: np.ndarray, tmp_path: Path
) -> None:
    Image.fromarray(photo).save(
        tmp_path / "a.tif", tiffinfo={BASE.Make: "Liife", BASE.Orientation: 3, 270: "a wave"}
    )
    exif = reloaded(open_image(tmp_path / "a.tif").exif)
    assert (exif[BASE.Make], exif[270], exif[BASE.Orientation]) == ("Liife", "a wave", 1)
    for tag in (BASE.StripOffsets, BASE.BitsPerSample, BASE.Compression, BASE.ImageWidth):
        assert tag not in exif


def test_texts_beyond_ascii_keep_their_bytes(photo: np.ndarray, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[BASE.Artist], exif[ExifTags.IFD.Exif] = "Zo## A", {BASE.LensModel: "Zo## B"}
    stored = exif.tobytes().replace(b"##", "ë".encode())
    Image.fromarray(photo).save(tmp_path / "a.jpg", exif=stored)
    again = reloaded(open_image(tmp_path / "a.jpg").exif)
    # Texts still, which Pillow reads a byte a character.
    assert again[BASE.Artist].encode("latin-1").decode() == "Zoë A"
    lens = again.get_ifd(ExifTags.IFD.Exif)[BASE.LensModel]
    assert lens.encode("latin-1").decode() == "Zoë B"


def test_no_exif_is_none(photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photo).save(tmp_path / "a.jpg")
    assert open_image(tmp_path / "a.jpg").exif is None
    only_turned = Image.Exif()
    only_turned[BASE.Orientation] = 6
    Image.fromarray(photo).save(tmp_path / "b.jpg", exif=only_turned)
    assert open_image(tmp_path / "b.jpg").exif is None


@pytest.mark.parametrize(
    "junk", [b"", b"garbage", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff"]
)
def test_damaged_exif_does_not_stop_a_picture(
    junk: bytes, photo: np.ndarray, tmp_path: Path
) -> None:
    Image.fromarray(photo).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + junk)
    opened = open_image(tmp_path / "a.jpg")
    assert (opened.width, opened.height) == (83, 60)
    assert opened.exif is None


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "bmp"])
def test_resolution(suffix: str, photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photo).save(tmp_path / f"a.{suffix}", dpi=(300, 150))
    assert open_image(tmp_path / f"a.{suffix}").dpi == pytest.approx((300, 150), abs=0.05)


def test_a_senseless_resolution_is_left_out(photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photo).save(tmp_path / "a.png")
    assert open_image(tmp_path / "a.png").dpi is None
    Image.fromarray(photo).save(tmp_path / "b.tif", dpi=(0, 0))
    assert open_image(tmp_path / "b.tif").dpi is None


def test_a_tiff_that_tells_no_resolution_has_none(photo: np.ndarray, tmp_path: Path) -> None:
    """It says 1, or nothing, and often leaves out that this has no unit."""
    Image.fromarray(photo).save(tmp_path / "a.tif")
    assert open_image(tmp_path / "a.tif").dpi is None
    Image.fromarray(photo).save(tmp_path / "b.tif", tiffinfo={282: 1.0, 283: 1.0})
    assert open_image(tmp_path / "b.tif").dpi is None


def test_texts_for_tiff() -> None:
    block = photographed().tobytes().removeprefix(b"Exif\0\0")
    texts = {BASE.Make.value: "Liife", BASE.DateTime.value: "2026:01:02 03:04:05"}
    assert descriptive_texts(block) == texts
    assert descriptive_texts(None) == {}
    assert descriptive_texts(b"garbage") == {}
