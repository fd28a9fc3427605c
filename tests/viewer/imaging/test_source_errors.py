"""What cannot be opened is refused with one sentence, quietly and without touching settings."""

from __future__ import annotations

import contextlib
import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from viewer.imaging.layout import Extras, Layout
from viewer.imaging.png import PngEncoder
from viewer.imaging.source import MAX_PIXELS, ImageError, open_image


def refused(path: Path) -> str:
    with pytest.raises(ImageError) as caught:
        open_image(path)
    sentence = str(caught.value)
    assert sentence.startswith("Cannot open ")
    assert path.name in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_missing(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "gone.png")


def test_folder(tmp_path: Path) -> None:
    assert "folder" in refused(tmp_path)


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "void.jpg").touch()
    assert "empty" in refused(tmp_path / "void.jpg")


def test_no_picture(tmp_path: Path) -> None:
    (tmp_path / "letter.jpg").write_text("Dear Sir or Madam, " * 50)
    assert "not a picture" in refused(tmp_path / "letter.jpg")


def test_postscript_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "a.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")
    assert "not a picture" in refused(tmp_path / "a.eps")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert "ordinary" in refused(tmp_path / "pipe.png")


def test_an_impossible_path() -> None:
    with pytest.raises(ImageError, match="not a valid"):
        open_image(Path("a\0b.png"))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.png").write_bytes(b"\x89PNG")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", denied)
    assert "permission" in refused(tmp_path / "secret.png")


def sized_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_too_many_pixels(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(sized_png(60_000, 60_000))
    before = Image.MAX_IMAGE_PIXELS
    assert "megapixels" in refused(tmp_path / "bomb.png")
    assert before == Image.MAX_IMAGE_PIXELS


def test_large_photographs_are_not_called_bombs(tmp_path: Path) -> None:
    """Pillow warns at 89 and refuses at 179 megapixels; the file's end is what is wrong here."""
    assert MAX_PIXELS > 200_000_000
    (tmp_path / "large.png").write_bytes(sized_png(20_000, 10_000))
    assert "damaged" in refused(tmp_path / "large.png")


def test_floating_point_samples(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "f.tif", np.zeros((4, 5), np.float32), photometric="minisblack")
    assert "floating" in refused(tmp_path / "f.tif")


def test_samples_of_32_bits(tmp_path: Path) -> None:
    samples = np.full((4, 5), 70_000, np.uint32)
    tifffile.imwrite(tmp_path / "i.tif", samples, photometric="minisblack")
    assert "32 bits" in refused(tmp_path / "i.tif")


def test_samples_with_a_sign(tmp_path: Path) -> None:
    samples = np.array([[-1, 5, 900]], np.int16)
    tifffile.imwrite(tmp_path / "s.tif", samples, photometric="minisblack")
    assert "negative" in refused(tmp_path / "s.tif")


def test_grey_and_alpha_in_a_compression_that_is_not_read(tmp_path: Path) -> None:
    samples = np.zeros((4, 5, 2), np.uint16)
    tifffile.imwrite(
        tmp_path / "g.tif",
        samples,
        photometric="minisblack",
        planarconfig="contig",
        extrasamples=["unassalpha"],
    )
    with tifffile.TiffFile(tmp_path / "g.tif", mode="r+") as file:
        file.pages[0].tags["Compression"].overwrite(5)
    assert "uncompressed or deflated" in refused(tmp_path / "g.tif")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_planes_in_a_compression_that_is_not_read(dtype: type, tmp_path: Path) -> None:
    path = tmp_path / "p.tif"
    planes = np.zeros((4, 4, 5), dtype)
    options = {"photometric": "rgb", "planarconfig": "separate", "extrasamples": ["assocalpha"]}
    tifffile.imwrite(path, planes, **options)
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages[0].tags["Compression"].overwrite(32809)
    assert "separate planes" in refused(path)


@pytest.mark.parametrize("shape", [(1_000_001, 1), (1, 1_000_001)])
@pytest.mark.parametrize("depth", [8, 16])
def test_a_png_longer_than_its_decoder_reads(
    depth: int, shape: tuple[int, int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kind = np.uint8 if depth == 8 else np.uint16
    path, layout = tmp_path / "long.png", Layout(shape[1], shape[0], 3, depth)
    with path.open("wb") as file:
        encoder = PngEncoder(file, layout, Extras())
        encoder.add(np.full((*shape, 3), 7, kind))
        encoder.end()
    if depth == 8:
        assert open_image(path).height == shape[0]
    else:
        assert "1,000,000 pixels" in refused(path)
    assert capfd.readouterr().err == ""


def encoded(kind: str) -> bytes:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    wide = rng.integers(0, 65536, (40, 50, 3), dtype=np.uint16)
    buffer = BytesIO()
    if kind == "png16":
        return cv2.imencode(".png", wide)[1].tobytes()
    if kind == "jpeg2000-16":
        return cv2.imencode(".jp2", wide)[1].tobytes()
    if kind == "avif-16":
        return cv2.imencode(".avif", wide >> 6, [cv2.IMWRITE_AVIF_DEPTH, 10])[1].tobytes()
    if kind == "tif16lzw":
        return cv2.imencode(".tif", wide, [cv2.IMWRITE_TIFF_COMPRESSION, 5])[1].tobytes()
    if kind.startswith("tif16"):
        tifffile.imwrite(buffer, wide, photometric="rgb", compression=kind[5:] or None)
    elif kind == "ppm16":
        return b"P6\n50 40\n65535\n" + wide.astype(">u2").tobytes()
    else:
        Image.fromarray(pixels).save(buffer, kind, **({"lossless": True} if kind == "webp" else {}))
    return buffer.getvalue()


KINDS = ["jpeg", "png", "webp", "gif", "bmp", "tiff", "avif", "jpeg2000",
         "png16", "tif16", "tif16zlib", "tif16lzw", "ppm16", "jpeg2000-16",
         *(["avif-16"] if cv2.haveImageWriter("a.avif") else [])]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.9])
def test_cut_off_files(
    kind: str, part: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = encoded(kind)
    (tmp_path / "cut.img").write_bytes(data[: max(20, int(len(data) * part))])
    refused(tmp_path / "cut.img")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("kind", KINDS)
def test_whole_files_do_open(kind: str, tmp_path: Path) -> None:
    (tmp_path / "whole.img").write_bytes(encoded(kind))
    opened = open_image(tmp_path / "whole.img")
    assert (opened.width, opened.height) == (50, 40)
    assert (opened.picture.pixels.dtype == np.uint16) == ("16" in kind)


@given(
    kind=st.sampled_from(KINDS),
    place=st.floats(0, 1, exclude_max=True),
    junk=st.binary(min_size=1, max_size=8),
)
def test_damaged_files_open_or_are_refused(
    kind: str, place: float, junk: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = bytearray(encoded(kind))
    first = int(place * len(data))
    data[first : first + len(junk)] = junk
    path = tmp_path_factory.getbasetemp() / "damaged.img"
    path.write_bytes(data)
    # Any other exception, and any warning, fails the test.
    with contextlib.suppress(ImageError):
        opened = open_image(path)
        assert opened.width * opened.height <= MAX_PIXELS
