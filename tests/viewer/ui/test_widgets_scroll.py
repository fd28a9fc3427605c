"""What is larger than the screen scrolls."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.viewer.ui.driver import SmallScreen
from viewer.ui.widgets_scroll import FittedScroll


class Content(QWidget):
    """Something of a size of its own."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self.wanted = QSize(width, height)

    def sizeHint(self) -> QSize:
        return self.wanted


@pytest.fixture(autouse=True)
def _small_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FittedScroll, "screen", lambda _: SmallScreen())


def fitted(qtbot: QtBot, content: QWidget) -> FittedScroll:
    area = FittedScroll(content, QSize(20, 30))
    qtbot.addWidget(area)
    return area


def test_it_is_as_large_as_what_it_holds(qtbot: QtBot) -> None:
    content = Content(300, 200)
    area = fitted(qtbot, content)
    assert area.sizeHint() == QSize(300, 200)
    content.setFixedWidth(250)
    assert area.minimumSizeHint() == QSize(250, 200)


def test_what_is_too_high_gets_a_bar_beside_it(qtbot: QtBot) -> None:
    area = fitted(qtbot, Content(300, 900))
    bar = area.verticalScrollBar().sizeHint().width()
    assert bar > 0
    assert area.sizeHint() == QSize(300 + bar, 400 - 48 - 30)


def test_what_is_too_wide_gets_one_below_it(qtbot: QtBot) -> None:
    area = fitted(qtbot, Content(900, 200))
    bar = area.horizontalScrollBar().sizeHint().height()
    assert area.sizeHint() == QSize(500 - 16 - 20, 200 + bar)
