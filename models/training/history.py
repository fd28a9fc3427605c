"""What a weights file tells of its making: every run it went through, the oldest first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.training.config import Config
from models.training.state import Position
from models.training.tasks import task_of

KEY = "training"
"""The metadata key that holds the runs as a JSON list."""


def of_metadata(metadata: Mapping[str, str]) -> tuple[Mapping[str, Any], ...]:
    """The runs that a file's metadata tells of; one written by hand may be a single table."""
    try:
        told = json.loads(metadata.get(KEY, "[]"))
    except ValueError:
        return ()
    runs = told if isinstance(told, list) else [told]
    return tuple(each for each in runs if isinstance(each, dict))


def to_metadata(runs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Metadata that tells of runs, in ASCII: names of files need not be UTF-8."""
    return {KEY: json.dumps([dict(each) for each in runs])}


def record(
    config: Config, position: Position, command: str, hardware: str, data: str
) -> dict[str, Any]:
    """What is told of one run."""
    names = ("batch", "patch", "optimiser", "learning_rate", "schedule")
    return {
        "config": config.name,
        "model": config.model,
        "iterations": position.iteration,
        "minutes": round(position.seconds / 60, 2),
        **{name: getattr(config, name) for name in (*names, "warmup", "clip", "ema", "seed")},
        **task_of(config).told(),
        "hardware": hardware,
        "data": data,
        "command": command,
    }


def digest(path: Path) -> str:
    """The first twelve digits of a file's SHA-256: enough to tell which file it was."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
