"""The task of each kind of model: one line a kind."""

from __future__ import annotations

from models.training.config import Config
from models.training.continuous import LIIFTask
from models.training.metasr import MetaSRTask
from models.training.spsr import SPSRTask
from models.training.task import Task
from models.training.whole import WDSRTask

TASKS: dict[str, type[Task]] = {
    "liif": LIIFTask,
    "metasr": MetaSRTask,
    "wdsr": WDSRTask,
    "spsr": SPSRTask,
}
"""By the name that specs give the model."""


def task_of(config: Config) -> Task:
    """What a run of a configuration teaches."""
    return TASKS[config.model](config)
