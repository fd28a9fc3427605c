"""The fused decoder on CUDA: one launch of a Triton kernel for all windows of a batch.

The kernel itself is in `fused`; it is imported when the first decoder is made, as triton is there
only where CUDA's torch brought it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Hashable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from models.backend import Backend
from models.kernels.check import still
from models.kernels.hoist import Hoisted
from models.kernels.path import Source
from models.kernels.plan import UNIT, Plan, make_plan
from models.kernels.tuning import CONFIGS, Config, fastest
from models.networks.normalisation import STANDARD, Normalisation
from models.samplers.grid import Axis, Lattice, Tile, Window

MOST_LAYERS = 4
"""Hidden layers after the first; every number of them is a kernel of its own."""


PATCH = 8
"""Samples across a patch, as the kernel has it."""

REPEATS = 3
"""Timed runs of a configuration."""

QUEUED = 8
"""Launches that a timed run on a GPU is made of."""

PRACTICE = 96, 80
LATTICE = Lattice(Axis(0.0, 0.25), Axis(0.0, 0.25))
WINDOWS = [Tile(column, row).window for row in range(5) for column in range(6)]
"""What they decode: a picture of that size and all its tiles at 4×."""


class KernelError(RuntimeError):
    """The fused kernel cannot decode this model here; one sentence says why."""


class Weights:
    """A decoder's weights as the kernel reads them, each layer padded with zeros to one width.

    Attributes:
        hidden: the padded width, a power of two from 32 to 256.
        layers: hidden layers after the first.
        matrices: ``[layers, hidden, hidden]`` in the backend's precision, ``[out, in]`` each.
        biases: ``[layers, hidden]`` fp32.
        first: ``[5, hidden]`` fp32: response to y and x, to the step in y and x, bias.
        last: ``[3, hidden]`` fp32, then the three biases, means and the divisor.
    """

    def __init__(self, weights: Hoisted, backend: Backend, normalisation: Normalisation):
        widths = [weights.width, *(matrix.shape[0] for matrix, _ in weights.hidden)]
        self.hidden = max(32, 1 << (max(widths) - 1).bit_length())
        self.layers = len(weights.hidden)
        if self.hidden > max(CONFIGS) or self.layers > MOST_LAYERS:
            raise KernelError(
                f"the fused kernel takes {MOST_LAYERS + 1} hidden layers of {max(CONFIGS)} at "
                f"most, not {self.layers + 1} of {max(widths)}"
            )
        square = (self.hidden, self.hidden)
        device, half = backend.device, backend.precision
        matrices = [_padded(matrix, square) for matrix, _ in weights.hidden]
        biases = [_padded(bias.float(), (self.hidden,)) for _, bias in weights.hidden]
        # One more row, so that there is something to point at where there is no layer.
        self.matrices = torch.stack([*matrices, torch.zeros(square)]).to(device, half)
        self.biases = torch.stack([*biases, torch.zeros(self.hidden)]).to(device)
        terms = (weights.along_y, weights.along_x, *weights.cell.unbind(1), weights.bias)
        self.first = torch.stack([_padded(term, (self.hidden,)) for term in terms]).to(device)
        last = _padded(weights.last[0], (3, self.hidden)).flatten()
        back = torch.tensor([*normalisation.mean, normalisation.std])
        self.last = torch.cat([last, weights.last[1].float().cpu(), back]).to(device)


class TritonDecoder:
    """Evaluates equation (4) of LIIF on windows of a lattice in one launch.

    Attributes:
        config: how launches are cut.

    Raises:
        KernelError: if the kernel does not fit the model or the device, or there is no triton.
    """

    name = "Triton"

    def __init__(
        self,
        weights: Hoisted,
        backend: Backend,
        residual: bool,
        normalisation: Normalisation = STANDARD,
    ):
        if backend.precision == torch.float32:
            raise KernelError("the fused kernel works in half precision only")
        self._backend = backend
        self._residual = residual
        self._width = weights.width
        self._weights = Weights(weights, backend, normalisation)
        self._kernel = _kernel()
        self.config = CONFIGS[self._weights.hidden][0]

    def windows(self, lattice: Lattice, windows: Sequence[Window], source: Source) -> Tensor:
        """Samples ``[N, rows, columns, 3]`` fp32, not clamped, of windows of one shape."""
        out = self._empty(windows, 3, torch.float32)
        self._launch(out, lattice, windows, source, codes=False)
        return out

    def codes(self, lattice: Lattice, windows: Sequence[Window], source: Source) -> Tensor:
        """The same for a screen: ``[N, rows, columns, 4]`` uint8 BGRX, X = 255."""
        out = self._empty(windows, 1, torch.int32)
        self._launch(out, lattice, windows, source, codes=True)
        return out.view(torch.uint8)

    @property
    def shape(self) -> Hashable:
        """Decoders of equal shape run the same kernel, so one configuration suits them all."""
        weights, backend = self._weights, self._backend
        return backend, self._width, weights.hidden, weights.layers, self._residual

    def tune(self) -> Config:
        """Choose the fastest configuration on this device, by windows like those to come.

        Raises:
            KernelError: if none can run.
        """
        source = still(self._width, self._backend, PRACTICE, 64)
        try:
            self.config = fastest(
                CONFIGS[self._weights.hidden], lambda config: self._seconds(config, source)
            )
        except RuntimeError as error:
            raise KernelError(str(error)) from error
        return self.config

    def _seconds(self, config: Config, source: Source) -> float:
        """Least time of a few runs, each waited for, after one that compiles the kernel."""
        self.config = config
        out = self._empty(WINDOWS, 3, torch.float32)
        plan, latents = _needs(LATTICE, WINDOWS, source)
        on_cuda = self._backend.device.type == "cuda"
        times = []
        with _current(self._backend.device):
            for _ in range(1 + REPEATS):
                start = time.perf_counter()
                # Queued behind each other: small kernels would time the host that launches them.
                for _ in range(QUEUED if on_cuda else 1):
                    self._run(out, LATTICE, source, plan, latents, codes=False)
                if on_cuda:
                    torch.cuda.synchronize(self._backend.device)
                times.append(time.perf_counter() - start)
        return min(times[1:])

    def _empty(self, windows: Sequence[Window], channels: int, dtype: torch.dtype) -> Tensor:
        shape = (len(windows), windows[0].rows, windows[0].columns, channels)
        return torch.empty(shape, dtype=dtype, device=self._backend.device)

    def _launch(
        self,
        out: Tensor,
        lattice: Lattice,
        windows: Sequence[Window],
        source: Source,
        *,
        codes: bool,
    ) -> None:
        plan, latents = _needs(lattice, windows, source)
        try:
            with _current(self._backend.device):
                self._run(out, lattice, source, plan, latents, codes=codes)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:
            if "out of memory" in str(error):
                # The driver's words: another way of decoding would not find more.
                raise torch.OutOfMemoryError(str(error)) from error
            raise KernelError(f"{type(error).__name__}: {error}") from error

    def _run(
        self,
        out: Tensor,
        lattice: Lattice,
        source: Source,
        plan: Plan,
        latents: dict[Tile, Tensor],
        *,
        codes: bool,
    ) -> None:
        config, weights = self.config, self._weights
        base = latents[plan.tiles[0]]
        rows, columns = out.shape[1:3]
        down, across = -(-rows // (config.rows // 4 // PATCH)), -(-columns // PATCH)
        pixels, unit = source.plane.raw
        self._kernel[(len(out) * down * across,)](
            *(out, base, *plan.packed(_addresses(latents, base)).on(out.device)),
            *(weights.matrices, weights.biases, weights.first, weights.last),
            *(pixels, len(out), len(plan.down), rows, columns, across, down * across),
            *(source.side, source.width, *plan.corner, plan.shape[1]),
            *(unit, lattice.y.step, lattice.x.step),
            WIDTH=self._width,
            HIDDEN=weights.hidden,
            LAYERS=weights.layers,
            RESIDUAL=self._residual,
            CODES=codes,
            ROWS=config.rows,
            CHUNK=config.chunk,
            STAGES=config.stages,
            num_warps=config.warps,
            enable_fp_fusion=True,
        )


def _needs(
    lattice: Lattice, windows: Sequence[Window], source: Source
) -> tuple[Plan, dict[Tile, Tensor]]:
    """Where the samples of windows lie, and the latents that they read."""
    plan = make_plan(lattice, windows, source.height, source.width, source.side)
    return plan, {tile: source.latents(tile) for tile in plan.tiles}


def _kernel() -> Any:
    """The kernel, if triton is there."""
    try:
        from models.kernels.fused import decode
    except ImportError as error:
        raise KernelError(f"triton is not there ({error})") from error
    return decode


def _addresses(latents: dict[Tile, Tensor], base: Tensor) -> dict[Tile, int]:
    """Bytes from where the first tile's latents begin to where each tile's do."""
    found = {tile: each.data_ptr() - base.data_ptr() for tile, each in latents.items()}
    if any(address % UNIT for address in found.values()):
        raise ValueError(f"latents must begin at multiples of {UNIT} bytes")
    return found


def _padded(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """A tensor on the host with zeros after it on each axis."""
    tensor = tensor.detach().float().cpu()
    missing = [wanted - there for wanted, there in zip(shape, tensor.shape, strict=True)]
    return F.pad(tensor, [side for size in reversed(missing) for side in (0, size)])


def _current(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Triton launches on the current device."""
    return torch.cuda.device(device) if device.type == "cuda" else contextlib.nullcontext()
