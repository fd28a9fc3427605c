"""What a person can set about the gradient map, and the colour maps to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

GradientSide = Literal["a", "b", "both"]

GAIN_MIN: Final = 0.25
GAIN_MAX: Final = 64.0

# Evenly spaced colours of each map. Viridis, inferno and magma: S. van der Walt and N. Smith,
# 2015, CC0, perceptually uniform.
COLOUR_MAPS: Final = MappingProxyType(
    {
        "grey": ("#000000", "#ffffff"),
        "viridis": (
            "#440154", "#482878", "#3e4a89", "#31688e", "#26828e",
            "#1f9e89", "#35b779", "#6dcd59", "#b4de2c", "#fde725",
        ),
        "inferno": (
            "#000004", "#1b0c42", "#4b0c6b", "#781c6d", "#a52c60",
            "#cf4446", "#ed6925", "#fb9a06", "#f7d03c", "#fcffa4",
        ),
        "magma": (
            "#000004", "#180f3e", "#451077", "#721f81", "#9f2f7f",
            "#cd4071", "#f1605d", "#fd9567", "#feca8d", "#fcfdbf",
        ),
    }
)  # fmt: skip
"""Name of a colour map → its evenly spaced colours, from no gradient to the steepest."""


@dataclass(frozen=True, slots=True)
class GradientSettings:
    """How the gradient map lies over the picture. Raises ValueError if a value is out of range."""

    enabled: bool = False
    """Whether it is shown."""
    side: GradientSide = "b"
    """Over which side."""
    opacity: float = 0.4
    """0 (only the picture) to 1 (only the map)."""
    gain: float = 4.0
    """Factor before display, 0.25 to 64."""
    colour_map: str = "grey"
    """A name in `COLOUR_MAPS`."""

    def __post_init__(self) -> None:
        if self.side not in ("a", "b", "both"):
            raise ValueError(f"the gradient map lies over a, b or both, not {self.side!r}")
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError(f"the opacity must be 0 to 1, not {self.opacity:g}")
        if not GAIN_MIN <= self.gain <= GAIN_MAX:
            raise ValueError(f"the gain must be {GAIN_MIN:g} to {GAIN_MAX:g}, not {self.gain:g}")
        if self.colour_map not in COLOUR_MAPS:
            known = ", ".join(COLOUR_MAPS)
            raise ValueError(f"no colour map {self.colour_map!r}; there are {known}")


@lru_cache
def colour_table(name: str) -> NDArray[np.uint8]:
    """The 256 colours of a map, uint8 [256, 3], read-only. Raises KeyError if it is unknown.

    Linear between the anchors, in encoded sRGB.
    """
    anchors = np.array([list(bytes.fromhex(colour[1:])) for colour in COLOUR_MAPS[name]], float)
    places = np.linspace(0.0, len(anchors) - 1.0, 256)
    channels = [np.interp(places, np.arange(len(anchors)), channel) for channel in anchors.T]
    table = np.floor(np.stack(channels, axis=1) + 0.5).astype(np.uint8)
    table.flags.writeable = False
    return table
