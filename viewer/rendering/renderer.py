"""Renders one request in steps: which tiles, in which order, and how many at a time."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch

from models.backend import Backend
from models.checkpoints import CheckpointError
from models.samplers.base import Coverage, Sampler
from models.samplers.cache import ByteCache
from models.samplers.gradient import GradientSampler
from models.samplers.grid import TILE, Grid, Tile
from models.samplers.kept import KeptTiles
from viewer.rendering.checker import SQUARE
from viewer.rendering.display import Display, Ready
from viewer.rendering.failures import explain, may_lack_memory
from viewer.rendering.kept_samplers import KeptSamplers, mapped
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
from viewer.rendering.tiling import as_they_come, coarser, outward, patch

Emit = Callable[[Message], None]
Steps = Generator[None, None, None]

log = logging.getLogger(__name__)

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

    def lacking(self, tile: Tile) -> Sequence[Tile]:
        """What has to be encoded for a tile."""
        return self.sampler.lacking(self.grid.lattice, tile.window)

    @property
    def square(self) -> int:
        """Side of the checkerboard's squares in samples."""
        return SQUARE // self.factor


class Renderer:
    """Turns requests into patches. Holds samplers and finished tiles of the current scene."""

    def __init__(self, backend: Backend, store: int = STORE):
        self.backend = backend
        self._display = Display(backend.device)
        self._store = ByteCache[Pixels](store)
        self._scene: Scene | None = None
        self._coverage: Coverage | None = None
        self._samplers = KeptSamplers(backend, self._forget)
        self._costs: dict[str, Cost] = {}
        self._encoding: dict[str, float] = {}  # seconds a tile of the feature map took
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
        return self._samplers.of(scene.source.picture, spec)

    def sampler_for(self, scene: Scene, spec: SamplerSpec) -> Sampler:
        """A sampler for a job; of a scene that has been left, one of its own.

        Raises:
            CheckpointError: as `sampler`.
        """
        if self._scene is None or scene is self._scene:
            return self.sampler(scene, spec)
        return self._samplers.apart(scene.source.picture, spec)

    def _forget(self, name: str, old: Sampler) -> None:
        """Forget what was measured of a sampler that gives way to another, and made by it."""
        self._costs.pop(name, None)
        self._encoding.pop(name, None)
        self._factors.pop(name, None)
        inner = old.inner if isinstance(old, GradientSampler) else old
        self._store.discard(partial(_made_by, inner.key))

    def _enter(self, scene: Scene) -> None:
        """Forget what belongs to another scene.

        The scene is entered last: where memory is too short for its alpha, this is done again.
        """
        if self._scene is not scene:
            self._scene = self._coverage = None
            self._samplers.clear()
            self._costs.clear()
            self._encoding.clear()
            self._factors.clear()
            self._store.clear()
            self._coverage = Coverage(scene.source.picture, self.backend.device)
            self._scene = scene

    def render(self, request: Request, emit: Emit) -> Steps:
        """Render a request; between two steps the caller may drop it."""
        start = time.perf_counter()
        self._samplers.in_use = len(request.layers)
        failed = False
        for wanted in request.layers:
            reason, lacking = yield from self._attempt(request, wanted, emit)
            if lacking:
                self.release()
                reason, _ = yield from self._attempt(request, wanted, emit, again=True)
            if reason:
                # One layer's failure must not take the others with it.
                failed = True
                emit(Failed(request.generation, wanted.layer, wanted.sampler.name, reason))
        if not failed and not request.moving:
            seconds = time.perf_counter() - start
            emit(Finished(request.generation, seconds, self._path(request), self._keys(request)))

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
            lacking = may_lack_memory(error)
            if lacking and not again:
                log.warning("%s lacks memory; what is kept is given back", wanted.sampler.name)
            elif not isinstance(error, CheckpointError):
                log.exception("%s failed", wanted.sampler.name)
            return explain(error), lacking
        return "", False

    def release(self) -> None:
        """Give back what samplers have kept of the scene; they make it again when it is needed."""
        self._samplers.release()
        if self.backend.device.type == "cuda":
            torch.cuda.empty_cache()
        elif self.backend.device.type == "mps":
            torch.mps.empty_cache()

    def _path(self, request: Request) -> str:
        """How the networks of a request's layers are decoded, each way once."""
        used = {self._samplers.path(layer.sampler.name) for layer in request.layers}
        return "/".join(sorted(used - {""}))

    def _keys(self, request: Request) -> dict[str, Hashable]:
        """The keys of a request's samplers by their names."""
        names = (layer.sampler.name for layer in request.layers)
        return {name: self._samplers.key(name) for name in names}

    def _layer(self, request: Request, wanted: LayerRequest, emit: Emit) -> Steps:
        layer = _Layer(wanted, self.sampler(request.scene, wanted.sampler), request.grid)
        self._keep_for_maps(request)
        yield
        missing = self._send_known(request, layer, emit)
        coarse = self._preview_factor(request, layer, missing)
        if coarse > 1:
            yield from self._preview(request, layer, coarse, len(missing), emit)
        if request.moving and coarse != 1:
            return
        yield from self._evaluate(request, layer, missing, emit)

    def _keep_for_maps(self, request: Request) -> None:
        """Let samplers keep their tiles while a map of them is asked for, and no others.

        A GPU decodes them again in less time than they would be put together in.
        """
        inner = {mapped(layer.sampler.name) for layer in request.layers}
        for name, sampler in self._samplers:
            wanted = name in inner and sampler.dear and self.backend.device.type == "cpu"
            sampler.kept = (sampler.kept or KeptTiles()) if wanted else None

    def _preview_factor(self, request: Request, layer: _Layer, missing: Sequence[Tile]) -> int:
        """1 for full quality at once, more for a preview first, 0 for none while moving.

        A map of tiles that are kept has the preview that these have: another one would be decoded.
        """
        name, sampler = layer.request.sampler.name, layer.sampler
        lattice = request.grid.lattice
        if isinstance(sampler, GradientSampler) and sampler.inner.keeps:
            if sampler.is_at_hand(lattice, [tile.window for tile in missing]):
                return 1
            name = mapped(name)
        cost = self._costs.get(name, Cost()).seconds
        factor = preview_factor(len(missing) * TILE * TILE, cost, self._factors.get(name, 1))
        self._factors[name] = factor
        while factor > 1 and max(lattice.x.step, lattice.y.step) * factor > 1.0:
            factor //= 2  # a preview of a network must not fall into the reduction
        if factor > 1 and preview_helps(factor, layer.request.shown):
            return factor
        return 0 if request.moving and self._factors[name] > 1 else 1

    def _preview(
        self, request: Request, layer: _Layer, factor: int, count: int, emit: Emit
    ) -> Steps:
        """A preview before ``count`` tiles.

        At rest it leaves out what is not encoded, if encoding takes longer than all these tiles:
        they would wait for it to the end, and there is little that could be shown before them.
        """
        preview = _Layer(layer.request, layer.sampler, coarser(request.grid, factor), factor)
        missing = self._send_known(request, preview, emit)
        if not request.moving:
            lacking = {tile: preview.lacking(tile) for tile in missing}
            parts = {part for each in lacking.values() for part in each}
            encoding = len(parts) * self._encoding.get(layer.request.sampler.name, 0.0)
            if encoding > count * TILE * TILE * self._cost(layer).seconds:
                missing = [tile for tile in missing if not lacking[tile]]
        yield from self._evaluate(request, preview, missing, emit)

    def _send_known(self, request: Request, layer: _Layer, emit: Emit) -> list[Tile]:
        """Send the tiles that are finished already; return the missing ones."""
        tiles = layer.grid.tiles()
        layer.total = len(tiles)
        missing: list[Tile] = []
        known: list[Patch] = []
        for tile in tiles:
            pixels = self._store.get(_stored_under(request.scene, layer, tile))
            if pixels is None:
                missing.append(tile)
            else:
                known.append(patch(layer.grid, tile, pixels))
        layer.done = len(known)
        self._send(request, layer, known, emit, known=True)
        return missing

    def _evaluate(
        self, request: Request, layer: _Layer, missing: Sequence[Tile], emit: Emit
    ) -> Steps:
        scale = 1.0 / layer.factor
        wanted = outward(layer.grid, missing, (request.focus[0] * scale, request.focus[1] * scale))
        queue = as_they_come(wanted, layer.lacking)

        def finish(most: int) -> None:
            while len(layer.coming) > most:
                self._finish(request, layer, emit)

        most = 1
        while queue:
            batch, encoded = yield from self._next_batch(layer, queue, most, lambda: finish(0))
            # Doubling bounds the harm of a cost that was measured on tiles easier than these.
            most = max(most, 2 * len(batch))
            layer.coming.append(self._begin(request.scene, layer, batch, encoded=encoded))
            finish(self._display.depth if queue else 0)
            yield

    def _next_batch(
        self, layer: _Layer, queue: deque[Tile], most: int, finish: Callable[[], None]
    ) -> Generator[None, None, tuple[list[Tile], bool]]:
        """Take tiles off the queue, encoding for them; at most ``most`` and what the budget allows.

        Says whether something was encoded before it is evaluated. The batch ends before a tile that
        has to be encoded for, or is that tile alone: what is encoded is shown before more is.
        """
        cost = self._cost(layer)
        # What has just become dear is not taken for as cheap as it was before.
        dear = max(cost.seconds, cost.latest)
        count = min(most, batch_size(dear, self.backend.device.type, TILE * TILE))
        batch: list[Tile] = []
        encoded = False
        while queue and len(batch) < count and not encoded:
            parts, spent, start = 1, 0.0, time.perf_counter()
            for _ in layer.sampler.prepare(layer.grid.lattice, [queue[0].window]):
                spent += time.perf_counter() - start
                finish()
                yield
                if batch:
                    return batch, True  # and the encoder goes on from there for the next
                if not encoded:
                    parts, encoded = len(layer.lacking(queue[0])) or 1, True
                start = time.perf_counter()
            if encoded:
                self._encoded(layer, spent / parts)
            batch.append(queue.popleft())
        return batch, encoded

    def _encoded(self, layer: _Layer, seconds: float) -> None:
        """Note what a tile of the feature map took; one that was begun before tells too little."""
        name = layer.request.sampler.name
        self._encoding[name] = max(seconds, 0.9 * self._encoding.get(name, 0.0))

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
            layer.square,
        )
        return _Batch(batch, ready, time.perf_counter() - start, encoded)

    def _finish(self, request: Request, layer: _Layer, emit: Emit) -> None:
        """Wait for the oldest batch that was asked for; keep its tiles and send them."""
        batch = layer.coming.popleft()
        start = time.perf_counter()
        finished = batch.ready()
        spent = batch.seconds + time.perf_counter() - start
        # A GPU has only been told to encode when it is told to decode: the wait is for both.
        if not batch.encoded or self.backend.device.type == "cpu":
            self._cost(layer).measured(spent, len(batch.tiles) * TILE * TILE)
        patches = []
        for tile, shared in zip(batch.tiles, finished, strict=True):
            pixels = shared.copy()  # a view would keep its whole batch, as long as itself is kept
            self._store.put(_stored_under(request.scene, layer, tile), pixels)
            patches.append(patch(layer.grid, tile, pixels))
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


def _stored_under(scene: Scene, layer: _Layer, tile: Tile) -> Hashable:
    """The key of a finished tile: what made it, where it lies, and what was laid under it.

    A preview of 800 % may have the lattice of 100 %, but not the squares of its board.
    """
    lattice = layer.grid.lattice
    board = 0 if scene.source.picture.alpha is None else layer.square
    return layer.sampler.key_on(lattice), lattice, tile, board


def _made_by(sampler: Hashable, tile: Hashable) -> bool:
    """Whether a key of the store is that of a sampler's tile, or of one of its gradient map."""
    made = tile[0] if isinstance(tile, tuple) else None
    return made == sampler or (isinstance(made, tuple) and sampler in made)
