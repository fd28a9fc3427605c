"""Settings of the gradient map, and its colours."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from viewer.ui.settings import COLOUR_MAPS, GradientSettings, colour_table


def test_the_defaults_are_valid_and_off() -> None:
    settings = GradientSettings()
    assert not settings.enabled
    assert (settings.side, settings.opacity, settings.gain) == ("b", 0.4, 4.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"side": "c"},
        {"opacity": 1.01},
        {"opacity": -0.1},
        {"opacity": float("nan")},
        {"gain": 0.2},
        {"gain": 65.0},
        {"colour_map": "jet"},
    ],
)
def test_values_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|lies over|no colour map"):
        replace(GradientSettings(), **wrong)


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_a_table_begins_and_ends_with_its_anchors(name: str) -> None:
    table = colour_table(name)
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    ends = ["#" + bytes(row).hex() for row in (table[0], table[-1])]
    assert ends == [COLOUR_MAPS[name][0], COLOUR_MAPS[name][-1]]


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_steeper_is_never_darker(name: str) -> None:
    luma = colour_table(name) @ np.array([0.2126, 0.7152, 0.0722])
    assert np.all(np.diff(luma) > -1.0)
    assert luma[-1] - luma[0] > 150


def test_grey_is_the_level_itself_and_read_only() -> None:
    table = colour_table("grey")
    assert np.array_equal(table, np.repeat(np.arange(256)[:, None], 3, axis=1))
    with pytest.raises(ValueError, match="read-only"):
        table[0, 0] = 1
