from __future__ import annotations

import errno
import os

import pytest
import torch

from viewer.imaging.errors import ImageError
from viewer.rendering.failures import explain, may_lack_memory


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
        RuntimeError("could not create a primitive"),
        RuntimeError("could not execute a primitive"),
        RuntimeError("could not create a memory object"),
    ],
)
def test_a_lack_of_memory_is_told_as_such_after_it_was_given_back(error):
    assert may_lack_memory(error)
    assert explain(error).startswith("there is not enough memory")


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: invalid configuration",
        "could not create a primitive descriptor for the convolution forward propagation primitive",
    ],
)
def test_other_errors_that_name_a_device_or_a_library_are_not_taken_for_it(words):
    assert not may_lack_memory(RuntimeError(words))
    assert words in explain(RuntimeError(words))


@pytest.mark.parametrize(
    "words",
    [
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "GET was unable to find an engine to execute this computation",
        "FIND was unable to find an engine to execute this computation",
    ],
)
def test_libraries_of_a_gpu_lack_memory_in_their_own_words(words):
    assert may_lack_memory(RuntimeError(words))


def test_what_only_may_be_a_lack_of_memory_is_not_told_as_such():
    error = RuntimeError("GET was unable to find an engine to execute this computation")
    assert "unable to find an engine" in explain(error)


@pytest.mark.parametrize("error", [ValueError("no room"), RuntimeError("another"), KeyError("x")])
def test_other_errors_are_no_reason_to_give_memory_back(error):
    assert not may_lack_memory(error)
