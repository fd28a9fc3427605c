"""The page of a window without a picture."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from viewer.ui import theme
from viewer.ui.empty_page import HINT, WORDS, EmptyPage


@pytest.fixture(autouse=True, scope="module")
def _theme(qapp: QApplication) -> None:
    theme.apply_theme(qapp)


@pytest.fixture
def page(qtbot: QtBot) -> EmptyPage:
    widget = EmptyPage()
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    widget.show()
    return widget


def test_it_says_what_to_do(page: EmptyPage) -> None:
    assert [label.text() for label in page.findChildren(QLabel)] == [WORDS, HINT]
    assert WORDS == "Open a picture, or drop one here"
    assert HINT == "Wheel zooms · drag pans · Space flips A and B · ? shows all keys"


def test_the_links_tell(page: EmptyPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.open_requested):
        qtbot.mouseClick(page.open, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.sample_requested):
        qtbot.mouseClick(page.sample, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("width", [500, 901, 1600])
def test_it_is_centred_and_nothing_is_cut(page: EmptyPage, width: int) -> None:
    page.resize(width, 500)
    for label in page.findChildren(QLabel):
        assert abs(label.geometry().center().x() - width / 2) <= 1
    links = (page.open.geometry().left() + page.sample.geometry().right()) / 2
    assert abs(links - width / 2) <= 1


def test_a_narrow_page_elides_its_hint(page: EmptyPage) -> None:
    hint = page.findChildren(QLabel)[-1]
    page.resize(260, 400)
    assert hint.toolTip() == HINT


def test_a_drop_is_announced_by_a_frame(page: EmptyPage) -> None:
    def framed() -> bool:
        image = page.grab().toImage()
        row = {image.pixelColor(x, 13).name() for x in range(100, 400)}
        return theme.ACTION.name() in row

    assert not framed()
    page.set_dropping(True)
    assert framed()
    page.set_dropping(False)
    assert not framed()
