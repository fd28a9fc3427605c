from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from viewer.ui import overlays
from viewer.ui.overlays import HANDLE, LINGER, MARGIN, Bubble, Pill
from viewer.ui.theme import SIDE_A, SIDE_B, SIDE_C, SIDE_D

CANVAS = QRect(0, 0, 600, 400)
GROUND = (40, 90, 60)

pytestmark = pytest.mark.usefixtures("qapp")


class Sheet:
    """A canvas of one colour, and what was painted on it."""

    def __init__(self, width: int = 600, height: int = 400):
        self.image = QImage(width, height, QImage.Format.Format_RGB32)
        self.image.fill(QColor(*GROUND))
        self.painter = QPainter(self.image)

    def pixels(self) -> np.ndarray:
        """``[rows, columns, 3]`` as blue, green, red."""
        self.painter.end()
        rows = np.frombuffer(self.image.constBits(), np.uint8)
        return rows.reshape(self.image.height(), self.image.width(), 4)[..., :3]

    def box(self) -> tuple[int, int, int, int]:
        """First column, first row, last column and last row of all that was painted."""
        rows, columns = np.nonzero((self.pixels() != GROUND[::-1]).any(axis=-1))
        assert rows.size, "nothing was painted"
        return columns.min(), rows.min(), columns.max(), rows.max()

    def is_empty(self) -> bool:
        return bool((self.pixels() == GROUND[::-1]).all())

    def holds(self, colour: QColor) -> bool:
        wanted = (colour.blue(), colour.green(), colour.red())
        return bool((self.pixels() == wanted).all(axis=-1).any())


# -- crosses ------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [(100.0, 50.0), (100.9, 50.4)])
def test_a_cross_is_sharp_and_leaves_its_middle_free(place):
    sheet = Sheet()
    overlays.paint_cross(sheet.painter, QPointF(*place))
    assert sheet.box() == (90, 40, 110, 60)
    pixels = sheet.pixels()
    white = (pixels == 255).all(axis=-1)
    rows, columns = np.nonzero(white)
    assert set(zip(columns.tolist(), rows.tolist(), strict=True)) <= {
        *((100, y) for y in range(400)),
        *((x, 50) for x in range(600)),
    }
    assert white.sum() == 4 * 7
    assert (pixels[49:52, 99:102] == GROUND[::-1]).all()


def test_a_bubble_can_be_hidden_before_its_time():
    bubble = Bubble()
    bubble.show(2.0)
    assert bubble.visible
    bubble.hide()
    assert not bubble.visible


# -- pills --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "colour"),
    [
        ("a", SIDE_A),
        ("b", SIDE_B),
        ("c", SIDE_C),
        ("d", SIDE_D),
        ("diff", QColor("#d6d9dc")),
    ],
)
def test_a_pill_has_its_side_s_colour_in_the_corner_of_its_pane(side, colour):
    sheet = Sheet()
    box = QRectF(100, 50, 400, 300)
    overlays.paint_pills(sheet.painter, [Pill(side, "A Bicubic", box, right=False)])
    left, top, right, bottom = sheet.box()
    assert (left, top) == (100 + MARGIN, 50 + MARGIN)
    assert right < 300
    assert bottom < 50 + MARGIN + 27
    assert sheet.holds(colour)


def test_a_pill_may_stand_in_the_right_corner():
    sheet = Sheet()
    overlays.paint_pills(sheet.painter, [Pill("b", "B LIIF", QRectF(100, 50, 400, 300), True)])
    left, top, right, _ = sheet.box()
    assert right == 500 - MARGIN - 1
    assert top == 50 + MARGIN
    assert left > 300


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("width", [120.0, 150.0, 260.0])
def test_a_long_label_is_cut_to_its_pane(width, right):
    sheet = Sheet()
    text = "B LIIF · EDSR-baseline, with a name that nobody can read to its end"
    overlays.paint_pills(sheet.painter, [Pill("b", text, QRectF(50, 0, width, 300), right)])
    left, _, last, _ = sheet.box()
    assert left >= 50 + MARGIN - 1
    assert last <= 50 + width - MARGIN


@pytest.mark.parametrize("width", [0.0, 20.0, 80.0])
def test_where_there_is_no_room_there_is_no_pill(width):
    sheet = Sheet()
    overlays.paint_pills(sheet.painter, [Pill("a", "A", QRectF(50, 0, width, 300), False)])
    assert sheet.is_empty()


# -- the divider --------------------------------------------------------------------------


@pytest.mark.parametrize("x", [1.0, 17.0, 300.0, 599.0])
def test_the_divider_is_two_pixels_over_the_whole_height_with_a_handle_in_view(x):
    sheet = Sheet()
    overlays.paint_divider(sheet.painter, CANVAS, x)
    pixels = sheet.pixels()
    column = round(x)
    for row in (0, 50, 399):
        assert (pixels[row, column - 1 : column + 1] == 255).all()
        # Seen on white as well: a dark hairline on either side, and nothing beyond.
        beside = [place for place in (column - 2, column + 1) if 0 <= place < 600]
        assert (pixels[row, beside] < GROUND[::-1]).all()
        others = np.delete(pixels[row], [column - 1, column, *beside], axis=0)
        assert (others == GROUND[::-1]).all()
    middle = overlays.handle_centre(CANVAS, x)
    assert (pixels[200, round(middle.x())] != GROUND[::-1]).any()


@given(st.floats(-100, 800), st.integers(160, 2000), st.integers(120, 1200))
def test_the_handle_stays_in_view(x, width, height):
    canvas = QRect(0, 0, width, height)
    middle = overlays.handle_centre(canvas, x)
    assert HANDLE <= middle.x() <= width - HANDLE
    assert middle.y() == height / 2
    if HANDLE + 2 <= x <= width - HANDLE - 2:
        assert middle.x() == x


@pytest.mark.parametrize("ratio", [1.25, 1.5, 2.0])
def test_the_divider_is_sharp_at_any_ratio(ratio):
    sheet = Sheet()
    sheet.painter.scale(ratio, ratio)
    overlays.paint_divider(sheet.painter, QRect(0, 0, 280, 200), 167 / ratio)
    row = [tuple(pixel) for pixel in sheet.pixels()[5]]
    dark = tuple(round(value * (1 - 70 / 255)) for value in GROUND[::-1])
    assert set(row) == {GROUND[::-1], dark, (255, 255, 255)}


@pytest.mark.parametrize(
    ("point", "grasped"),
    [
        ((300, 10), True),
        ((306, 390), True),
        ((307, 390), False),
        ((293, 10), False),
        ((316, 200), True),  # on the handle
        ((312, 212), True),
        ((312, 213), False),
        ((318, 200), False),
    ],
)
def test_the_divider_is_grasped_at_its_line_or_its_handle(point, grasped):
    assert overlays.on_divider(CANVAS, 300.0, QPointF(*point), 6.0) is grasped


def test_a_divider_at_the_border_is_grasped_at_its_handle():
    assert overlays.on_divider(CANVAS, 0.0, QPointF(25.0, 205.0), 6.0)
    assert overlays.on_divider(CANVAS, 600.0, QPointF(575.0, 195.0), 6.0)


# -- the bubble ---------------------------------------------------------------------------


class Clock:
    now = 7.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(overlays, "time", made)
    return made


def test_the_bubble_lingers_after_the_last_zoom(clock):
    bubble = Bubble()
    assert not bubble.visible
    bubble.show(2.0)
    assert bubble.text == "200 %"
    clock.now += 0.9 * LINGER
    assert bubble.visible
    bubble.show(4.0)
    assert bubble.text == "400 %"
    clock.now += 0.9 * LINGER
    assert bubble.visible
    clock.now += 0.2 * LINGER
    assert not bubble.visible


@pytest.mark.parametrize("cursor", [(0, 0), (300, 200), (599, 0), (0, 399), (599, 399), (560, 380)])
def test_the_bubble_stays_on_the_canvas(cursor):
    bubble, sheet = Bubble(), Sheet()
    bubble.show(12.0)
    bubble.paint(sheet.painter, CANVAS, QPointF(*cursor))
    left, top, right, bottom = sheet.box()
    assert left >= 0
    assert top >= 0
    assert right <= 596
    assert bottom <= 396


def test_the_bubble_stands_beside_the_cursor():
    bubble, sheet = Bubble(), Sheet()
    bubble.show(12.0)
    bubble.paint(sheet.painter, CANVAS, QPointF(300.0, 200.0))
    left, top, right, bottom = sheet.box()
    assert (left, top) == (316, 218)
    assert right < 420
    assert bottom == 239
