"""What every test can use: repeatable random numbers, and torch's settings put back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import models  # noqa: F401

# isort: split
# The program's own package comes before torch, as in the program: it tells torch's threads how long
# to spin. Without that a window's tests take up to seven times as long on a busy machine.
import numpy as np
import pytest
import torch

try:
    from hypothesis import settings
except ModuleNotFoundError:  # on a GPU machine, where what needs none can still be run
    settings = None

# Windows are driven without a screen; a platform that is asked for by name is taken.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# What somebody has brought must not change what tests see: there is no such folder.
os.environ["LIIF_VIEWER_MODELS"] = str(Path(__file__).with_name("no-brought-models"))

# The same examples in every run, and no deadline: the machine may be busy.
if settings is not None:
    settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=60)
    settings.load_profile("repeatable")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_210_331)


@pytest.fixture(autouse=True)
def _torch_as_it_was() -> Iterator[None]:
    """Number of threads and random state are the same before every test."""
    threads = torch.get_num_threads()
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)
