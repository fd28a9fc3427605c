from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.samplers.grid import Grid, Region
from viewer.commands.insets import RING, TALLEST, Inset, arrange, labels, lay, marks, ringed
from viewer.commands.lettering import BACKGROUND, SIDES, TAB, tab

GAP, NARROWEST = 16, 220
SIZE = (200, 150)
PANEL = Grid.for_scale(*SIZE, 4.0)


def row(*regions: Region, panel: Grid = PANEL) -> list:
    return arrange(regions, panel, SIZE, GAP, NARROWEST)


def test_one_inset_is_as_wide_as_the_panel():
    [inset] = row(Region(10.0, 20.0, 80.0, 40.0))
    assert (inset.grid.columns, inset.grid.rows) == (800, 400)
    assert inset.scale == 10
    assert (inset.left, inset.number) == (0, None)
    assert inset.place == (40, 80, 360, 240)


def test_a_narrow_one_is_no_higher_than_the_panel():
    [inset] = row(Region(10.0, 20.0, 10.0, 40.0))
    assert (inset.grid.columns, inset.grid.rows) == (150, 600)


def test_a_huge_panel_does_not_make_huge_insets():
    panel = Grid.for_scale(*SIZE, 20.0)
    [inset] = row(Region(10.0, 20.0, 10.0, 10.0), panel=panel)
    assert inset.grid.rows == TALLEST


sides = st.floats(4.0, 12.0)


@given(st.lists(st.tuples(sides, sides), min_size=1, max_size=3))
def test_insets_stand_side_by_side_at_one_height(sizes):
    regions = [Region(1.5, 2.25, *each) for each in sizes]
    insets = row(*regions)
    assert len({inset.grid.rows for inset in insets}) == 1
    assert insets[0].grid.rows <= PANEL.rows
    for region, inset in zip(regions, insets, strict=True):
        assert inset.scale > 4
        step = 1 / inset.scale
        assert inset.grid.region.x == pytest.approx(region.x, abs=1e-6)
        assert inset.grid.region.width == pytest.approx(region.width, abs=step)
        assert inset.grid.lattice.y.step == inset.grid.lattice.x.step == pytest.approx(step)
    for one, other in pairwise(insets):
        assert abs(other.left - one.left - one.grid.columns - GAP) <= 2
    end = insets[-1].left + insets[-1].grid.columns
    assert end <= PANEL.columns
    assert insets[0].grid.rows == PANEL.rows or end >= PANEL.columns - 1


HALVES = [
    ((79, 168), 4.0, [Region(6, 159, 8, 4), Region(40, 114, 14, 21)]),
    ((124, 364), 2.5, [Region(39, 266, 18, 10), Region(34, 78, 18, 30)]),
    ((267, 322), 2.0, [Region(111, 13, 7, 7), Region(153, 71, 30, 26)]),
    (
        (184, 266),
        2.0,
        [Region(132, 42, 17, 21), Region(110, 36, 8, 8), Region(154, 159, 14, 15)],
    ),
]


@pytest.mark.parametrize(("size", "scale", "regions"), HALVES)
def test_a_height_between_two_rows_is_the_same_for_all(size, scale, regions):
    """Its product with a scale lies a hair's breadth above the half in one, below it in another."""
    panel = Grid.for_scale(*size, scale)
    insets = arrange(regions, panel, size, GAP, NARROWEST)
    assert len({inset.grid.rows for inset in insets}) == 1


@given(
    st.lists(st.tuples(st.integers(4, 30), st.integers(4, 30)), min_size=2, max_size=3),
    st.integers(60, 400),
    st.sampled_from([2.0, 2.5, 3.0, 4.0]),
)
def test_insets_of_any_layout_have_one_height(sizes, side, scale):
    regions = [Region(side - width, side - height, width, height) for width, height in sizes]
    panel = Grid.for_scale(side, side, scale)
    try:
        insets = arrange(regions, panel, (side, side), GAP, NARROWEST)
    except ValueError:  # one cannot be enlarged
        return
    assert len({inset.grid.rows for inset in insets}) == 1
    assert 1 <= insets[0].grid.rows <= panel.rows
    for region, inset in zip(regions, insets, strict=True):
        assert abs(inset.grid.rows - region.height * inset.scale) <= 0.5 + 1e-9


def test_insets_keep_their_order_and_have_numbers():
    insets = row(Region(90.0, 20.0, 8.0, 8.0), Region(10.0, 20.0, 8.0, 8.0))
    assert [inset.number for inset in insets] == [1, 2]
    assert insets[0].place[0] > insets[1].place[0]


def test_labels_tell_the_scale_and_a_reduction():
    [inset] = row(Region(10.0, 20.0, 80.0, 40.0))
    assert [text for _, text in labels([inset])] == ["×10"]
    [inset] = arrange(
        [Region(0, 0, 800, 400)], Grid.for_scale(8000, 6000, 0.02), (8000, 6000), 16, 220
    )
    assert [text for _, text in labels([inset])] == ["×0.275 · source, reduced"]


@pytest.mark.parametrize(
    ("region", "words"),
    [
        (
            Region(-1.0, 0.0, 10.0, 10.0),
            r"the inset -1,0,10,10 does not lie in the region 0,0,200,",
        ),
        (Region(195.0, 0.0, 10.0, 10.0), "does not lie"),
        (Region(0.0, 145.0, 10.0, 10.0), "does not lie"),
        (Region(0.0, 0.0, 10.0, -1.0), "does not lie"),
        (Region(0.0, 0.0, 200.0, 150.0), "cannot be enlarged"),
    ],
)
def test_what_cannot_be_an_inset_is_refused(region, words):
    with pytest.raises(ValueError, match=words):
        row(region)


def drawn(*regions: Region, bands: tuple[int, ...] = (600,)) -> np.ndarray:
    """A grey panel with frames, laid band by band."""
    insets = row(*regions)
    panel = np.full((600, 800, 3), 128, np.uint8)
    over = [mark for inset in insets for mark in marks(inset, SIDES[2], (800, 600))]
    top = 0
    for rows in bands:
        lay(over, panel[top : top + rows], top)
        top += rows
    assert top == 600
    return panel


def test_a_frame_lies_around_its_place_on_a_dark_rim():
    panel = drawn(Region(10.0, 20.0, 20.0, 10.0))
    assert (panel[80:120, 40:120] == 128).all()
    for ring, colour in ((1, SIDES[2]), (RING, SIDES[2]), (RING + 1, BACKGROUND)):
        assert (panel[80 - ring, 40 - ring : 120 + ring] == colour).all()
        assert (panel[119 + ring, 40 - ring : 120 + ring] == colour).all()
        assert (panel[80 - ring : 120 + ring, 40 - ring] == colour).all()
        assert (panel[80 - ring : 120 + ring, 119 + ring] == colour).all()
    panel[80 - RING - 1 : 120 + RING + 1, 40 - RING - 1 : 120 + RING + 1] = 128
    assert (panel == 128).all()


@pytest.mark.parametrize(
    "region", [Region(0, 0, 9, 9), Region(191, 141, 9, 9), Region(0, 141, 90, 9)]
)
def test_a_frame_at_the_edge_stays_in_the_panel(region):
    panel = drawn(region)
    left, top, right, bottom = (round(4 * each) for each in region)
    right, bottom = left + right, top + bottom
    inner = panel[top + 4 : bottom - 4, left + 4 : right - 4]
    assert (inner == 128).all()
    box = panel[max(top - 3, 0) : bottom + 3, max(left - 3, 0) : right + 3]
    # All four sides are there.
    assert min((box == SIDES[2]).all(-1).sum(0).max(), (box == SIDES[2]).all(-1).sum(1).max()) >= 36
    assert (box[len(box) // 2] == SIDES[2]).all(-1).sum() == 2 * RING
    assert (box[:, box.shape[1] // 2] == SIDES[2]).all(-1).sum() == 2 * RING


def test_numbers_stand_on_the_frames_corner_and_in_the_panel():
    panel = drawn(Region(10.0, 20.0, 20.0, 10.0), Region(0.0, 0.0, 20.0, 10.0))
    one = panel[80 - RING - TAB : 80 - RING, 40 - RING : 40 - RING + TAB]
    np.testing.assert_array_equal(one, tab(1, SIDES[2]))
    two = panel[RING : RING + TAB, 0:TAB]
    np.testing.assert_array_equal(two[RING:, RING:], tab(2, SIDES[2])[RING:, RING:])


@pytest.mark.parametrize("side", [1, 3, TAB - 1])
def test_marks_larger_than_the_panel_are_cut(side):
    """A number is; it is laid from every row that a band may begin with."""
    place = Inset(PANEL, 4.0, 0, (0, 0, 1, 1), 2)
    over = marks(place, SIDES[1], (side, side))
    panel = np.full((side, side, 3), 128, np.uint8)
    for top in range(side):
        lay(over, panel[top : top + 1], top)
    number = tab(2, SIDES[1])
    left, top, _ = over[-1]
    np.testing.assert_array_equal(panel[top:], number[: max(side - top, 0), -left : side - left])


@pytest.mark.parametrize("place", [(-9, 0), (9, 0), (0, -9), (0, 9), (-2, -1), (4, 3)])
def test_what_lies_outside_a_panel_is_cut(place):
    panel = np.zeros((4, 5, 3), np.uint8)
    lay([(*place, np.full((2, 3, 3), 7, np.uint8))], panel, 0)
    expected = np.zeros((30, 30, 3), np.uint8)
    expected[10 + place[1] :][:2, 10 + place[0] :][:, :3] = 7
    np.testing.assert_array_equal(panel, expected[10:14, 10:15])


def test_bands_make_no_difference():
    regions = (Region(10.0, 20.0, 20.0, 10.0), Region(60.0, 12.0, 30.0, 60.0))
    whole = drawn(*regions)
    np.testing.assert_array_equal(drawn(*regions, bands=(50, 27, 3, 40, 64, 416)), whole)


def test_a_ring_adds_to_the_samples():
    samples = np.zeros((5, 7, 3), np.uint8)
    out = ringed(samples, SIDES[0])
    assert out.shape == (5 + 2 * RING, 7 + 2 * RING, 3)
    np.testing.assert_array_equal(out[RING:-RING, RING:-RING], samples)
    assert (out[:RING] == SIDES[0]).all()
    assert (out[:, -RING:] == SIDES[0]).all()
