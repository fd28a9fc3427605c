from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QPainter

from viewer.ui.differences import difference
from viewer.ui.layers import image_of


def bgra(rng: np.random.Generator, rows: int = 20, columns: int = 30) -> np.ndarray:
    pixels = rng.integers(0, 256, (rows, columns, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    return pixels


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0, 8.0, 64.0])
def test_it_is_the_amplified_distance_of_each_channel(rng, factor):
    a, b = bgra(rng), bgra(rng)
    a[:10] = np.clip(b[:10].astype(int) + rng.integers(-9, 10, b[:10].shape), 0, 255)
    a[..., 3] = 255
    exact = np.abs(a[..., :3].astype(float) - b[..., :3]) * factor
    shown = difference(a, b, factor)
    assert np.abs(shown[..., :3] - np.minimum(exact, 255)).max() <= 0.5
    assert (shown[..., 3] == 255).all()


def test_equal_pictures_have_none_and_sides_do_not_matter(rng):
    a, b = bgra(rng), bgra(rng)
    assert not difference(a, a, 64.0)[..., :3].any()
    np.testing.assert_array_equal(difference(a, b, 8.0), difference(b, a, 8.0))


def test_the_pictures_are_left_alone(rng):
    a, b = bgra(rng), bgra(rng)
    before = a.copy(), b.copy()
    difference(a, b, 8.0)
    np.testing.assert_array_equal(a, before[0])
    np.testing.assert_array_equal(b, before[1])


@pytest.mark.usefixtures("qapp")
def test_where_a_side_has_not_arrived_what_lies_below_stays(rng):
    """Pixels are premultiplied: colour left where alpha is 0 would be added to the placeholder."""
    a, b = bgra(rng), bgra(rng)
    a[:, :10] = 0
    b[:5] = 0
    shown = difference(a, b, 8.0)
    arrived = np.zeros(a.shape[:2], bool)
    arrived[5:, 10:] = True
    np.testing.assert_array_equal(shown[..., 3], arrived * 255)
    assert not shown[~arrived].any()
    canvas = QImage(30, 20, QImage.Format.Format_RGB32)
    canvas.fill(Qt.GlobalColor.darkCyan)
    below = canvas.pixelColor(0, 0)
    painter = QPainter(canvas)
    painter.drawImage(QPoint(0, 0), image_of(shown, opaque=False))
    painter.end()
    for row, column in ((0, 0), (4, 29), (19, 9), (4, 9)):
        assert canvas.pixelColor(column, row) == below
    for row, column in ((5, 10), (19, 29)):
        colour = canvas.pixelColor(column, row)
        assert [colour.blue(), colour.green(), colour.red()] == shown[row, column, :3].tolist()
