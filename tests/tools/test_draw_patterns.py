"""Drawn pictures to train on."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tools import draw_patterns as draw

SIDE = 48


def places(periods=8, each=64):
    """Coordinates ``u`` and ``v`` over some periods, away from where they jump."""
    axis = ((np.arange(periods * each) + 0.5) / each).astype(np.float32)
    return np.meshgrid(axis, axis)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize(
    "pattern",
    [draw.lines, draw.joints, draw.panes, draw.squares, draw.waves],
    ids=lambda each: each.__name__,
)
def test_a_pattern_has_both_colours_and_a_period(pattern):
    u, v = places()
    share = pattern(u, v, np.random.default_rng(3))
    assert share.min() <= 0.01
    assert share.max() >= 0.99
    # A chessboard is the same again after two squares.
    again = pattern(u + 2, v + 2, np.random.default_rng(3))
    np.testing.assert_allclose(share, again, atol=1e-4)


@pytest.mark.parametrize(
    ("pattern", "thin", "wide"),
    [("lines", 0.12, 0.5), ("joints", 0.05, 0.25), ("bricks", 0.05, 0.25), ("panes", 0.05, 0.4)],
)
def test_lines_are_as_thin_as_they_say(pattern, thin, wide):
    u, v = places(periods=2, each=500)
    drawn = getattr(draw, pattern)
    # Where nothing crosses them, lines cover the least.
    shares = [drawn(u, v, np.random.default_rng(seed)).mean(axis=1).min() for seed in range(50)]
    assert thin - 0.01 < min(shares) < thin + 0.08
    assert wide - 0.1 < max(shares) < wide + 0.01


def test_every_other_row_of_bricks_is_shifted(rng):
    u, v = places(periods=6)
    joints = draw.bricks(u, v, rng)
    column = [joints[:, 64 * row + 50] for row in range(3)]
    assert np.array_equal(column[0], column[2])
    assert not np.array_equal(column[0], column[1])
    assert all(0 < each.mean() < 1 for each in column)


def test_rings_are_round():
    u, v = places(periods=4, each=16)
    shape = draw.rings(u, v, np.random.default_rng(1))
    again = np.random.default_rng(1)
    x, y, width = again.uniform(-8, 8), again.uniform(-8, 8), again.uniform(0.12, 0.5)
    for row, column in ((0, 0), (20, 3), (41, 60)):
        radius = np.hypot(u[row, column] - x, v[row, column] - y)
        assert shape[row, column] == (radius % 1.0 < width)


def test_colours_are_colours_and_often_shades(rng):
    pairs = [draw.colours(rng) for _ in range(300)]
    assert all(pair.shape == (2, 3) and 0 <= pair.min() <= pair.max() <= 1 for pair in pairs)
    # One is the other times a number where their cross product vanishes.
    shades = sum(np.abs(np.cross(*pair)).max() < 1e-6 for pair in pairs)
    assert 100 < shades < 200
    assert 50 < sum(pair[0].sum() < pair[1].sum() for pair in pairs) < 250


def test_a_surface_covers_a_part(rng):
    for _ in range(10):
        pixels, inside = draw.surface(SIDE, rng)
        assert pixels.shape == (SIDE, SIDE, 3)
        assert inside.shape == (SIDE, SIDE)
        assert inside.mean() < 1.0
        assert np.isfinite(pixels[inside]).all()
        assert pixels[inside].min(initial=0.0) >= 0
        assert pixels[inside].max(initial=0.0) <= 1


def test_a_picture_is_full_of_sharp_edges(rng):
    luma = np.asarray(draw.drawn(128, rng).convert("L"), dtype=float)
    assert np.abs(np.diff(luma)).max() > 60
    assert np.abs(np.diff(luma)).mean() > 4


def test_the_same_numbers_draw_the_same_pictures(tmp_path, capsys):
    words = ["--count", "2", "--side", str(SIDE), "--out"]
    for folder, more in (("a", []), ("b", []), ("c", ["--seed", "1"])):
        assert draw.main([*words, str(tmp_path / folder), *more]) == 0
    assert "2 pictures in" in capsys.readouterr().out
    a, b, c = (
        [np.asarray(Image.open(each)) for each in sorted((tmp_path / folder).iterdir())]
        for folder in "abc"
    )
    assert [each.shape for each in a] == [(SIDE, SIDE, 3)] * 2
    assert all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))
    assert not np.array_equal(a[0], a[1])
    assert not np.array_equal(a[0], c[0])


@pytest.mark.parametrize("words", [["--count", "0"], ["--side", "0"], ["--seed", "-1"]])
def test_a_number_that_is_too_small(tmp_path, capsys, words):
    assert draw.main(["--out", str(tmp_path / "out"), *words]) == 1
    assert "too small" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
