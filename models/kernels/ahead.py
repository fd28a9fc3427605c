"""Compiling before anything waits for it."""

from __future__ import annotations

import contextlib
from threading import Thread

import torch

from models.backend import Backend
from models.kernels.compiled import can_compile, compiled_layers, compiled_passes
from models.kernels.filtering import filters_on


def compile_ahead(backend: Backend) -> Thread:
    """Begin to compile what pictures will be filtered and decoded with on a backend.

    The thread is not a daemon: the process waits for it, some tenths of a second, since LLVM must
    not be at work while Python ends.
    """
    thread = Thread(target=_compile, args=(backend,), name="compiler")
    thread.start()
    return thread


def _compile(backend: Backend) -> None:
    # What fails is asked for again when it is needed, and is reported then.
    with contextlib.suppress(Exception):
        filters_on(backend.device)
        if can_compile(backend):
            compiled_passes()
            if backend.precision == torch.float32:
                compiled_layers()
