"""Checkpoints of a run: a small JSON file that names safetensors files of under 16 MB each.

The JSON file is replaced at once after its parts are written under names of their own, so there
is always a whole checkpoint, whenever the run is killed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from models.checkpoints import CheckpointError
from models.training.step import Step

PART_BYTES = 15_000_000
"""Bytes of tensors in one file, at most (one tensor is never cut)."""

FORMAT = "liif-viewer training 1"


@dataclass(frozen=True)
class Position:
    """Where a run is.

    Attributes:
        iteration: steps taken.
        seconds: time spent, over all its parts.
        config: its settings as plain values.
        history: runs before it whose weights it started from, the oldest first.
        smooth: the loss, smoothed over some hundred steps.
        least: the least that it has been, by which divergence is seen; None before it is settled.
        smoothed: steps that have gone into it.
        parts: names of the files beside the checkpoint that hold its tensors.
    """

    iteration: int
    seconds: float
    config: Mapping[str, Any]
    history: tuple[Mapping[str, Any], ...] = ()
    smooth: float | None = None
    least: float | None = None
    smoothed: int = 0
    parts: tuple[str, ...] = ()


def save(path: Path, step: Step, position: Position) -> None:
    """Write a checkpoint beside and into ``path`` (the JSON file), in place of an earlier one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stem = f"{path.stem}-{position.iteration:08d}"
    parts: list[str] = []
    try:
        for number, tensors in enumerate(_shards(_tensors(step))):
            parts.append(f"{stem}-{number:03d}.safetensors")
            _write(path.with_name(parts[-1]), to_bytes(tensors))
        content = {
            "format": FORMAT,
            "iteration": position.iteration,
            "seconds": position.seconds,
            "smooth": position.smooth,
            "least": position.least,
            "smoothed": position.smoothed,
            "config": dict(position.config),
            "history": [dict(each) for each in position.history],
            "parts": parts,
        }
        # In ASCII: the folders that a configuration names need not be UTF-8.
        _write(path, json.dumps(content, indent=2).encode())
    except BaseException:
        _remove(path.with_name(name) for name in parts if name not in _named(path))
        raise
    # A person may have called a file of weights much alike.
    part = re.compile(rf"{re.escape(path.stem)}-\d{{8,}}-\d{{3,}}\.safetensors")
    names = {each.name for each in path.parent.glob("*.safetensors") if part.fullmatch(each.name)}
    _remove(path.with_name(name) for name in names - set(parts))


def read(path: Path) -> Position:
    """What a checkpoint tells of its run.

    Raises:
        CheckpointError: one sentence that names the file.
    """
    if not path.is_file():
        raise CheckpointError(f"there is no checkpoint {path}; check the path")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError("another format")
        return Position(
            int(content["iteration"]),
            float(content["seconds"]),
            dict(content["config"]),
            tuple(content["history"]),
            content["smooth"],
            content["least"],
            int(content.get("smoothed", content["iteration"])),
            tuple(Path(part).name for part in content["parts"]),
        )
    except (OSError, ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise CheckpointError(
            f"{path} is no checkpoint of a training run; give the checkpoint.json of one"
        ) from error


def restore(path: Path, step: Step) -> Position:
    """Put a checkpoint's numbers into a step.

    Raises:
        CheckpointError: one sentence that names the file, if anything is missing or does not fit.
    """
    position = read(path)
    tensors: dict[str, Tensor] = {}
    for part in position.parts:
        try:
            # By its bytes: safetensors itself opens no path that is not UTF-8.
            tensors |= load(path.with_name(part).read_bytes())
        except (OSError, SafetensorError) as error:
            raise CheckpointError(
                f"{path} needs {part} beside it, which is missing or damaged; copy it again"
            ) from error
    places = _tensors(step)
    for name, place in places.items():
        if name not in tensors or tensors[name].shape != place.shape:
            raise CheckpointError(f"{path} does not fit this model: {name} is missing or differs")
    with torch.no_grad():
        for name, place in places.items():
            place.copy_(tensors[name])
    return position


def _tensors(step: Step) -> dict[str, Tensor]:
    """Every tensor that a run's future depends on, by name."""
    found = _trained(step.network, step.optimiser, "")
    names = dict(step.network.named_parameters())
    for name, mean in zip(names, step.average.values, strict=True):
        found[f"mean.{name}"] = mean
    found |= _trained(step.task.extras, step.optimiser, "extra.")
    if step.rivals is not None:
        found |= _trained(step.rivals.networks, step.rivals.optimiser, "rival.")
    return found


def _trained(module: nn.Module, optimiser: torch.optim.Optimizer, before: str) -> dict[str, Tensor]:
    """A module's weights and what the optimiser remembers of them."""
    found: dict[str, Tensor] = {}
    for name, parameter in module.named_parameters():
        state = optimiser.state[parameter]
        if not state:
            # As Adam itself would make them in its first step.
            state["step"] = torch.zeros((), dtype=torch.float32, device=parameter.device)
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        found[f"{before}weights.{name}"] = parameter.detach()
        found |= {f"{before}{key}.{name}": value for key, value in state.items()}
    return found


def _shards(tensors: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    part: dict[str, Tensor] = {}
    size = 0
    for name, tensor in tensors.items():
        if part and size + tensor.nbytes > PART_BYTES:
            yield part
            part, size = {}, 0
        part[name] = tensor.detach().cpu().contiguous()
        size += tensor.nbytes
    yield part


def _write(path: Path, content: bytes) -> None:
    """Write a file under another name and move it into place."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(content)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _named(path: Path) -> set[str]:
    """The parts that the checkpoint in place needs."""
    with suppress(CheckpointError):
        return set(read(path).parts)
    return set()


def _remove(paths: Iterator[Path]) -> None:
    for path in list(paths):
        with suppress(OSError):
            path.unlink()
