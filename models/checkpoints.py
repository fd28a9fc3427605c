"""Checkpoints: safe loading of every family, and our own format.

Ours is safetensors whose metadata key ``spec`` holds the model's name and arguments as JSON.
Published files are archives of pickled tensors, of which `families` knows the layouts; they are
read with ``weights_only``, so nothing in them can run.
"""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from models.families.base import PARAMETERS, CheckpointError, Family, fill, mapping
from models.families.fixed_spec import build_any
from models.families.registry import detect
from models.families.spec import build
from models.networks.network import Network

__all__ = ["Checkpoint", "CheckpointError", "build", "load_checkpoint", "save_checkpoint"]


OURS = "LIIF Viewer"
"""The family of our own files."""

MOST_BYTES = 9 * PARAMETERS
"""Largest file of our own, which is read as a whole: a header, and float64 at most."""


@dataclass(frozen=True)
class Checkpoint:
    """A network with what its file says of it.

    Attributes:
        network: in fp32 on the CPU, in evaluation mode.
        family: the name of its layout.
        metadata: free texts, such as the training and the measured quality.
    """

    network: Network
    family: str
    metadata: Mapping[str, str] = field(default_factory=dict)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint of a known family.

    Raises:
        CheckpointError: one sentence that names the file and what is wrong.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"there is no model file {path}; check the path")
    try:
        checkpoint = _read(path)
    except CheckpointError as error:
        raise CheckpointError(f"{path} cannot be used: {error}") from error.__cause__
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    checkpoint.network.eval()
    return checkpoint


def save_checkpoint(
    path: Path, network: Network, metadata: Mapping[str, str] | None = None, half: bool = False
) -> None:
    """Write a network in our own format, with ``half`` in half precision."""
    kind = torch.float16 if half else torch.float32
    tensors = {
        name: value.detach().to("cpu", kind).contiguous()
        for name, value in network.state_dict().items()
    }
    told = {**(metadata or {}), "spec": json.dumps(network.spec)}
    # As bytes, here and below: safetensors and torch open no path that is not UTF-8.
    path.write_bytes(save(tensors, told))


def _read(path: Path) -> Checkpoint:
    with path.open("rb") as file:
        start = file.read(16)
    if not start:
        raise CheckpointError("the file is empty")
    # Safetensors begins with a length, which may look like torch's first bytes, and a brace.
    if start[8:9] == b"{":
        return _read_safetensors(path)
    # A zip archive or a bare pickle is torch's.
    if start[:2] in (b"PK", b"\x80\x02"):
        content = _read_torch(path)
        family = detect(content)
        return Checkpoint(_loaded(family, content), family.name)
    raise CheckpointError("it is neither safetensors nor a file written by torch.save")


def _loaded(family: Family, content: Any) -> Network:
    try:
        return family.load(content)
    except (CheckpointError, MemoryError):
        raise
    except Exception as error:
        # Torch has more kinds of tensors than checks can foresee.
        raise CheckpointError(f"its tensors cannot be used ({type(error).__name__})") from error


def _read_safetensors(path: Path) -> Checkpoint:
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise CheckpointError(f"it has {size:,} bytes, and more than {MOST_BYTES:,} are too many")
    try:
        content = path.read_bytes()
        tensors = load(content)
        metadata = _metadata(content)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError("the file is damaged or cut short; fetch it again") from error
    if "spec" not in metadata:
        raise CheckpointError("its header has no 'spec', so it is not a LIIF Viewer model")
    try:
        spec = json.loads(metadata.pop("spec"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError("the 'spec' in its header is not JSON") from error
    # On the meta device a hostile spec costs no memory; `fill` puts the file's tensors in.
    with torch.device("meta"):
        network = build_any(mapping(spec, "spec"), len(tensors))
    fill(network, tensors)
    return Checkpoint(network, OURS, metadata)


def _metadata(content: bytes) -> dict[str, str]:
    """The texts in the header of a safetensors file, of which `load` gives the tensors alone."""
    length = int.from_bytes(content[:8], "little")
    return dict(json.loads(content[8 : 8 + length]).get("__metadata__") or {})


def _read_torch(path: Path) -> Any:
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            "it holds more than plain tensors, which is not safe to load, or it is damaged"
        ) from error
    except Exception as error:
        # Damage makes torch raise almost anything: AssertionError, IndexError, struct.error, …
        raise CheckpointError("the file is damaged or cut short; fetch it again") from error
