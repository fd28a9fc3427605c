"""Our PNG against two other decoders, and its own reader against damage."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from viewer.imaging import png, png_reader
from viewer.imaging.layout import Extras, Layout, MismatchError


def written(samples: np.ndarray, pieces: list[int] | None = None, extras: Extras | None = None
            ) -> tuple[bytes, Layout]:  # fmt: skip
    layout = Layout(samples.shape[1], samples.shape[0], samples.shape[2], samples.itemsize * 8)
    file = BytesIO()
    encoder = png.PngEncoder(file, layout, extras or Extras())
    for rows in np.split(samples, pieces or []):
        if len(rows):
            encoder.add(rows)
    encoder.end()
    encoder.verify(lambda: None)
    return file.getvalue(), layout


pictures = st.one_of(
    arrays(
        dtype,
        array_shapes(min_dims=2, max_dims=2, max_side=40).flatmap(
            lambda shape, channels=channels: st.just((*shape, channels))
        ),
        elements=st.integers(0, np.iinfo(dtype).max),
    )
    for dtype in (np.uint8, np.uint16)
    for channels in (3, 4)
)


@given(samples=pictures, cuts=st.lists(st.integers(0, 40), max_size=4))
def test_other_decoders_see_the_same_pixels(samples: np.ndarray, cuts: list[int]) -> None:
    data, _ = written(samples, sorted(min(cut, len(samples)) for cut in cuts))
    seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert seen is not None
    assert seen.dtype == samples.dtype
    np.testing.assert_array_equal(seen[..., [2, 1, 0, 3][: samples.shape[2]]], samples)
    with Image.open(BytesIO(data)) as image:
        if samples.dtype == np.uint8:
            np.testing.assert_array_equal(np.asarray(image), samples)
        else:
            image.load()


def test_several_bands_and_chunks(rng: np.random.Generator) -> None:
    samples = rng.integers(0, 65536, (300, 900, 3), dtype=np.uint16)
    data, _ = written(samples, [64, 128, 192, 256])
    assert data.count(b"IDAT") > 3
    seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert seen is not None
    np.testing.assert_array_equal(seen[..., ::-1], samples)


def test_every_filter_is_used_where_it_is_best(rng: np.random.Generator) -> None:
    noise = rng.integers(0, 256, 300, dtype=np.uint8)
    ramp = np.arange(300, dtype=np.uint8)
    rows = np.stack([np.zeros(300, np.uint8), ramp * 3, noise, noise, noise + 1])
    kinds = png.filter_rows(rows, np.zeros(300, np.uint8), 1)[:, 0]
    assert list(kinds[[0, 1, 3, 4]]) == [0, 1, 2, 2]


def test_filters_make_photographs_smaller(photo: np.ndarray) -> None:
    import zlib

    smooth = cv2.resize(photo, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    data, _ = written(smooth)
    assert len(data) < 0.8 * len(zlib.compress(smooth.tobytes(), 4))


def test_beside_the_pixels(photo: np.ndarray, display_p3: bytes) -> None:
    exif = Image.Exif()
    exif[271] = "Liife"
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    data, _ = written(photo, extras=Extras(display_p3, block, (300.0, 150.0)))
    with Image.open(BytesIO(data)) as image:
        image.verify()
        assert image.info["icc_profile"] == display_p3
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.05)
        assert image.getexif()[271] == "Liife"


@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_every_flipped_byte_is_noticed(place: float, flip: int) -> None:
    samples = (np.arange(30 * 20 * 3) % 251).astype(np.uint8).reshape(30, 20, 3)
    data, layout = written(samples)
    damaged = bytearray(data)
    damaged[int(place * len(data))] ^= flip
    with pytest.raises(MismatchError):
        list(png_reader.rows(BytesIO(damaged), layout))


@given(part=st.floats(0, 1, exclude_max=True))
def test_every_cut_is_noticed(part: float) -> None:
    samples = (np.arange(30 * 20 * 3) % 251).astype(np.uint8).reshape(30, 20, 3)
    data, layout = written(samples)
    with pytest.raises(MismatchError):
        list(png_reader.rows(BytesIO(data[: int(part * len(data))]), layout))


@pytest.mark.parametrize("layout", [Layout(21, 30, 3, 8), Layout(20, 29, 3, 8),
                                    Layout(20, 30, 4, 8), Layout(20, 30, 3, 16)])  # fmt: skip
def test_another_layout_is_noticed(layout: Layout) -> None:
    data, _ = written(np.zeros((30, 20, 3), np.uint8))
    with pytest.raises(MismatchError, match="size"):
        list(png_reader.rows(BytesIO(data), layout))


def test_other_pixels_are_noticed(photo: np.ndarray) -> None:
    """A sound file, but of another picture."""
    file = BytesIO()
    encoder = png.PngEncoder(file, Layout(83, 60, 3, 8), Extras())
    encoder.add(photo)
    encoder.end()
    other, _ = written(photo[::-1])
    file.seek(0)
    file.truncate()
    file.write(other)
    with pytest.raises(MismatchError, match="pixels"):
        encoder.verify(lambda: None)
