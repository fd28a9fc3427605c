from __future__ import annotations

import torch

from models.backend import Backend
from models.evaluation import device
from models.evaluation.device import matmul_rate
from tests.models.pictures import CPU


def test_a_device_has_a_rate():
    assert matmul_rate(Backend(CPU), seconds=0.01) > 1e8


def test_where_memory_is_short_smaller_matrices_are_multiplied(monkeypatch):
    """A run of hours ends with this number: it must not end without its summary."""
    asked = []

    def rate(_, side, __):
        asked.append(side)
        if side > 2048:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return 1e12

    monkeypatch.setattr(device, "_rate", rate)
    assert matmul_rate(Backend(torch.device("cuda"))) == 1e12
    assert asked == [8192, 4096, 2048]
