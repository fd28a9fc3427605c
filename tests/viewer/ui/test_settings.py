"""Settings of the gradient map, and its colours."""

from dataclasses import replace
from typing import Any

import pytest

from viewer.ui.settings import GradientSettings


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
