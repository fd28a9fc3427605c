"""Where the arithmetic runs and how precise its operands are."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_SHORT = {dtype: name for name, dtype in PRECISIONS.items()}


@dataclass(frozen=True)
class Backend:
    """A device and the type of the operands of its large matrix products.

    Attributes:
        device: where tensors live.
        precision: float32, bfloat16 or float16. Half precision holds only stored latents and the
            operands of hidden layers; coordinates, sums and the last layer are always fp32.
    """

    device: torch.device
    precision: torch.dtype = torch.float32

    @property
    def storage(self) -> torch.dtype:
        """Type in which features and latents are kept.

        fp16 in either half precision: its three more bits of mantissa cost nothing, and latents
        stay far below its range.
        """
        return torch.float32 if self.precision == torch.float32 else torch.float16

    def describe(self, path: str = "") -> str:
        """For people: ``CPU, bf16`` or ``NVIDIA H200, fp16``.

        Args:
            path: how a network is decoded (`Sampler.path`), if that is known: ``NVIDIA H200, fp16,
                Triton``. That of CPUs is not worth a word.
        """
        if self.device.type == "cuda":
            name = torch.cuda.get_device_name(self.device)
        else:
            name = self.device.type.upper()
        words = [name, _SHORT[self.precision]]
        return ", ".join([*words, path] if path and self.device.type != "cpu" else words)


def choose_backend(
    device: str = "auto", precision: str = "auto", threads: int | None = None
) -> Backend:
    """The backend that a person asked for.

    Args:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto`` (fp16 on CUDA and MPS, bf16 on CPUs that have it), ``fp32``, ``bf16``
            or ``fp16``.
        threads: CPU threads; by default the physical cores this process may use.

    Raises:
        ValueError: one sentence, if the device is not there or a word is not known.
    """
    if threads is not None and threads < 1:
        raise ValueError(f"--threads must be at least 1, not {threads}")
    torch.set_num_threads(threads or physical_cores())
    place = _device(device)
    if place.type == "cuda":
        # TF32 would break the promise that fp32 means fp32.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
    return Backend(place, _precision(precision, place))


def _device(name: str) -> torch.device:
    if name == "auto":
        if torch.cuda.is_available() and _computes(torch.device("cuda", 0)):
            return torch.device("cuda", 0)
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        place = torch.device(name)
    except RuntimeError:
        place = torch.device("meta")
    if place.type == "cpu":
        return place
    if place.type == "cuda" and (place.index or 0) < torch.cuda.device_count():
        return torch.device("cuda", place.index or 0)
    if place.type == "mps" and torch.backends.mps.is_available():
        return place
    if place.type in ("cuda", "mps"):
        raise ValueError(f"the device {name} is not available here; use --device auto or cpu")
    raise ValueError(f"the device {name!r} is not known; use auto, cpu, cuda, cuda:N or mps")


def _computes(device: torch.device) -> bool:
    """Whether torch has kernels for a GPU: the driver also shows those that are too old for it."""
    try:
        return float(torch.ones(1, device=device) + 1.0) == 2.0
    except RuntimeError:
        return False


def _precision(name: str, device: torch.device) -> torch.dtype:
    if name == "auto":
        if device.type == "cpu":
            return torch.bfloat16 if cpu_has_bf16() else torch.float32
        return torch.float16
    if name not in PRECISIONS:
        raise ValueError(f"the precision {name!r} is not known; use auto, fp32, bf16 or fp16")
    return PRECISIONS[name]


def cpu_has_bf16() -> bool:
    """Whether the processor multiplies bf16 natively (elsewhere it is emulated and slower)."""
    # torch names this query with an underscore; older and other builds may lack it.
    for query in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        supported = getattr(torch.cpu, query, None)
        if supported is not None and supported():
            return True
    return False


def cache_budget(device: torch.device) -> int:
    """Bytes that one cache of a network's tiles may hold on a device.

    A picture has two such caches a model, and four models are kept, so each gets a sixteenth of a
    GPU's memory, 4 GiB at most; half a GiB of a host's.
    """
    memory = device_memory(device)
    return 512 << 20 if memory is None else min(4 << 30, memory // 16)


def device_memory(device: torch.device) -> int | None:
    """Bytes of a GPU's own memory, or what it may take of the host's; None of a CPU."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory())
    return None


def physical_cores() -> int:
    """Physical cores that this process may run on (two hyper-threads count once)."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    usable = usable or 1
    if not sys.platform.startswith("linux"):
        return max(1, usable // 2) if usable > 4 else usable
    siblings = {
        path.read_text()
        for path in Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/thread_siblings_list")
    }
    return max(1, min(usable, len(siblings) or usable))
