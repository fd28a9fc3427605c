"""The minimap: its size, its frame, and what clicks ask for."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.viewer.ui.driver import rgb_of
from viewer.ui import theme
from viewer.ui.minimap import SIDE, Minimap


@pytest.fixture(autouse=True, scope="module")
def _theme(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


def picture(width: int, height: int) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("#336699"))
    return image


@pytest.fixture
def minimap(qtbot: QtBot) -> Minimap:
    widget = Minimap()
    qtbot.addWidget(widget)
    widget.set_picture(picture(288, 288))
    widget.set_view(QRectF(72, 50, 145, 103.25), 288, 288)
    widget.show()
    return widget


@pytest.fixture
def asked(minimap: Minimap) -> list[tuple[float, float]]:
    heard: list[tuple[float, float]] = []
    minimap.centre_requested.connect(lambda x, y: heard.append((x, y)))
    return heard


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(288, 288, (144, 144)), (6000, 4000, (144, 96)), (100, 400, (36, 144)), (9000, 10, (144, 12))],
)
def test_it_keeps_the_pictures_shape(
    minimap: Minimap, width: int, height: int, size: tuple[int, int]
) -> None:
    minimap.set_view(QRectF(0, 0, 1, 1), width, height)
    assert (minimap.width() - 4, minimap.height() - 4) == size


def test_the_frame_lies_where_the_view_is(minimap: Minimap) -> None:
    frame = minimap.frame_rect()
    assert frame.left() == pytest.approx(2 + 36)
    assert frame.top() == pytest.approx(2 + 25)
    assert frame.width() == pytest.approx(72.5)
    assert frame.height() == pytest.approx(51.625)


def test_a_deep_zoom_still_shows_a_frame_inside(minimap: Minimap) -> None:
    minimap.set_view(QRectF(287.9, 287.9, 0.05, 0.05), 288, 288)
    frame = minimap.frame_rect()
    assert frame.width() >= 6
    assert QRectF(2, 2, SIDE, SIDE).contains(frame)


def test_a_view_beyond_the_picture_frames_the_part_inside(minimap: Minimap) -> None:
    minimap.set_view(QRectF(-100, -100, 244, 244), 288, 288)
    frame = minimap.frame_rect()
    assert (frame.left(), frame.right()) == (2, 2 + 72)


def test_a_click_centres_there(
    minimap: Minimap, asked: list[tuple[float, float]], qtbot: QtBot
) -> None:
    qtbot.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=QPoint(2 + 130, 2 + 136))
    assert asked == [(260.0, 272.0)]


def test_dragging_the_frame_keeps_the_grip(
    minimap: Minimap, asked: list[tuple[float, float]], qtbot: QtBot
) -> None:
    centre = minimap.frame_rect().center()
    start = centre.toPoint() + QPoint(8, 4)
    qtbot.mousePress(minimap, Qt.MouseButton.LeftButton, pos=start)
    assert asked == []
    qtbot.mouseMove(minimap, start + QPoint(10, 0))
    qtbot.mouseRelease(minimap, Qt.MouseButton.LeftButton, pos=start + QPoint(10, 0))
    assert asked[-1][0] == pytest.approx(72 + 72.5 + 20)
    assert asked[-1][1] == pytest.approx(50 + 103.25 / 2)


def test_a_drag_outside_stays_in_the_picture(
    minimap: Minimap, asked: list[tuple[float, float]], qtbot: QtBot
) -> None:
    qtbot.mousePress(minimap, Qt.MouseButton.LeftButton, pos=QPoint(140, 140))
    qtbot.mouseMove(minimap, QPoint(900, -50))
    assert asked[-1] == (288.0, 0.0)


def test_it_paints_the_picture_and_the_frame(minimap: Minimap) -> None:
    image = minimap.grab().toImage()
    assert image.pixelColor(10, 10) == QColor("#336699")
    frame = minimap.frame_rect().toRect()
    assert image.pixelColor(frame.left() + 20, frame.top()).lightness() > 200


@pytest.mark.parametrize(("ratio", "wide"), [(1.0, 1), (1.25, 1), (1.5, 2), (1.75, 2), (2.0, 3)])
@pytest.mark.parametrize("view", [QRectF(72, 50, 145, 103.25), QRectF(-5, 3, 90, 300)])
def test_the_frame_is_sharp_and_even(
    minimap: Minimap, ratio: float, wide: int, view: QRectF
) -> None:
    minimap.set_picture(picture(288, 288))
    minimap.set_view(view, 288, 288)
    image = QImage(minimap.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("black"))
    minimap.render(image)
    middle = (minimap.frame_rect().center() * ratio).toPoint()
    pixels = rgb_of(image)
    for row in (pixels[middle.y()], pixels[:, middle.x()]):
        white = np.flatnonzero((row == 255).all(axis=1))
        assert white.tolist() == [
            *range(white[0], white[0] + wide),
            *range(white[-1] - wide + 1, white[-1] + 1),
        ]
        assert len(np.unique(row, axis=0)) <= 5, "white, dark, picture and edge are all there is"


def test_without_a_picture_it_paints_nothing_and_asks_nothing_odd(qtbot: QtBot) -> None:
    widget = Minimap()
    qtbot.addWidget(widget)
    widget.set_picture(QImage())
    assert widget.grab().toImage().pixelColor(20, 20).lightness() < 40


def test_a_new_view_paints_it_once_together_with_its_ground(qtbot: QtBot) -> None:
    """Asked for by itself, Qt would paint the ground twice."""

    class Ground(QWidget):
        paints = 0

        def paintEvent(self, _: QPaintEvent) -> None:
            self.paints += 1

    ground = Ground()
    ground.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
    ground.resize(400, 300)
    minimap = Minimap(ground)
    minimap.set_picture(picture(288, 288))
    qtbot.addWidget(ground)
    ground.show()
    QApplication.processEvents()
    before = ground.paints
    ground.update()
    minimap.set_view(QRectF(10, 10, 20, 20), 288, 288)
    QApplication.processEvents()
    assert ground.paints == before + 1
