"""Paced acts: the first at once, the last never left out, in between a few."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from viewer.ui.paced import PACE_MS, Paced

pytestmark = pytest.mark.usefixtures("qapp")


class Teller(QObject):
    """Something that changes, and a paced act that tells what it is."""

    def __init__(self) -> None:
        super().__init__()
        self.value = 0
        self.told: list[int] = []
        self.paced = Paced(lambda: self.told.append(self.value), self)

    def become(self, value: int) -> None:
        self.value = value
        self.paced.ask()


def test_the_first_is_told_at_once_and_of_the_others_the_last(qtbot: QtBot) -> None:
    teller = Teller()
    for value in range(1, 100):
        teller.become(value)
    assert teller.told == [1]
    assert teller.paced.pending
    qtbot.waitUntil(lambda: not teller.paced.pending)
    assert teller.told == [1, 99]


def test_after_a_while_it_is_told_at_once_again(qtbot: QtBot) -> None:
    teller = Teller()
    teller.become(1)
    qtbot.waitUntil(lambda: not teller.paced.isActive())
    assert teller.told == [1]
    teller.become(2)
    assert teller.told == [1, 2]
    assert not teller.paced.pending


def test_what_must_be_told_now_is_and_not_once_more(qtbot: QtBot) -> None:
    teller = Teller()
    teller.become(1)
    teller.become(2)
    teller.value = 3
    teller.paced.now()
    assert teller.told == [1, 3]
    assert not teller.paced.pending
    qtbot.waitUntil(lambda: not teller.paced.isActive(), timeout=20 * PACE_MS)
    assert teller.told == [1, 3]


def test_asked_for_again_and_again_it_keeps_telling(qtbot: QtBot) -> None:
    """A movement that does not end still shows numbers."""
    teller = Teller()

    def told_thrice() -> bool:
        teller.become(teller.value + 1)
        return len(teller.told) >= 3

    qtbot.waitUntil(told_thrice, timeout=100 * PACE_MS)
    assert teller.value > 3
    assert teller.told == sorted(set(teller.told))
