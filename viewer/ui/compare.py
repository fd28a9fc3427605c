"""How A and B stand against each other: the modes, and which side lies where on the canvas."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QRect

from viewer.rendering.messages import SamplerSpec
from viewer.ui.settings import GradientSettings

MODES = ("single", "split", "side", "flip", "diff")

GAP = 2
"""Device pixels between the halves of side by side."""


@dataclass(frozen=True)
class Pane:
    """A part of the canvas that shows one side.

    Attributes:
        side: ``a``, ``b`` or ``d`` (their difference).
        area: where the whole view lies, in device pixels.
        clip: the part of it that is shown.
    """

    side: str
    area: QRect
    clip: QRect


@dataclass(frozen=True)
class Comparison:
    """What is compared, and how.

    Attributes:
        mode: one of `MODES`.
        a, b: names of the samplers.
        divider: place of the split's divider, 0 (left) to 1 (right).
        swapped: whether the sides change places while Space is held.
        factor: amplification of the difference.
        gradient: the gradient map laid over.
    """

    mode: str = "split"
    a: str = "bicubic"
    b: str = "liif"
    divider: float = 0.5
    swapped: bool = False
    factor: float = 8.0
    gradient: GradientSettings = field(default_factory=GradientSettings)

    def sampler(self, side: str) -> str:
        """Name of the sampler of a side."""
        return self.a if side == "a" else self.b

    @property
    def order(self) -> tuple[str, str]:
        """The sides from left to right; the first is also the hidden one of a single view."""
        return ("b", "a") if self.swapped else ("a", "b")

    def view_size(self, width: int, height: int) -> tuple[int, int]:
        """Size of the view on a canvas, in device pixels."""
        if self.mode == "side":
            return max(1, (width - GAP) // 2), height
        return width, height

    def panes(self, width: int, height: int) -> list[Pane]:
        """What lies where on a canvas of a size in device pixels."""
        whole = QRect(0, 0, width, height)
        left, right = self.order
        if self.mode == "split":
            x = self.divider_x(width)
            return [
                Pane(left, whole, QRect(0, 0, x, height)),
                Pane(right, whole, QRect(x, 0, width - x, height)),
            ]
        if self.mode == "side":
            half = self.view_size(width, height)[0]
            one, other = QRect(0, 0, half, height), QRect(width - half, 0, half, height)
            return [Pane(left, one, one), Pane(right, other, other)]
        side = "d" if self.mode == "diff" and not self.swapped else right
        return [Pane(side, whole, whole)]

    def divider_x(self, width: int) -> int:
        """The divider's column in device pixels."""
        return min(max(round(self.divider * width), 0), width)

    @property
    def layers(self) -> list[str]:
        """All layers that are needed: ``a``, ``b``, and their maps ``ga``, ``gb``."""
        return ["a", "b", *(f"g{side}" for side in ("a", "b") if self.has_map(side))]

    def ordered(self, panes: list[Pane]) -> list[str]:
        """The layers, those of visible sides first; both sides are finished at rest."""
        visible = [pane.side for pane in panes if not pane.clip.isEmpty()]
        sides = dict.fromkeys(["a", "b"] if "d" in visible else [*visible, "a", "b"])
        pairs = [(side, f"g{side}") for side in sides]
        return [layer for pair in pairs for layer in pair if layer in self.layers]

    def has_map(self, side: str) -> bool:
        """Whether the gradient map lies over a side (not over one that is a map itself)."""
        wanted = self.gradient.enabled and self.gradient.side in (side, "both")
        return wanted and side in ("a", "b") and not self.sampler(side).startswith("gradient:")

    def spec(self, layer: str) -> SamplerSpec:
        """The sampler of a layer."""
        if layer in ("a", "b"):
            return SamplerSpec(self.sampler(layer))
        name = f"gradient:{self.sampler(layer[1:])}"
        return SamplerSpec(name, self.gradient.gain, self.gradient.colour_map)
