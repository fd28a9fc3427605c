"""What the canvas asks of the worker, and what the worker answers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.samplers.grid import Grid
from viewer.imaging.colour import DisplayTransform
from viewer.imaging.source import SourceImage

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Scene:
    """An opened picture with its way to the screen."""

    source: SourceImage
    transform: DisplayTransform


@dataclass(frozen=True)
class SamplerSpec:
    """A sampler by name, with what a gradient map needs.

    Attributes:
        name: as ``--sampler`` takes it.
        gain: factor of a gradient map.
        colour_map: name of its colours, ``grey`` or another of `colour_maps`.
        opening: how often its file was opened; with a greater number it is looked at again.
    """

    name: str
    gain: float = 1.0
    colour_map: str = "grey"
    opening: int = 0


@dataclass(frozen=True)
class LayerRequest:
    """One picture that a view needs.

    Attributes:
        layer: its name on the canvas, such as ``a``.
        sampler: what makes it.
        shown: samples per device pixel of what the canvas shows there now, 0 for nothing.
    """

    layer: str
    sampler: SamplerSpec
    shown: float = 0.0


@dataclass(frozen=True)
class Request:
    """A view handed to the worker.

    Attributes:
        generation: number of the view; work for an older one is stale.
        scene: the picture.
        grid: the samples of the view.
        layers: what is needed, the most urgent first.
        focus: device point, counted from the grid's first sample, from which tiles go outward.
        moving: whether the view is still moving, so that a preview is enough.
    """

    generation: int
    scene: Scene
    grid: Grid
    layers: tuple[LayerRequest, ...]
    focus: tuple[float, float]
    moving: bool = False

    def leads_to(self, later: Request) -> bool:
        """Whether a later request only moves on: what is made for this one still serves there."""
        mine, others = ([(each.layer, each.sampler) for each in r.layers] for r in (self, later))
        return self.moving and later.moving and self.scene is later.scene and mine == others


@dataclass(frozen=True, eq=False)
class Patch:
    """A finished tile: where it lies in its grid's window, and its BGRA pixels (opaque)."""

    left: int
    top: int
    pixels: Pixels


@dataclass(frozen=True, eq=False)
class Patches:
    """Finished tiles of one layer.

    Attributes:
        generation, layer: what they belong to.
        grid: the grid they are cut to: the view's own, or a coarser one of a preview.
        factor: device pixels per sample, 1 for the view's own grid.
        patches: the tiles.
        known: whether they were finished earlier (a pan), so that nothing changes on screen.
        done, total: tiles of the layer's grid that are finished, and how many there are.
    """

    generation: int
    layer: str
    grid: Grid
    factor: int
    patches: tuple[Patch, ...]
    known: bool
    done: int
    total: int


@dataclass(frozen=True)
class Finished:
    """All layers of a generation are at full quality.

    Attributes:
        generation: the request's.
        seconds: since it was taken.
        path: how networks were decoded, such as ``Triton``; empty if there was none.
        keys: what tells the network of each sampler, by its name, from another in the same file.
    """

    generation: int
    seconds: float
    path: str = ""
    keys: Mapping[str, Hashable] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """A layer cannot be rendered; ``reason`` is one sentence."""

    generation: int
    layer: str
    sampler: str
    reason: str


Message = Patches | Finished | Failed
