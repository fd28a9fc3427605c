"""Checks and times the decoders on a GPU: what to run first on a machine that has one.

Compares every way of decoding with plain fp32 at several sizes, then times whole frames with the
published shape (EDSR-baseline, 256 × 4) and the light one: each configuration of the fused kernel,
the matrix products, the way to the host, and the literal form with 30,000-query chunks. Needs
neither a display nor PySide6, nor the program installed; ends within ten minutes. Prints tables,
and with --json FILE writes the figures.

    python3 tools/measure_gpu.py [--device cuda:0] [--precision fp16] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from torch import Tensor

from models.backend import Backend, choose_backend
from models.catalogue import default_model, load_network
from models.evaluation.device import matmul_rate
from models.evaluation.speed import against_literal, frame_speed, published_shape
from models.kernels.check import Still, relative_error, still, trial
from models.kernels.hoist import hoist
from models.kernels.path import Path as Way
from models.kernels.path import TorchPath
from models.kernels.triton_decoder import TritonDecoder
from models.kernels.tuning import CONFIGS
from models.kinds import liif_flops
from models.networks.liif import LIIF
from models.samplers.grid import Axis, Lattice, Window, tiles_of
from viewer.rendering.readback import Direct, Readback, readback

CHECKED = ((37, 23), 16), ((200, 150), 64), ((500, 400), 384)
"""Pictures that are compared, with the sides of their encoder tiles."""

HOST = 1920, 1080
FRAMES = (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160)
SCALE, BATCH, SIDE = 4, 64, 384
VIEWS = 50
"""Fresh views of a frame: every one on a lattice of its own, so that no geometry is known yet."""

Report = dict[str, dict[str, float | str]]
Ways = dict[str, Way]


@dataclass(frozen=True)
class Frame:
    """A frame at 4× of a picture whose latents are all there."""

    columns: int
    rows: int

    @property
    def size(self) -> tuple[int, int]:
        return -(-self.columns // SCALE), -(-self.rows // SCALE)

    def batches(self, phase: float) -> tuple[Lattice, list[list[Window]]]:
        """The tiles of a fresh view, as many at a time as the viewer takes."""
        step = 1.0 / SCALE
        lattice = Lattice(Axis(-phase * step, step), Axis(-phase * step, step))
        tiles = [tile.window for tile in tiles_of(Window(0, 0, self.columns, self.rows))]
        return lattice, [tiles[first : first + BATCH] for first in range(0, len(tiles), BATCH)]


def ways(network: LIIF, backend: Backend) -> dict[str, Way]:
    """Every way of decoding that works here, each configuration of the kernel for itself."""
    weights, how = hoist(network, backend), (network.residual, network.normalisation)
    found: dict[str, Way] = {}
    width = max(weights.width, *(matrix.shape[0] for matrix, _ in weights.hidden))
    task = trial(network, backend)
    for config in CONFIGS.get(width, ()):
        words = "Triton {} rows, {} columns, {} warps, {} stages".format(*config)
        try:
            fused = TritonDecoder(weights, backend, *how)
            fused.config = config
            task.pass_or_raise(fused)
            found[words] = fused
        except RuntimeError as error:
            print(f"  {words} is left out: {error}")
    found["torch"] = TorchPath(weights, backend, *how)
    return found


def check(name: str, network: LIIF, backend: Backend, found: Ways, report: Report) -> None:
    """Relative error of every way against fp32 on the same device, on other numbers each time."""
    plain = Backend(backend.device)
    exact = TorchPath(hoist(network, plain), plain, network.residual, network.normalisation)
    for size, side in CHECKED:
        lattice, batches = Frame(size[0] * SCALE, size[1] * SCALE).batches(0.37)
        sources = [still(channels(network), each, size, side) for each in (plain, backend)]
        wanted = torch.cat([exact.windows(lattice, some, sources[0]) for some in batches])
        for way, decoder in found.items():
            parts = [decoder.windows(lattice, some, sources[1]) for some in batches]
            error = relative_error(torch.cat(parts), wanted)
            report[f"error of {name} by {way} on {size}"] = {"relative": error}
            verdict = "" if error < 1e-2 else "   WRONG"
            print(f"  {name:10} {way:45} {size[0]}×{size[1]}: {error:.2e}{verdict}")


def time_frames(
    name: str, network: LIIF, backend: Backend, found: Ways, rate: float, report: Report
) -> None:
    """Median of fresh views by every way: bytes on the device, all of them waited for."""
    for columns, rows in FRAMES:
        frame = Frame(columns, rows)
        source = still(channels(network), backend, frame.size, SIDE)
        for way, decoder in found.items():
            view = partial(decode, decoder, frame, source)
            seconds = median(view, backend.device, VIEWS if way.startswith("Triton") else 5)
            flops = columns * rows * liif_flops(network) / seconds
            report[f"{name} {columns}x{rows} by {way}"] = {"seconds": seconds, "flops": flops}
            print(
                f"  {name:10} {columns}×{rows:<5} {way:45} {1e3 * seconds:8.2f} ms   "
                f"{flops / 1e12:6.1f} TFLOP/s   {flops / rate:4.0%} of the product"
            )


def decode(decoder: Way, frame: Frame, source: Still, number: int) -> list[Tensor]:
    """A view as bytes on the device."""
    lattice, batches = frame.batches(number / 64)
    return [decoder.codes(lattice, some, source) for some in batches]


def fetch(decoder: Way, frame: Frame, source: Still, line: Readback, number: int) -> None:
    """A view as bytes in host memory."""
    lattice, batches = frame.batches(number / 64)
    coming = []
    for some in batches:
        coming.append(line.send(decoder.codes(lattice, some, source)))
        if len(coming) > line.depth:
            coming.pop(0)()
    for wait in coming:
        wait()


def time_host(name: str, network: LIIF, backend: Backend, found: Ways, report: Report) -> None:
    """A view to bytes in host memory: copied after each batch, and beside the next."""
    frame, decoder = Frame(*HOST), next(iter(found.values()))
    source = still(channels(network), backend, frame.size, SIDE)
    lines: dict[str, Readback] = {"after": Direct(), "beside": readback(backend.device)}
    for words, line in lines.items():
        seconds = median(partial(fetch, decoder, frame, source, line), backend.device, VIEWS)
        report[f"{name} in host memory, copied {words}"] = {"seconds": seconds}
        print(f"  {name:10} 1080p in host memory, copied {words:8} {1e3 * seconds:8.2f} ms")


def channels(network: LIIF) -> int:
    """Width of the folded latents."""
    return int(network.imnet.linears[0].out_features)


def median(view: Callable[[int], object], device: torch.device, views: int) -> float:
    """Median seconds of fresh views, after one that is not counted."""
    wait = partial(torch.cuda.synchronize, device) if device.type == "cuda" else int
    times = []
    for number in range(views + 1):
        wait()
        start = time.perf_counter()
        view(number)
        wait()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def whole(name: str, network: LIIF, backend: Backend, report: Report) -> None:
    """Encoder and decoder through the sampler, and the literal form in the same run."""
    columns, rows = HOST
    speed = frame_speed(network, backend, columns * SCALE, rows * SCALE, 1)
    report[f"{name} encoder"] = {"seconds": speed.encode, "by": speed.path}
    spent = 1e3 * speed.encode
    print(f"  {name:10} a source of {columns}×{rows} encoded in {spent:.1f} ms; by {speed.path}")
    ratio = against_literal(network, backend, columns, rows)
    report[f"{name} against the literal form"] = {"factor": ratio.factor, "error": ratio.error}
    print(
        f"  {name:10} {columns}×{rows} {1e3 * ratio.fast:.1f} ms, "
        f"literal {1e3 * ratio.literal:.1f} ms: "
        f"{ratio.factor:.0f} times; largest difference {255 * ratio.error:.2f}/255"
    )


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--precision", default="fp16", choices=["fp16", "bf16"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(words)
    try:
        backend = choose_backend(options.device, options.precision)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if backend.device.type != "cuda":
        print("this measures CUDA devices; take liif-viewer benchmark here", file=sys.stderr)
        return 2
    report: Report = {}
    rate = matmul_rate(backend, 1.0)
    print(f"{backend.describe()}, torch {torch.__version__}, product {rate / 1e12:.0f} TFLOP/s")
    light = load_network(default_model(torch.device("cpu")))
    assert isinstance(light, LIIF)
    networks = {"published": published_shape(), "light": light}
    with torch.inference_mode():
        print("\nrelative errors (fp16 stays below 2e-3, bf16 below 1e-2)")
        found = {name: ways(network, backend) for name, network in networks.items()}
        for name, network in networks.items():
            check(name, network, backend, found[name], report)
        print(f"\nmedian of {VIEWS} fresh views")
        for name, network in networks.items():
            time_frames(name, network, backend, found[name], rate, report)
            time_host(name, network, backend, found[name], report)
    print("\nthrough the sampler")
    for name, network in networks.items():
        whole(name, network, backend, report)
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
