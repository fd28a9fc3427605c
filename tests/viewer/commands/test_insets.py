"""Insets: the samplers' own samples at a larger scale, at their places, with their frames."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from models.samplers.base import Coverage, Picture
from models.samplers.grid import Grid, Region
from models.samplers.interpolation import bicubic, lanczos
from viewer.cli import main
from viewer.commands.insets import RING, arrange
from viewer.commands.lettering import BACKGROUND, SIDES, STRIP
from viewer.commands.sheet import GAP, NARROWEST, Sheet
from viewer.imaging.colour import DisplayTransform

CPU = torch.device("cpu")
SIZE = 30, 20


def arranged(*regions: Region, scale: float = 10.0) -> tuple[Grid, list]:
    grid = Grid.for_scale(*SIZE, scale)
    return grid, arrange(regions, grid, SIZE, GAP, NARROWEST)


@pytest.fixture
def picture(rng) -> Picture:
    return Picture(rng.integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8))


def test_insets_hold_the_samplers_own_samples_at_their_own_scale(picture):
    grid, insets = arranged(Region(3.0, 4.0, 8.0, 6.0), Region(20.5, 10.25, 5.0, 5.0))
    samplers = [bicubic(picture, CPU), lanczos(picture, CPU)]
    sheet = Sheet("t", "×10", grid, samplers, DisplayTransform(None), insets)
    pieces = list(sheet.pieces(Coverage(picture, CPU)))
    assert sum(piece.tiles for piece in pieces) == sheet.tiles
    rows = np.concatenate([piece.rows for piece in pieces if piece.rows is not None])
    layout = sheet.layout
    assert rows.shape == (layout.height, layout.width, 3)
    cell = STRIP + grid.rows + layout.below + GAP
    for index, sampler in enumerate(samplers):
        down, across = divmod(index, layout.across)
        top = STRIP + down * cell + STRIP + grid.rows + STRIP + RING
        for inset in insets:
            left = layout.left(across) + inset.left
            shown = rows[top : top + inset.grid.rows, left : left + inset.grid.columns]
            expected = np.floor(255 * sampler.sample(inset.grid).numpy() + 0.5)
            np.testing.assert_array_equal(shown, expected)
            assert (rows[top - RING, left : left + inset.grid.columns] == SIDES[index]).all()


def test_frames_lie_around_their_places_and_the_rest_is_untouched(picture):
    grid, insets = arranged(Region(3.0, 4.0, 8.0, 6.0))
    sampler = bicubic(picture, CPU)
    sheet = Sheet("t", "×10", grid, [sampler], DisplayTransform(None), insets)
    pieces = sheet.pieces(Coverage(picture, CPU))
    rows = np.concatenate([piece.rows for piece in pieces if piece.rows is not None])
    left, top = sheet.layout.left(0), 2 * STRIP
    panel = rows[top : top + grid.rows, left : left + grid.columns]
    expected = np.floor(255 * sampler.sample(grid).numpy() + 0.5)
    assert (panel[39, 30:110] == SIDES[0]).all()
    assert (panel[100, 30:110] == SIDES[0]).all()
    assert (panel[40:100, 29] == SIDES[0]).all()
    assert (panel[40:100, 110] == SIDES[0]).all()
    assert (panel[37, 30:110] == BACKGROUND).all()
    np.testing.assert_array_equal(panel[40:100, 30:110], expected[40:100, 30:110])
    np.testing.assert_array_equal(panel[103:], expected[103:])
    np.testing.assert_array_equal(panel[:, 113:], expected[:, 113:])


def test_several_share_the_panels_width_and_one_height():
    grid, insets = arranged(*(Region(2.0 * i, 1.0, 3.0 + i, 3.0) for i in range(3)))
    assert len({inset.grid.rows for inset in insets}) == 1
    assert [inset.number for inset in insets] == [1, 2, 3]
    last = insets[-1]
    assert abs(last.left + last.grid.columns - grid.columns) <= 1
    for one, other in itertools.pairwise(insets):
        assert abs(other.left - one.left - one.grid.columns - GAP) <= 2


def test_a_lone_inset_has_no_number_and_none_are_none():
    assert arranged(Region(0.0, 0.0, 5.0, 5.0))[1][0].number is None
    assert arranged()[1] == []


@pytest.mark.parametrize(
    ("region", "words"),
    [
        (Region(28.0, 0.0, 5.0, 5.0), "28,0,5,5 does not lie in the region 0,0,30,20"),
        (Region(-1.0, 0.0, 5.0, 5.0), "does not lie"),
        (Region(0.0, 0.0, 0.0, 5.0), "does not lie"),
        (Region(0.0, 0.0, 30.0, 20.0), "cannot be enlarged"),
    ],
)
def test_insets_that_cannot_be_are_refused_with_a_sentence(region, words):
    with pytest.raises(ValueError, match=words):
        arranged(region)


def test_a_frame_at_the_border_stays_inside(picture):
    grid, insets = arranged(Region(0.0, 0.0, 6.0, 4.0), Region(24.0, 16.0, 6.0, 4.0))
    sheet = Sheet("t", "×10", grid, [bicubic(picture, CPU)], DisplayTransform(None), insets)
    pieces = sheet.pieces(Coverage(picture, CPU))
    rows = np.concatenate([piece.rows for piece in pieces if piece.rows is not None])
    left = sheet.layout.left(0)
    outside = rows[2 * STRIP : 2 * STRIP + grid.rows, :left]
    assert (outside == BACKGROUND).all()
    corner = rows[2 * STRIP + grid.rows - 1, left + grid.columns - 2]
    assert tuple(corner) == SIDES[0]


def test_words_of_the_command_line(tmp_path, capsys, picture):
    from PIL import Image

    photo, out = tmp_path / "a.png", tmp_path / "sheet.png"
    Image.fromarray(np.asarray(picture.pixels)).save(photo)
    words = ["compare", str(photo), "-o", str(out), "--samplers", "bicubic,nearest"]
    assert main([*words, "--inset", "3,4,8,6", "--inset", "20,10,5,5"]) == 0
    assert out.exists()
    assert main([*words, "--overwrite", "--inset", "-3,4,8,6"]) == 1
    assert "the inset -3,4,8,6 does not lie" in capsys.readouterr().err
    assert main([*words, *(["--inset", "1,1,2,2"] * 4)]) == 2
    assert "up to 3 insets" in capsys.readouterr().err
