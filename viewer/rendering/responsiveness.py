"""How soon a view is sharp: from a request to the worker to its first LIIF pixels and its last.

A 1280×720 canvas at 4× over a 24-megapixel picture (the bundled photograph, mirrored until it is
that large), bicubic and LIIF, through the same worker as the window, without Qt.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from models.backend import Backend
from resources.samples import sample_path
from viewer.imaging.colour import DisplayTransform
from viewer.imaging.source import from_array, open_image
from viewer.rendering.messages import (
    Finished,
    LayerRequest,
    Message,
    Patches,
    Request,
    SamplerSpec,
    Scene,
)
from viewer.rendering.renderer import Renderer
from viewer.rendering.view import Size, View, fitted
from viewer.rendering.worker import Worker

LARGE = Size(6000, 4000)
"""24 megapixels."""

CANVAS = Size(1280, 720)

PATIENCE = 120.0
"""Seconds that a view may take."""


@dataclass(frozen=True)
class Delay:
    """Seconds from a request to the first LIIF pixels on their way to the screen, and to the last.

    ``first`` is None where there are none: a picture that is reduced.
    """

    first: float | None
    final: float


@dataclass
class _Times:
    first: float | None = None
    final: float | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class _Bench:
    """A worker, and a request at a time."""

    def __init__(self, backend: Backend, scene: Scene, canvas: Size):
        self.scene, self.canvas = scene, canvas
        self.size = Size(scene.source.width, scene.source.height)
        self._generation = 0
        self._start = 0.0
        self._times = _Times()
        self.worker = Worker(Renderer(backend), self._take)

    def measure(self, view: View) -> Delay:
        """Render a view to its end. Raises TimeoutError if it has none."""
        placement = view.placement(self.size)
        assert placement is not None
        self._generation += 1
        layers = tuple(
            LayerRequest(name, SamplerSpec(sampler), shown=1.0)
            for name, sampler in (("a", "bicubic"), ("b", "liif"))
        )
        self._times, self._start = _Times(), time.perf_counter()
        focus = self.canvas.width / 2 - placement.left, self.canvas.height / 2 - placement.top
        self.worker.request(Request(self._generation, self.scene, placement.grid, layers, focus))
        if not self._times.ended.wait(PATIENCE) or self._times.final is None:
            raise TimeoutError(f"a view was not finished within {PATIENCE:g} seconds")
        return Delay(self._times.first, self._times.final)

    def _take(self, message: Message) -> None:
        now = time.perf_counter() - self._start
        if isinstance(message, Patches) and message.layer == "b" and message.patches:
            self._times.first = self._times.first or now
        elif isinstance(message, Finished):
            self._times.final = now
            self._times.ended.set()


def large_scene(size: Size = LARGE) -> Scene:
    """The bundled photograph, mirrored side by side until it has a size."""
    pixels = open_image(sample_path()).picture.pixels
    height, width = pixels.shape[:2]
    across = np.abs((np.arange(size.width) + width - 1) % (2 * width - 2) - (width - 1))
    down = np.abs((np.arange(size.height) + height - 1) % (2 * height - 2) - (height - 1))
    picture = from_array(pixels[down][:, across], f"{size.width} × {size.height}")
    return Scene(picture, DisplayTransform(None))


def measure(
    backend: Backend,
    scene: Scene,
    canvas: Size = CANVAS,
    repeats: int = 3,
) -> dict[str, Delay]:
    """Delays by what is done to the view, each the median of ``repeats``.

    Every fresh view looks at a part that nothing has encoded yet.
    """
    bench = _Bench(backend, scene, canvas)
    try:
        return _medians(_cases(bench, repeats))
    finally:
        bench.worker.close()


def _cases(bench: _Bench, repeats: int) -> dict[str, list[Delay]]:
    width, height = bench.canvas
    left = width / 8
    bench.measure(View(left, left, 2.0, width, height))  # loads the model
    found: dict[str, list[Delay]] = {name: [] for name in ("reduced", "fresh", "pan", "zoom")}
    found["reduced"].append(bench.measure(fitted(bench.size, width, height)))
    room = (bench.size.width - width / 2) / repeats
    for index in range(repeats):
        view = View(width / 4 + room * (index + 0.5), bench.size.height / 2, 2.0, width, height)
        view = view.aligned()
        found["fresh"].append(bench.measure(view))
        found["pan"].append(bench.measure(view.panned(64, 0)))
        closer = view.zoomed(math.log2(5 / 4), width / 3, height / 3)
        found["zoom"].append(bench.measure(closer))
    return found


def _medians(cases: dict[str, list[Delay]]) -> dict[str, Delay]:
    found = {}
    for name, delays in cases.items():
        first = [each.first for each in delays if each.first is not None]
        final = median(each.final for each in delays)
        found[name] = Delay(median(first) if first and name != "reduced" else None, final)
    return found
