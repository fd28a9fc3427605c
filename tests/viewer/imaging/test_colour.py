"""Conversion to the screen against Little CMS; rounding; alpha."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from viewer.imaging import icc
from viewer.imaging.colour import (
    DisplayTransform,
    check_profile,
    flatten,
    to_display,
    to_samples,
)

PROFILES = ["display_p3", "adobe_rgb", "three_curves", "rgb_tables"]


def by_littlecms(codes: np.ndarray, profile: bytes) -> np.ndarray:
    shown = ImageCms.profileToProfile(
        Image.fromarray(codes),
        ImageCms.ImageCmsProfile(BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
    )
    assert shown is not None
    return np.asarray(shown).astype(int)


@pytest.mark.parametrize("name", PROFILES)
def test_conversion_agrees_with_littlecms(
    name: str, request: pytest.FixtureRequest, rng: np.random.Generator
) -> None:
    profile: bytes = request.getfixturevalue(name)
    codes = rng.integers(0, 256, (90, 100, 3), dtype=np.uint8)
    codes[0, 0], codes[0, 1] = 0, 255
    transform = DisplayTransform(profile)
    assert not transform.identity
    ours = np.floor(transform.convert((codes / 255).astype(np.float32)) * 255 + 0.5).astype(int)
    reference = by_littlecms(codes, profile)
    assert np.abs(ours - reference).max() <= 2
    assert (np.abs(ours - reference) > 1).mean() < 0.002
    assert np.abs(codes - reference).max() > 20  # there was something to convert


def test_conversion_is_the_formula_in_float64(
    three_curves: bytes, rng: np.random.Generator
) -> None:
    rgb = rng.random((500, 3))
    parsed = icc.read_matrix_profile(three_curves)
    assert parsed is not None
    linear = np.stack([curve(rgb[:, i]) for i, curve in enumerate(parsed.curves)], axis=1)
    srgb = np.linalg.inv(icc.srgb_colorants()) @ (parsed.colorants @ linear.T)
    srgb = np.clip(srgb.T, 0, 1)
    expected = np.where(srgb <= 0.0031308, 12.92 * srgb, 1.055 * srgb ** (1 / 2.4) - 0.055)
    ours = DisplayTransform(three_curves).convert(rgb.astype(np.float32))
    assert ours.dtype == np.float32
    # Tables of 65,536 steps; where sRGB is steepest (12.92) half a step is 1e-4, twice over.
    np.testing.assert_allclose(ours, expected, atol=4e-4)


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("shape", [(3,), (0, 3), (2, 0, 3), (2, 5, 7, 3)])
def test_any_shape_is_converted(
    name: str, shape: tuple[int, ...], request: pytest.FixtureRequest, rng: np.random.Generator
) -> None:
    transform = DisplayTransform(request.getfixturevalue(name))
    rgb = rng.random(shape, dtype=np.float32)
    converted = transform.convert(rgb)
    assert converted.shape == shape
    single = [transform.convert(each) for each in rgb.reshape(-1, 3)]
    if single:
        np.testing.assert_allclose(converted.reshape(-1, 3), single, atol=2e-4)


def test_out_of_gamut_and_out_of_range_are_clipped(display_p3: bytes) -> None:
    transform = DisplayTransform(display_p3)
    green = transform.convert(np.array([[0, 1, 0], [1.5, 1.2, 2.0], [-1, -1, -1]], np.float32))
    assert green.min() >= 0
    assert green.max() <= 1
    np.testing.assert_allclose(green[1:], [[1, 1, 1], [0, 0, 0]], atol=1e-4)


def test_srgb_itself_is_the_identity() -> None:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert DisplayTransform(made).identity
    assert DisplayTransform(None).identity


def test_srgb_with_a_table_for_a_curve_is_the_identity() -> None:
    x = np.linspace(0.0, 1.0, 1024)
    curve = icc.sampled_element(np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4))
    assert DisplayTransform(icc.build_matrix_profile("HP", icc.srgb_colorants(), curve)).identity


def test_nearly_srgb_is_not_the_identity() -> None:
    gamma = b"curv\0\0\0\0\0\0\0\1\x02\x33"  # 2.2 in 8.8 bits: up to 8/255 away in the shadows
    assert not DisplayTransform(
        icc.build_matrix_profile("2.2", icc.srgb_colorants(), gamma)
    ).identity


@pytest.mark.parametrize("profile", [b"", b"rubbish", bytes(500)])
def test_an_unusable_profile_is_taken_for_srgb(profile: bytes) -> None:
    assert DisplayTransform(profile).identity
    with pytest.raises(icc.ProfileError):
        check_profile(profile)


def test_a_curve_without_a_power_is_refused() -> None:
    wild = b"para\0\0\0\0\0\0\0\0" + (-3 * 65536).to_bytes(4, "big", signed=True)
    profile = icc.build_matrix_profile("wild", icc.srgb_colorants(), wild)
    assert DisplayTransform(profile).identity
    with pytest.raises(icc.ProfileError):
        check_profile(profile)


def test_opaque_display_is_bgra_rounded_to_nearest(rng: np.random.Generator) -> None:
    rgb = rng.random((3, 64, 64, 3), dtype=np.float32)
    shown = to_display(rgb, None, DisplayTransform(None))
    assert shown.shape == (3, 64, 64, 4)
    assert shown.dtype == np.uint8
    assert shown.flags.c_contiguous
    np.testing.assert_array_equal(shown[..., 2::-1], np.floor(rgb * np.float32(255) + 0.5))
    assert (shown[..., 3] == 255).all()


def test_canvas_and_file_round_alike(rng: np.random.Generator) -> None:
    rgb = rng.random((50, 40, 3), dtype=np.float32)
    shown = to_display(rgb, None, DisplayTransform(None))
    np.testing.assert_array_equal(shown[..., 2::-1], to_samples(rgb, None, 8))


def test_a_batch_is_shown_as_its_tiles_are(display_p3: bytes, rng: np.random.Generator) -> None:
    rgb = rng.random((4, 64, 64, 3), dtype=np.float32)
    transform = DisplayTransform(display_p3)
    batch = to_display(rgb, None, transform)
    for tile, shown in zip(rgb, batch, strict=True):
        np.testing.assert_array_equal(to_display(tile, None, transform), shown)


def test_an_empty_batch() -> None:
    shown = to_display(np.zeros((0, 64, 64, 3), np.float32), None, DisplayTransform(None))
    assert shown.shape == (0, 64, 64, 4)


@pytest.mark.parametrize(("depth", "top"), [(8, 255), (16, 65535)])
def test_every_code_survives(depth: int, top: int) -> None:
    codes = np.arange(top + 1)
    rgb = np.repeat((codes / top).astype(np.float32)[:, None], 3, axis=1)
    np.testing.assert_array_equal(to_samples(rgb, None, depth)[:, 1], codes)


@pytest.mark.parametrize(("depth", "top"), [(8, 255), (16, 65535)])
def test_every_code_survives_alpha(depth: int, top: int, rng: np.random.Generator) -> None:
    """Colour that was premultiplied in fp32 comes back exactly wherever it is visible."""
    codes = rng.integers(0, top + 1, (2000, 3))
    alphas = rng.integers(0, top + 1, 2000)
    alphas[:5] = (0, 1, 2, top - 1, top)
    alpha = (alphas / top).astype(np.float32)
    premultiplied = (codes / top).astype(np.float32) * alpha[:, None]
    samples = to_samples(premultiplied, alpha, depth)
    np.testing.assert_array_equal(samples[:, 3], alphas)
    np.testing.assert_array_equal(samples[:, :3], np.where(alphas[:, None] > 0, codes, 0))


def test_transparent_display_is_premultiplied_after_conversion(
    display_p3: bytes, rng: np.random.Generator
) -> None:
    alpha = rng.random((9, 11), dtype=np.float32)
    alpha[0] = 0
    straight = rng.random((9, 11, 3), dtype=np.float32)
    transform = DisplayTransform(display_p3)
    shown = to_display(straight * alpha[..., None], alpha, transform).astype(int)
    codes = np.floor(transform.convert(straight) * np.float32(255) + 0.5)
    coverage = np.floor(alpha * np.float32(255) + 0.5)
    np.testing.assert_array_equal(shown[..., 3], coverage)
    np.testing.assert_allclose(shown[..., 2::-1], codes * coverage[..., None] / 255, atol=1.01)
    assert (shown[..., :3] <= shown[..., 3:]).all()
    assert (shown[0] == 0).all()


def test_colour_that_overshoots_alpha_is_clipped() -> None:
    rgb, alpha = np.full((1, 1, 3), 0.5, np.float32), np.full((1, 1), 0.25, np.float32)
    assert (to_display(rgb, alpha, DisplayTransform(None)) == 64).all()
    np.testing.assert_array_equal(to_samples(rgb, alpha, 8)[0, 0], [255, 255, 255, 64])


@given(
    code=st.integers(0, 65535),
    alpha=st.integers(0, 65535),
    depth=st.sampled_from([8, 16]),
)
def test_flatten_lays_over_white(code: int, alpha: int, depth: int) -> None:
    top = 255 if depth == 8 else 65535
    code, alpha = code % (top + 1), alpha % (top + 1)
    samples = np.array([[[code, 0, top, alpha]]], np.uint8 if depth == 8 else np.uint16)
    flat = flatten(samples, depth)
    assert flat.dtype == samples.dtype
    exact = [(c * alpha + top * (top - alpha)) / top for c in (code, 0, top)]
    np.testing.assert_allclose(flat[0, 0], exact, atol=0.5)


def test_flatten_leaves_opaque_samples_alone(photo: np.ndarray) -> None:
    assert flatten(photo, 8) is photo
