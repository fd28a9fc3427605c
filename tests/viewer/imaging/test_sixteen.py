"""Deep AVIFs and JPEG 2000s, which Pillow cuts to 8 bits, open with all their bits."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from viewer.imaging.source import ImageError, open_image

JPEG2000_LOSSLESS = [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000]
needs_avif = pytest.mark.skipif(
    not cv2.haveImageWriter("a.avif"), reason="this OpenCV writes no AVIF"
)


@pytest.fixture
def layers(rng: np.random.Generator) -> np.ndarray:
    """Samples of 16 bits ``[H, W, 4]``; black and white are among them."""
    samples = rng.integers(0, 65536, (40, 50, 4), dtype=np.uint16)
    samples[0, 0], samples[0, 1] = 0, 65535
    return samples


def turned_round(layers: np.ndarray) -> np.ndarray:
    """As OpenCV wants them: blue, green, red, alpha; grey without a third axis."""
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[layers.shape[2]]
    return np.ascontiguousarray(layers[..., order].squeeze())


def sizes_at(data: bytes) -> int:
    """Where a JPEG 2000 tells the number of its channels, and then of each bits and steps."""
    return data.index(b"\xff\x4f\xff\x51") + 40


def jpeg2000(samples: np.ndarray, bits: int = 16) -> bytes:
    """Encoded losslessly, of any depth: the header is changed, and what it adds to the samples."""
    level = (1 << 15) - (1 << (bits - 1))
    data = cv2.imencode(".jp2", turned_round(samples + np.uint16(level)), JPEG2000_LOSSLESS)[1]
    out, place = bytearray(data.tobytes()), sizes_at(data.tobytes())
    for channel in range(samples.shape[2]):
        out[place + 2 + 3 * channel] = bits - 1
    out[out.index(b"ihdr") + 14] = bits - 1
    return bytes(out)


def avif(samples: np.ndarray, bits: int) -> bytes:
    options = [cv2.IMWRITE_AVIF_QUALITY, 100, cv2.IMWRITE_AVIF_DEPTH, bits]
    return cv2.imencode(".avif", turned_round(samples), options)[1].tobytes()


def check(path: Path, stored: np.ndarray, bits: int) -> None:
    """It opens with these samples spread over 16 bits, and without a note."""
    opened = open_image(path)
    count, picture = stored.shape[2], opened.picture
    expected = stored * (65535 / (2**bits - 1))
    colour = np.repeat(expected[..., :1], 3, axis=2) if count == 1 else expected[..., :3]
    assert picture.pixels.dtype == np.uint16
    np.testing.assert_allclose(picture.pixels, colour, atol=1)
    assert {0, 65535} <= set(picture.pixels.ravel().tolist())
    assert (picture.alpha is not None) == (count == 4)
    if picture.alpha is not None:
        np.testing.assert_allclose(picture.alpha, expected[..., 3], atol=1)
    assert opened.notes == ()


@pytest.mark.parametrize("bits", [9, 10, 12, 15, 16])
@pytest.mark.parametrize("count", [1, 3, 4])
def test_deep_jpeg_2000_keeps_every_bit(
    count: int, bits: int, layers: np.ndarray, tmp_path: Path
) -> None:
    stored = layers[..., :count] >> (16 - bits)
    (tmp_path / "d.jp2").write_bytes(jpeg2000(stored, bits))
    check(tmp_path / "d.jp2", stored, bits)


def test_a_bare_codestream_keeps_every_bit(layers: np.ndarray, tmp_path: Path) -> None:
    data = jpeg2000(layers[..., :3])
    (tmp_path / "d.j2k").write_bytes(data[data.index(b"\xff\x4f\xff\x51") :])
    check(tmp_path / "d.j2k", layers[..., :3], 16)


@needs_avif
@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("count", [1, 3, 4])
def test_deep_avif_keeps_every_bit(
    count: int, bits: int, layers: np.ndarray, tmp_path: Path
) -> None:
    stored = layers[..., :count] >> (16 - bits)
    (tmp_path / "d.avif").write_bytes(avif(stored, bits))
    check(tmp_path / "d.avif", stored, bits)


@needs_avif
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_deep_avif_is_turned_upright(quarters: int, layers: np.ndarray, tmp_path: Path) -> None:
    """A turn takes the place of the colour space, which the pixels themselves repeat."""
    stored = layers[..., :3] >> 6
    data = avif(stored, 10)
    turn = struct.pack(">I4sB", 9, b"irot", quarters) + struct.pack(">I6s", 10, b"free")
    place = data.index(b"colr") - 4
    links = data.index(b"ipma") + 4
    link = data.index(b"\4", links + 11)
    changed = bytearray(data)
    changed[place : place + 19] = turn
    changed[link] |= 0x80  # must not be ignored
    (tmp_path / "d.avif").write_bytes(changed)
    check(tmp_path / "d.avif", np.rot90(stored, quarters), 10)


@needs_avif
@pytest.mark.parametrize("answer", [None, np.zeros((40, 50, 3), np.uint8)])
def test_deep_avif_that_opencv_cannot_read_is_cut_with_a_note(
    answer: np.ndarray | None,
    layers: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "d.avif").write_bytes(avif(layers[..., :3] >> 4, 12))
    monkeypatch.setattr(cv2, "imdecode", lambda *_: answer)
    opened = open_image(tmp_path / "d.avif")
    np.testing.assert_allclose(opened.picture.pixels, layers[..., :3] / 257, atol=1)
    assert opened.notes == ("Its samples have 12 bits; they are cut to 8.",)


def with_channels(data: bytes, *channels: int) -> bytes:
    """Other bits (less one, and 128 for a sign) in the header of a JPEG 2000."""
    out = bytearray(data)
    out[sizes_at(data) + 2 : sizes_at(data) + 2 + 3 * len(channels) : 3] = bytes(channels)
    return bytes(out)


@pytest.mark.parametrize("channels", [(143, 143, 143), (15, 11, 15), (19, 19, 19)])
def test_a_deep_jpeg_2000_of_strange_channels_is_refused(
    channels: tuple[int, ...], layers: np.ndarray, tmp_path: Path
) -> None:
    """Pillow would show its white as black, OpenCV channels of two depths as of one."""
    (tmp_path / "d.jp2").write_bytes(with_channels(jpeg2000(layers[..., :3]), *channels))
    with pytest.raises(ImageError, match=f"{max(channels) % 128 + 1} bits is read only as"):
        open_image(tmp_path / "d.jp2")


def test_luma_and_chroma_of_a_deep_jpeg_2000_are_refused(
    layers: np.ndarray, tmp_path: Path
) -> None:
    """OpenCV would show them up to 30 of 255 wrong."""
    data = bytearray(jpeg2000(layers[..., :3]))
    struct.pack_into(">I", data, data.index(b"colr") + 7, 18)
    (tmp_path / "ycc.jp2").write_bytes(data)
    with pytest.raises(ImageError, match="16 bits is read only as"):
        open_image(tmp_path / "ycc.jp2")


def test_deep_grey_with_a_sign_is_read(layers: np.ndarray, tmp_path: Path) -> None:
    grey = layers[..., 0]
    Image.fromarray(grey ^ 0x8000).save(tmp_path / "g.jp2", signed=True)
    pixels = open_image(tmp_path / "g.jp2").picture.pixels
    np.testing.assert_array_equal(pixels[..., 1], grey)


def test_eight_bits_stay_eight(layers: np.ndarray, tmp_path: Path) -> None:
    eight = (layers[..., :3] >> 8).astype(np.uint8)
    for name in ("e.jp2", "e.avif"):
        Image.fromarray(eight).save(tmp_path / name)
        opened = open_image(tmp_path / name)
        assert opened.picture.pixels.dtype == np.uint8
        assert opened.notes == ()
