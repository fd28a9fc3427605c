from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.protocol import (
    PROTOCOLS,
    Case,
    Score,
    check,
    make_case,
    score,
    sides,
)
from tests.reference import evaluation as literal

BENCHMARK, DIV2K = PROTOCOLS["benchmark"], PROTOCOLS["div2k"]


def thinned(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Stands for the reduction: some of the pixels."""
    rows = np.arange(height) * pixels.shape[0] // height
    columns = np.arange(width) * pixels.shape[1] // width
    return pixels[rows][:, columns]


@pytest.mark.parametrize(
    ("side", "scale", "expected"),
    [
        (256, 2.0, (128, 256)),
        (255, 2.0, (127, 254)),
        (256, 3.0, (85, 255)),
        (280, 4.0, (70, 280)),
        (283, 4.0, (70, 280)),
        (100, 1.0, (100, 100)),
        (101, 1.5, (67, 100)),
        (103, 2.5, (41, 102)),
        (330, 3.3, (100, 330)),
        (100, 7 / 3, (42, 98)),
        (228, 30.0, (7, 210)),
    ],
)
def test_sides(side, scale, expected):
    assert sides(side, scale) == expected


@pytest.mark.parametrize(
    ("scale", "border"), [(1.0, 1), (1.2, 2), (2.0, 2), (2.5, 3), (0.1 * 3 * 10, 3), (30.0, 30)]
)
def test_borders(scale, border):
    assert BENCHMARK.border(scale) == border
    assert DIV2K.border(scale) == border + 6


def test_a_case_is_cropped_at_the_right_and_below(rng):
    high = rng.integers(0, 256, (103, 55, 3), dtype=np.uint8)
    case = make_case(high, 2.5, thinned)
    assert case.low.shape == (41, 22, 3)
    assert case.scale == 2.5
    np.testing.assert_array_equal(case.high, high[:102, :55])
    np.testing.assert_array_equal(case.low, thinned(case.high, 22, 41))
    np.testing.assert_array_equal(case.picture.pixels, case.low)


@pytest.mark.parametrize("scale", [1.0, 2.0, 2.5, 7 / 3, 12.0])
def test_the_grid_has_the_truths_pixels_and_covers_the_picture(rng, scale):
    high = rng.integers(0, 256, (103, 55, 3), dtype=np.uint8)
    case = make_case(high, scale, thinned)
    grid = case.grid
    assert (grid.rows, grid.columns) == case.high.shape[:2]
    assert grid.region == pytest.approx((0, 0, case.low.shape[1], case.low.shape[0]))
    assert not grid.lattice.reduces


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=lambda protocol: protocol.name)
def test_a_score_is_the_literal_one(rng, protocol):
    high = rng.integers(0, 256, (32, 38, 3), dtype=np.uint8)
    samples = np.clip(high / 255 + rng.normal(0, 0.05, high.shape), 0, 1).astype(np.float32)
    result = score(Case(high, high[::2, ::2], 2.0), samples, protocol)
    border = 2 if protocol is BENCHMARK else 8
    expected = literal.psnr(samples.astype(float), high / 255, border, protocol is BENCHMARK)
    assert result.psnr == pytest.approx(expected, abs=1e-9)
    assert result.ssim == pytest.approx(literal.ssim(samples.astype(float), high / 255, border))


def test_the_mean_is_that_of_the_pictures_decibels():
    assert Score.mean([Score(30.0, 0.5), Score(40.0, 0.9)]) == Score(35.0, pytest.approx(0.7))
    with pytest.raises(ValueError, match="no score"):
        Score.mean([])


@pytest.mark.parametrize(
    ("width", "height", "scale", "protocol"),
    [
        (14, 40, 2.0, BENCHMARK),
        (40, 14, 2.0, BENCHMARK),
        (26, 40, 2.0, DIV2K),
        (70, 200, 30.0, BENCHMARK),
        (5, 5, 8.0, BENCHMARK),
    ],
)
def test_a_picture_may_be_too_small(width, height, scale, protocol):
    check(width + 30, height + 30, scale, protocol)
    with pytest.raises(ValueError, match=f"{width} × {height} pixels are too few for ×{scale:g}"):
        check(width, height, scale, protocol)


def test_the_smallest_picture_can_be_scored(rng):
    check(16, 16, 2.0, BENCHMARK)
    high = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    case = make_case(high, 2.0, thinned)
    assert score(case, case.high.astype(np.float32) / 255, BENCHMARK).ssim == pytest.approx(1)


@pytest.mark.parametrize("scale", [0.5, float("inf"), float("nan")])
def test_a_scale_is_at_least_1(scale):
    with pytest.raises(ValueError, match="at least 1"):
        check(100, 100, scale, BENCHMARK)
