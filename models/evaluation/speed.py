"""How fast a model encodes and decodes, beside LIIF's literal form and the device's own limit.

Times are wall-clock seconds. Pictures are noise: no step of the arithmetic depends on what they
show.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from models.backend import Backend
from models.evaluation.cost import once
from models.kinds import Model, kind_of, place, sampler_of
from models.networks.edsr import EDSR
from models.networks.liif import LIIF
from models.networks.network import Network
from models.samplers.base import Picture, Sampler
from models.samplers.grid import Grid, Window

SCALE = 4
"""Device pixels per source pixel of a measured frame."""

QUERIES = 30_000
"""Queries at a time of the literal form, as the published program has it."""

REPEATS = 5

Clock = Callable[[], float]


@dataclass(frozen=True)
class FrameSpeed:
    """What a frame at ×4 costs.

    Attributes:
        columns, rows: size of the frame in device pixels.
        encode: seconds for the features and folded latents of the frame's source pixels, or for
            the enlarged picture of a network of a fixed scale.
        decode: seconds for its pixels once they are there, the median of several runs.
        encode_flops, decode_flops: arithmetic of the two; interpolation is not counted.
        path: how it was decoded, if there is a choice.
    """

    columns: int
    rows: int
    encode: float
    decode: float
    encode_flops: float
    decode_flops: float
    path: str = ""


@dataclass(frozen=True)
class Ratio:
    """The fast form beside the literal one, in turns, in one run.

    Attributes:
        columns, rows: size of the frame in device pixels.
        fast, literal: seconds, the medians.
        error: largest difference of a pixel, 0..1.
    """

    columns: int
    rows: int
    fast: float
    literal: float
    error: float

    @property
    def factor(self) -> float:
        """How many times faster."""
        return self.literal / self.fast


def published_shape() -> LIIF:
    """The published architecture (EDSR-baseline, 256 × 4) with random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return LIIF(EDSR(), (256,) * 4).eval()


def frame_speed(
    network: Network,
    backend: Backend,
    columns: int,
    rows: int,
    repeats: int = REPEATS,
    clock: Clock = time.perf_counter,
) -> FrameSpeed:
    """Encode and decode a frame: the encoder once after a warm run, the decoder several times."""
    width, height = -(-columns // SCALE), -(-rows // SCALE)
    grid = Grid.for_size(width, height, columns, rows)
    model = place(network, backend, "speed", "Speed")
    _encode(_sampler(model, width, height), grid)
    sampler = _sampler(model, width, height)
    encode = _timed(lambda: _encode(sampler, grid), backend, clock)
    sampler.sample(grid)
    decode = [_timed(lambda: sampler.sample(grid), backend, clock) for _ in range(repeats)]
    kind = kind_of(network)
    return FrameSpeed(
        columns,
        rows,
        encode,
        statistics.median(decode),
        width * height * once(network),
        columns * rows * kind.flops(network) if kind.group == "continuous" else 0.0,
        sampler.path,
    )


def against_literal(
    network: LIIF,
    backend: Backend,
    columns: int,
    rows: int,
    repeats: int = 3,
    clock: Clock = time.perf_counter,
) -> Ratio:
    """Decode a frame by our form and, in turns, by equation (4) as it is written, in fp32."""
    width, height = -(-columns // SCALE), -(-rows // SCALE)
    grid = Grid.for_size(width, height, columns, rows)
    sampler = _sampler(place(network, backend, "speed", "Speed"), width, height)
    plain = network.to(backend.device).eval()
    image = torch.from_numpy(sampler.picture.pixels / 255).float().permute(2, 0, 1)[None]
    with torch.inference_mode():
        features = plain.encode(image.to(backend.device))
        shown = sampler.sample(grid)
        fast, literal = [], []
        for _ in range(repeats):
            fast.append(_timed(lambda: sampler.sample(grid), backend, clock))
            began = clock()
            written = [plain.decode(features, part) for part in _chunks(grid)]
            _finish(backend)
            literal.append(clock() - began)
        error = float((torch.cat(written) - shown).abs().max())
    return Ratio(columns, rows, statistics.median(fast), statistics.median(literal), error)


def _sampler(model: Model, width: int, height: int) -> Sampler:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return sampler_of(model, Picture(pixels))


def _encode(sampler: Sampler, grid: Grid) -> None:
    for _ in sampler.prepare(grid.lattice, [tile.window for tile in grid.tiles()]):
        pass


def _chunks(grid: Grid) -> list[Grid]:
    """Whole rows of a grid, about `QUERIES` pixels each."""
    column, first, columns, count = grid.window
    height = max(1, QUERIES // columns)
    starts = range(first, first + count, height)
    windows = (Window(column, top, columns, min(height, first + count - top)) for top in starts)
    return [Grid(grid.lattice, window) for window in windows]


def _timed(work: Callable[[], object], backend: Backend, clock: Clock) -> float:
    began = clock()
    work()
    _finish(backend)
    return clock() - began


def _finish(backend: Backend) -> None:
    """Wait for the device."""
    if backend.device.type == "cuda":
        torch.cuda.synchronize(backend.device)
    elif backend.device.type == "mps":
        torch.mps.synchronize()
