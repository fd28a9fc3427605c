"""The camera: events act on the target at once, what is shown follows, and then it rests."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from viewer.rendering.view import Lattices, Size, View, between, fitted, limits, same_view
from viewer.ui.camera import EASE, FRAME, SETTLE_MS, Camera, Room

CLOSE = 1e-6
PICTURE = Size(1200, 900)
CANVAS = (640, 480)
CURSOR = (500.0, 100.0)


class Clock:
    """Time that only passes when a test says so."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


class Stage:
    """A camera with its clock and timers in hand.

    Attributes:
        signals: names of the signals it has sent, in order.
    """

    def __init__(
        self,
        picture: Size = PICTURE,
        canvas: tuple[int, int] = CANVAS,
        *,
        animated: bool = True,
    ):
        self.clock = Clock()
        self.camera = Camera(animated=animated, clock=self.clock)
        self.signals: list[str] = []
        for name in ("target_changed", "shown_changed", "settled"):
            getattr(self.camera, name).connect(lambda name=name: self.signals.append(name))
        self.camera.show_picture(picture, *canvas)
        self.signals.clear()
        self._rest, self._ticker = sorted(
            self.camera.findChildren(QTimer), key=QTimer.isSingleShot, reverse=True
        )

    @property
    def target(self) -> View:
        assert self.camera.target is not None
        return self.camera.target

    @property
    def shown(self) -> View:
        assert self.camera.shown is not None
        return self.camera.shown

    @property
    def animating(self) -> bool:
        return self._ticker.isActive()

    @property
    def frame_ms(self) -> int:
        return self._ticker.interval()

    @property
    def settling(self) -> bool:
        return self._rest.isActive()

    def tick(self, seconds: float = 0.0) -> None:
        """Let time pass, and the next frame come."""
        self.clock.now += seconds
        if self.animating:
            self._ticker.timeout.emit()

    def rest_later(self) -> None:
        """As if the time to settle were all but over."""
        self._rest.stop()

    def rest(self) -> None:
        """Let the time to settle be over."""
        assert self.settling
        self._rest.stop()
        self._rest.timeout.emit()


@pytest.fixture
def stage(qapp: QApplication) -> Stage:
    del qapp
    return Stage()


@pytest.fixture
def still(qapp: QApplication) -> Stage:
    """Without animation, as reduced motion wants it."""
    del qapp
    return Stage(animated=False)


def drift(before: View, after: View, point: tuple[float, float]) -> float:
    """Device pixels by which the source point under a device point has moved."""
    return math.dist(after.to_device(*before.to_source(*point)), point)


# -- a picture ----------------------------------------------------------------------------


def test_a_new_picture_is_shown_whole_at_once(qapp):
    del qapp
    stage = Stage()
    assert stage.target == stage.shown == fitted(PICTURE, *CANVAS)
    assert stage.camera.fits
    assert not stage.camera.moving
    stage.camera.zoom(3.0, *CURSOR)
    stage.camera.show_picture(Size(70, 50), 300, 200)
    assert stage.target == stage.shown == fitted(Size(70, 50), 300, 200)
    assert not stage.animating


def test_without_a_picture_nothing_happens(qapp):
    del qapp
    camera = Camera()
    camera.resize(640, 480)
    camera.zoom(1.0, 0.0, 0.0)
    camera.scale_to(1.0, 0.0, 0.0)
    camera.fit()
    camera.pan(3, 4)
    camera.centre_on(1.0, 2.0)
    assert camera.target is None
    assert camera.shown is None
    assert not camera.fits
    assert not camera.moving


# -- zooming ------------------------------------------------------------------------------


def test_the_target_is_there_at_once_and_the_first_step_is_in_the_same_frame(stage):
    start = stage.target
    stage.camera.zoom(1.0, *CURSOR)
    assert stage.target == start.zoomed(1.0, *CURSOR)
    assert start.log2_scale < stage.shown.log2_scale < stage.target.log2_scale
    share = 1.0 - (1.0 - FRAME / EASE) ** 3
    assert stage.shown.log2_scale - start.log2_scale == pytest.approx(share)
    assert stage.signals == ["target_changed", "shown_changed"]


def test_it_arrives_when_its_time_is_over_and_not_before(stage):
    stage.camera.zoom(1.0, *CURSOR)
    scales = [stage.shown.log2_scale]
    while stage.animating:
        stage.tick(0.016)
        scales.append(stage.shown.log2_scale)
    assert scales == sorted(scales)
    assert stage.shown == stage.target
    assert len(scales) == math.ceil(EASE / 0.016)
    # Nothing is painted any more.
    stage.signals.clear()
    stage.tick(1.0)
    assert stage.signals == []


def test_inputs_at_sixty_hertz_are_all_its_frames(stage):
    """A step just before each input would paint everything twice."""
    stage.camera.zoom(1.0, *CURSOR)
    assert stage.frame_ms > 1000 / 60 + 2
    stage.tick(0.02)
    assert stage.frame_ms == round(1000 * FRAME)
    stage.camera.zoom(1.0, *CURSOR)
    assert stage.frame_ms > 1000 / 60 + 2


def test_the_point_under_the_cursor_stays_in_every_frame(stage):
    start = stage.target
    stage.camera.zoom(5.0, *CURSOR)
    for _ in range(8):
        assert drift(start, stage.shown, CURSOR) < CLOSE
        stage.tick(0.012)


def test_what_is_shown_never_jumps_when_another_zoom_comes(stage):
    stage.camera.zoom(1.0, *CURSOR)
    stage.tick(0.03)
    before = stage.shown
    stage.camera.zoom(1.0, 100.0, 400.0)
    share = 1.0 - (1.0 - FRAME / EASE) ** 3
    assert same_view(stage.shown, between(before, stage.target, share))


def test_zooms_add_up_on_the_target_whatever_is_shown(stage):
    start = stage.target
    for _ in range(8):
        stage.camera.zoom(0.25, *CURSOR)
        stage.tick(0.004)
    assert stage.target.log2_scale == pytest.approx(start.log2_scale + 2.0, abs=1e-12)
    for _ in range(8):
        stage.camera.zoom(-0.25, *CURSOR)
        stage.tick(0.004)
    assert same_view(stage.target, start)
    stage.tick(1.0)
    assert stage.shown == stage.target


def test_without_animation_it_is_there_at_once(still):
    still.camera.zoom(1.0, *CURSOR)
    assert still.shown == still.target
    assert not still.animating
    assert still.camera.moving  # until it settles: more notches may follow
    assert still.signals == ["target_changed", "shown_changed"]


def test_a_limit_stops_it_and_then_nothing_changes(stage):
    low, high = limits(PICTURE, *CANVAS)
    stage.camera.zoom(100.0, *CURSOR)
    assert stage.target.log2_scale == pytest.approx(high)
    stage.signals.clear()
    stage.camera.zoom(1.0, *CURSOR)
    assert stage.signals == []
    stage.camera.zoom(-100.0, *CURSOR)
    assert stage.target.log2_scale == pytest.approx(low)


def test_the_way_to_a_limit_is_about_the_cursor_too(stage):
    start = stage.target
    stage.camera.zoom(100.0, *CURSOR)
    assert drift(start, stage.target, CURSOR) < CLOSE


def test_zooming_in_never_zooms_out(qapp):
    """A resize can leave a view beyond the limits of its new canvas."""
    del qapp
    stage = Stage(Size(4, 4), (2000, 2000), animated=False)
    stage.camera.zoom(100.0, *CURSOR)
    stage.camera.resize(200, 200)
    scale = stage.target.log2_scale
    assert scale > limits(Size(4, 4), 200, 200)[1]
    stage.camera.zoom(0.25, 50.0, 50.0)
    assert stage.target.log2_scale == scale
    stage.camera.zoom(-0.25, 50.0, 50.0)
    assert stage.target.log2_scale < scale


def test_a_zoom_of_nothing_is_nothing(stage):
    stage.camera.zoom(0.0, *CURSOR)
    assert stage.signals == []
    assert not stage.camera.moving


# -- settling -----------------------------------------------------------------------------


def test_it_settles_a_moment_after_the_last_zoom(stage, qtbot: QtBot):
    stage.camera.zoom(1.0, *CURSOR)
    assert stage.camera.moving
    stage.tick(1.0)
    assert stage.camera.moving
    with qtbot.waitSignal(stage.camera.settled, timeout=20 * SETTLE_MS):
        pass
    assert not stage.camera.moving
    assert stage.signals.count("settled") == 1


def test_every_zoom_puts_it_off(stage):
    for _ in range(3):
        stage.camera.zoom(0.5, *CURSOR)
        stage.tick(1.0)
        assert stage.settling
    assert "settled" not in stage.signals
    stage.rest()
    assert stage.signals[-1] == "settled"


def test_it_never_settles_on_the_way(stage):
    """The window may have stood still for longer than the whole animation."""
    stage.camera.zoom(1.0, *CURSOR)
    stage.rest()
    assert stage.camera.moving
    assert stage.settling
    stage.tick(1.0)
    stage.rest()
    assert not stage.camera.moving
    assert stage.shown == stage.target


def test_a_pan_of_a_resting_view_does_not_move_it(stage):
    """Its lattice stays: what is finished is final, and there is nothing to settle."""
    stage.camera.pan(10, 0)
    assert not stage.camera.moving
    assert not stage.settling


def test_a_pan_on_the_way_ends_the_way_and_settles_later(stage):
    stage.camera.zoom(1.0, *CURSOR)
    stage.camera.pan(7, -3)
    assert stage.shown == stage.target
    assert not stage.animating
    assert stage.camera.moving
    stage.rest()
    assert not stage.camera.moving


def test_a_pan_before_it_has_settled_puts_that_off(stage):
    stage.camera.zoom(1.0, *CURSOR)
    stage.rest_later()
    stage.camera.pan(7, -3)
    assert stage.settling


# -- panning ------------------------------------------------------------------------------


def test_a_pan_is_shown_at_once(stage):
    start = stage.target
    stage.camera.zoom(2.0, *CURSOR)
    stage.tick(1.0)
    start = stage.target
    stage.signals.clear()
    stage.camera.pan(30, -20)
    assert stage.shown == stage.target == start.panned(30, -20)
    assert stage.signals == ["target_changed", "shown_changed"]


def test_a_drag_goes_by_its_total(still):
    still.camera.zoom(3.0, *CURSOR)
    start = still.target
    for dx, dy in ((3, 1), (200, -150), (-40, 12), (5, 3)):
        still.camera.pan_from(start, dx, dy)
    assert still.target == start.panned(5, 3)
    still.camera.pan_from(start, 0, 0)
    assert still.target == start


def test_a_drag_that_goes_nowhere_says_nothing(still):
    still.camera.zoom(3.0, *CURSOR)
    start = still.target
    still.camera.pan_from(start, 5, 3)
    still.signals.clear()
    still.camera.pan_from(start, 5, 3)
    assert still.signals == []


def test_a_drag_beyond_the_border_stops_and_comes_back_without_loss(still):
    still.camera.zoom(3.0, *CURSOR)
    start = still.target
    still.camera.pan_from(start, 100_000, 0)
    left = still.target.to_device(0.0, 0.0)[0]
    assert CANVAS[0] - 65 <= left <= CANVAS[0] - 64 + CLOSE
    still.camera.pan_from(start, 10, 0)
    assert still.target == start.panned(10, 0)


@pytest.mark.parametrize("place", [(600.0, 450.0), (10.3, 20.7), (1190.0, 3.0)])
def test_a_place_is_brought_to_the_middle_on_the_same_lattice(still, place):
    still.camera.zoom(2.3, *CURSOR)
    lattices = Lattices()
    before = still.target.placement(PICTURE, lattices)
    still.camera.centre_on(*place)
    x, y = still.target.to_device(*place)
    assert abs(x - CANVAS[0] / 2) <= 0.5 + CLOSE
    assert abs(y - CANVAS[1] / 2) <= 0.5 + CLOSE
    after = still.target.placement(PICTURE, lattices)
    assert after.grid.lattice is before.grid.lattice


# -- fit and exact scales -----------------------------------------------------------------


def test_fit_shows_the_whole_picture_again(stage):
    stage.camera.zoom(4.0, *CURSOR)
    stage.tick(1.0)
    assert not stage.camera.fits
    stage.camera.fit()
    assert stage.camera.fits  # where it is going counts
    assert stage.shown != stage.target
    stage.tick(1.0)
    assert stage.shown == fitted(PICTURE, *CANVAS)


def test_fit_of_what_fits_is_nothing(stage):
    stage.camera.fit()
    assert stage.signals == []
    assert not stage.camera.moving


@pytest.mark.parametrize("notch", [0.25, 0.1, 1 / 3])
def test_what_was_zoomed_in_and_out_again_still_fits(still, notch):
    """A rounding error away from it: the double click must not fit what fits already."""
    for sign in (1, -1):
        for _ in range(7):
            still.camera.zoom(sign * notch, *CURSOR)
    assert still.camera.fits
    still.camera.resize(500, 500)
    assert still.target == fitted(PICTURE, 500, 500)


def test_an_exact_scale_is_exact_and_stays_near_the_point(still):
    before = still.target
    still.camera.scale_to(1.0, *CURSOR)
    assert still.target.scale == 1.0
    assert drift(before, still.target, CURSOR) <= math.hypot(0.5, 0.5) + CLOSE
    lattice = still.target.placement(PICTURE).grid.lattice
    assert (lattice.x.origin, lattice.y.origin) == (0.0, 0.0)


@pytest.mark.parametrize(("asked", "index"), [(1e9, 1), (1e-9, 0)])
def test_a_scale_beyond_the_limits_ends_there(still, asked, index):
    still.camera.scale_to(asked, *CURSOR)
    assert still.target.log2_scale == pytest.approx(limits(PICTURE, *CANVAS)[index])


def test_a_scale_is_eased_to(stage):
    stage.camera.scale_to(4.0, *CURSOR)
    assert stage.target.scale == 4.0
    assert stage.shown != stage.target
    stage.tick(1.0)
    assert stage.shown == stage.target


# -- the canvas's size --------------------------------------------------------------------


def test_a_fitted_picture_stays_fitted(still):
    still.camera.resize(801, 333)
    assert still.target == still.shown == fitted(PICTURE, 801, 333)


def test_any_other_keeps_its_centre_and_its_lattice(still):
    still.camera.zoom(2.7, *CURSOR)
    before, lattices = still.target, Lattices()
    lattice = before.placement(PICTURE, lattices).grid.lattice
    for width in range(641, 700):
        still.camera.resize(width, 480)
    assert still.target.width == 699
    assert abs(still.target.x - before.x) * before.scale <= 0.5 + CLOSE
    assert abs(still.target.y - before.y) * before.scale <= CLOSE
    assert still.target.placement(PICTURE, lattices).grid.lattice is lattice


def test_the_same_size_is_nothing(stage):
    stage.camera.zoom(1.0, *CURSOR)
    stage.signals.clear()
    stage.camera.resize(*CANVAS)
    assert stage.signals == []
    assert stage.animating


def test_a_resize_on_the_way_goes_to_the_target(stage):
    stage.camera.zoom(2.0, *CURSOR)
    target = stage.target
    stage.camera.resize(700, 480)
    assert stage.shown == stage.target
    assert stage.target.log2_scale == target.log2_scale


# -- bars ---------------------------------------------------------------------------------

ROOM = Room(*CANVAS)


def test_a_bar_takes_rows_and_gives_them_back(still):
    for act in (lambda: None, lambda: still.camera.zoom(1.3, *CURSOR)):
        act()
        before = still.target
        still.camera.resize(640, 400, ROOM._replace(above=50))
        assert still.target == still.shown
        assert still.target.scale == before.scale
        assert still.target.to_device(7.0, 9.0) == pytest.approx(
            np.subtract(before.to_device(7.0, 9.0), (0, 50)), abs=CLOSE
        )
        assert same_view(still.camera.without_bars, before)
        still.camera.resize(640, 480, ROOM)
        assert still.target == before


def test_bars_come_and_go_in_any_order(still):
    before, fits = still.target, fitted(PICTURE, *CANVAS)
    for rows, above in ((430, 50), (400, 50), (380, 70), (410, 0), (430, 50)):
        still.camera.resize(640, rows, ROOM._replace(above=above))
        assert still.target == before.resized(640, rows, above)
        assert still.camera.without_bars == fits
    still.camera.resize(640, 480, ROOM)
    assert still.target == before


def test_bars_of_a_moved_view_give_their_rows_to_the_new_one(still):
    still.camera.zoom(2.0, *CURSOR)
    still.camera.resize(640, 400, ROOM._replace(above=50))
    still.camera.pan(12, -7)
    moved = still.target
    still.camera.resize(640, 480, ROOM)
    assert same_view(still.target, moved.resized(640, 480, -50))


def test_a_bar_in_the_place_of_another_moves_the_view_only(still):
    before = still.target
    still.camera.resize(640, 440, ROOM._replace(above=40))
    still.camera.resize(640, 440, ROOM)
    assert still.target == before.resized(640, 440, 0)


def test_what_was_fitted_below_a_bar_is_fitted_without_it(still):
    still.camera.resize(640, 400, ROOM._replace(above=50))
    still.camera.fit()
    assert still.target == fitted(PICTURE, 640, 400)
    assert still.camera.without_bars == fitted(PICTURE, *CANVAS)
    still.camera.resize(640, 480, ROOM)
    assert still.target == fitted(PICTURE, *CANVAS)
    # It is the one that counts from now on.
    still.camera.resize(640, 400, ROOM._replace(above=50))
    assert still.target == fitted(PICTURE, *CANVAS).resized(640, 400, 50)


def test_a_window_that_is_resized_below_a_bar_fits_what_was_fitted(still):
    still.camera.resize(640, 400, ROOM._replace(above=50))
    still.camera.resize(700, 500, Room(700, 580, 50))
    assert still.target == fitted(PICTURE, 700, 500)
    still.camera.resize(700, 480, Room(700, 580, 70))  # its words take another line
    still.camera.resize(700, 580, Room(700, 580))
    assert still.target == fitted(PICTURE, 700, 580)


def test_a_zoom_goes_on_under_a_bar_that_comes(stage):
    start = stage.target
    stage.camera.zoom(2.0, *CURSOR)
    stage.tick(0.03)
    shown, target = stage.shown, stage.target
    stage.camera.resize(640, 400, ROOM._replace(above=50))
    assert stage.animating
    assert stage.target == target.resized(640, 400, 50)
    assert same_view(stage.shown, shown.resized(640, 400, 50))
    under = CURSOR[0], CURSOR[1] - 50
    for _ in range(4):
        stage.tick(0.016)
        assert drift(start.resized(640, 400, 50), stage.shown, under) < CLOSE
    stage.tick(1.0)
    assert stage.shown == stage.target


def test_a_fit_on_its_way_goes_on_to_that_without_the_bar(stage):
    stage.camera.resize(640, 400, ROOM._replace(above=50))
    stage.camera.fit()
    stage.camera.resize(640, 480, ROOM)
    assert stage.animating
    assert stage.target == fitted(PICTURE, *CANVAS)
    stage.tick(1.0)
    assert stage.shown == stage.target


def test_without_a_picture_a_bar_is_nothing(qapp):
    del qapp
    camera = Camera()
    camera.resize(640, 400, ROOM._replace(above=50))
    assert camera.without_bars is None
    camera.show_picture(PICTURE, 640, 400, ROOM._replace(above=50))
    camera.resize(640, 480, ROOM)
    assert camera.target == fitted(PICTURE, *CANVAS)


# -- laws ---------------------------------------------------------------------------------

Action = Callable[[Stage], None]
places = st.tuples(st.floats(0, 640), st.floats(0, 480))


def wheel(factor: float, place: tuple[float, float]) -> Action:
    return lambda stage: stage.camera.zoom(factor, *place)


actions = st.one_of(
    st.builds(wheel, st.floats(-4, 4), places),
    st.builds(
        lambda dx, dy: lambda stage: stage.camera.pan(dx, dy),
        st.integers(-2000, 2000),
        st.integers(-2000, 2000),
    ),
    st.builds(
        lambda w, h: lambda stage: stage.camera.resize(w, h),
        st.integers(160, 2000),
        st.integers(120, 1500),
    ),
    st.builds(
        lambda scale, at: lambda stage: stage.camera.scale_to(scale, *at),
        st.sampled_from([0.5, 1.0, 2.0, 4.0, 8.0]),
        places,
    ),
    st.builds(
        lambda x, y: lambda stage: stage.camera.centre_on(x, y),
        st.floats(-100, 3000),
        st.floats(-100, 3000),
    ),
    st.just(lambda stage: stage.camera.fit()),
)
pictures = st.builds(Size, st.integers(1, 5000), st.integers(1, 5000))


@pytest.mark.usefixtures("qapp")
@given(pictures, st.lists(actions, max_size=8), st.booleans())
def test_enough_of_the_picture_is_visible_whatever_is_done(picture, path, animated):
    stage = Stage(picture, animated=animated)
    for act in path:
        act(stage)
        stage.tick(0.01)
        view = stage.target
        for start, length, canvas in zip(
            view.to_device(0.0, 0.0),
            (picture.width * view.scale, picture.height * view.scale),
            (view.width, view.height),
            strict=True,
        ):
            seen = min(start + length, canvas) - max(start, 0.0)
            least = min(64, length, canvas)
            # A span that fills its canvas to a pixel is moved by whole ones.
            assert seen >= least - (1.0 if least > canvas - 1.0 else 0.0) - CLOSE


@pytest.mark.usefixtures("qapp")
@given(pictures, st.lists(actions, max_size=5), st.floats(0.0, 1.0), places)
@example(Size(1, 1), [], 1.0, (640.0, 480.0))
def test_a_wheel_turned_back_leaves_everything_as_it_was(picture, path, share, place):
    stage = Stage(picture, animated=False)
    for act in path:
        act(stage)
    before = stage.target
    low, high = limits(picture, before.width, before.height)
    if not low < before.log2_scale < high:
        return
    factor = share * (high - before.log2_scale)
    point = (place[0] / 640 * before.width, place[1] / 480 * before.height)
    # Inside the limits: in, about a point of the picture, so that enough of it stays visible.
    if not (0 <= before.to_source(*point)[0] <= picture.width):
        return
    if not (0 <= before.to_source(*point)[1] <= picture.height):
        return
    inside = before.zoomed(factor, *point)
    stage.camera.zoom(factor, *point)
    if stage.target != inside:
        return  # it was moved to stay visible
    stage.camera.zoom(-factor, *point)
    assert same_view(stage.target, before)
    assert drift(before, stage.target, point) < CLOSE


@pytest.mark.usefixtures("qapp")
@given(st.lists(st.integers(-240, 240), min_size=1, max_size=6), places)
def test_notches_add_up_to_one_turn_of_their_sum(notches, place):
    """Wheel events in any pieces: those of a mouse and those of a trackpad end at one view."""
    one, many = Stage(animated=False), Stage(animated=False)
    for stage in (one, many):
        stage.camera.scale_to(4.0, 320.0, 240.0)
    for notch in notches:
        many.camera.zoom(notch / 480, *place)
    one.camera.zoom(sum(notches) / 480, *place)
    assert same_view(one.target, many.target)
