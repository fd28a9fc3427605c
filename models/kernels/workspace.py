"""Memory that is used again: a fresh block of some megabytes costs more than what is done in it."""

from __future__ import annotations

import threading
from math import prod

import torch
from torch import Tensor


class Workspace(threading.local):
    """Tensors by name, each thread's own; they last until their name is asked for again."""

    def __init__(self) -> None:
        self._memory: dict[tuple[str, torch.dtype, torch.device], Tensor] = {}

    def take(
        self, name: str, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device
    ) -> Tensor:
        """A contiguous tensor of a shape, with anything in it."""
        key, count = (name, dtype, device), prod(shape)
        memory = self._memory.get(key)
        if memory is None or memory.numel() < count:
            # Usable in inference mode and out of it.
            with torch.inference_mode(False):
                memory = self._memory[key] = torch.empty(count, dtype=dtype, device=device)
        return memory[:count].view(shape)
