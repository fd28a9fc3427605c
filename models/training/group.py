"""Several processes on one batch: what `torchrun` started, or a process alone."""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor


class Group:
    """The processes of a run. Each takes its part of every batch; gradients are summed.

    Attributes:
        rank: number of this process; 0 writes the files.
        size: how many there are.
    """

    def __init__(self, rank: int = 0, size: int = 1, host: dist.ProcessGroup | None = None):
        self.rank, self.size = rank, size
        self._host = host

    @classmethod
    def join(cls, device: torch.device) -> Group:
        """The group that torchrun's environment tells of: gloo on CPUs, NCCL on GPUs."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size < 2:
            return cls()
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        # Numbers of the host go by gloo, so that they never wait for a GPU.
        return cls(dist.get_rank(), size, dist.new_group(backend="gloo"))

    @property
    def leads(self) -> bool:
        """Whether this process writes the files and talks."""
        return self.rank == 0

    def part(self, batch: int) -> slice:
        """This process's patches of a batch. Raises ValueError if it cannot be cut evenly."""
        if batch % self.size:
            raise ValueError(f"batch is {batch}, which {self.size} processes cannot share evenly")
        own = batch // self.size
        return slice(self.rank * own, (self.rank + 1) * own)

    def mean_(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by their means over the processes."""
        if self.size == 1:
            return
        flat = torch.cat([each.reshape(-1) for each in tensors])
        dist.all_reduce(flat)
        flat /= self.size
        place = 0
        for each in tensors:
            each.copy_(flat[place : place + each.numel()].view_as(each))
            place += each.numel()

    def agree(self, numbers: Sequence[float]) -> list[float]:
        """The leader's numbers, in every process."""
        if self.size == 1:
            return list(numbers)
        shared = torch.tensor(numbers, dtype=torch.float64)
        dist.broadcast(shared, 0, group=self._host)
        return shared.tolist()

    def meet(self) -> None:
        """Wait until all are here, as at a good end: one that leaves first could end the others."""
        if self.size > 1:
            dist.barrier(group=self._host)

    def leave(self) -> None:
        """End the processes' connection, wherever the others are."""
        if self.size > 1:
            self._host = None  # no thread of gloo's may outlive its group
            dist.destroy_process_group()
