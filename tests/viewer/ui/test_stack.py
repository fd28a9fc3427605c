"""Which parts of frames are seen: nothing is painted twice, nothing is left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRect

from models.samplers.grid import overlap
from viewer.rendering.frames import Frame
from viewer.rendering.messages import Patch
from viewer.rendering.tiling import coarser
from viewer.rendering.view import Lattices, Size, View
from viewer.ui.stack import MOST, Pieces, common, cut_out, exact_offset, visible

PICTURE = Size(300, 200)
WIDTH, HEIGHT = 240, 180
VIEW = View(150.0, 100.0, 1.0, WIDTH, HEIGHT).aligned()

rects = st.builds(
    QRect, st.integers(-20, 40), st.integers(-20, 40), st.integers(1, 40), st.integers(1, 40)
)


def counted(pieces: Pieces, width: int = 100, height: int = 100) -> np.ndarray:
    """How often each point from (-20, -20) lies in some pieces."""
    found = np.zeros((height, width), int)
    for piece in pieces:
        assert not piece.isEmpty()
        found[piece.top() + 20 : piece.bottom() + 21, piece.left() + 20 : piece.right() + 21] += 1
    return found


@given(rects, st.lists(rects, max_size=4))
def test_holes_leave_what_lies_outside_them(piece, holes):
    left = [piece]
    for hole in holes:
        left = cut_out(left, hole)
    expected = (counted([piece]) > 0) & ~(counted(holes) > 0)
    np.testing.assert_array_equal(counted(left), expected)


@given(rects, rects, rects)
def test_what_pieces_have_in_common(one, other, third):
    pieces = [one, *cut_out([other], one)]
    np.testing.assert_array_equal(
        counted(common(pieces, [third])), (counted(pieces) > 0) & (counted([third]) > 0)
    )


def frame_of(view: View, lattices: Lattices | None = None, share: float = 1.0) -> Frame:
    placement = view.placement(PICTURE, lattices)
    assert placement is not None
    frame = Frame(placement.grid)
    tiles = frame.grid.tiles()
    for tile in tiles[: round(share * len(tiles))]:
        rows, columns, _, _ = overlap(frame.grid.window, tile)
        size = rows.stop - rows.start, columns.stop - columns.start, 4
        frame.paste(Patch(columns.start, rows.start, np.full(size, 255, np.uint8)))
    return frame


def painted(pieces: Pieces) -> np.ndarray:
    found = np.zeros((HEIGHT, WIDTH), int)
    for piece in pieces:
        found[piece.top() : piece.bottom() + 1, piece.left() : piece.right() + 1] += 1
    return found


AREA = QRect(0, 0, WIDTH, HEIGHT)


def test_without_frames_all_of_the_ground_shows():
    assert visible([], VIEW, AREA) == ([], [AREA])


def test_a_finished_frame_of_the_view_hides_everything():
    below, own = frame_of(VIEW.zoomed(-1.0, 9.0, 9.0)), frame_of(VIEW)
    frames, ground = visible([below, own], VIEW, AREA)
    assert frames == [(own, [AREA])]
    assert ground == []


def test_a_closer_frame_leaves_a_ring_to_the_one_below():
    below, above = frame_of(VIEW.zoomed(-2.0, 120.0, 90.0)), frame_of(VIEW.zoomed(1.0, 120.0, 90.0))
    frames, ground = visible([below, above], VIEW, AREA)
    assert ground == []
    assert [frame for frame, _ in frames] == [below, above]
    assert frames[1][1] == [AREA]
    ring = painted(frames[0][1])
    assert ring.max() == 1
    assert not ring[47:133, 62:178].any(), "the middle is hidden"
    assert ring[:44].all()
    assert ring[:, :58].all()


def test_after_a_pan_only_the_new_strip_lies_open():
    lattices = Lattices()
    old = frame_of(VIEW, lattices)
    panned = VIEW.panned(30, 0)
    new = frame_of(panned, lattices, share=0.0)
    new.take_over(old)
    frames, ground = visible([old, new], panned, AREA)
    assert [frame for frame, _ in frames] == [old, new]
    # Tiles of which only a part is known count as missing; below them lies the old frame.
    assert painted(frames[0][1])[:, 0:30].all()
    assert not painted(frames[0][1])[:, 64 + 30 :].any()
    np.testing.assert_array_equal(
        painted(ground) > 0, np.arange(WIDTH)[None] < np.full((HEIGHT, 1), 30)
    )


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(-3.0, 3.0), st.floats(0, WIDTH), st.floats(0, HEIGHT), st.floats(0, 1)),
        max_size=4,
    )
)
def test_every_pixel_is_painted_by_the_topmost_that_has_it(zooms):
    """Nothing below a frame is left out but where the frame surely paints."""
    views = [VIEW.zoomed(by, x, y) for by, x, y, _ in zooms]
    frames = [frame_of(view, share=share) for view, (*_, share) in zip(views, zooms, strict=True)]
    shown, ground = visible(frames, VIEW, AREA)
    hidden = np.zeros((HEIGHT, WIDTH), bool)
    for frame, pieces in reversed(shown):
        assert painted(pieces).max(initial=0) <= 1
        assert not (~(painted(pieces) > 0) & ~hidden).any()
        offset = exact_offset(frame, VIEW)
        if not frame.complete and offset is not None:
            here = frame.pixels[..., 3] > 0
            hidden[offset.y() :, offset.x() :][: here.shape[0], : here.shape[1]] |= here
        if frame.complete:
            region = frame.region
            x0, y0 = VIEW.to_device(region.x, region.y)
            x1, y1 = VIEW.to_device(region.x + region.width, region.y + region.height)
            x, y = np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5
            hidden |= ((y > y0) & (y < y1))[:, None] & ((x > x0) & (x < x1))[None]
    assert not (~(painted(ground) > 0) & ~hidden).any()


def test_a_frame_with_many_holes_hides_nothing():
    """Rather painted twice than in a hundred pieces."""
    wide = View(150.0, 100.0, 4.0, 4 * WIDTH, 4 * HEIGHT).aligned()
    own = frame_of(wide, share=0.0)
    for number, tile in enumerate(own.grid.tiles()):
        if number % 2:
            rows, columns, _, _ = overlap(own.grid.window, tile)
            size = rows.stop - rows.start, columns.stop - columns.start, 4
            own.paste(Patch(columns.start, rows.start, np.full(size, 255, np.uint8)))
    area = QRect(0, 0, wide.width, wide.height)
    assert len(own.missing()) > MOST
    assert visible([own], wide, area) == ([(own, [area])], [area])


@pytest.mark.parametrize("zoom", [8.0, -6.0])
def test_numbers_stay_small_however_far_apart_the_scales_are(zoom):
    far = VIEW.zoomed(zoom, 120.0, 90.0)
    frames, ground = visible([frame_of(far)], VIEW, AREA)
    assert len(frames) == 1
    assert painted(ground).max(initial=0) <= 1
    coarse = Frame(coarser(frame_of(VIEW).grid, 8), 8)
    assert visible([coarse], far, AREA) == ([(coarse, [AREA])], [AREA])
