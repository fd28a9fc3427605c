"""What is compiled once."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from threading import Barrier, BrokenBarrierError

import pytest

from models.kernels import once
from models.kernels.once import Once, has_compiler


def test_threads_make_it_once():
    made: list[object] = []
    start, both = Barrier(3), Barrier(2)

    def ask(_: int) -> object:
        start.wait()
        return asked()

    def make() -> object:
        with suppress(BrokenBarrierError):  # as nobody else comes here
            both.wait(0.1)
        made.append(object())
        return made[-1]

    asked = Once(make)
    with ThreadPoolExecutor(3) as threads:
        given = list(threads.map(ask, range(3)))
    assert given == made * 3


def test_nothing_is_an_answer_too():
    calls: list[int] = []
    asked = Once(lambda: calls.append(1))
    assert [asked(), asked()] == [None, None]
    assert calls == [1]


def test_what_fails_is_tried_again():
    left = [OSError("no machine code")]

    def make() -> str:
        if left:
            raise left.pop()
        return "made"

    asked = Once(make)
    with pytest.raises(OSError, match="machine code"):
        asked()
    assert asked() == "made"


def test_the_library_needs_room_as_well_until_it_is_loaded(monkeypatch):
    monkeypatch.setattr(once, "LIBRARY", 1 << 60)
    asked = Once(lambda: "made")
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "llvmlite.binding", raising=False)
        with pytest.raises(MemoryError, match="room"):
            asked()
    monkeypatch.setitem(sys.modules, "llvmlite.binding", object())
    assert asked() == "made"


def test_nothing_is_compiled_where_memory_is_wanting(monkeypatch):
    """LLVM would end the process. What was compiled before needs no more."""
    before, asked = Once(lambda: "before"), Once(lambda: "made")
    before()
    monkeypatch.setattr(once, "ROOM", 1 << 60)
    assert before() == "before"
    with pytest.raises(MemoryError, match="room"):
        asked()
    monkeypatch.undo()
    assert asked() == "made"


@pytest.mark.skipif(find_spec("llvmlite") is None, reason="llvmlite is not installed")
def test_a_compiler_is_there_before_it_is_loaded(monkeypatch):
    monkeypatch.delitem(sys.modules, "llvmlite", raising=False)
    assert has_compiler()
    monkeypatch.setitem(sys.modules, "llvmlite", None)  # as if it were not installed
    assert not has_compiler()
