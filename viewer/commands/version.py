"""`--version`: the program, torch, the device and the default model."""

from __future__ import annotations

import platform
from importlib import metadata

import numpy as np
import torch

from models.backend import Backend, choose_backend
from models.catalogue import default_model, describe, make_sampler
from models.samplers.base import Picture
from models.samplers.grid import Grid
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import CommonOptions


def run(options: None, common: CommonOptions, interrupts: Interrupts) -> None:  # noqa: ARG001
    """Print four lines."""
    backend = choose_backend(common.device, common.precision, common.threads)
    model = describe(default_model(backend.device))
    print(f"liif-viewer {program_version()} (Python {platform.python_version()})")
    print(f"torch {torch.__version__}")
    threads = torch.get_num_threads()
    print(f"device {backend.describe(_path(backend))}, {threads} thread{'s' * (threads > 1)}")
    print(f"model {model.name} ({model.title}, {model.provenance})")


def _path(backend: Backend) -> str:
    """How the default model is decoded, on devices where that has to be found out."""
    if backend.device.type == "cpu":
        return ""
    sampler = make_sampler("liif", Picture(np.zeros((1, 1, 3), np.uint8)), backend)
    sampler.sample(Grid.for_scale(1, 1, 1.0))
    return sampler.path


def program_version() -> str:
    """The installed version; one that runs from its source has none."""
    try:
        return metadata.version("liif-viewer")
    except metadata.PackageNotFoundError:
        return "from source"
