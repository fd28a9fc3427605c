from __future__ import annotations

import errno
import os

import pytest
import torch

from viewer.imaging.errors import ImageError
from viewer.rendering.failures import explain


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ImageError("Cannot open a.png."), "Cannot open a.png."),
        (ValueError("two\n  lines"), "two lines"),
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "a.png"), "a.png: No such"),
        (KeyError("x"), "unexpected KeyError: 'x'"),
        (ValueError(), "unexpected ValueError: no more is known"),
    ],
)
def test_errors_become_one_line(error, text):
    assert explain(error).startswith(text)
    assert "\n" not in explain(error)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB, max allowed: 10 GB)"),
    ],
)
def test_a_lack_of_memory_is_told_as_such(error):
    assert explain(error).startswith("there is not enough memory")


def test_other_errors_that_name_a_device_are_not_taken_for_it():
    assert "memory" not in explain(RuntimeError("CUDA error: invalid configuration"))
