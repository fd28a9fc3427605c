"""All eight EXIF orientations, applied exactly once whatever decodes the file."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from viewer.imaging.orientation import swaps_axes, upright
from viewer.imaging.source import open_image

ORIENTATIONS = range(1, 9)


def expected(stored: np.ndarray, orientation: int) -> np.ndarray:
    """Each destination pixel by the words of the EXIF standard: where row 0, column 0 lie."""
    rows_first = orientation < 5
    from_bottom = orientation in (3, 4, 7, 8) if rows_first else orientation in (7, 8)
    from_right = orientation in (2, 3) if rows_first else orientation in (6, 7)
    height, width = stored.shape[:2]
    out = np.empty((height, width) if rows_first else (width, height), stored.dtype)
    for r in range(height):
        for c in range(width):
            if rows_first:  # row 0 is the visual top (or bottom), column 0 the left (or right)
                out[height - 1 - r if from_bottom else r, width - 1 - c if from_right else c] = (
                    stored[r, c]
                )
            else:  # row 0 is the visual left (or right), column 0 the top (or bottom)
                out[width - 1 - c if from_bottom else c, height - 1 - r if from_right else r] = (
                    stored[r, c]
                )
    return out


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("shape", [(2, 3), (3, 3), (1, 4), (5, 1)])
def test_rows_and_columns_go_where_the_standard_says(
    orientation: int, shape: tuple[int, int]
) -> None:
    stored = np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape)
    turned = upright(stored, orientation)
    np.testing.assert_array_equal(turned, expected(stored, orientation))
    assert turned.flags.c_contiguous
    assert (turned.shape != stored.shape) <= swaps_axes(orientation)


def save(kind: str, path: Path, pixels: np.ndarray, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    wide = pixels.astype(np.uint16) * 257 + 5
    if kind in ("jpg", "png", "webp", "avif"):
        options = {"lossless": True} if kind == "webp" else {"quality": 95}
        Image.fromarray(pixels).save(path, exif=exif, **options)
    elif kind == "tif":
        Image.fromarray(pixels).save(path, tiffinfo={274: orientation})
    elif kind == "tif16":
        extra = [(274, "H", 1, orientation, True)]
        tifffile.imwrite(path, wide, photometric="rgb", compression="zlib", extratags=extra)
    elif kind == "tif16lzw":
        grey = Image.fromarray(wide[..., 0])
        grey.save(path, compression="tiff_lzw", tiffinfo={274: orientation})
    elif kind == "png16":
        _, plain = cv2.imencode(".png", wide[..., ::-1])
        data = plain.tobytes()
        path.write_bytes(data[:33] + chunk(b"eXIf", exif.tobytes()[6:]) + data[33:])


def chunk(kind: bytes, data: bytes) -> bytes:
    import struct
    import zlib

    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["png", "webp", "tif", "tif16", "tif16lzw", "png16"])
@pytest.mark.parametrize("side", [5, 7])
def test_lossless_files_open_upright(
    kind: str, side: int, orientation: int, tmp_path: Path, rng: np.random.Generator
) -> None:
    pixels = rng.integers(0, 256, (5, side, 3), dtype=np.uint8)
    path = tmp_path / f"turned.{kind[:3] if kind != 'webp' else kind}"
    save(kind, path, pixels, orientation)
    opened = open_image(path).picture.pixels
    if kind.endswith("lzw"):
        pixels = np.repeat(pixels[..., :1], 3, axis=2)
    stored = pixels.astype(np.uint16) * 257 + 5 if "16" in kind else pixels
    layers = [expected(stored[..., i], orientation) for i in range(3)]
    np.testing.assert_array_equal(opened, np.stack(layers, axis=-1))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["jpg", "avif"])
def test_photographs_open_upright(
    kind: str, orientation: int, tmp_path: Path, photo: np.ndarray
) -> None:
    path = tmp_path / f"photo.{kind}"
    save(kind, path, photo, orientation)
    with Image.open(path) as image:
        reference = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(open_image(path).picture.pixels, reference)


def test_alpha_and_resolution_turn_too(tmp_path: Path, rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (4, 6, 4), dtype=np.uint8)
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif, dpi=(100, 200))
    opened = open_image(tmp_path / "a.png")
    assert opened.picture.alpha is not None
    np.testing.assert_array_equal(opened.picture.alpha, expected(pixels[..., 3], 6))
    assert opened.dpi == pytest.approx((200, 100), abs=0.02)
