"""Where the keyboard goes when what has it is hidden."""

import pytest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from viewer.ui import focus


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """A window with two panels of a field each."""
    top = QWidget()
    qtbot.addWidget(top)
    column = QVBoxLayout(top)
    for _ in range(2):
        panel = QWidget()
        QVBoxLayout(panel).addWidget(QLineEdit())
        column.addWidget(panel)
    top.show()
    top.activateWindow()
    qtbot.waitUntil(top.isActiveWindow)
    return top


def test_a_part_that_goes_leaves_it_to_the_window(window: QWidget) -> None:
    field = window.findChildren(QLineEdit)[0]
    field.setFocus()
    focus.show(field.parentWidget(), False)
    assert not field.isVisible()
    assert window.hasFocus()


def test_so_does_one_that_is_about_to_be_disabled(window: QWidget) -> None:
    field = window.findChildren(QLineEdit)[0]
    field.setFocus()
    focus.release(field)
    field.setEnabled(False)
    assert window.hasFocus()


def test_one_without_it_leaves_it_where_it_is(window: QWidget) -> None:
    one, other = window.findChildren(QLineEdit)
    one.setFocus()
    focus.show(other.parentWidget(), False)
    assert not other.isVisible()
    assert one.hasFocus()
    focus.show(other.parentWidget(), True)
    assert other.isVisible()
    assert one.hasFocus()
