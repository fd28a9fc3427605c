"""Which way a model is decoded: the first of several that works on the device.

In order: the fused Triton kernel (CUDA, half precision) or passes compiled by LLVM around matrix
products (CPUs); torch in the backend's precision; the same in fp32. On a GPU a way must first
decode a small picture as torch on the CPU does in fp32; one that cannot, or that fails later, gives
way to the next with a line in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator, Sequence
from threading import Lock

import torch
from torch import Tensor

from models.backend import Backend
from models.kernels.check import Trial, trial
from models.kernels.compiled import CompiledDecoder, can_compile
from models.kernels.hoist import Hoisted, hoist
from models.kernels.path import Path, Source, TorchPath
from models.kernels.triton_decoder import KernelError, TritonDecoder
from models.kernels.tuning import Config
from models.networks.liif import LIIF
from models.samplers.grid import Lattice, Window

log = logging.getLogger(__name__)

Maker = Callable[[], Path]

COMPILED = "LLVM"
"""Name of the way with passes that are compiled for the processor at hand."""

_CONFIGS: dict[Hashable, Config] = {}
"""The configurations that were fastest, by decoders' shapes."""


class Decoders:
    """The decoder of a model on a backend, and what takes its place should it fail.

    Attributes:
        weights: the decoder's, first layer taken apart, in the backend's precision.
    """

    def __init__(self, network: LIIF, backend: Backend):
        self.weights = hoist(network, backend)
        self._backend = backend
        self._network = network
        self._left = list(ways(network, backend, self.weights))
        self._trial: Trial | None = None
        self._current: Path | None = None
        self._lock = Lock()

    @property
    def path(self) -> str:
        """Name of the way in use: ``Triton``, ``LLVM``, ``torch`` or ``torch fp32``.

        Nothing before one was needed.
        """
        return "" if self._current is None else self._current.name

    def chosen(self) -> Path:
        """The way in use. The first call finds it out, which may take as long as some encoding.

        Raises:
            MemoryError, torch.OutOfMemoryError: if memory is wanting; the next call tries again.
            Exception: if none works on the device, what the last one raised.
        """
        with self._lock:
            if self._current is None:
                if must_be_tried(self._backend):
                    self._trial = trial(self._network, self._backend)
                self._current = self._next()
            return self._current

    def windows(self, lattice: Lattice, windows: Sequence[Window], source: Source) -> Tensor:
        """Samples ``[N, rows, columns, 3]`` fp32, not clamped, of windows of one shape."""
        return self._done(lambda path: path.windows(lattice, windows, source))

    def codes(self, lattice: Lattice, windows: Sequence[Window], source: Source) -> Tensor:
        """The same for a screen: ``[N, rows, columns, 4]`` uint8 BGRX, X = 255."""
        return self._done(lambda path: path.codes(lattice, windows, source))

    def _done(self, work: Callable[[Path], Tensor]) -> Tensor:
        while True:
            path = self.chosen()
            try:
                return work(path)
            except KernelError as error:
                self._give_up(path, error)

    def _give_up(self, path: Path, error: KernelError) -> None:
        with self._lock:
            if self._current is path:
                self._say(path.name, error)
                self._current = self._next()

    def _next(self) -> Path:
        """The next way that works."""
        while self._left:
            name, make = self._left[0]
            try:
                path = self._tried(make())
            except (torch.OutOfMemoryError, MemoryError):
                raise
            except Exception as error:
                if len(self._left) == 1:
                    raise  # there is no other
                self._say(name, error)
                del self._left[0]
            else:
                del self._left[0]
                return path
        raise RuntimeError(f"no decoder works on {self._backend.describe()}; use --device cpu")

    def _tried(self, path: Path) -> Path:
        if self._trial is not None:
            self._trial.pass_or_raise(path)
        return path

    def _say(self, name: str, error: Exception) -> None:
        words = " ".join(str(error).split())[:200] or type(error).__name__
        log.warning("%s is not used on %s: %s", name, self._backend.describe(), words)


def ways(network: LIIF, backend: Backend, weights: Hoisted) -> Iterator[tuple[str, Maker]]:
    """Names and makers of the ways there are, the fastest first."""
    how = network.residual, network.normalisation
    half = backend.precision != torch.float32
    if half and backend.device.type == "cuda":
        yield TritonDecoder.name, lambda: tuned(TritonDecoder(weights, backend, *how))
    if can_compile(backend):
        yield COMPILED, lambda: TorchPath(weights, backend, *how, COMPILED, CompiledDecoder)
    yield "torch", lambda: TorchPath(weights, backend, *how)
    if half and must_be_tried(backend):
        plain = Backend(backend.device)
        yield "torch fp32", lambda: TorchPath(hoist(network, plain), plain, *how, "torch fp32")


def must_be_tried(backend: Backend) -> bool:
    """CPUs are what the others are compared with."""
    return backend.device.type != "cpu"


def tuned(decoder: TritonDecoder) -> TritonDecoder:
    """The decoder in the configuration that is fastest on its device for models of its shape."""
    known = _CONFIGS.get(decoder.shape)
    if known is None:
        with torch.inference_mode():
            _CONFIGS[decoder.shape] = decoder.tune()
    else:
        decoder.config = known
    return decoder
