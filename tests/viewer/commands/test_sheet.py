from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from models.samplers.base import Coverage, Picture
from models.samplers.gradient import GradientSampler
from models.samplers.grid import Grid, Region
from models.samplers.interpolation import Nearest, bicubic, lanczos
from viewer.commands.insets import RING, arrange
from viewer.commands.lettering import BACKGROUND, SIDES, STRIP, TAB, TEXT
from viewer.commands.sheet import GAP, MARGIN, NARROWEST, Layout, Sheet
from viewer.imaging.colour import DisplayTransform

CPU = torch.device("cpu")


def drawn(
    picture: Picture,
    count: int,
    scale: float = 10.0,
    title: str = "t",
    insets: Sequence[Region] = (),
) -> tuple:
    samplers = [make(picture, CPU) for make in (bicubic, lanczos, Nearest, bicubic)[:count]]
    grid = Grid.for_scale(picture.width, picture.height, scale)
    enlarged = arrange(insets, grid, (picture.width, picture.height), GAP, NARROWEST)
    sheet = Sheet(title, "×10", grid, samplers, DisplayTransform(None), enlarged)
    pieces = list(sheet.pieces(Coverage(picture, CPU)))
    assert sum(piece.tiles for piece in pieces) == sheet.tiles
    rows = np.concatenate([piece.rows for piece in pieces if piece.rows is not None])
    return sheet, rows


@pytest.fixture
def picture(rng) -> Picture:
    return Picture(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_panels_are_the_samplers_own_pixels_at_their_places(picture, count):
    sheet, rows = drawn(picture, count)
    layout = sheet.layout
    assert rows.shape == (layout.height, layout.width, 3)
    for index, sampler in enumerate(sheet.samplers):
        down, across = divmod(index, layout.across)
        left = layout.left(across)
        top = 2 * STRIP + down * (STRIP + layout.panel[1] + 16)
        panel = rows[top : top + sheet.grid.rows, left : left + sheet.grid.columns]
        expected = np.floor(255 * sampler.sample(sheet.grid).numpy() + 0.5)
        np.testing.assert_array_equal(panel, expected)


class Negative(DisplayTransform):
    """A profile that nobody can overlook."""

    def __init__(self) -> None:
        super().__init__(None)
        self.identity = False

    def convert(self, rgb):
        return 1.0 - rgb


def test_a_map_is_not_converted_as_the_picture_is(picture):
    bare = bicubic(picture, CPU)
    grid = Grid.for_scale(30, 20, 10.0)
    samplers = [bare, GradientSampler(bare)]
    sheet = Sheet("t", "×10", grid, samplers, Negative(), [])
    pieces = sheet.pieces(Coverage(picture, CPU))
    rows = np.concatenate([piece.rows for piece in pieces if piece.rows is not None])
    for index, sampler in enumerate(samplers):
        left, own = sheet.layout.left(index), sampler.sample(grid).numpy()
        panel = rows[2 * STRIP :][: grid.rows, left : left + grid.columns]
        expected = np.floor(255 * (own if index else 1.0 - own) + 0.5)
        assert np.abs(panel - expected).max() <= 1


def test_each_label_carries_the_colour_of_its_side(picture):
    sheet, rows = drawn(picture, 4)
    layout = sheet.layout
    for index, colour in enumerate(SIDES):
        down, across = divmod(index, layout.across)
        left = layout.left(across)
        top = STRIP + down * (STRIP + layout.panel[1] + 16)
        assert tuple(rows[top + STRIP // 2, left + 6]) == colour
        label = rows[top : top + STRIP, left + 20 : left + 120].astype(int)
        assert (np.abs(label - TEXT).max(axis=-1) < 40).any(), "no text"


def test_the_rest_is_neutral_and_dark(picture):
    _, rows = drawn(picture, 2)
    for edge in (rows[:, : MARGIN - 1], rows[:, 1 - MARGIN :], rows[1 - MARGIN :]):
        assert (edge == BACKGROUND).all()


def test_transparent_parts_show_the_background(rng):
    pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    alpha = np.zeros((20, 30), np.uint8)
    alpha[:, 15:] = 255
    sheet, rows = drawn(Picture(pixels, alpha), 1)
    panel = rows[2 * STRIP :, sheet.layout.left(0) :]
    assert (panel[:200, :100] == BACKGROUND).all()
    opaque = Nearest(Picture(pixels), CPU).sample(sheet.grid).numpy()
    assert not (panel[:200, 200:300] == BACKGROUND).all()
    assert np.abs(panel[:200, 200:300] - 255 * opaque[:, 200:300]).mean() < 60


def test_half_transparent_is_the_mean_of_both():
    grey = Picture(np.full((8, 8, 3), 200, np.uint8), np.full((8, 8), 128, np.uint8))
    sheet, rows = drawn(grey, 1)
    left = sheet.layout.left(0)
    expected = 200 * 128 / 255 + np.array(BACKGROUND) * 127 / 255
    assert np.abs(rows[2 * STRIP + 40, left + 40] - expected).max() <= 1


@pytest.mark.parametrize(
    ("size", "count", "across"),
    [((800, 800), 2, 2), ((2000, 200), 2, 1), ((800, 800), 4, 2), ((100, 2000), 4, 4)],
)
def test_panels_are_arranged_like_a_screen(size, count, across):
    grid = Grid.for_size(50, 50, *size)
    assert Layout.of(grid, count).across == across


def test_a_small_panel_leaves_room_for_its_label():
    layout = Layout.of(Grid.for_size(5, 5, 10, 10), 2)
    assert layout.left(1) - layout.left(0) > 200


def test_a_title_that_is_too_long_is_cut(picture):
    sheet, rows = drawn(picture, 1, title="a very long name " * 50)
    assert rows.shape[1] == sheet.layout.width
    assert (rows[:STRIP, 1 - MARGIN :] == BACKGROUND).all()


@pytest.fixture
def insets() -> list[Region]:
    return [Region(3.0, 4.0, 6.0, 5.0), Region(20.0, 10.0, 8.0, 5.0)]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_insets_are_the_samplers_own_pixels_at_their_own_scale(picture, insets, count):
    sheet, rows = drawn(picture, count, insets=insets)
    layout = sheet.layout
    assert rows.shape == (layout.height, layout.width, 3)
    for index, sampler in enumerate(sheet.samplers):
        down, across = divmod(index, layout.across)
        cell = STRIP + layout.panel[1] + layout.below
        top = STRIP + down * (cell + 16) + 2 * STRIP + layout.panel[1] + RING
        for inset, region in zip(sheet.insets, insets, strict=True):
            assert inset.scale > 10
            left = layout.left(across) + inset.left
            shown = rows[top : top + inset.grid.rows, left : left + inset.grid.columns]
            grid = Grid.for_scale(30, 20, inset.scale, region)
            np.testing.assert_array_equal(shown, np.floor(255 * sampler.sample(grid).numpy() + 0.5))
            above = rows[top - RING : top, left : left + inset.grid.columns]
            assert (above == SIDES[index]).all()


def test_panels_with_insets_differ_only_by_the_frames(picture, insets):
    plain_sheet, without = drawn(picture, 2)
    sheet, rows = drawn(picture, 2, insets=insets)
    assert sheet.layout.left(1) == plain_sheet.layout.left(1)
    for index in range(2):
        left = sheet.layout.left(index)
        area = (slice(2 * STRIP, 2 * STRIP + 200), slice(left, left + 300))
        changed = (rows[area] != without[area]).any(-1)
        for region in insets:
            x, y, width, height = (round(10 * value) for value in region)
            inside = (slice(y, y + height), slice(x, x + width))
            assert not changed[inside].any()
            ring = rows[area][y - RING, x : x + width]
            assert (ring[TAB:] == SIDES[index]).all()
            changed[y - TAB - 4 : y + height + 4, x - 4 : x + width + 4] = False
        assert not changed.any()


def test_the_label_of_an_inset_holds_its_number_in_the_colour_of_its_side(picture, insets):
    sheet, rows = drawn(picture, 1, insets=insets)
    line = rows[2 * STRIP + 200 : 3 * STRIP + 200]
    for inset in sheet.insets:
        left = sheet.layout.left(0) + inset.left
        assert tuple(line[STRIP // 2 - 8, left + 1]) == SIDES[0]
        assert (line[:, left + TAB + 8 : left + TAB + 60] == TEXT).any()


def test_a_transparent_inset_lies_over_the_sheets_background(rng):
    pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    picture = Picture(pixels, np.zeros((20, 30), np.uint8))
    sheet, rows = drawn(picture, 1, insets=[Region(3.0, 4.0, 6.0, 5.0)])
    top = 3 * STRIP + 200 + RING
    left = sheet.layout.left(0) + sheet.insets[0].left
    assert (rows[top : top + 20, left : left + 20] == BACKGROUND).all()
