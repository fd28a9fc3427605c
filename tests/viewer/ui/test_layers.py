"""Layers: exact at rest, never blank on the way, and no blink in between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from models.samplers.grid import Grid, Region, overlap
from viewer.rendering.frames import Frame
from viewer.rendering.messages import Patch, Patches, Pixels
from viewer.rendering.tiling import coarser
from viewer.rendering.view import Lattices, Placement, Size, View, fitted, kept_visible
from viewer.ui import layers
from viewer.ui.layers import FADE, Layer, draw_warped, image_of
from viewer.ui.stack import exact_offset

pytestmark = pytest.mark.usefixtures("qapp")

PICTURE = Size(300, 200)
CANVAS = (240, 180)
NOW = 1000.0


def home(scale: float = 2.0) -> View:
    """Well inside the picture: the grid fills the canvas."""
    return fitted(PICTURE, *CANVAS).scaled_to(scale, 120.0, 90.0)


def placed(view: View, lattices: Lattices | None = None) -> Placement:
    placement = view.placement(PICTURE, lattices)
    assert placement is not None
    return placement


def noise(grid: Grid, seed: int = 0) -> Pixels:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (grid.rows, grid.columns, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    return pixels


def plain(grid: Grid, grey: int) -> Pixels:
    return np.full((grid.rows, grid.columns, 4), (grey, grey, grey, 255), np.uint8)


def cut(grid: Grid, pixels: Pixels) -> list[Patch]:
    patches = []
    for tile in grid.tiles():
        rows, columns, _, _ = overlap(grid.window, tile)
        part = np.ascontiguousarray(pixels[rows, columns])
        patches.append(Patch(columns.start, rows.start, part))
    return patches


def message(grid: Grid, patches: list[Patch], *, known: bool = False, factor: int = 1) -> Patches:
    total = len(grid.tiles())
    return Patches(1, "a", grid, factor, tuple(patches), known, len(patches), total)


def fill(layer: Layer, grid: Grid, pixels: Pixels, tiles: slice = slice(None)) -> None:
    """A new view, and some of its tiles at once."""
    layer.begin(grid)
    layer.take(message(grid, cut(grid, pixels)[tiles]), NOW, fade=False)


def painted(layer: Layer, view: View, now: float = NOW) -> Pixels:
    """What a layer paints over nothing: alpha is 0 where it is blank."""
    kind = QImage.Format.Format_ARGB32_Premultiplied
    image = QImage(view.width, view.height, kind)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    layer.paint(painter, view, now)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8)
    return rows.reshape(view.height, view.width, 4).copy()


# -- at rest ------------------------------------------------------------------------------


@given(
    st.floats(-1.0, 6.0),
    st.floats(0, 300),
    st.floats(0, 200),
    st.integers(160, 700),
    st.integers(120, 500),
)
def test_a_finished_frame_is_shown_pixel_by_pixel(log2_scale, x, y, width, height):
    """Not one bit differs, wherever the view is."""
    view = kept_visible(View(x, y, log2_scale, width, height), PICTURE)
    placement = view.placement(PICTURE)
    assume(placement is not None)
    grid, left, top = placement
    layer, pixels = Layer(), noise(grid)
    fill(layer, grid, pixels)
    shown = painted(layer, view)
    np.testing.assert_array_equal(shown[top : top + grid.rows, left : left + grid.columns], pixels)
    shown[top : top + grid.rows, left : left + grid.columns] = 0
    assert not shown.any()


def test_so_it_is_after_odd_pans_before_anything_new_has_come():
    """What was finished lies on the same lattice: it is moved, not resampled."""
    lattices, layer = Lattices(), Layer()
    view = home(3.7).zoomed(0.123, 31.0, 77.0)
    grid, left, top = placed(view, lattices)
    pixels = noise(grid)
    fill(layer, grid, pixels)
    canvas = np.zeros((view.height, view.width, 4), np.uint8)
    canvas[top : top + grid.rows, left : left + grid.columns] = pixels
    for dx, dy in ((7, 0), (-20, 13), (1, -31)):
        view = view.panned(dx, dy)
        layer.begin(placed(view, lattices).grid)
        canvas = np.roll(canvas, (dy, dx), axis=(0, 1))
    x, y = 7 - 20 + 1, 13 - 31
    rows = slice(max(y, 0), view.height + min(y, 0))
    columns = slice(max(x, 0), view.width + min(x, 0))
    np.testing.assert_array_equal(painted(layer, view)[rows, columns], canvas[rows, columns])


def test_nothing_but_the_finished_frame_is_painted_at_rest():
    layer, view = Layer(), home()
    fill(layer, placed(view.zoomed(1.0, 0.0, 0.0)).grid, plain(placed(view).grid, 9))
    grid, left, top = placed(view)
    pixels = noise(grid)
    fill(layer, grid, pixels)
    # A preview that comes late changes nothing.
    coarse = coarser(grid, 4)
    layer.take(message(coarse, cut(coarse, plain(coarse, 200)), factor=4), NOW, fade=False)
    shown = painted(layer, view)
    np.testing.assert_array_equal(shown[top : top + grid.rows, left : left + grid.columns], pixels)


def test_an_empty_layer_paints_nothing():
    layer = Layer()
    assert not painted(layer, home()).any()
    layer.begin(placed(home()).grid)
    assert not painted(layer, home()).any()


# -- on the way ---------------------------------------------------------------------------

VIEWS = {
    "zoomed in": home().zoomed(1.3, 100.0, 60.0),
    "zoomed far in": home().zoomed(6.0, 100.0, 60.0),
    "zoomed out": home().zoomed(-1.1, 30.0, 160.0),
    "panned": home().panned(33, -21),
    "half a pixel aside": home().zoomed(1e-3, 100.0, 60.0),
    "moved off the lattice": View(home().x + 0.13, home().y, 1.0, *CANVAS),
}


def inside(frame: Grid, view: View, margin: float = 1.0) -> np.ndarray:
    """Device pixels of a view that lie in a frame's region, but for a margin."""
    region = frame.region
    left, top = view.to_device(region.x, region.y)
    right, bottom = view.to_device(region.x + region.width, region.y + region.height)
    x, y = np.arange(view.width) + 0.5, np.arange(view.height) + 0.5
    across = (x > left + margin) & (x < right - margin)
    down = (y > top + margin) & (y < bottom - margin)
    return down[:, None] & across[None, :]


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_what_was_finished_covers_its_place_in_every_other_view(view, fast, monkeypatch):
    monkeypatch.setattr(layers, "FAST_ABOVE", 0 if fast else 10**9)
    layer, grid = Layer(), placed(home()).grid
    fill(layer, grid, plain(grid, 77))
    layer.begin(placed(view).grid)
    shown = painted(layer, view)
    where = inside(grid, view)
    assert where.any()
    assert (shown[where] == (77, 77, 77, 255)).all()
    beyond = ~inside(grid, view, margin=-1.0)
    assert not shown[beyond].any()


@pytest.mark.parametrize("zoom", [-0.6, 0.5, 1.7, 2.9, 5.1])
def test_an_edge_stays_where_it_is(zoom):
    """The cross-fade to the final pixels must not shift the picture."""
    grid = placed(home(1.0)).grid
    view = home(1.0).zoomed(zoom, 90.3, 70.0)
    edge = round(view.to_source(120.0, 90.0)[0])
    pixels = plain(grid, 0)
    pixels[:, grid.lattice.x.positions(grid.window.column, grid.columns) >= edge, :3] = 254
    layer = Layer()
    fill(layer, grid, pixels)
    layer.begin(placed(view).grid)
    row = painted(layer, view)[90]
    assert (row[60:180, 3] == 255).all()
    left, right = row[60, 0], row[179, 0]
    assert (left, right) == (0, 254)
    found = 60 + np.sum((right - row[60:180, 0].astype(float)) / right)
    assert found == pytest.approx(view.to_device(edge, 0.0)[0], abs=0.5)


def test_a_view_that_is_left_half_finished_stays_in_the_placeholder():
    layer, view = Layer(), home()
    first = placed(view).grid
    fill(layer, first, plain(first, 50))
    second = placed(view.zoomed(1.0, 120.0, 90.0)).grid
    tiles = len(second.tiles()) // 2
    fill(layer, second, plain(second, 120), slice(tiles))
    third = view.zoomed(1.2, 120.0, 90.0)
    layer.begin(placed(third).grid)
    shown = painted(layer, third)
    assert (shown[inside(first, third)][:, 3] == 255).all()
    assert {50, 120} <= set(np.unique(shown[..., 0]).tolist())


@pytest.mark.parametrize(
    ("finished", "preview_factor", "grey"),
    [(0.5, 2, 200), (0.1, 8, 200), (2.0, 8, 50), (1.0, 4, 50)],
)
def test_of_two_placeholders_the_finer_is_on_top(finished, preview_factor, grey):
    layer, view = Layer(), home(4.0)
    old = view._about(view.log2_scale + np.log2(finished), 120.0, 90.0)
    grid = placed(old).grid
    fill(layer, grid, plain(grid, 50))
    layer.begin(placed(view).grid)
    coarse = coarser(placed(view).grid, preview_factor)
    preview = message(coarse, cut(coarse, plain(coarse, 200)), factor=preview_factor)
    layer.take(preview, NOW, fade=True)
    assert painted(layer, view)[90, 120].tolist() == [grey, grey, grey, 255]


def test_tiles_of_the_view_itself_are_on_top_of_everything():
    layer, view = Layer(), home()
    finer = view.zoomed(3.0, 120.0, 90.0)
    fill(layer, placed(finer).grid, plain(placed(finer).grid, 50))
    grid, left, top = placed(view)
    pixels = noise(grid)
    fill(layer, grid, pixels, slice(0, None, 2))
    shown = painted(layer, view)
    for number, patch in enumerate(cut(grid, pixels)):
        rows, columns = patch.pixels.shape[:2]
        part = shown[top + patch.top :, left + patch.left :][:rows, :columns]
        assert (number % 2 == 0) == np.array_equal(part, patch.pixels)


# -- the fade -----------------------------------------------------------------------------


def fading() -> tuple[Layer, View, Grid]:
    """A grey placeholder of 40, over which all tiles of a grey of 240 have just come."""
    layer, view = Layer(), home()
    before = placed(view.zoomed(-1.0, 120.0, 90.0)).grid
    fill(layer, before, plain(before, 40))
    grid = placed(view).grid
    layer.begin(grid)
    layer.take(message(grid, cut(grid, plain(grid, 240))), NOW, fade=True)
    return layer, view, grid


def test_new_tiles_take_over_gradually():
    layer, view, _ = fading()
    greys = [
        int(painted(layer, view, NOW + share * FADE)[90, 120, 0])
        for share in (0.0, 0.25, 0.5, 0.75, 0.99)
    ]
    assert greys[0] == 40
    assert greys[2] == pytest.approx(140, abs=2)
    assert greys == sorted(greys)
    assert len(set(greys)) == 5


def test_the_fade_never_lets_anything_shine_through():
    layer, view, grid = fading()
    for share in (0.0, 0.3, 0.6, 0.9):
        shown = painted(layer, view, NOW + share * FADE)
        assert (shown[inside(grid, view)][:, 3] == 255).all()


def test_after_the_fade_every_bit_is_that_of_the_tile():
    layer, view = Layer(), home()
    before = placed(view.zoomed(-1.0, 120.0, 90.0)).grid
    fill(layer, before, plain(before, 40))
    grid, left, top = placed(view)
    pixels = noise(grid)
    layer.begin(grid)
    layer.take(message(grid, cut(grid, pixels)), NOW, fade=True)
    assert not layer.complete
    assert layer.settle(NOW + 0.9 * FADE)
    assert not layer.complete
    assert not layer.settle(NOW + FADE)
    assert layer.complete
    shown = painted(layer, view, NOW + FADE)
    np.testing.assert_array_equal(shown[top : top + grid.rows, left : left + grid.columns], pixels)


def test_the_same_view_asked_for_again_goes_on_fading():
    """At rest a view is asked for once more; a tile half shown must not be taken for final."""
    layer, view, grid = fading()
    half = painted(layer, view, NOW + 0.5 * FADE)
    layer.begin(grid)
    assert not layer.complete
    np.testing.assert_array_equal(painted(layer, view, NOW + 0.5 * FADE), half)
    assert not layer.settle(NOW + FADE)
    assert layer.complete


def test_each_tile_fades_from_its_own_arrival():
    layer, view = Layer(), home()
    grid = placed(view).grid
    first, second, *_ = cut(grid, plain(grid, 240))
    layer.begin(grid)
    layer.take(message(grid, [first]), NOW, fade=True)
    layer.take(message(grid, [second]), NOW + 0.5 * FADE, fade=True)
    assert layer.settle(NOW + FADE)
    assert layer.current.done == 1
    assert not layer.settle(NOW + 1.6 * FADE)
    assert layer.current.done == 2


def test_known_tiles_do_not_fade():
    """After a pan they are on screen already; to fade them in again would be a blink."""
    layer, grid = Layer(), placed(home()).grid
    layer.begin(grid)
    layer.take(message(grid, cut(grid, noise(grid)), known=True), NOW, fade=True)
    assert layer.complete
    assert not layer.settle(NOW)


def test_a_new_view_ends_the_fade_with_nothing_lost():
    layer, _, grid = fading()
    other = home().zoomed(0.7, 120.0, 90.0)
    layer.begin(placed(other).grid)
    assert layer.whole is not None
    assert layer.whole.grid == grid
    assert painted(layer, other)[90, 120].tolist() == [240, 240, 240, 255]


def test_the_painter_is_left_opaque_and_nothing_is_drawn_twice():
    layer, view, _ = fading()
    image = QImage(view.width, view.height, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    layer.paint(painter, view, NOW + 0.5 * FADE)
    assert painter.opacity() == 1.0
    painter.end()


# -- frames -------------------------------------------------------------------------------


def test_the_same_grid_again_keeps_its_tiles():
    layer, grid = Layer(), placed(home()).grid
    fill(layer, grid, noise(grid))
    frame = layer.current
    layer.begin(grid)
    assert layer.current is frame
    assert layer.whole is None


def test_a_finished_frame_becomes_the_placeholder_and_an_empty_one_does_not():
    layer, one = Layer(), placed(home()).grid
    fill(layer, one, noise(one))
    layer.begin(placed(home().zoomed(0.2, 90.0, 90.0)).grid)
    layer.begin(placed(home().zoomed(0.4, 90.0, 90.0)).grid)  # nothing came of the one before
    assert layer.whole is not None
    assert layer.whole.grid == one
    assert layer.part is None


def test_a_finished_frame_makes_a_half_finished_one_superfluous():
    layer = Layer()
    for dx in (0, 5):
        grid = placed(home().panned(dx, 0)).grid
        fill(layer, grid, noise(grid), slice(2))
    assert layer.part is not None
    layer.take(message(layer.current.grid, cut(grid, noise(grid))), NOW, fade=False)
    layer.begin(placed(home().panned(11, 0)).grid)
    assert layer.whole is not None
    assert layer.part is None


def test_an_unfinished_preview_does_not_take_the_place_of_a_finished_one():
    layer, view = Layer(), home(4.0)
    layer.begin(placed(view).grid)
    finished, begun, last = (coarser(placed(view).grid, factor) for factor in (4, 3, 2))
    layer.take(message(finished, cut(finished, noise(finished)), factor=4), NOW, fade=False)
    layer.take(message(begun, cut(begun, noise(begun))[:1], factor=3), NOW, fade=False)
    layer.take(message(last, [], factor=2), NOW, fade=False)
    assert layer.preview.grid == finished


def test_a_pan_begins_with_all_that_is_known():
    """In the same frame: the worker's answer would come a moment later."""
    lattices, layer, view = Lattices(), Layer(), home()
    grid = placed(view, lattices).grid
    pixels = noise(grid)
    fill(layer, grid, pixels)
    whole = layer.current
    for number, (dx, dy) in enumerate(((40, 0), (0, -30), (-40, 30))):
        view = view.panned(dx, dy)
        layer.begin(placed(view, lattices).grid)
        assert layer.whole is whole, number
        assert 0 < layer.current.done <= layer.current.total
    np.testing.assert_array_equal(layer.current.pixels, pixels)
    assert layer.current.complete
    np.testing.assert_array_equal(whole.pixels, pixels)


def test_a_pan_copies_nothing_while_there_is_room_and_shows_nothing_it_does_not_know():
    lattices, layer, view = Lattices(), Layer(), home()
    grid = placed(view, lattices).grid
    pixels = noise(grid)
    fill(layer, grid, pixels)
    sheets = []
    for _ in range(6):
        view = view.panned(25, 0)
        layer.begin(placed(view, lattices).grid)
        frame, own = layer.current, layer.current.grid.window
        sheets.append(frame.sheet)
        expected = np.zeros_like(frame.pixels)
        known = own.common(grid.window)
        assert known is not None
        here = np.s_[known.row - own.row :, known.column - own.column :]
        there = np.s_[known.row - grid.window.row :, known.column - grid.window.column :]
        size = np.s_[: known.rows, : known.columns]
        expected[here][size] = pixels[there][size]
        np.testing.assert_array_equal(frame.pixels, expected)
    assert len(set(sheets)) == 1


def test_what_a_pan_comes_back_to_is_there_at_once():
    lattices, layer, view = Lattices(), Layer(), home()
    grid, left, top = placed(view, lattices)
    pixels = noise(grid)
    fill(layer, grid, pixels)
    for dx in (40, 100, -140):
        view = view.panned(dx, 0)
        layer.begin(placed(view, lattices).grid)
    layer.whole = None
    shown = painted(layer, view)
    np.testing.assert_array_equal(shown[top : top + grid.rows, left : left + grid.columns], pixels)


def test_known_tiles_that_are_there_already_change_nothing():
    lattices, layer = Lattices(), Layer()
    view = home()
    grid = placed(view, lattices).grid
    fill(layer, grid, noise(grid))
    after = placed(view.panned(64, 0), lattices).grid
    layer.begin(after)
    sent = cut(after, noise(after))
    there = [patch for patch in sent if layer.current.has(patch)]
    assert 0 < len(there) < len(sent)
    new = layer.take(message(after, sent, known=True), NOW, fade=True)
    assert [(each.left, each.top) for each in new] == [
        (each.left, each.top) for each in sent if each not in there
    ]


def test_tiles_of_another_grid_are_not_taken():
    layer, grid = Layer(), placed(home()).grid
    other = placed(home().panned(3, 0)).grid
    layer.take(message(grid, cut(grid, noise(grid))), NOW, fade=False)  # before any view
    assert layer.current is None
    layer.begin(grid)
    for fade in (False, True):
        layer.take(message(other, cut(other, noise(other))), NOW, fade=fade)
    assert layer.current.done == 0
    assert not layer.settle(NOW)


def test_a_preview_s_tiles_make_one_frame_until_another_preview_comes():
    layer, grid = Layer(), placed(home(4.0)).grid
    layer.begin(grid)
    coarse = coarser(grid, 2)
    patches = cut(coarse, noise(coarse))
    assert len(patches) > 1
    for patch in patches:
        layer.take(message(coarse, [patch], factor=2), NOW, fade=True)
    assert layer.coming.complete
    np.testing.assert_array_equal(layer.coming.pixels, noise(coarse))
    assert layer.preview_factor == 2
    coarser_still = coarser(grid, 4)
    layer.take(message(coarser_still, [], factor=4), NOW, fade=True)
    assert layer.coming.grid == coarser_still
    assert layer.preview.grid == coarse, "shown until the new one is finished"
    assert layer.preview_factor == 4
    layer.begin(placed(home(4.1)).grid)
    assert layer.preview_factor == 0  # that of the new view is yet to come


def test_a_layer_can_forget_everything_or_begin_anew():
    layer, view, grid = fading()
    layer.restart()
    assert layer.current.grid == grid
    assert layer.current.done == 0
    assert not painted(layer, view).any()
    fill(layer, grid, noise(grid))
    layer.clear()
    assert layer.current is None
    assert not painted(layer, view).any()
    layer.restart()
    assert layer.current is None


# -- what can be shown --------------------------------------------------------------------


def test_how_fine_the_placeholder_is():
    layer, view = Layer(), home(4.0)
    grid = placed(view).grid
    assert layer.shown(view) == 0.0
    fill(layer, grid, noise(grid))
    assert layer.shown(view) == pytest.approx(1.0)
    assert layer.shown(view.zoomed(2.0, 120.0, 90.0)) == pytest.approx(0.25)
    wider = view.zoomed(-2.0, 120.0, 90.0)
    assert layer.shown(wider) == 0.0, "around it nothing is shown"
    assert layer.shown(wider, grid.region) == 1.0, "finer than needed"
    layer.begin(placed(view.zoomed(1.0, 120.0, 90.0)).grid)
    assert layer.shown(view.zoomed(1.0, 120.0, 90.0)) == pytest.approx(0.5)


def test_what_lies_elsewhere_is_not_shown():
    layer, view = Layer(), home(4.0)
    grid = placed(view).grid
    fill(layer, grid, noise(grid))
    assert layer.shown(view.panned(3 * view.width, 0)) == 0.0


def test_a_frame_of_which_little_has_come_does_not_count():
    layer, view = Layer(), home(4.0)
    grid = placed(view).grid
    half = (len(grid.tiles()) + 1) // 2
    fill(layer, grid, noise(grid), slice(half - 1))
    assert layer.shown(view) == 0.0
    fill(layer, grid, noise(grid), slice(half))
    assert layer.shown(view) == pytest.approx(1.0)


def ground_below(layer: Layer, view: View) -> int:
    """Device pixels of a view in which what lies below the layer is painted."""
    image = QImage(view.width, view.height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    found = np.zeros((view.height, view.width), bool)

    def look() -> None:
        painter.fillRect(0, 0, view.width, view.height, QColor(1, 2, 3))
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(*found.shape, 4)
        found[...] |= (rows[..., :3] == (3, 2, 1)).all(axis=-1)

    painter = QPainter(image)
    layer.paint(painter, view, NOW, ground=look)
    painter.end()
    return int(found.sum())


def test_what_lies_below_is_painted_only_where_it_is_seen():
    layer, view = Layer(), home()
    grid = placed(view).grid
    everything = view.width * view.height
    fill(layer, grid, noise(grid), slice(0))
    assert ground_below(layer, view) == everything
    fill(layer, grid, noise(grid), slice(1))
    arrived = cut(grid, noise(grid))[0].pixels
    assert ground_below(layer, view) == everything - arrived.shape[0] * arrived.shape[1]
    fill(layer, grid, noise(grid))
    assert ground_below(layer, view) == 0
    closer, wider = (view.zoomed(by, 120.0, 90.0) for by in (1.0, -1.0))
    layer.begin(placed(closer).grid)
    assert ground_below(layer, closer) == 0
    ring = ground_below(layer, wider)
    assert everything * 3 / 4 <= ring < everything * 0.77, "all around the frame"


def test_what_a_finished_frame_hides_is_not_painted(monkeypatch):
    """Warping is most of a paint's time."""
    layer, view = Layer(), home()
    wide, closer = placed(view).grid, placed(view.zoomed(0.5, 120.0, 90.0)).grid
    fill(layer, wide, noise(wide))
    fill(layer, closer, noise(closer), slice(len(closer.tiles()) - 1))
    now = view.zoomed(0.8, 120.0, 90.0)
    layer.begin(placed(now).grid)
    preview = coarser(placed(now).grid, 4)
    layer.take(message(preview, cut(preview, noise(preview)), factor=4), NOW, fade=False)
    drawn: list[Frame] = []
    monkeypatch.setattr(layers, "draw_frame", lambda _, frame, __: drawn.append(frame))
    painted(layer, now)
    assert drawn == [layer.whole, layer.part], "the preview is coarser than the finished frame"


def test_places_of_fading_tiles_are_told():
    layer, view = Layer(), home()
    grid = placed(view).grid
    layer.begin(grid)
    tiles = cut(grid, noise(grid))[:2]
    layer.take(message(grid, tiles), NOW, fade=True)
    assert [(place.left(), place.top(), place.height()) for place in layer.fading] == [
        (patch.left, patch.top, patch.pixels.shape[0]) for patch in tiles
    ]
    layer.settle(NOW + FADE)
    assert layer.fading == []


# -- drawing ------------------------------------------------------------------------------


def test_an_offset_is_exact_only_on_the_frame_s_own_lattice():
    view = home()
    grid, left, top = placed(view)
    frame = Frame(grid)
    assert exact_offset(frame, view) == QPoint(left, top)
    assert exact_offset(frame, view.panned(-5, 11)) == QPoint(left - 5, top + 11)
    for other in ("zoomed in", "zoomed out", "half a pixel aside", "moved off the lattice"):
        assert exact_offset(frame, VIEWS[other]) is None
    half = View(view.x + 0.25, view.y, view.log2_scale, *CANVAS)
    assert exact_offset(frame, half) is None
    assert exact_offset(Frame(coarser(grid, 2), 2), view) is None


def test_an_image_shares_its_pixels():
    pixels = noise(placed(home()).grid)
    image = image_of(pixels, opaque=True)
    pixels[3, 5] = (1, 2, 3, 255)
    colour = image.pixelColor(5, 3)
    assert (colour.blue(), colour.green(), colour.red()) == (1, 2, 3)


@pytest.mark.parametrize("scale", [512.0, 2000.0])
@pytest.mark.parametrize("side", [2048, 300])
def test_a_base_can_be_drawn_at_the_strongest_zoom(scale, side):
    """Its pixels are then larger than the canvas, and its whole is beyond Qt's numbers."""
    whole = Region(0.0, 0.0, 24_000.0, 16_000.0)
    pixels = np.full((side * 2 // 3, side, 4), 255, np.uint8)
    pixels[..., 0] = 10
    pixels[:, side // 2 :, 0] = 200
    image = image_of(pixels, opaque=True)
    for x, blue in ((11_000.0, 10), (13_000.0, 200)):
        view = View(x, 8_000.0, np.log2(scale), *CANVAS)
        sheet = QImage(*CANVAS, QImage.Format.Format_ARGB32_Premultiplied)
        sheet.fill(Qt.GlobalColor.transparent)
        painter = QPainter(sheet)
        draw_warped(painter, image, whole, view)
        painter.end()
        for place in (QPoint(0, 0), QPoint(239, 179), QPoint(120, 90)):
            colour = sheet.pixelColor(place)
            assert (colour.blue(), colour.alpha()) == (blue, 255)


def test_what_lies_outside_the_view_is_not_drawn():
    image = image_of(noise(placed(home()).grid), opaque=True)
    sheet = QImage(*CANVAS, QImage.Format.Format_ARGB32_Premultiplied)
    sheet.fill(Qt.GlobalColor.transparent)
    blank = sheet.copy()
    painter = QPainter(sheet)
    away = View(1000.0, 1000.0, 1.0, *CANVAS)
    draw_warped(painter, image, Region(0.0, 0.0, 100.0, 100.0), away)
    painter.end()
    assert sheet == blank
