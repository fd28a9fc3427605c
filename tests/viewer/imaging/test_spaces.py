"""Colours declared without a profile are shown right: against published matrices and curves."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from viewer.imaging import icc
from viewer.imaging.colour import DisplayTransform
from viewer.imaging.source import SourceImage, open_image

# Linear RGB → linear sRGB, as published (both whites are D65; BT.2087 for the second).
P3_TO_SRGB = [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]]
BT2020_TO_SRGB = [
    [1.6605, -0.5876, -0.0728],
    [-0.1246, 1.1329, -0.0083],
    [-0.0182, -0.1006, 1.1187],
]
ADOBE_TO_SRGB = [[1.3984, -0.3984, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]]
SAME = np.eye(3)

SRGB_PLACES = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3_PLACES = (0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
ADOBE_PLACES = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)


def srgb_linear(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def srgb_encoded(linear: np.ndarray) -> np.ndarray:
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.fixture
def muted(rng: np.random.Generator) -> np.ndarray:
    """Colours ``[40, 50, 3]`` that no conversion here has to clip."""
    return rng.integers(120, 180, (40, 50, 3), dtype=np.uint8)


def check(opened: SourceImage, matrix: object, linear: object) -> None:
    """It is shown as formula and matrix say, and as Little CMS understands its profile."""
    assert opened.notes == ()
    assert opened.icc_profile is not None
    assert callable(linear)
    pixels = opened.picture.pixels
    rgb = pixels / np.iinfo(pixels.dtype).max
    shown = DisplayTransform(opened.icc_profile).convert(rgb.astype(np.float32)) * 255
    np.testing.assert_allclose(
        shown, srgb_encoded(linear(rgb) @ np.transpose(matrix)) * 255, atol=0.6
    )
    reference = ImageCms.profileToProfile(
        Image.fromarray(np.round(rgb * 255).astype(np.uint8)),
        BytesIO(opened.icc_profile),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    assert reference is not None
    np.testing.assert_allclose(shown, np.asarray(reference), atol=1.5)
    ends = np.repeat(np.float32([[0], [1]]), 3, axis=1)
    np.testing.assert_allclose(DisplayTransform(opened.icc_profile).convert(ends), ends, atol=5e-4)


def png(
    path: Path, pixels: np.ndarray, chunks: dict[bytes, bytes], **options: object
) -> SourceImage:
    extra = PngImagePlugin.PngInfo()
    for kind, data in chunks.items():
        extra.add(kind, data)
    Image.fromarray(pixels).save(path, "PNG", pnginfo=extra, **options)
    return open_image(path)


def gamma(value: float) -> dict[bytes, bytes]:
    return {b"gAMA": struct.pack(">I", round(value * 100_000))}


def places(values: tuple[float, ...]) -> dict[bytes, bytes]:
    return {b"cHRM": struct.pack(">8I", *(round(value * 100_000) for value in values))}


def cicp(*codes: int) -> dict[bytes, bytes]:
    return {b"cICP": bytes(codes)}


CICP = [
    (12, 13, P3_TO_SRGB, srgb_linear),
    (9, 13, BT2020_TO_SRGB, srgb_linear),
    (9, 14, BT2020_TO_SRGB, srgb_linear),
    (2, 8, SAME, lambda v: v),
    (12, 2, P3_TO_SRGB, srgb_linear),
    (1, 4, SAME, lambda v: v**2.2),
]


@pytest.mark.parametrize(("primaries", "transfer", "matrix", "linear"), CICP)
def test_codes_in_a_png(
    primaries: int, transfer: int, matrix: object, linear: object, muted: np.ndarray, tmp_path: Path
) -> None:
    check(png(tmp_path / "a.png", muted, cicp(primaries, transfer, 0, 1)), matrix, linear)


@pytest.mark.parametrize(("primaries", "transfer", "matrix", "linear"), CICP)
def test_codes_in_an_avif(
    primaries: int, transfer: int, matrix: object, linear: object, muted: np.ndarray, tmp_path: Path
) -> None:
    check(avif(tmp_path / "a.avif", muted, primaries, transfer), matrix, linear)


def avif(path: Path, pixels: np.ndarray, *codes: int, **options: object) -> SourceImage:
    data = BytesIO()
    Image.fromarray(pixels).save(data, "AVIF", quality=100, subsampling="4:4:4", **options)
    path.write_bytes(with_codes(data.getvalue(), *codes))
    return open_image(path)


def with_codes(data: bytes, *codes: int) -> bytes:
    out = bytearray(data)
    struct.pack_into(">HH", out, data.index(b"colrnclx") + 8, *codes)
    return bytes(out)


@pytest.mark.skipif(not cv2.haveImageWriter("a.avif"), reason="this OpenCV writes no AVIF")
def test_codes_in_a_deep_avif(muted: np.ndarray, tmp_path: Path) -> None:
    stored = np.round(muted * (1023 / 255)).astype(np.uint16)
    options = [cv2.IMWRITE_AVIF_QUALITY, 100, cv2.IMWRITE_AVIF_DEPTH, 10]
    data = cv2.imencode(".avif", np.ascontiguousarray(stored[..., ::-1]), options)[1]
    (tmp_path / "a.avif").write_bytes(with_codes(data.tobytes(), 12, 13))
    opened = open_image(tmp_path / "a.avif")
    assert opened.picture.pixels.dtype == np.uint16
    check(opened, P3_TO_SRGB, srgb_linear)


@pytest.mark.parametrize(
    ("primaries", "transfer"),
    [(1, 13), (2, 2), (1, 2), (2, 13), (3, 13), (1, 3), (0, 0), (255, 255), (1, 1), (1, 6)],
)
def test_srgb_and_reserved_codes_are_srgb(
    primaries: int, transfer: int, muted: np.ndarray, tmp_path: Path
) -> None:
    for opened in (
        png(tmp_path / "a.png", muted, cicp(primaries, transfer, 0, 1)),
        avif(tmp_path / "a.avif", muted, primaries, transfer),
    ):
        assert (opened.icc_profile, opened.notes) == (None, ())


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG"), (9, "logarithmic")])
def test_curves_that_are_not_guessed_are_noted(
    transfer: int, name: str, muted: np.ndarray, tmp_path: Path
) -> None:
    for opened in (
        png(tmp_path / "a.png", muted, cicp(9, transfer, 0, 1)),
        avif(tmp_path / "a.avif", muted, 9, transfer),
    ):
        assert opened.icc_profile is None
        (note,) = opened.notes
        assert note == f"Its tone curve ({name}) cannot be shown; the colours are taken for sRGB."


def test_a_narrow_range_is_noted(muted: np.ndarray, tmp_path: Path) -> None:
    opened = png(tmp_path / "a.png", muted, cicp(12, 13, 0, 0))
    assert opened.icc_profile is None
    assert opened.notes == ("Its narrow range cannot be shown; the colours are taken for sRGB.",)


LIGHT = np.linspace(0.0, 1.0, 1001)
ENCODED = {
    1: srgb_encoded(LIGHT),
    4: LIGHT ** (1 / 2.2),
    5: LIGHT ** (1 / 2.8),
    8: LIGHT,
    13: srgb_encoded(LIGHT),
    15: srgb_encoded(LIGHT),
}


@pytest.mark.parametrize("transfer", ENCODED)
def test_curves_undo_the_published_ones(transfer: int, tmp_path: Path) -> None:
    opened = png(tmp_path / "a.png", np.zeros((1, 1, 3), np.uint8), cicp(12, transfer, 0, 1))
    assert opened.icc_profile is not None
    parsed = icc.read_matrix_profile(opened.icc_profile)
    assert parsed is not None
    np.testing.assert_allclose(parsed.curves[0](ENCODED[transfer]), LIGHT, atol=5e-4)


@pytest.mark.parametrize("primaries", [4, 5, 6, 7, 8, 9, 10, 11, 12, 22])
def test_white_is_white_with_all_primaries(primaries: int, tmp_path: Path) -> None:
    opened = png(tmp_path / "a.png", np.full((1, 1, 3), 255, np.uint8), cicp(primaries, 13, 0, 1))
    assert opened.icc_profile is not None
    parsed = icc.read_matrix_profile(opened.icc_profile)
    assert parsed is not None
    np.testing.assert_allclose(parsed.colorants.sum(axis=1), icc.D50, atol=5e-5)


def test_xyz_as_primaries() -> None:
    """Then the colorants are the Bradford matrix from equal energy to D50, which is published."""
    colorants = icc.adapted_colorants(((1.0, 0.0), (0.0, 1.0), (0.0, 0.0)), (1 / 3, 1 / 3))
    published = [[0.9977545, -0.0041632, -0.0293713], [-0.0097677, 1.0183168, -0.0085490],
                 [-0.0074169, 0.0134416, 0.8191853]]  # fmt: skip
    np.testing.assert_allclose(colorants, published, atol=4e-4)
    np.testing.assert_allclose(colorants.sum(axis=1), icc.D50, atol=1e-9)


GAMMAS = [
    (gamma(1.0), SAME, lambda v: v),
    (gamma(1.0) | places(SRGB_PLACES), SAME, lambda v: v),
    (gamma(0.55556), SAME, lambda v: v**1.8),
    (places(P3_PLACES), P3_TO_SRGB, srgb_linear),
    (gamma(0.45455) | places(ADOBE_PLACES), ADOBE_TO_SRGB, lambda v: v**2.2),
    (gamma(0.0) | places(P3_PLACES), P3_TO_SRGB, srgb_linear),
    (gamma(1.0) | places((0.0,) * 8), SAME, lambda v: v),
]


@pytest.mark.parametrize(("chunks", "matrix", "linear"), GAMMAS)
def test_chromaticities_and_gamma(
    chunks: dict[bytes, bytes], matrix: object, linear: object, muted: np.ndarray, tmp_path: Path
) -> None:
    check(png(tmp_path / "a.png", muted, chunks), matrix, linear)


@pytest.mark.parametrize(
    "chunks",
    [
        {},
        gamma(0.45455),
        gamma(0.45),
        gamma(0.45455) | places(SRGB_PLACES),
        places(SRGB_PLACES),
        {b"sRGB": b"\0"} | gamma(1.0) | places(P3_PLACES),
        gamma(0.0),
        gamma(40_000.0),
        places((0.0,) * 8),
        places((0.3127, 0.3290, 0.64, 0.33, 0.64, 0.33, 0.15, 0.06)),
        places((0.70, 0.25, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)),
        places((0.3127, 0.3290, 9.0, 0.33, 0.30, 0.60, 0.15, 0.06)),
        cicp(12, 13, 0),
        cicp(12, 13, 1, 1),
        cicp(12, 13, 0, 7),
    ],
)
def test_plain_and_senseless_chunks_are_srgb(
    chunks: dict[bytes, bytes], muted: np.ndarray, tmp_path: Path
) -> None:
    opened = png(tmp_path / "a.png", muted, chunks)
    assert (opened.icc_profile, opened.notes) == (None, ())


def test_grey_has_the_gamma_too(tmp_path: Path) -> None:
    ramp = np.arange(256, dtype=np.uint8)[None]
    opened = png(tmp_path / "a.png", ramp, gamma(1.0) | places(P3_PLACES))
    rgb = np.float32(opened.picture.pixels / 255)
    shown = DisplayTransform(opened.icc_profile).convert(rgb)
    np.testing.assert_allclose(shown[0, :, 1], srgb_encoded(ramp[0] / 255), atol=0.002)


def test_the_rank_of_the_chunks(muted: np.ndarray, adobe_rgb: bytes, tmp_path: Path) -> None:
    path, rest = tmp_path / "a.png", gamma(1.0) | places(ADOBE_PLACES)
    check(
        png(path, muted, cicp(12, 13, 0, 1) | rest, icc_profile=adobe_rgb), P3_TO_SRGB, srgb_linear
    )
    assert png(path, muted, cicp(1, 13, 0, 1), icc_profile=adobe_rgb).icc_profile is None
    assert png(path, muted, rest, icc_profile=adobe_rgb).icc_profile == adobe_rgb
    hdr = png(path, muted, cicp(9, 16, 0, 1), icc_profile=adobe_rgb)
    assert (hdr.icc_profile, hdr.notes) == (adobe_rgb, ())


def test_a_profile_ranks_before_the_codes_of_an_avif(
    muted: np.ndarray, adobe_rgb: bytes, tmp_path: Path
) -> None:
    opened = avif(tmp_path / "a.avif", muted, 12, 13, icc_profile=adobe_rgb)
    assert opened.icc_profile == adobe_rgb


def camera_exif(space: int, rule: str) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0xA001: space, 0xA005: {1: rule, 2: b"0100"}})
    return exif


def test_adobe_rgb_of_a_camera(muted: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(muted).save(tmp_path / "a.jpg", exif=camera_exif(65535, "R03"))
    check(open_image(tmp_path / "a.jpg"), ADOBE_TO_SRGB, lambda v: v ** (563 / 256))


@pytest.mark.parametrize(("space", "rule"), [(1, "R98"), (1, "R03"), (65535, "R98"), (65535, "")])
def test_other_marks_of_cameras_are_srgb(space: int, rule: str, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=camera_exif(space, rule))
    assert open_image(tmp_path / "a.jpg").icc_profile is None


def test_a_profile_ranks_before_the_mark_of_a_camera(display_p3: bytes, tmp_path: Path) -> None:
    exif = camera_exif(65535, "R03")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif, icc_profile=display_p3)
    assert open_image(tmp_path / "a.jpg").icc_profile == display_p3


def test_inks_are_not_adobe_rgb(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8)).save(tmp_path / "a.jpg", exif=camera_exif(65535, "R03"))
    opened = open_image(tmp_path / "a.jpg")
    assert (opened.icc_profile, opened.notes) == (None, ())


@pytest.mark.parametrize("deep", [False, True])
def test_the_profile_of_a_jpeg_2000(
    deep: bool, muted: np.ndarray, display_p3: bytes, tmp_path: Path
) -> None:
    stored = muted.astype(np.uint16) * 257 if deep else muted
    lossless = [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000]
    data = cv2.imencode(".jp2", np.ascontiguousarray(stored[..., ::-1]), lossless)[1].tobytes()
    (tmp_path / "a.jp2").write_bytes(with_profile(data, display_p3))
    opened = open_image(tmp_path / "a.jp2")
    np.testing.assert_array_equal(opened.picture.pixels, stored)
    assert opened.icc_profile == display_p3
    check(opened, P3_TO_SRGB, srgb_linear)


def with_profile(data: bytes, profile: bytes) -> bytes:
    """The box ``colr`` of a JPEG 2000, and the size of that around it, changed."""
    place, around = data.index(b"colr") - 4, data.index(b"jp2h") - 4
    box = struct.pack(">I4s3B", 11 + len(profile), b"colr", 2, 0, 0) + profile
    out = bytearray(data[:place] + box + data[place + 15 :])
    (size,) = struct.unpack_from(">I", data, around)
    struct.pack_into(">I", out, around, size + len(box) - 15)
    return bytes(out)


@given(
    cicp=st.none() | st.binary(min_size=4, max_size=4),
    gamma=st.none() | st.integers(0, 2**32 - 1) | st.integers(1, 10**6),
    places=st.none() | st.lists(st.integers(0, 100_000), min_size=8, max_size=8),
)
def test_any_numbers_open(
    cicp: bytes | None,
    gamma: int | None,
    places: list[int] | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    chunks = {} if cicp is None else {b"cICP": cicp}
    chunks |= {} if gamma is None else {b"gAMA": struct.pack(">I", gamma)}
    chunks |= {} if places is None else {b"cHRM": struct.pack(">8I", *places)}
    path = tmp_path_factory.getbasetemp() / "any.png"
    opened = png(path, np.zeros((1, 1, 3), np.uint8), chunks)
    assert not any("profile" in note for note in opened.notes)
