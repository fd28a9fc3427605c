"""Profiles read and written: against published numbers, and against Little CMS."""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import ImageCms

from viewer.imaging import icc

FIXED = 1.0 / 65536.0


def own(curve: bytes) -> icc.MatrixProfile:
    parsed = icc.read_matrix_profile(icc.build_matrix_profile("x", icc.srgb_colorants(), curve))
    assert parsed is not None
    return parsed


def para(kind: int, *numbers: float) -> bytes:
    fixed = [round(number * 65536) for number in numbers]
    return b"para\0\0\0\0" + struct.pack(f">HH{len(fixed)}i", kind, 0, *fixed)


def test_srgb_colorants_are_the_published_ones() -> None:
    published = [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169],
                 [0.0139322, 0.0971045, 0.7141733]]  # fmt: skip
    np.testing.assert_allclose(icc.srgb_colorants(), published, atol=5e-4)
    np.testing.assert_allclose(icc.srgb_colorants().sum(axis=1), icc.D50, atol=1e-9)


def test_littlecms_makes_the_same_srgb() -> None:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    parsed = icc.read_matrix_profile(made)
    assert parsed is not None
    np.testing.assert_allclose(parsed.colorants, icc.srgb_colorants(), atol=2 * FIXED)
    x = np.linspace(0, 1, 101)
    expected = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    for curve in parsed.curves:
        np.testing.assert_allclose(curve(x), expected, atol=1e-4)


def test_littlecms_reads_what_we_build() -> None:
    built = icc.build_matrix_profile("Our name", icc.srgb_colorants(), para(0, 2.2))
    profile = ImageCms.ImageCmsProfile(BytesIO(built)).profile
    assert profile.xcolor_space.strip() == "RGB"
    assert profile.profile_description == "Our name"
    assert profile.red_colorant is not None
    np.testing.assert_allclose(profile.red_colorant[0], icc.srgb_colorants()[:, 0], atol=FIXED)
    assert len(built) == struct.unpack(">I", built[:4])[0]


@pytest.mark.parametrize(
    ("element", "formula"),
    [
        (b"curv" + struct.pack(">II", 0, 0), lambda x: x),
        (b"curv" + struct.pack(">IIH", 0, 1, 0x0180), lambda x: x**1.5),
        (b"curv" + struct.pack(">II3H", 0, 3, 0, 13107, 65535),
         lambda x: np.where(x < 0.5, 0.4 * x, 0.2 + 1.6 * (x - 0.5))),
        (para(0, 1.8), lambda x: x**1.8),
        (para(1, 2.0, 1.25, -0.25), lambda x: np.where(x >= 0.2, (1.25 * x - 0.25) ** 2, 0.0)),
        (para(2, 2.0, 1.0, -0.25, 0.25), lambda x: np.where(x >= 0.25, (x - 0.25) ** 2, 0) + 0.25),
        (para(3, 2.0, 0.75, 0.25, 0.5, 0.25),
         lambda x: np.where(x >= 0.25, (0.75 * x + 0.25) ** 2, 0.5 * x)),
        (para(4, 2.0, 0.75, 0.125, 0.5, 0.25, 0.125, 0.0625),
         lambda x: np.where(x >= 0.25, (0.75 * x + 0.125) ** 2 + 0.125, 0.5 * x + 0.0625)),
    ],
)  # fmt: skip
def test_curves_follow_the_specification(element: bytes, formula: object) -> None:
    x = np.linspace(0.0, 1.0, 257)
    assert callable(formula)
    for curve in own(element).curves:
        np.testing.assert_allclose(curve(x), formula(x), atol=2e-5)


def test_tables_rank_before_the_matrix(rgb_tables: bytes) -> None:
    assert icc.read_matrix_profile(rgb_tables) is None


def test_a_grey_profile_over_lab() -> None:
    """Its curve gives lightness: L* = 100·v shows v = 0.5 as 18.4 % of white."""
    xyz = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv" + struct.pack(">II", 0, 0)
    table = struct.pack(">I4sII4sII", 2, b"wtpt", 156, 20, b"kTRC", 176, 12)
    header = bytearray(128)
    struct.pack_into(">I4sI4s4s4s", header, 0, 188, b"", 2 << 24, b"mntr", b"GRAY", b"Lab ")
    header[36:40] = b"acsp"
    parsed = icc.read_matrix_profile(icc.grey_as_rgb(bytes(header) + table + xyz + curve))
    assert parsed is not None
    values = parsed.curves[0](np.array([0.0, 0.05, 0.5, 1.0]))
    np.testing.assert_allclose(values, [0.0, 5 / 903.3, 0.18419, 1.0], atol=2e-5)


def test_every_cut_of_a_profile_is_refused(display_p3: bytes) -> None:
    for length in range(0, len(display_p3), 7):
        with pytest.raises(icc.ProfileError):
            icc.read_matrix_profile(display_p3[:length])


@pytest.mark.parametrize(
    ("place", "junk"), [(36, b"nope"), (16, b"CMYK"), (128, b"\xff\xff\xff\xff"), (16, b"\0\0\0\0")]
)
def test_a_wrong_header_is_refused(place: int, junk: bytes, display_p3: bytes) -> None:
    wrong = display_p3[:place] + junk + display_p3[place + 4 :]
    with pytest.raises(icc.ProfileError):
        icc.read_matrix_profile(wrong)


def test_colorants_without_colour_are_refused() -> None:
    flat = icc.build_matrix_profile("flat", np.zeros((3, 3)), para(0, 2.2))
    with pytest.raises(icc.ProfileError):
        icc.read_matrix_profile(flat)


@pytest.mark.parametrize("element", [b"curv", b"para" + struct.pack(">IHH", 0, 9, 0), b"what" * 5,
                                     para(1, 2.0, 0.0, 0.5), para(3, 2.0)])  # fmt: skip
def test_strange_curves_are_refused(element: bytes) -> None:
    with pytest.raises(icc.ProfileError):
        own(element)
