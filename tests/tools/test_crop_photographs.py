"""Crops of photographs to train on."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from tools import crop_photographs as crop

SIDE = 64


def noise(rng, height, width, amplitude=60):
    return rng.integers(128 - amplitude, 128 + amplitude, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def literal_means(picture, side):
    """The mean difference of neighbours in every square, one after the other."""
    luma = picture @ np.array([0.299, 0.587, 0.114])
    found = {}
    for top in range(0, luma.shape[0] - side + 1, crop.STEP):
        for left in range(0, luma.shape[1] - side + 1, crop.STEP):
            part = luma[top : top + side, left : left + side]
            across = np.abs(part[:-1, 1:] - part[:-1, :-1])
            down = np.abs(part[1:, :-1] - part[:-1, :-1])
            found[top, left] = (across + down).mean() / 2
    return found


def test_the_most_textured_square_is_first(rng):
    picture = noise(rng, 5 * SIDE, 4 * SIDE, 20)
    picture[96:200, 64:180] = noise(rng, 104, 116, 100)
    means = literal_means(picture, SIDE)
    top, left = max(means, key=means.get)
    crops = crop.textured(picture, SIDE, 1)
    assert np.array_equal(crops[0], picture[top : top + SIDE, left : left + SIDE])


def test_squares_do_not_overlap(rng):
    height, width = 3 * SIDE, 4 * SIDE
    picture = noise(rng, height, width)
    # Red tells where a pixel was, but for its lowest bits that are texture.
    places = np.arange(height * width).reshape(height, width)
    crops = crop.textured(picture, SIDE, 100)
    found = [
        places[i, j]
        for each in crops
        for i, j in [np.argwhere((picture == each[0, 0]).all(axis=-1))[0]]
    ]
    assert 4 <= len(crops) <= 12
    corners = [divmod(int(place), width) for place in found]
    for number, (top, left) in enumerate(corners):
        assert np.array_equal(crops[number], picture[top : top + SIDE, left : left + SIDE])
        for other_top, other_left in corners[:number]:
            assert abs(top - other_top) >= SIDE or abs(left - other_left) >= SIDE


def test_weak_squares_are_not_taken_to_make_up_the_number(rng):
    picture = noise(rng, SIDE, 4 * SIDE)
    picture[:, SIDE:] = 90
    assert len(crop.textured(picture, SIDE, 4)) == 1


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda rng: noise(rng, SIDE - 1, 4 * SIDE), "too small"),
        (lambda rng: noise(rng, 2 * SIDE, 2 * SIDE, 2), "flat"),
        (lambda rng: np.kron(noise(rng, 16, 16, 120), np.ones((8, 8, 1), np.uint8)), "drawn"),
    ],
)
def test_why_a_picture_is_left_out(rng, make, why):
    with pytest.raises(crop.LeftOutError, match=why):
        crop.textured(make(rng), SIDE, 2)


def test_reduction_is_to_a_screen_and_at_least_the_least():
    tall = np.zeros((4 * crop.TALL, 2 * crop.TALL, 3), np.uint8)
    assert crop.reduced(tall, 1.3).shape == (2 * crop.TALL, crop.TALL, 3)
    assert crop.reduced(tall, 1.3, 540).shape == (1080, 540, 3)
    assert crop.reduced(tall[:130, :260], 1.3).shape == (100, 200, 3)
    assert crop.reduced(tall[:130, :260], 1.0).shape == (130, 260, 3)


def test_a_picture_is_known_again_at_another_size(rng):
    picture = np.kron(noise(rng, 16, 16), np.ones((20, 20, 1), np.uint8))
    seen = crop.Seen()
    seen.add(picture)
    seen.add(picture[:, ::-1])
    with pytest.raises(crop.LeftOutError, match="there already"):
        seen.add(crop.reduced(picture, 2.0))


def test_a_folder_of_photographs(rng, tmp_path, capsys):
    photos = tmp_path / "photos" / "of a journey"
    photos.mkdir(parents=True)
    # Blocks of two pixels, so that reduced by 2 they are noise of full strength.
    for name in ("a", "b"):
        large = np.kron(noise(rng, 2 * SIDE, 3 * SIDE), np.ones((2, 2, 1), np.uint8))
        Image.fromarray(large).save(photos / f"{name}.png")
    shutil.copy(photos / "b.png", photos / "c.png")
    Image.new("RGB", (300, 300)).save(photos / "d.png")
    (photos / "e.png").write_bytes(b"no picture")
    (photos / "words.txt").write_text("no picture either")
    out = tmp_path / "crops"
    words = [str(tmp_path / "photos"), "--out", str(out), "--side", str(SIDE), "--reduce", "2"]
    assert crop.main(words) == 0
    written = sorted(each.name for each in out.iterdir())
    assert written == ["00000-a.png", "00001-a.png", "00002-b.png", "00003-b.png"]
    for each in out.iterdir():
        with Image.open(each) as image:
            assert image.size == (SIDE, SIDE)
    told = capsys.readouterr().out
    assert "4 crops" in told
    assert "1 flat, 1 there already, 1 unreadable" in told


def test_photographs_are_reduced_as_far_as_is_said(rng, tmp_path, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    picture = noise(rng, 4 * SIDE, 4 * SIDE, 120)
    Image.fromarray(picture).save(photos / "a.png")
    words = [str(photos), "--side", str(SIDE), "--crops", "99", "--out"]
    assert crop.main([*words, str(tmp_path / "small"), "--tall", str(SIDE)]) == 0
    with Image.open(tmp_path / "small" / "00000-a.png") as whole:
        assert np.array_equal(np.asarray(whole), crop.reduced(picture, 4.0))
    assert crop.main([*words, str(tmp_path / "large"), "--tall", str(3 * SIDE)]) == 0
    assert len(list((tmp_path / "large").iterdir())) > 1
    assert crop.main([*words, str(tmp_path / "none"), "--tall", str(SIDE - 1)]) == 1
    assert "too small" in capsys.readouterr().err


def test_what_is_said_of_a_folder_that_is_not_there(tmp_path, capsys):
    assert crop.main([str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_nothing_to_take_is_no_success(tmp_path, capsys):
    assert crop.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "0 crops" in capsys.readouterr().out
