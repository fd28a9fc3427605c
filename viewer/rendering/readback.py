"""From the device to the host: on CUDA beside the arithmetic, not after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from numpy.typing import NDArray
from torch import Tensor

Fetch = Callable[[], NDArray[Any]]
"""Waits for one tensor, and gives it as an array."""


class Readback(Protocol):
    """A way to the host.

    Attributes:
        depth: tensors that should be on their way while the next one is computed.
    """

    depth: int

    def send(self, tensor: Tensor) -> Fetch:
        """Begin to bring a tensor. It must not be written to any more."""
        ...


class Direct:
    """Copies when asked to, or not at all where the tensor is on the host already."""

    depth = 0

    def send(self, tensor: Tensor) -> Fetch:
        """Nothing yet."""
        return lambda: tensor.cpu().numpy()


class Overlapped:
    """Copies into pinned memory on a stream of its own, so that kernels queued later run beside it.

    What is fetched is ordinary memory: finished tiles are kept for long, pinned memory is scarce.
    """

    depth = 1

    def __init__(self, device: torch.device):
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def send(self, tensor: Tensor) -> Fetch:
        """Queue the copy behind what has been asked of the device so far."""
        host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        self._stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(self._stream):
            host.copy_(tensor, non_blocking=True)
            done = self._stream.record_event()
        # Its memory may be given to others only when the copy is over.
        tensor.record_stream(self._stream)

        def fetch() -> NDArray[Any]:
            done.synchronize()
            return host.numpy().copy()

        return fetch


def readback(device: torch.device) -> Readback:
    """The best way to the host that a device has."""
    return Overlapped(device) if device.type == "cuda" else Direct()
