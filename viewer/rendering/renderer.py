"""Renders one request in steps: which tiles, in which order, and how many at a time."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Generator, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch

from models.backend import Backend
from models.catalogue import make_sampler
from models.checkpoints import CheckpointError
from models.samplers.base import Coverage, Sampler
from models.samplers.cache import ByteCache
from models.samplers.gradient import GradientSampler
from models.samplers.grid import TILE, Axis, Grid, Lattice, Tile, Window, overlap
from viewer.rendering.checker import SQUARE
from viewer.rendering.colour_maps import colour_table
from viewer.rendering.display import Display, Ready
from viewer.rendering.failures import explain, lacks_memory
from viewer.rendering.messages import (
    Failed,
    Finished,
    LayerRequest,
    Message,
    Patch,
    Patches,
    Pixels,
    Request,
    SamplerSpec,
    Scene,
)
from viewer.rendering.quality import Cost, batch_size, preview_factor, preview_helps

Emit = Callable[[Message], None]
Steps = Generator[None, None, None]

log = logging.getLogger(__name__)

SPARE = 2
"""Samplers of a scene that are kept besides those in use: the last ones come back at once."""

STORE = 256 << 20
"""Bytes of finished tiles that are kept."""


@dataclass(frozen=True, eq=False)
class _Batch:
    """Tiles that were asked for, what waits for their pixels, and the seconds that asking took.

    Attributes:
        encoded: whether tiles of the feature map were encoded just before.
    """

    tiles: Sequence[Tile]
    ready: Ready
    seconds: float
    encoded: bool


@dataclass
class _Layer:
    """A layer in work: its sampler, the grid that is being rendered, and what is done of it."""

    request: LayerRequest
    sampler: Sampler
    grid: Grid
    factor: int = 1
    done: int = 0
    total: int = 0
    coming: deque[_Batch] = field(default_factory=deque)


class Renderer:
    """Turns requests into patches. Holds samplers and finished tiles of the current scene."""

    def __init__(self, backend: Backend, store: int = STORE):
        self.backend = backend
        self._display = Display(backend.device)
        self._store = ByteCache[Pixels](store)
        self._scene: Scene | None = None
        self._coverage: Coverage | None = None
        self._samplers: dict[str, Sampler] = {}
        self._openings: dict[str, int] = {}
        self._in_use = 2
        self._costs: dict[str, Cost] = {}
        self._factors: dict[str, int] = {}

    def seconds_per_sample(self, name: str) -> float | None:
        """What a sample of a sampler costs, if it has been measured in this scene."""
        cost = self._costs.get(name)
        return None if cost is None else cost.seconds

    def sampler(self, scene: Scene, spec: SamplerSpec) -> Sampler:
        """The sampler of a scene; one of each name is kept, with its caches.

        What was opened again is made again, and replaces the one before if its file has changed.

        Raises:
            CheckpointError: if the name is neither known nor a usable file.
        """
        self._enter(scene)
        found = self._samplers.get(spec.name)
        if found is None or spec.opening > self._openings.get(spec.name, 0):
            made = self._make(scene, spec)
            if found is None or found.key != made.key:
                self._forget(spec.name)
                found = made
        self._keep(spec, found)
        if isinstance(found, GradientSampler):
            return found.toned(spec.gain, colour_table(spec.colour_map))
        return found

    def sampler_for(self, scene: Scene, spec: SamplerSpec) -> Sampler:
        """A sampler for a job; of a scene that has been left, one of its own.

        Raises:
            CheckpointError: as `sampler`.
        """
        if self._scene is None or scene is self._scene:
            return self.sampler(scene, spec)
        return make_sampler(spec.name, scene.source.picture, self.backend, spec.gain)

    def _make(self, scene: Scene, spec: SamplerSpec) -> Sampler:
        kind, _, inner = spec.name.partition(":")
        if kind == "gradient" and inner:
            return GradientSampler(self.sampler(scene, SamplerSpec(inner, opening=spec.opening)))
        return make_sampler(spec.name, scene.source.picture, self.backend)

    def _forget(self, name: str) -> None:
        """Forget a sampler that gives way to another of its name, with all that was made by it."""
        old = self._samplers.pop(name, None)
        if old is None:
            return
        self._costs.pop(name, None)
        self._factors.pop(name, None)
        inner = old.inner if isinstance(old, GradientSampler) else old
        self._store.discard(partial(_made_by, inner.key))

    def _keep(self, spec: SamplerSpec, sampler: Sampler) -> None:
        """Keep a sampler as the newest; those not used for long leave with their caches."""
        self._samplers.pop(spec.name, None)
        self._samplers[spec.name] = sampler
        self._openings[spec.name] = max(spec.opening, self._openings.get(spec.name, 0))
        while len(self._samplers) > self._in_use + SPARE:
            del self._samplers[next(iter(self._samplers))]

    def _enter(self, scene: Scene) -> None:
        """Forget what belongs to another scene."""
        if self._scene is not scene:
            self._scene = scene
            self._samplers.clear()
            self._openings.clear()
            self._costs.clear()
            self._factors.clear()
            self._store.clear()
            self._coverage = Coverage(scene.source.picture, self.backend.device)

    def render(self, request: Request, emit: Emit) -> Steps:
        """Render a request; between two steps the caller may drop it."""
        start = time.perf_counter()
        self._in_use = len(request.layers)
        failed = False
        for wanted in request.layers:
            reason, lacking = yield from self._attempt(request, wanted, emit)
            if lacking:
                self._release()
                reason, _ = yield from self._attempt(request, wanted, emit, again=True)
            if reason:
                # One layer's failure must not take the others with it.
                failed = True
                emit(Failed(request.generation, wanted.layer, wanted.sampler.name, reason))
        if not failed and not request.moving:
            seconds = time.perf_counter() - start
            emit(Finished(request.generation, seconds, self._path(request)))

    def _attempt(
        self, request: Request, wanted: LayerRequest, emit: Emit, *, again: bool = False
    ) -> Generator[None, None, tuple[str, bool]]:
        """Render a layer. Says what went wrong, if anything, and whether it was want of memory.

        Want of memory is no defect before all that can be given back was given back.
        Only words of an error leave here: with it would stay all that its frames hold.
        """
        try:
            yield from self._layer(request, wanted, emit)
        except Exception as error:
            lacking = lacks_memory(error)
            if lacking and not again:
                log.warning("%s lacks memory; what is kept is given back", wanted.sampler.name)
            elif not isinstance(error, CheckpointError):
                log.exception("%s failed", wanted.sampler.name)
            return explain(error), lacking
        return "", False

    def _release(self) -> None:
        """Give back what samplers have kept of the scene; they make it again when it is needed."""
        self._samplers.clear()
        if self.backend.device.type == "cuda":
            torch.cuda.empty_cache()
        elif self.backend.device.type == "mps":
            torch.mps.empty_cache()

    def _path(self, request: Request) -> str:
        """How the networks of a request's layers are decoded, each way once."""
        used = (self._samplers.get(layer.sampler.name) for layer in request.layers)
        return "/".join(sorted({each.path for each in used if each is not None} - {""}))

    def _layer(self, request: Request, wanted: LayerRequest, emit: Emit) -> Steps:
        layer = _Layer(wanted, self.sampler(request.scene, wanted.sampler), request.grid)
        yield
        missing = self._send_known(request, layer, emit)
        coarse = self._preview_factor(request, layer, len(missing))
        if coarse > 1:
            yield from self._preview(request, layer, coarse, emit)
        if request.moving and coarse != 1:
            return
        yield from self._evaluate(request, layer, missing, emit)

    def _preview_factor(self, request: Request, layer: _Layer, missing: int) -> int:
        """1 for full quality at once, more for a preview first, 0 for none while moving."""
        name = layer.request.sampler.name
        cost = self._costs.get(name, Cost()).seconds
        factor = preview_factor(missing * TILE * TILE, cost, self._factors.get(name, 1))
        self._factors[name] = factor
        lattice = request.grid.lattice
        while factor > 1 and max(lattice.x.step, lattice.y.step) * factor > 1.0:
            factor //= 2  # a preview of a network must not fall into the reduction
        if factor > 1 and preview_helps(factor, layer.request.shown):
            return factor
        return 0 if request.moving and self._factors[name] > 1 else 1

    def _preview(self, request: Request, layer: _Layer, factor: int, emit: Emit) -> Steps:
        preview = _Layer(layer.request, layer.sampler, coarser(request.grid, factor), factor)
        missing = self._send_known(request, preview, emit)
        yield from self._evaluate(request, preview, missing, emit)

    def _send_known(self, request: Request, layer: _Layer, emit: Emit) -> list[Tile]:
        """Send the tiles that are finished already; return the missing ones."""
        tiles = layer.grid.tiles()
        layer.total = len(tiles)
        missing: list[Tile] = []
        known: list[Patch] = []
        for tile in tiles:
            pixels = self._store.get(
                (layer.sampler.key_on(layer.grid.lattice), layer.grid.lattice, tile)
            )
            if pixels is None:
                missing.append(tile)
            else:
                known.append(_patch(layer.grid, tile, pixels))
        layer.done = len(known)
        self._send(request, layer, known, emit, known=True)
        return missing

    def _evaluate(
        self, request: Request, layer: _Layer, missing: Sequence[Tile], emit: Emit
    ) -> Steps:
        scale = 1.0 / layer.factor
        queue = outward(layer.grid, missing, (request.focus[0] * scale, request.focus[1] * scale))

        def finish(most: int) -> None:
            while len(layer.coming) > most:
                self._finish(request, layer, emit)

        most = 1
        while queue:
            batch, encoded = yield from self._next_batch(layer, queue, most, lambda: finish(0))
            # Doubling bounds the harm of a cost that was measured on tiles easier than these.
            most = 2 * len(batch)
            layer.coming.append(self._begin(request.scene, layer, batch, encoded=encoded))
            finish(self._display.depth if queue else 0)
            yield

    def _next_batch(
        self, layer: _Layer, queue: deque[Tile], most: int, finish: Callable[[], None]
    ) -> Generator[None, None, tuple[list[Tile], bool]]:
        """Take tiles off the queue, encoding for them; at most ``most`` and what the budget allows.

        Says whether something was encoded. The batch ends with the first tile that had to be
        encoded for: what is encoded is shown before more is encoded.
        """
        cost = self._cost(layer)
        # What has just become dear is not taken for as cheap as it was before.
        dear = max(cost.seconds, cost.latest)
        count = min(most, batch_size(dear, self.backend.device.type, TILE * TILE))
        batch: list[Tile] = []
        encoded = False
        while queue and len(batch) < count and not encoded:
            batch.append(queue.popleft())
            for _ in layer.sampler.prepare(layer.grid.lattice, [batch[-1].window]):
                encoded = True
                finish()
                yield
        return batch, encoded

    def _begin(
        self, scene: Scene, layer: _Layer, batch: Sequence[Tile], *, encoded: bool
    ) -> _Batch:
        """Ask for the pixels of some tiles."""
        assert self._coverage is not None
        start = time.perf_counter()
        ready = self._display.begin(
            layer.sampler,
            layer.grid.lattice,
            batch,
            self._coverage,
            scene.transform,
            SQUARE // layer.factor,
        )
        return _Batch(batch, ready, time.perf_counter() - start, encoded)

    def _finish(self, request: Request, layer: _Layer, emit: Emit) -> None:
        """Wait for the oldest batch that was asked for; keep its tiles and send them."""
        batch, lattice = layer.coming.popleft(), layer.grid.lattice
        start = time.perf_counter()
        finished = batch.ready()
        spent = batch.seconds + time.perf_counter() - start
        # A GPU has only been told to encode when it is told to decode: the wait is for both.
        if not batch.encoded or self.backend.device.type == "cpu":
            self._cost(layer).measured(spent, len(batch.tiles) * TILE * TILE)
        patches = []
        for tile, pixels in zip(batch.tiles, finished, strict=True):
            self._store.put((layer.sampler.key_on(lattice), lattice, tile), pixels)
            patches.append(_patch(layer.grid, tile, pixels))
        layer.done += len(patches)
        self._send(request, layer, patches, emit, known=False)

    def _cost(self, layer: _Layer) -> Cost:
        return self._costs.setdefault(layer.request.sampler.name, Cost())

    def _send(
        self, request: Request, layer: _Layer, patches: list[Patch], emit: Emit, *, known: bool
    ) -> None:
        if patches or layer.total == layer.done:
            emit(
                Patches(
                    request.generation,
                    layer.request.layer,
                    layer.grid,
                    layer.factor,
                    tuple(patches),
                    known,
                    layer.done,
                    layer.total,
                )
            )


def outward(grid: Grid, tiles: Sequence[Tile], focus: tuple[float, float]) -> deque[Tile]:
    """Tiles by the distance of their centres from a point counted from the grid's first sample."""

    def distance(tile: Tile) -> float:
        x = (tile.column + 0.5) * TILE - grid.window.column - focus[0]
        y = (tile.row + 0.5) * TILE - grid.window.row - focus[1]
        return x * x + y * y

    return deque(sorted(tiles, key=distance))


def coarser(grid: Grid, factor: int) -> Grid:
    """The grid whose samples each stand in the middle of ``factor`` × ``factor`` of a grid's.

    It hangs on the finer lattice's origin, so that it too is the same after a pan.
    """
    lattice, window = grid.lattice, grid.window
    column, row = window.column // factor, window.row // factor
    columns = math.ceil((window.column + window.columns) / factor) - column
    rows = math.ceil((window.row + window.rows) / factor) - row
    return Grid(
        Lattice(
            Axis(lattice.x.origin, lattice.x.step * factor),
            Axis(lattice.y.origin, lattice.y.step * factor),
        ),
        Window(column, row, columns, rows),
    )


def _made_by(sampler: Hashable, tile: Hashable) -> bool:
    """Whether a key of the store is that of a sampler's tile, or of one of its gradient map."""
    made = tile[0] if isinstance(tile, tuple) else None
    return made == sampler or (isinstance(made, tuple) and sampler in made)


def _patch(grid: Grid, tile: Tile, pixels: Pixels) -> Patch:
    """The part of a tile that lies in a grid's window."""
    rows, columns, tile_rows, tile_columns = overlap(grid.window, tile)
    part = np.ascontiguousarray(pixels[tile_rows, tile_columns])
    return Patch(columns.start, rows.start, part)
