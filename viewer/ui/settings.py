"""What a person can set about the gradient map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from viewer.rendering.colour_maps import COLOUR_MAPS

GradientSide = Literal["a", "b", "all"]

GAIN_MIN: Final = 0.25
GAIN_MAX: Final = 64.0


@dataclass(frozen=True, slots=True)
class GradientSettings:
    """How the gradient map lies over the picture. Raises ValueError if a value is out of range."""

    enabled: bool = False
    """Whether it is shown."""
    side: GradientSide = "b"
    """Over which side, or over all that take part."""
    opacity: float = 0.4
    """0 (only the picture) to 1 (only the map)."""
    gain: float = 4.0
    """Factor before display, 0.25 to 64."""
    colour_map: str = "grey"
    """A name in `COLOUR_MAPS`."""

    def __post_init__(self) -> None:
        if self.side not in ("a", "b", "all"):
            raise ValueError(f"the gradient map lies over a, b or all, not {self.side!r}")
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError(f"the opacity must be 0 to 1, not {self.opacity:g}")
        if not GAIN_MIN <= self.gain <= GAIN_MAX:
            raise ValueError(f"the gain must be {GAIN_MIN:g} to {GAIN_MAX:g}, not {self.gain:g}")
        if self.colour_map not in COLOUR_MAPS:
            known = ", ".join(COLOUR_MAPS)
            raise ValueError(f"no colour map {self.colour_map!r}; there are {known}")
