from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect

from viewer.rendering.messages import SamplerSpec
from viewer.ui.compare import MODES, Comparison
from viewer.ui.panes import GAP, Pane
from viewer.ui.settings import GradientSettings

sizes = st.integers(3, 4000)
modes = st.sampled_from(MODES)


def sides(panes: list[Pane]) -> list[str]:
    return [pane.side for pane in panes]


# -- panes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "shown", "swapped"),
    [
        ("single", ["b"], ["a"]),
        ("flip", ["b"], ["a"]),
        ("split", ["a", "b"], ["b", "a"]),
        ("side", ["a", "b"], ["b", "a"]),
        ("diff", ["diff"], ["a"]),
        ("grid", ["a", "b", "c", "d"], ["b", "a", "c", "d"]),
    ],
)
def test_which_sides_are_seen_and_what_space_does(mode, shown, swapped):
    comparison = Comparison(mode=mode)
    assert sides(comparison.panes(640, 480)) == shown
    assert sides(replace(comparison, swapped=True).panes(640, 480)) == swapped


@given(modes, st.booleans(), st.floats(0.0, 1.0), sizes, sizes)
def test_panes_lie_on_the_canvas_and_do_not_overlap(mode, swapped, divider, width, height):
    comparison = Comparison(mode=mode, swapped=swapped, divider=divider)
    canvas = QRect(0, 0, width, height)
    panes = comparison.panes(width, height)
    covered = 0
    for pane in panes:
        assert canvas.contains(pane.area)
        assert pane.clip.isEmpty() or pane.area.contains(pane.clip)
        covered += max(pane.clip.width(), 0) * max(pane.clip.height(), 0)
    for one in panes:
        assert all(not one.clip.intersects(other.clip) for other in panes if other is not one)
    if mode in ("side", "grid"):
        across, down = comparison.view_size(width, height)
        assert covered == len(panes) * across * down
    else:
        assert covered == width * height


@given(modes, sizes, sizes)
def test_every_pane_holds_a_whole_view(mode, width, height):
    """Sides share one view, so all areas have its size: that is why pixels never shift."""
    comparison = Comparison(mode=mode)
    view = comparison.view_size(width, height)
    assert min(view) >= 1
    for pane in comparison.panes(width, height):
        assert (pane.area.width(), pane.area.height()) == view


@given(st.integers(1, 4000))
def test_the_halves_of_side_by_side_leave_a_gap(width):
    comparison = Comparison(mode="side")
    one, other = comparison.panes(width, 10)
    if width >= 2 + GAP:
        assert other.area.left() - one.area.right() - 1 in (GAP, GAP + 1)
        assert one.area.left() == 0
        assert other.area.right() == width - 1


@pytest.mark.parametrize(
    ("divider", "column"), [(0.0, 0), (0.5, 320), (1.0, 640), (-0.3, 0), (1.7, 640), (0.2501, 160)]
)
def test_the_divider_stays_on_the_canvas(divider, column):
    comparison = Comparison(divider=divider)
    assert comparison.divider_x(640) == column
    left, right = comparison.panes(640, 480)
    assert left.clip.width() == column
    assert right.clip.left() == column
    assert right.clip.width() == 640 - column
    assert left.area == right.area == QRect(0, 0, 640, 480)


# -- layers -------------------------------------------------------------------------------


def gradient(side: str, **settings: object) -> GradientSettings:
    return GradientSettings(enabled=True, side=side, **settings)


@pytest.mark.parametrize(("side", "maps"), [("a", ["ga"]), ("b", ["gb"]), ("all", ["ga", "gb"])])
def test_maps_are_needed_only_where_they_are_shown(side, maps):
    assert Comparison().layers == ["a", "b"]
    assert Comparison(gradient=gradient(side)).layers == ["a", "b", *maps]
    switched_off = GradientSettings(enabled=False, side=side)
    assert Comparison(gradient=switched_off).layers == ["a", "b"]


def test_the_grid_needs_c_and_d_and_their_maps():
    comparison = Comparison(mode="grid", gradient=gradient("all"))
    assert comparison.layers == ["a", "b", "c", "d", "ga", "gb", "gc", "gd"]
    assert replace(comparison, gradient=gradient("b")).layers == ["a", "b", "c", "d", "gb"]


@pytest.mark.parametrize(
    ("c", "d", "shown"),
    [("x", "y", "abcd"), ("x", "", "abc"), ("", "y", "abd"), ("", "", "ab")],
)
def test_c_and_d_can_be_absent(c, d, shown):
    comparison = Comparison(mode="grid", c=c, d=d, gradient=gradient("all"))
    assert "".join(sides(comparison.panes(640, 480))) == shown
    assert comparison.layers == [*shown, *(f"g{side}" for side in shown)]
    assert comparison.ordered(comparison.panes(640, 480))[::2] == list(shown)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "grid"])
def test_only_the_grid_works_on_c_and_d(mode):
    comparison = Comparison(mode=mode, gradient=gradient("all"))
    assert comparison.layers == ["a", "b", "ga", "gb"]
    assert set(sides(comparison.panes(640, 480))) <= {"a", "b", "diff"}


def test_no_map_lies_over_a_map():
    comparison = Comparison(b="gradient:liif", gradient=gradient("all"))
    assert comparison.has_map("a")
    assert not comparison.has_map("b")
    assert comparison.layers == ["a", "b", "ga"]


@pytest.mark.parametrize("side", ["a", "b", "all"])
def test_the_difference_has_no_map(side):
    assert not Comparison(mode="diff", gradient=gradient(side)).has_map("diff")


@pytest.mark.parametrize(
    ("mode", "divider", "order"),
    [
        ("single", 0.5, ["b", "gb", "a", "ga"]),
        ("flip", 0.5, ["b", "gb", "a", "ga"]),
        ("split", 0.5, ["a", "ga", "b", "gb"]),
        ("grid", 0.5, ["a", "ga", "b", "gb", "c", "gc", "d", "gd"]),
        ("side", 0.5, ["a", "ga", "b", "gb"]),
        ("diff", 0.5, ["a", "ga", "b", "gb"]),
        ("split", 0.0, ["b", "gb", "a", "ga"]),  # the divider has pushed A out
        ("split", 1.0, ["a", "ga", "b", "gb"]),
    ],
)
def test_visible_sides_come_first_and_both_come(mode, divider, order):
    comparison = Comparison(mode=mode, divider=divider, gradient=gradient("all"))
    assert comparison.ordered(comparison.panes(640, 480)) == order


@given(modes, st.booleans(), st.floats(0, 1), st.sampled_from(["a", "b", "all"]), st.booleans())
def test_every_layer_is_asked_for_exactly_once(mode, swapped, divider, side, enabled):
    settings = GradientSettings(enabled=enabled, side=side)
    comparison = Comparison(mode=mode, swapped=swapped, divider=divider, gradient=settings)
    order = comparison.ordered(comparison.panes(640, 480))
    assert sorted(order) == sorted(comparison.layers)


def test_what_makes_a_layer():
    comparison = Comparison(
        a="lanczos", b="liif", gradient=gradient("all", gain=2.0, colour_map="magma")
    )
    assert comparison.spec("a") == SamplerSpec("lanczos")
    assert comparison.spec("b") == SamplerSpec("liif")
    assert comparison.spec("ga") == SamplerSpec("gradient:lanczos", 2.0, "magma")
    assert comparison.spec("gb") == SamplerSpec("gradient:liif", 2.0, "magma")
    assert comparison.spec("c") == SamplerSpec(comparison.c)
    assert comparison.spec("gd") == SamplerSpec(f"gradient:{comparison.d}", 2.0, "magma")


def test_how_often_a_file_was_opened_counts_for_it_and_its_map():
    comparison = Comparison(
        a="m.pth", b="gradient:m.pth", c="liif", gradient=gradient("all"), openings={"m.pth": 3}
    )
    assert [comparison.spec(layer).opening for layer in ("a", "b", "c", "ga", "gc")] == [
        3, 3, 0, 3, 0,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"mode": "flip"}, {"divider": 0.1}, {"swapped": True}, {"factor": 3.0},
     {"gradient": GradientSettings(enabled=True, opacity=0.9)}],
)  # fmt: skip
def test_what_is_only_shown_otherwise_changes_no_layer(change):
    """Else a flip or the opacity would cost pixels again."""
    old = Comparison(gradient=GradientSettings(enabled=True))
    new = replace(old, **change)
    assert [old.spec(layer) for layer in old.layers] == [new.spec(layer) for layer in new.layers]
