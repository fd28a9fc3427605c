"""`benchmark`: how fast this machine is, in one table and as JSON."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from models.backend import Backend, choose_backend
from models.catalogue import ENTRIES, load_network
from models.evaluation.device import matmul_rate
from models.evaluation.speed import REPEATS, FrameSpeed, Ratio, against_literal, frame_speed
from models.networks.liif import LIIF
from models.networks.network import Network
from viewer.commands.benchmark_table import tables
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import BenchmarkOptions, CommonOptions
from viewer.commands.progress import Progress
from viewer.commands.text_file import check_text, write_text
from viewer.rendering.messages import Scene
from viewer.rendering.pacing import Trace, summary
from viewer.rendering.responsiveness import Delay, large_scene, measure

FRAMES = (640, 360), (1280, 720), (1920, 1080), (3840, 2160)
"""The first is small: it tells how long the others would take."""

LITERAL = 384, 256
"""The frame that is also decoded literally."""

PATIENCE = 8.0
"""Seconds a frame may take in all; larger ones are left out."""

Pacing = Callable[[Backend, Scene, threading.Event, bool], Trace | None]
"""Drives a window through the recording (the short one, or the whole minute); None without Qt."""


@dataclass(eq=False)
class Results:
    """What was measured.

    Attributes:
        device: for people; ``threads`` and ``processors`` of the host.
        matmul: floating-point operations a second of a large matrix product.
        frames: speeds of frames by model.
        ratios: fast against literal by model.
        delays: from a request to pixels, by what was done to the view.
        memory: peak of the process in MiB, and ``device_memory`` that of a GPU, or None.
        pacing: what was noted while a window was driven, or None.
    """

    device: str
    threads: int
    processors: int
    matmul: float = 0.0
    frames: dict[str, list[FrameSpeed]] = field(default_factory=dict)
    ratios: dict[str, Ratio] = field(default_factory=dict)
    delays: dict[str, Delay] = field(default_factory=dict)
    memory: float | None = None
    device_memory: float | None = None
    pacing: Trace | None = None


def run(
    options: BenchmarkOptions, common: CommonOptions, interrupts: Interrupts, pacing: Pacing
) -> None:
    """Measure, write the file that was asked for, and print the tables.

    Raises:
        ImageError, ValueError: one sentence.
        KeyboardInterrupt: no partial file is left.
    """
    if options.json is not None:
        check_text(options.json, common.overwrite)
    backend = choose_backend(common.device, common.precision, common.threads)
    results = Results(backend.describe(), torch.get_num_threads(), os.cpu_count() or 1)
    given_up = threading.Event()
    with Progress("benchmark", common.quiet) as progress:
        for done, what in enumerate(_parts(results, backend, pacing, given_up, options.full)):
            progress.update(done / 6, None, what)
            if given_up.is_set():
                raise KeyboardInterrupt
    # The file first: whoever reads the tables may have gone.
    if options.json is not None:
        write_text(options.json, as_json(results), common.overwrite, interrupts)
    print(tables(results))


def _parts(
    results: Results, backend: Backend, pacing: Pacing, given_up: threading.Event, full: bool
) -> Iterator[str]:
    """Measure one thing after the other; says before each what it will be."""
    # Views come before anything that this thread computes: GNU's OpenMP keeps a team of threads for
    # each thread that ever had one, and where they outnumber the processors none waits actively any
    # more. Bicubic on the worker would take three times as long as it does in a viewer.
    yield "views"
    scene = large_scene()
    results.delays = measure(backend, scene)
    yield "window"
    results.pacing = pacing(backend, scene, given_up, not full)
    yield "matrix product"
    results.matmul = matmul_rate(backend, 1.0)
    networks = {each.name: load_network(each.name) for each in ENTRIES}
    yield "encoder and decoder"
    for name, network in networks.items():
        results.frames[name] = list(_frames(network, backend))
    yield "literal form"
    for name, network in networks.items():
        if isinstance(network, LIIF):
            results.ratios[name] = against_literal(network, backend, *LITERAL)
    results.memory = peak_memory()
    if backend.device.type == "cuda":
        results.device_memory = torch.cuda.max_memory_allocated(backend.device) / (1 << 20)


def _frames(network: Network, backend: Backend) -> Iterator[FrameSpeed]:
    """Speeds of the frames, as many as the machine is fast enough for."""
    last: FrameSpeed | None = None
    for columns, rows in FRAMES:
        repeats = 1
        if last is not None:
            growth = columns * rows / (last.columns * last.rows)
            left = PATIENCE - 2 * growth * last.encode
            repeats = min(REPEATS, int(left / (growth * last.decode)) - 1)
            if repeats < 1:
                return
        last = frame_speed(network, backend, columns, rows, repeats)
        yield last


def peak_memory() -> float | None:
    """The most memory this process has had, in MiB; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    from resource import RUSAGE_SELF, getrusage

    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return getrusage(RUSAGE_SELF).ru_maxrss / unit


def as_json(results: Results) -> str:
    """All figures, times in seconds."""
    found: dict[str, Any] = {key: value for key, value in vars(results).items() if key != "pacing"}
    found["frames"] = {k: [asdict(each) for each in v] for k, v in results.frames.items()}
    found["ratios"] = {
        k: {**asdict(each), "factor": each.factor} for k, each in results.ratios.items()
    }
    found["delays"] = {k: asdict(each) for k, each in results.delays.items()}
    found["pacing"] = None if results.pacing is None else summary(results.pacing)
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
