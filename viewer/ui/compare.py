"""How the sides stand against each other: the modes, and which side lies where on the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QRect

from viewer.rendering.messages import SamplerSpec
from viewer.ui.panes import Pane, cell, shape, tiled
from viewer.ui.settings import GradientSettings

MODES = ("single", "split", "side", "flip", "diff", "grid")

SIDES = ("a", "b", "c", "d")
"""The sides there can be; C and D take part in the grid only."""

LAYERS = (*SIDES, *(f"g{side}" for side in SIDES))
"""The layers there can be: the sides, and their gradient maps."""


@dataclass(frozen=True)
class Comparison:
    """What is compared, and how.

    Attributes:
        mode: one of `MODES`.
        a, b: names of the samplers.
        c, d: names of the samplers that the grid shows too, "" for none.
        divider: place of the split's divider, 0 (left) to 1 (right).
        swapped: whether A and B change places while Space is held.
        factor: amplification of the difference.
        gradient: the gradient map laid over.
        openings: how often model files were opened, by their names.
    """

    mode: str = "split"
    a: str = "bicubic"
    b: str = "liif"
    c: str = "lanczos"
    d: str = "nearest"
    divider: float = 0.5
    swapped: bool = False
    factor: float = 8.0
    gradient: GradientSettings = field(default_factory=GradientSettings)
    openings: Mapping[str, int] = field(default_factory=dict)

    def sampler(self, side: str) -> str:
        """Name of the sampler of a side. Raises KeyError if there is no such side."""
        return {"a": self.a, "b": self.b, "c": self.c, "d": self.d}[side]

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides that take part, in order."""
        others = ("c", "d") if self.mode == "grid" else ()
        return ("a", "b", *(side for side in others if self.sampler(side)))

    @property
    def order(self) -> tuple[str, ...]:
        """The sides as they stand on the canvas; a single view shows the second."""
        a, b, *others = self.sides
        return (b, a, *others) if self.swapped else (a, b, *others)

    def view_size(self, width: int, height: int) -> tuple[int, int]:
        """Size of the view on a canvas, in device pixels."""
        return cell(*self._shape(width, height), width, height)

    def panes(self, width: int, height: int) -> list[Pane]:
        """What lies where on a canvas of a size in device pixels."""
        if self.mode == "split":
            return self._halves(width, height)
        columns, rows = self._shape(width, height)
        sides = self.order if columns * rows > 1 else (self._alone,)
        return tiled(sides, columns, width, height)

    @property
    def panes_apart(self) -> bool:
        """Whether several panes show the same place, each in its own part of the canvas."""
        return self.mode in ("side", "grid")

    def _shape(self, width: int, height: int) -> tuple[int, int]:
        """Columns and rows of panes."""
        if self.mode == "grid":
            return shape(len(self.sides), width, height)
        return (2, 1) if self.mode == "side" else (1, 1)

    @property
    def _alone(self) -> str:
        """What a mode with one pane shows."""
        return "diff" if self.mode == "diff" and not self.swapped else self.order[1]

    def _halves(self, width: int, height: int) -> list[Pane]:
        """The parts of one view at the two sides of the divider."""
        whole, x = QRect(0, 0, width, height), self.divider_x(width)
        left, right = self.order
        return [
            Pane(left, whole, QRect(0, 0, x, height)),
            Pane(right, whole, QRect(x, 0, width - x, height)),
        ]

    def divider_x(self, width: int) -> int:
        """The divider's column in device pixels."""
        return min(max(round(self.divider * width), 0), width)

    @property
    def layers(self) -> list[str]:
        """All layers that are needed: sides such as ``a``, and their maps such as ``ga``."""
        return [*self.sides, *(f"g{side}" for side in self.sides if self.has_map(side))]

    def ordered(self, shown: list[Pane]) -> list[str]:
        """The layers, those of visible sides first; all of them are finished at rest."""
        visible = [pane.side for pane in shown if not pane.clip.isEmpty()]
        sides = dict.fromkeys(side for side in (*visible, *self.sides) if side in SIDES)
        pairs = [(side, f"g{side}") for side in sides]
        return [layer for pair in pairs for layer in pair if layer in self.layers]

    def has_map(self, side: str) -> bool:
        """Whether the gradient map lies over a side (not over one that is a map itself)."""
        wanted = self.gradient.enabled and self.gradient.side in (side, "all")
        return wanted and side in self.sides and not self.sampler(side).startswith("gradient:")

    def spec(self, layer: str) -> SamplerSpec:
        """The sampler of a layer."""
        if layer in SIDES:
            return SamplerSpec(self.sampler(layer), opening=self._opening(layer))
        side, gradient = layer[1:], self.gradient
        name = f"gradient:{self.sampler(side)}"
        return SamplerSpec(name, gradient.gain, gradient.colour_map, self._opening(side))

    def _opening(self, side: str) -> int:
        """How often the file of a side's sampler, or of its map's, was opened."""
        return self.openings.get(self.sampler(side).removeprefix("gradient:"), 0)
