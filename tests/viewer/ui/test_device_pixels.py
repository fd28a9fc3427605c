"""Device pixels of a widget, also where its corner does not lie on one."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from viewer.ui.device_pixels import DevicePixels

RATIOS = (1.0, 1.25, 1.5, 1.75, 2.0, 3.0)


@dataclass
class Placed:
    """Stands in for a widget at a place in a window, on a screen of any ratio."""

    x: int
    y: int
    across: int
    down: int
    ratio: float

    def devicePixelRatioF(self) -> float:
        return self.ratio

    def window(self) -> None:
        return None

    def mapTo(self, window: None, point: QPoint) -> QPoint:
        del window
        return point + QPoint(self.x, self.y)

    def width(self) -> int:
        return self.across

    def height(self) -> int:
        return self.down


placed = st.builds(
    Placed,
    st.integers(0, 500),
    st.integers(0, 500),
    st.integers(1, 3000),
    st.integers(1, 2000),
    st.sampled_from(RATIOS),
)
points = st.builds(QPointF, st.floats(-5000, 5000), st.floats(-5000, 5000))


@given(placed, st.data())
def test_a_part_touches_the_device_pixels_that_it_has_some_of(
    widget: Placed, data: st.DataObject
) -> None:
    places = [(widget.x, widget.across), (widget.y, widget.down)]
    firsts = [data.draw(st.integers(0, length - 1)) for _, length in places]
    lengths = data.draw(st.tuples(st.integers(1, 200), st.integers(1, 200)))
    device = DevicePixels.of(widget)
    touched = device.touched(QRect(*firsts, *lengths))
    corner, size = device.rect.getRect()[:2], touched.getRect()
    for axis, (place, _) in enumerate(places):
        start = (place + firsts[axis]) * widget.ratio - corner[axis]
        end = start + lengths[axis] * widget.ratio
        begins, ends = size[axis], size[axis] + size[axis + 2]
        assert begins <= start < begins + 1
        assert ends - 1 < end <= ends


def near(one: QPointF, other: QPointF) -> bool:
    away = one - other
    return abs(away.x()) < 1e-9 and abs(away.y()) < 1e-9


@given(placed)
def test_its_pixels_end_where_its_edges_are_nearest(widget):
    device, ratio = DevicePixels.of(widget), widget.ratio
    for first, count, start, length in (
        (device.rect.left(), device.width, widget.x, widget.across),
        (device.rect.top(), device.height, widget.y, widget.down),
    ):
        assert -0.5 <= start * ratio - first < 0.5
        assert -0.5 <= (start + length) * ratio - (first + count) < 0.5
        assert count >= 1


@given(placed, st.integers(1, 3000))
def test_neighbours_meet(widget, length):
    """A pixel that was nobody's would show what is behind them."""
    beside = replace(widget, x=widget.x + widget.across, across=length)
    below = replace(widget, y=widget.y + widget.down, down=length)
    own, beside, below = (DevicePixels.of(each).rect for each in (widget, beside, below))
    assert own.x() + own.width() == beside.x()
    assert own.y() + own.height() == below.y()


@given(placed, st.integers(0, 200), st.integers(0, 200))
def test_it_may_be_asked_for_those_of_a_taller_one(widget, above, below):
    taller = replace(widget, y=widget.y - above, down=above + widget.down + below)
    assert DevicePixels.of(widget, above, below) == DevicePixels.of(taller)


@given(placed)
def test_at_a_whole_ratio_all_of_the_widget_is_used(widget):
    if widget.ratio == round(widget.ratio):
        device = DevicePixels.of(widget)
        assert device.width == widget.across * widget.ratio
        assert device.height == widget.down * widget.ratio
        assert near(device.from_logical(QPointF(0, 0)), QPointF(0, 0))


@given(placed, points)
def test_logical_and_device_points_are_each_others_inverse(widget, point):
    device = DevicePixels.of(widget)
    assert near(device.to_logical(device.from_logical(point)), point)


@given(placed, st.integers(0, 100), st.integers(0, 100))
def test_a_device_point_is_that_of_the_screen(widget, column, row):
    """Counted from the first whole pixel, which is a pixel of the window."""
    device = DevicePixels.of(widget)
    logical = device.to_logical(QPointF(column, row))
    on_screen = (logical + QPointF(widget.x, widget.y)) * widget.ratio
    assert near(on_screen, QPointF(device.rect.left() + column, device.rect.top() + row))


@given(placed, st.integers(0, 100), st.integers(0, 100), st.floats(0, 0.99))
def test_everywhere_in_a_pixel_its_middle_is_the_same(widget, column, row, inside):
    """Also at its very corner, which rounding may put a little beside it."""
    device = DevicePixels.of(widget)
    middle = device.pixel_middle(device.to_logical(QPointF(column + inside, row + inside)))
    assert near(device.from_logical(middle), QPointF(column + 0.5, row + 0.5))


@given(placed, st.floats(0, 900), st.floats(0, 900), st.floats(1, 900), st.floats(1, 900))
def test_a_rectangle_is_mapped_by_its_corners(widget, x, y, width, height):
    device = DevicePixels.of(widget)
    rect = QRectF(x, y, width, height)
    mapped = device.logical_rect(rect)
    assert near(mapped.topLeft(), device.to_logical(rect.topLeft()))
    assert near(mapped.bottomRight(), device.to_logical(rect.bottomRight()))
    assert mapped.width() == pytest.approx(width / widget.ratio)


def noise(width: int, height: int) -> np.ndarray:
    pixels = np.random.default_rng(2).integers(0, 256, (height, width, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    return np.ascontiguousarray(pixels)


def as_array(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8)
    return rows.reshape(image.height(), -1)[:, : image.width() * 4].reshape(image.height(), -1, 4)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("x", [0, 7, 10, 13])
def test_a_picture_is_painted_pixel_by_pixel(ratio, x):
    """As Qt paints a widget: scaled by the ratio, moved to the widget's corner."""
    widget = Placed(x, 3 * x, 101, 67, ratio)
    device = DevicePixels.of(widget)
    pixels = noise(device.width, device.height)
    screen = QImage(600, 600, QImage.Format.Format_RGB32)
    screen.fill(QColor(1, 2, 3))
    screen.setDevicePixelRatio(ratio)
    painter = QPainter(screen)
    painter.translate(widget.x, widget.y)
    device.apply(painter)
    kind = QImage.Format.Format_RGB32
    painter.drawImage(
        QPoint(0, 0), QImage(pixels.data, device.width, device.height, pixels.strides[0], kind)
    )
    painter.end()
    shown = as_array(screen)
    left, top = device.rect.left(), device.rect.top()
    part = shown[top : top + device.height, left : left + device.width, :3]
    np.testing.assert_array_equal(part, pixels[..., :3])
    surround = shown.copy()
    surround[top : top + device.height, left : left + device.width, :3] = (3, 2, 1)
    assert (surround[..., :3] == (3, 2, 1)).all()


def test_a_child_knows_its_place_in_the_window(qtbot: QtBot):
    window = QWidget()
    qtbot.addWidget(window)
    child = QWidget(window)
    inner = QWidget(child)
    child.setGeometry(11, 5, 200, 100)
    inner.setGeometry(3, 4, 50, 40)
    device, ratio = DevicePixels.of(inner), inner.devicePixelRatioF()
    assert device.corner == QPointF(14 * ratio, 9 * ratio)
    assert (device.width, device.height) == (round(50 * ratio), round(40 * ratio))


_REAL = """
import sys
import numpy as np
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget
from viewer.ui.device_pixels import DevicePixels

class Ground(QWidget):
    def paintEvent(self, event):
        QPainter(self).fillRect(self.rect(), QColor(9, 8, 7))

class Picture(QWidget):
    def paintEvent(self, event):
        device = DevicePixels.of(self)
        rng = np.random.default_rng(2)
        self.pixels = rng.integers(0, 256, (device.height, device.width, 4), dtype=np.uint8)
        self.pixels[..., 3] = 255
        image = QImage(self.pixels.data, device.width, device.height, self.pixels.strides[0],
                       QImage.Format.Format_RGB32)
        painter = QPainter(self)
        painter.fillRect(self.rect().adjusted(-1, -1, 1, 1), QColor(255, 0, 0))
        device.apply(painter)
        painter.drawImage(QPoint(0, 0), image)
        painter.end()

app = QApplication([])
window = Ground()
window.resize(320, 240)
picture = Picture(window)
picture.setGeometry(QRect(*map(int, sys.argv[2:])))
window.show()
ratio = picture.devicePixelRatioF()
assert ratio == float(sys.argv[1]), ratio
shown = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
rows = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), shown.width(), 4)
rect = DevicePixels.of(picture).rect
part = rows[rect.top():rect.bottom() + 1, rect.left():rect.right() + 1, :3]
assert part.shape == picture.pixels[..., :3].shape, (part.shape, picture.pixels.shape)
assert (part == picture.pixels[..., :3]).all()
others = rows[..., :3].copy()
others[rect.top():rect.bottom() + 1, rect.left():rect.right() + 1] = (7, 8, 9)
assert (others == (7, 8, 9)).all()
"""


@pytest.mark.parametrize("place", ["7 9 201 133", "10 6 200 129"])
@pytest.mark.parametrize("ratio", ["1.25", "1.5", "2"])
def test_a_real_window_of_another_ratio_shows_every_pixel(ratio, place, monkeypatch):
    """One sample is one device pixel, and none is left out; Qt takes the ratio once, at its start.

    The red around the samples is what the widget may paint and they do not cover.
    """
    monkeypatch.setenv("QT_SCALE_FACTOR", ratio)
    monkeypatch.setenv("QT_SCALE_FACTOR_ROUNDING_POLICY", "PassThrough")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    done = subprocess.run(
        [sys.executable, "-c", _REAL, ratio, *place.split()],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr
