"""Where and when Python's garbage is looked for."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from tests.viewer.ui.driver import Window
from viewer.ui.garbage import Garbage


class Knot:
    """Refers to itself, so that only a search finds it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def garbage(window: Window) -> Iterator[Garbage]:
    garbage = Garbage(window.main)
    yield garbage
    garbage.stop()
    gc.disable()  # as the window's own fixture has it


def old_knot() -> weakref.ref[Knot]:
    """One that searches among the young do not reach."""
    knot = Knot()
    gc.collect(1)
    return weakref.ref(knot)


def test_python_does_not_look_by_itself(garbage: Garbage) -> None:
    assert not gc.isenabled()
    garbage.stop()
    assert gc.isenabled()


def test_a_moving_window_looks_among_the_young_only(
    garbage: Garbage, window: Window, picture: np.ndarray
) -> None:
    window.open(picture)
    old, young = old_knot(), weakref.ref(Knot())
    window.main.canvas.camera.pan(3, 0)
    garbage.look()
    assert young() is None
    assert old() is not None


def test_at_rest_it_looks_everywhere_once(
    garbage: Garbage, window: Window, picture: np.ndarray
) -> None:
    window.open(picture)
    old = old_knot()
    garbage.look()
    assert old() is not None, "the view has just come"
    garbage.look()
    assert old() is None
    old = old_knot()
    garbage.look()
    assert old() is not None, "nothing has happened since"


def test_before_a_picture_is_open_it_looks_as_well(garbage: Garbage) -> None:
    garbage.look()
    old = old_knot()
    garbage.look()
    assert old() is None
