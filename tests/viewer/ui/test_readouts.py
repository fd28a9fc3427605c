"""The numbers around the picture while it moves."""

from __future__ import annotations

import math

import pytest

from tests.models.pictures import drawing
from tests.viewer.ui.driver import Window
from viewer.ui.status_bar import StatusBar


def test_a_movement_is_not_spelled_out(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers that nobody can read do not take their time from the picture's paints."""
    window.open(drawing(120, 56).pixels)
    shown: list[float] = []
    monkeypatch.setattr(StatusBar, "set_scale", lambda _, scale: shown.append(scale))
    for _ in range(40):
        window.wheel(0.05)
    window.read()
    assert len(shown) < 30
    assert shown[-1] == window.view.scale


def test_where_it_ends_is(window: Window) -> None:
    window.open(drawing(120, 56).pixels)
    window.key("8")
    window.hover((60, 40))
    for _ in range(5):
        window.drag(-3, 2, at=(60, 40))
    window.read()
    region, at = window.canvas.visible_region(), window.canvas.source_under_cursor()
    assert region is not None
    assert at is not None
    fields = window.parts.inspector.region.fields
    assert [field.value for field in fields.values()] == list(region)
    x, y = (math.floor(place * 10) / 10 for place in at)
    assert window.parts.status.cursor_text.text() == f"x {x:.1f}  y {y:.1f}"


def test_a_step_of_a_number_starts_from_what_it_is_now(window: Window) -> None:
    window.open(drawing(120, 56).pixels)
    window.wheel(1)
    window.wheel(1)
    before, field = window.view.scale, window.parts.status.scale
    field.step_by(1)
    assert window.view.scale > before
    window.read()
    window.wheel(1)
    window.drag(-30, -10)
    region, x = window.canvas.visible_region(), window.parts.inspector.region.fields["x"]
    x.step_by(1)
    assert region is not None
    assert window.region[0] == pytest.approx(region.x + 1, abs=0.06)
    assert window.region[1] == pytest.approx(region.y)
