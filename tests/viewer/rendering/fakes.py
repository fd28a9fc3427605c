"""Samplers, clocks and requests that tests of the rendering loop hold in their hand."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from models.backend import Backend
from models.checkpoints import CheckpointError
from models.samplers.base import Picture, Sampler
from models.samplers.grid import TILE, Axis, Grid, Lattice, Tile, Window
from viewer.imaging.colour import DisplayTransform
from viewer.imaging.source import SourceImage
from viewer.rendering.frames import Frame
from viewer.rendering.messages import LayerRequest, Message, Patches, Request, SamplerSpec, Scene
from viewer.rendering.renderer import Renderer

CPU = torch.device("cpu")
BACKEND = Backend(CPU)
TILE_SAMPLES = TILE * TILE


class Clock:
    """Time that only passes when a test says so; stands in for the module ``time``."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


class Fake(Sampler):
    """Pixels by a formula of their position, and a record of all that was asked of it.

    Attributes:
        name: its key; the formula depends on it, so that no sampler is taken for another.
        tiles_seen: windows it evaluated, in order, with their lattices.
        batches: how many windows each evaluation had.
        encoded: steps of encoding it has made.
        needs: windows that need encoding, with the number of steps.
        shared: what windows lack then, where that is not a tile of their own.
        during: called in the middle of each evaluation and of each encoder step.
        seconds, encoder_seconds: what a sample and a step of encoding cost on ``clock``.
    """

    def __init__(self, picture: Picture, name: str, clock: Clock | None = None):
        super().__init__(picture, CPU)
        self.name = self.title = name
        self.seen: list[tuple[Lattice, Window]] = []
        self.batches: list[int] = []
        self.encoded = 0
        self.needs: dict[Window, int] = {}
        self.shared: dict[Window, list[Tile]] = {}
        self.during: Callable[[], None] = lambda: None
        self.seconds = self.encoder_seconds = 0.0
        self._clock = clock or Clock()

    @property
    def key(self) -> Hashable:
        return self.name

    def lacking(self, lattice: Lattice, window: Window) -> Sequence[Tile]:
        del lattice
        return self.shared.get(window, [Tile(*window[:2])]) if window in self.needs else []

    def prepare(self, lattice: Lattice, windows: Sequence[Window]) -> Iterator[None]:
        for window in windows:
            parts = self.lacking(lattice, window)
            while self.needs.get(window, 0):
                self.during()
                self.encoded += 1
                self.needs[window] -= 1
                self._clock.now += self.encoder_seconds
                yield
            # What is made for one is there for all.
            for other in [each for each in self.needs if self.lacking(lattice, each) == parts]:
                del self.needs[other]

    def evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        self.during()
        self.seen += [(lattice, window) for window in windows]
        self.batches.append(len(windows))
        self._clock.now += self.seconds * sum(w.columns * w.rows for w in windows)
        return super().evaluate(lattice, windows)

    def _evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        return torch.stack([self._window(lattice, window) for window in windows])

    def _window(self, lattice: Lattice, window: Window) -> Tensor:
        x = torch.from_numpy(lattice.x.positions(window.column, window.columns))
        y = torch.from_numpy(lattice.y.positions(window.row, window.rows))
        phase = sum(map(ord, self.name)) / 7.0
        wave = (x[None, :] * 0.7 + y[:, None] * 0.31 + phase).sin() * 0.5 + 0.5
        return torch.stack([wave, 1.0 - wave, wave * wave], dim=-1).float()

    def forget(self) -> None:
        self.seen.clear()
        self.batches.clear()


class Shop:
    """Makes fakes by name, one of each, instead of the catalogue.

    Attributes:
        made: the fakes, by name. Names that begin with ``bad`` cannot be made.
        changed: by the names of fakes that are made anew, what is new of them.
        clock: what their work costs passes here.
    """

    def __init__(self) -> None:
        self.made: dict[str, Fake] = {}
        self.changed: dict[str, str] = {}
        self.clock = Clock()
        self.orders: list[str] = []

    def make(self, name: str, picture: Picture, backend: Backend, gain: float = 1.0) -> Sampler:
        del backend, gain
        self.orders.append(name)
        if name.startswith("bad"):
            raise CheckpointError(f"{name} is no model; choose another")
        known, now = self.made.get(name), name + self.changed.get(name, "")
        if known is None or known.picture is not picture or known.name != now:
            self.made[name] = Fake(picture, now, self.clock)
        return self.made[name]


def noise(width: int, height: int, *, alpha: bool = False, seed: int = 3) -> Picture:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Picture(pixels, rng.integers(0, 256, (height, width), dtype=np.uint8) if alpha else None)


def lattice_of(scale: float, x: float = 0.0, y: float = 0.0) -> Lattice:
    """Phases in samples."""
    return Lattice(Axis(x / scale, 1 / scale), Axis(y / scale, 1 / scale))


def grid_of(
    columns: int, rows: int, column: int = 0, row: int = 0, scale: float = 4.0, phase: float = 0.0
) -> Grid:
    return Grid(lattice_of(scale, phase, -phase), Window(column, row, columns, rows))


def moved(grid: Grid, dx: int, dy: int) -> Grid:
    window = grid.window
    return Grid(grid.lattice, window._replace(column=window.column + dx, row=window.row + dy))


def scene_of(picture: Picture, profile: bytes | None = None) -> Scene:
    source = SourceImage(picture, "test", icc_profile=profile)
    return Scene(source, DisplayTransform(profile))


def request_of(
    scene: Scene,
    grid: Grid,
    layers: Mapping[str, str] | Sequence[LayerRequest],
    *,
    generation: int = 1,
    focus: tuple[float, float] = (0.0, 0.0),
    moving: bool = False,
    shown: float = 1.0,
) -> Request:
    """A request for layers (name → sampler). By default a preview would not help."""
    if isinstance(layers, Mapping):
        wanted = tuple(LayerRequest(k, SamplerSpec(v), shown) for k, v in layers.items())
    else:
        wanted = tuple(layers)
    return Request(generation, scene, grid, wanted, focus, moving)


def rendered(renderer: Renderer, request: Request) -> list[Message]:
    """All that a renderer says to a request."""
    messages: list[Message] = []
    for _ in renderer.render(request, messages.append):
        pass
    return messages


def patches_of(messages: Sequence[Message], layer: str, factor: int = 1) -> list[Patches]:
    return [
        m for m in messages if isinstance(m, Patches) and (m.layer, m.factor) == (layer, factor)
    ]


def frame_of(messages: Sequence[Message], layer: str, factor: int = 1) -> Frame:
    """The frame that a layer's patches make."""
    found = patches_of(messages, layer, factor)
    frame = Frame(found[0].grid, factor)
    for patches in found:
        for patch in patches.patches:
            frame.paste(patch)
    return frame


def windows_of(grid: Grid) -> Counter[Window]:
    return Counter(tile.window for tile in grid.tiles())


LONG = 20.0
"""Seconds after which a test gives up waiting for something that must come."""


class Gate:
    """Stops a thread at each call until a test lets it go on; to be put into `Fake.during`."""

    def __init__(self) -> None:
        self._reached = threading.Semaphore(0)
        self._passes = threading.Semaphore(0)
        self._open = False

    def __call__(self) -> None:
        if self._open:
            return
        self._reached.release()
        if not self._passes.acquire(timeout=LONG):
            raise TimeoutError("nobody opened the gate")

    def reached(self) -> None:
        """Wait until the thread stands at the gate."""
        if not self._reached.acquire(timeout=LONG):
            raise TimeoutError("nobody came to the gate")

    def let_pass(self) -> None:
        """Let it go on to the next call."""
        self._passes.release()

    def open(self) -> None:
        """Stop nobody any more."""
        self._open = True
        self._passes.release()
