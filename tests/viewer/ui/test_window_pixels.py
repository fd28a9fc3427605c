"""At rest the canvas shows exactly what `sample` and an exported file hold on its own grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.samplers.grid import Grid
from tests.models.pictures import drawing, noise
from tests.viewer.ui import expected
from tests.viewer.ui.conftest import MakeWindow
from tests.viewer.ui.driver import Window
from viewer.imaging import icc
from viewer.imaging.source import SourceImage, from_array, open_image

Bytes = NDArray[np.uint8]

P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))


def wide_profile() -> bytes:
    """Display P3's primaries with a plain power of 2.2."""
    curve = icc.sampled_element(np.linspace(0.0, 1.0, 1024) ** 2.2)
    return icc.build_matrix_profile("P3", icc.adapted_colorants(P3, (0.3127, 0.3290)), curve)


def soft_alpha() -> Bytes:
    """From clear at the left to opaque at the right."""
    return np.tile(np.linspace(0, 255, 120).astype(np.uint8), (56, 1))


def source(kind: str) -> SourceImage:
    """A picture of 120 × 56 whose kind is named by words such as ``deep alpha p3``."""
    pixels: NDArray[np.uint8] | NDArray[np.uint16] = drawing(120, 56).pixels
    if "deep" in kind:
        pixels = (pixels * np.uint16(257) + noise(120, 56, dtype=np.uint16).pixels % 200).astype(
            np.uint16
        )
    if "alpha" in kind:
        alpha = soft_alpha().astype(pixels.dtype) * (257 if "deep" in kind else 1)
        pixels = np.dstack([pixels, alpha.astype(pixels.dtype)])
    plain = from_array(pixels, "test")
    profile = wide_profile() if "p3" in kind else None
    return SourceImage(plain.picture, kind, icc_profile=profile)


KINDS = ["plain", "p3", "alpha", "p3 alpha", "deep p3"]


def look_around(window: Window) -> None:
    """An odd zoom and three odd pans."""
    window.wheel(2.3, at=(311, 97))
    window.at_rest()
    for dx, dy in ((37, -19), (-71, 5), (1, 43)):
        window.drag(dx, dy)
    window.at_rest()


def wanted(window: Window, picture: SourceImage, model: Path) -> Bytes:
    """The whole canvas as samplers of their own would have it: A bicubic, B the tiny model."""
    a = expected.shown(picture, "bicubic", window.grid)
    return expected.canvas(window, a=a, b=expected.shown(picture, model, window.grid))


@pytest.mark.parametrize("kind", KINDS)
def test_both_sides_are_what_sample_gives(window: Window, tiny_model: Path, kind: str) -> None:
    picture = source(kind)
    window.open(picture)
    np.testing.assert_array_equal(window.pixels(), wanted(window, picture, tiny_model))
    for mode in ("Alt+2", "Alt+3"):
        window.key(mode)
        look_around(window)
        np.testing.assert_array_equal(window.pixels(), wanted(window, picture, tiny_model))


@pytest.mark.parametrize("kind", ["plain", "p3", "alpha", "p3 alpha"])
def test_a_png_of_the_canvass_own_grid_holds_the_same_pixels(
    tall_window: Window, tiny_model: Path, tmp_path: Path, kind: str
) -> None:
    window, picture = tall_window, source(kind)
    window.open(picture)
    look_around(window)
    written: dict[str, SourceImage] = {}
    for side in ("a", "b"):
        window.export(tmp_path / f"{side}.png", side)
        window.exported()
        written[side] = open_image(tmp_path / f"{side}.png")
    for side, sampler in (("a", "bicubic"), ("b", tiny_model)):
        samples = expected.exported(picture, sampler, window.grid)
        np.testing.assert_array_equal(written[side].picture.pixels, samples[..., :3])
        assert written[side].icc_profile == picture.icc_profile
    if picture.icc_profile is None:
        # Nothing is converted on the way to the screen, so the file gives the canvas itself.
        sides = {side: laid_over_board(file, window.grid) for side, file in written.items()}
        np.testing.assert_array_equal(window.pixels(), expected.canvas(window, **sides))


def laid_over_board(file: SourceImage, grid: Grid) -> Bytes:
    """A file's pixels as the canvas shows them."""
    pixels, alpha = file.picture.pixels, file.picture.alpha
    if alpha is None:
        return pixels.astype(np.uint8)
    products = pixels.astype(np.float64) * alpha[..., None]
    codes = np.floor(products / 255.0 + 0.5).astype(np.uint8)
    return expected.over_board(codes, alpha.astype(np.uint8), grid)


def test_both_sides_in_one_file_stand_beside_each_other(
    tall_window: Window, picture: Bytes, tiny_model: Path, tmp_path: Path
) -> None:
    window = tall_window
    window.open(picture)
    look_around(window)
    window.export(tmp_path / "both.png", "ab")
    window.exported()
    shown = window.canvas.scene
    assert shown is not None
    sides = [expected.exported(shown.source, name, window.grid) for name in ("bicubic", tiny_model)]
    both = open_image(tmp_path / "both.png").picture.pixels
    np.testing.assert_array_equal(both, np.hstack(sides))


@pytest.mark.parametrize("name", ["nearest", "lanczos", "gradient:bicubic"])
def test_any_other_sampler_too(window: Window, picture: Bytes, name: str) -> None:
    window.main.set_sampler("b", name)
    window.key("Alt+1")
    window.open(picture)
    look_around(window)
    scene = window.canvas.scene
    assert scene is not None
    want = expected.shown(scene.source, name, window.grid)
    np.testing.assert_array_equal(window.frame(), want)


def test_the_reduced_source_too(window: Window, tiny_model: Path) -> None:
    """Below 1:1 every sampler shows the same antialiased reduction."""
    picture = from_array(drawing(1200, 700).pixels)
    window.open(picture)
    assert window.grid.lattice.reduces
    window.wheel(0.7, at=(311, 97))
    window.at_rest()
    want = expected.shown(picture, "bicubic", window.grid)
    np.testing.assert_array_equal(window.frame(), want)
    np.testing.assert_array_equal(want, expected.shown(picture, tiny_model, window.grid))


def test_fading_tiles_end_exactly(moving_window: Window, tiny_model: Path) -> None:
    """The cross-fade of an animated window leaves no trace."""
    picture = source("p3 alpha")
    moving_window.open(picture)
    moving_window.wheel(2.3, at=(311, 97))
    moving_window.drag(37, -19)
    moving_window.at_rest()
    np.testing.assert_array_equal(
        moving_window.pixels(), wanted(moving_window, picture, tiny_model)
    )


def test_the_shipped_model_too(make_window: MakeWindow, picture: Bytes) -> None:
    window = make_window()
    window.main.set_sampler("b", "liif")
    window.key("Alt+1")
    window.open(picture)
    window.key("8")
    window.at_rest()
    scene = window.canvas.scene
    assert scene is not None
    np.testing.assert_array_equal(
        window.frame(), expected.shown(scene.source, "wdsr-liif", window.grid)
    )
