"""Measures how soon a view is sharp: time to the first LIIF pixels and to the final picture.

A 1280×720 canvas at 4× over a 24-megapixel picture (the bundled photograph, mirrored until it is
that large), bicubic and LIIF, through the same worker as the window, without Qt. Prints one line a
case and, with --json FILE, writes them. Times are wall-clock seconds from the request to the patch.

    python tools/measure_view.py [--device auto] [--precision auto] [--threads N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from models.backend import Backend, choose_backend
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

WIDTH, HEIGHT = 1280, 720
SIDES = 6000, 4000
REPEATS = 5


@dataclass
class Times:
    """When, after its request, a view had its first LIIF pixels, and when it was final."""

    first: float | None = None
    final: float | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class Bench:
    """A worker, and a request at a time."""

    def __init__(self, backend: Backend, scene: Scene):
        self.scene = scene
        self.size = Size(scene.source.width, scene.source.height)
        self._generation = 0
        self._start = 0.0
        self._times = Times()
        self.worker = Worker(Renderer(backend), self._take)

    def measure(self, view: View) -> Times:
        """Render a view to its end."""
        placement = view.placement(self.size)
        assert placement is not None
        self._generation += 1
        layers = tuple(
            LayerRequest(name, SamplerSpec(sampler), shown=1.0)
            for name, sampler in (("a", "bicubic"), ("b", "liif"))
        )
        self._times, self._start = Times(), time.perf_counter()
        focus = WIDTH / 2 - placement.left, HEIGHT / 2 - placement.top
        self.worker.request(Request(self._generation, self.scene, placement.grid, layers, focus))
        if not self._times.ended.wait(120):
            raise SystemExit("the view was not finished within two minutes")
        return self._times

    def _take(self, message: Message) -> None:
        now = time.perf_counter() - self._start
        if isinstance(message, Patches) and message.layer == "b" and message.patches:
            self._times.first = self._times.first or now
        elif isinstance(message, Finished):
            self._times.final = now
            self._times.ended.set()


def large_scene() -> Scene:
    """The bundled photograph, mirrored side by side until it has 24 megapixels."""
    pixels = open_image(sample_path()).picture.pixels
    height, width = pixels.shape[:2]
    across = np.abs((np.arange(SIDES[0]) + width - 1) % (2 * width - 2) - (width - 1))
    down = np.abs((np.arange(SIDES[1]) + height - 1) % (2 * height - 2) - (height - 1))
    return Scene(from_array(pixels[down][:, across], "24 megapixels"), DisplayTransform(None))


def cases(bench: Bench) -> dict[str, list[Times]]:
    """The measurements by name. Every fresh view looks at a part that nothing has encoded yet."""
    whole = fitted(bench.size, WIDTH, HEIGHT)
    bench.measure(View(500.0, 500.0, 2.0, WIDTH, HEIGHT))  # loads the model
    found: dict[str, list[Times]] = {
        "whole picture, reduced": [bench.measure(whole)],
        "fresh view at 4×": [],
        "pan by 64 pixels": [],
        "zoom from 4× to 5× on the spot": [],
    }
    for index in range(REPEATS):
        view = View(1100.0 + 800.0 * index, 1900.0, 2.0, WIDTH, HEIGHT).aligned()
        found["fresh view at 4×"].append(bench.measure(view))
        found["pan by 64 pixels"].append(bench.measure(view.panned(64, 0)))
        closer = view.zoomed(np.log2(5 / 4), WIDTH / 3, HEIGHT / 3)
        found["zoom from 4× to 5× on the spot"].append(bench.measure(closer))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    backend = choose_backend(options.device, options.precision, options.threads)
    scene = large_scene()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bench = Bench(backend, scene)
    result: dict[str, dict[str, float]] = {}
    print(f"{backend.describe()}, {os.cpu_count()} CPUs, {WIDTH}×{HEIGHT}, median of {REPEATS}")
    for name, times in cases(bench).items():
        first = statistics.median(t.first for t in times if t.first is not None)
        final = statistics.median(t.final for t in times if t.final is not None)
        result[name] = {"first": first, "final": final}
        print(f"{name:32} first LIIF pixels {first:6.3f} s   final {final:6.3f} s")
    bench.worker.close()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    result["memory"] = {"MiB": grown}
    print(f"memory above the opened picture: {grown:.0f} MiB")
    if options.json is not None:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
