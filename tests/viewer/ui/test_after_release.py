"""What waits until no mouse button is down."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from viewer.ui.after_release import AfterRelease


def test_it_comes_at_once_or_once_after_the_release(qtbot: QtBot) -> None:
    window, done = QWidget(), list[str]()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(window.isVisible)
    later = AfterRelease(lambda: done.append("done"), window)
    later.ask()
    assert done == ["done"]
    handle, place = window.windowHandle(), QPoint(5, 5)
    assert handle is not None
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    later.ask()
    with qtbot.waitSignal(later.timeout):  # it looks, and waits on
        later.ask()
    assert done == ["done"]
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    qtbot.waitUntil(lambda: len(done) > 1)
    assert done == ["done", "done"]
    assert not later.isActive()
