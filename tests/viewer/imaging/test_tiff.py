"""Our TIFF against tifffile, Pillow and OpenCV."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from viewer.imaging import tiff
from viewer.imaging.layout import Extras, Layout, MismatchError


def written(samples: np.ndarray, pieces: list[int] | None = None, extras: Extras | None = None
            ) -> bytes:  # fmt: skip
    layout = Layout(samples.shape[1], samples.shape[0], samples.shape[2], samples.itemsize * 8)
    file = BytesIO()
    encoder = tiff.TiffEncoder(file, layout, extras or Extras())
    for rows in np.split(samples, pieces or []):
        encoder.add(rows)
    encoder.end()
    encoder.verify(lambda: None)
    return file.getvalue()


@given(
    height=st.integers(1, 30),
    width=st.integers(1, 30),
    channels=st.sampled_from([3, 4]),
    depth=st.sampled_from([8, 16]),
    cuts=st.lists(st.integers(0, 30), max_size=4),
    seed=st.integers(0, 99),
)
def test_other_decoders_see_the_same_pixels(
    height: int, width: int, channels: int, depth: int, cuts: list[int], seed: int
) -> None:
    kind = np.uint8 if depth == 8 else np.uint16
    rng = np.random.default_rng(seed)
    samples = rng.integers(0, 2**depth, (height, width, channels)).astype(kind)
    data = written(samples, sorted(min(cut, height) for cut in cuts))
    with tifffile.TiffFile(BytesIO(data)) as file:
        assert len(file.pages) == 1
        seen = file.pages[0].asarray().reshape(samples.shape)
    np.testing.assert_array_equal(seen, samples)
    if (channels, depth) != (4, 8):  # which OpenCV premultiplies
        by_opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        assert by_opencv is not None
        np.testing.assert_array_equal(by_opencv[..., [2, 1, 0, 3][:channels]], samples)
    if depth == 8:
        with Image.open(BytesIO(data)) as image:
            np.testing.assert_array_equal(np.asarray(image), samples)


@pytest.mark.parametrize("big", [False, True])
def test_many_strips_and_bigtiff(
    big: bool, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiff, "_STRIP_BYTES", 5000)
    if big:
        monkeypatch.setattr(tiff, "_CLASSIC_LIMIT", 1000)
    samples = rng.integers(0, 65536, (200, 101, 4), dtype=np.uint16)
    data = written(samples, [64, 128, 192])
    with tifffile.TiffFile(BytesIO(data)) as file:
        assert file.is_bigtiff == big
        page = file.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        assert page.rowsperstrip == 5000 // 808
        assert len(page.dataoffsets) == -(-200 // 6)
        np.testing.assert_array_equal(page.asarray(), samples)
    seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert seen is not None
    np.testing.assert_array_equal(seen[..., [2, 1, 0, 3]], samples)


def test_large_pictures_are_bigtiff() -> None:
    for side, big in ((20_000, False), (60_000, True)):
        file = BytesIO()
        tiff.TiffEncoder(file, Layout(side, side, 3, 8), Extras())
        assert file.getvalue()[2] == (43 if big else 42)


def test_beside_the_pixels(photo: np.ndarray, display_p3: bytes) -> None:
    exif = Image.Exif()
    exif[271], exif[315] = "Liife", "Zoë"
    exif[274] = 1
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    data = written(photo, extras=Extras(display_p3, block, (300.0, 150.5)))
    with Image.open(BytesIO(data)) as image:
        assert image.info["icc_profile"] == display_p3
        assert image.info["dpi"] == (300, 150.5)
        assert image.getexif()[271] == "Liife"
    with tifffile.TiffFile(BytesIO(data)) as file:
        page = file.pages[0]
        assert isinstance(page, tifffile.TiffPage)
        tags = [tag.code for tag in page.tags]
        assert tags == sorted(tags)
        assert page.tags[34675].value == display_p3


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.95])
def test_a_cut_is_noticed(part: float, photo: np.ndarray) -> None:
    file = BytesIO()
    encoder = tiff.TiffEncoder(file, Layout(83, 60, 3, 8), Extras())
    encoder.add(photo)
    encoder.end()
    file.truncate(int(len(file.getvalue()) * part))
    with pytest.raises(MismatchError):
        encoder.verify(lambda: None)


def test_other_pixels_and_sizes_are_noticed(photo: np.ndarray) -> None:
    for other, what in ((photo[::-1], "pixels"), (photo[:-1], "size")):
        file = BytesIO()
        encoder = tiff.TiffEncoder(file, Layout(83, 60, 3, 8), Extras())
        encoder.add(photo)
        encoder.end()
        data = written(np.ascontiguousarray(other))
        file.seek(0)
        file.truncate()
        file.write(data)
        with pytest.raises(MismatchError, match=what):
            encoder.verify(lambda: None)
