from __future__ import annotations

import threading

import pytest
import shiboken6
from PySide6.QtCore import QObject, QThread, Slot
from pytestqt.qtbot import QtBot

from viewer.rendering.bridge import Bridge

LONG = 10.0


class Listener(QObject):
    """Hears messages, and remembers in which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[object, bool]] = []

    @Slot(object)
    def hear(self, message: object) -> None:
        self.heard.append((message, QThread.currentThread() is self.thread()))


@pytest.fixture
def pair(qtbot: QtBot) -> tuple[Bridge, Listener]:
    del qtbot
    bridge, listener = Bridge(), Listener()
    bridge.arrived.connect(listener.hear)
    return bridge, listener


def in_a_thread(work: object) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(LONG)
    assert not thread.is_alive()


def test_messages_of_a_thread_arrive_in_the_window_s_own_and_in_order(pair, qtbot):
    bridge, listener = pair
    messages = [object() for _ in range(50)]
    in_a_thread(lambda: [bridge.send(message) for message in messages])
    assert listener.heard == []  # they wait for the event loop
    qtbot.waitUntil(lambda: len(listener.heard) == len(messages))
    assert all(heard is sent for (heard, _), sent in zip(listener.heard, messages, strict=True))
    assert all(own for _, own in listener.heard)


def test_a_message_of_the_window_s_own_thread_arrives_at_once(pair):
    bridge, listener = pair
    message = object()
    bridge.send(message)
    assert listener.heard == [(message, True)]


def test_sending_is_harmless_once_the_window_is_gone(pair):
    bridge, listener = pair
    shiboken6.delete(bridge)
    errors: list[BaseException] = []

    def send() -> None:
        try:
            bridge.send("too late")
        except BaseException as error:
            errors.append(error)

    in_a_thread(send)
    bridge.send("much too late")
    assert errors == []
    assert listener.heard == []
