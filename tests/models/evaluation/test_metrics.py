from __future__ import annotations

import math

import numpy as np
import pytest

from models.evaluation import metrics
from tests.reference import evaluation as literal


@pytest.fixture
def pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A picture and one that is somewhat like it."""
    truth = rng.random((23, 27, 3))
    return np.clip(truth + rng.normal(0, 0.1, truth.shape), 0, 1), truth


def test_luma_goes_from_16_to_235(rng):
    assert 255 * metrics.luma(np.zeros((1, 1, 3))) == pytest.approx(16)
    assert 255 * metrics.luma(np.ones((1, 1, 3))) == pytest.approx(235, abs=0.01)
    picture = rng.random((2, 3, 3))
    assert metrics.luma(picture)[1, 2] == pytest.approx(literal.luma(picture[1, 2]))


@pytest.mark.parametrize("border", [0, 1, 4])
@pytest.mark.parametrize("on_luma", [True, False])
def test_psnr_is_the_literal_one(pair, border, on_luma):
    expected = literal.psnr(*pair, border, on_luma)
    assert metrics.psnr(*pair, border, on_luma) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("border", [0, 3])
def test_ssim_is_the_literal_one(pair, border):
    expected = literal.ssim(*pair, border)
    assert 0.5 < expected < 0.99
    assert metrics.ssim(*pair, border) == pytest.approx(expected, abs=1e-9)


def test_one_step_of_an_8_bit_grey_is_48_db_and_luma_has_a_smaller_range():
    truth = np.full((12, 12, 3), 0.5)
    shown = truth + 1 / 255
    assert metrics.psnr(shown, truth, on_luma=False) == pytest.approx(20 * math.log10(255))
    weight = (65.738 + 129.057 + 25.064) / 256
    assert metrics.psnr(shown, truth) == pytest.approx(20 * math.log10(255 / weight))


def test_values_are_not_rounded_to_8_bits():
    truth = np.full((12, 12, 3), 0.5)
    assert metrics.psnr(truth + 1e-4, truth, on_luma=False) == pytest.approx(80)


def test_what_lies_in_the_border_does_not_count(pair):
    shown, truth = pair
    spoilt = shown.copy()
    spoilt[:2], spoilt[:, -2:] = 0, 1
    assert metrics.psnr(spoilt, truth, 2) == metrics.psnr(shown, truth, 2)
    assert metrics.ssim(spoilt, truth, 2) == metrics.ssim(shown, truth, 2)
    assert metrics.psnr(spoilt, truth, 1) < metrics.psnr(shown, truth, 1)


def test_equal_pictures_are_perfect(pair):
    assert metrics.psnr(pair[1], pair[1]) == math.inf
    assert metrics.ssim(pair[1], pair[1]) == pytest.approx(1)


@pytest.mark.parametrize("on_luma", [True, False])
def test_what_fp32_rounds_is_equal_and_one_level_of_one_pixel_is_not(on_luma):
    levels = np.arange(256 * 256 * 3, dtype=np.uint64).reshape(256, 256, 3) % 256
    shown, truth = (levels.astype(np.float32) / 255).astype(np.float64), levels / 255
    assert (shown != truth).any()
    assert metrics.psnr(shown, truth, on_luma=on_luma) == math.inf
    shown[7, 7, 2] += 1 / 255
    assert 90 < metrics.psnr(shown, truth, on_luma=on_luma) < 130


@pytest.mark.parametrize("on_luma", [True, False])
def test_what_is_no_number_is_not_taken_for_equal(pair, on_luma):
    shown, truth = pair
    shown[11, 13, 1] = math.nan
    assert math.isnan(metrics.psnr(shown, truth, on_luma=on_luma))
    assert math.isnan(metrics.ssim(shown, truth))
    shown[11, 13, 1] = math.inf
    assert metrics.psnr(shown, truth, on_luma=on_luma) == -math.inf


def test_a_border_must_leave_something(pair):
    with pytest.raises(ValueError, match="leaves nothing"):
        metrics.psnr(*pair, 12)
    with pytest.raises(ValueError, match="win_size"):
        metrics.ssim(*pair, 7)
