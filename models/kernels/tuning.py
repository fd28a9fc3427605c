"""Shapes in which the fused kernel may run, and the choice among them by the clock."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

log = logging.getLogger(__name__)


class Config(NamedTuple):
    """How a launch is cut.

    Attributes:
        rows: rows of a program, four for each sample.
        chunk: columns of a hidden layer that are in work at a time.
        warps: warps of a program.
        stages: chunks of weights in shared memory, the ones in use and those on their way.
    """

    rows: int
    chunk: int
    warps: int
    stages: int


CONFIGS = {
    32: (Config(128, 32, 4, 2), Config(256, 32, 8, 2)),
    64: (Config(128, 64, 4, 2), Config(256, 64, 8, 2)),
    128: (Config(128, 64, 8, 3), Config(128, 64, 8, 2), Config(64, 32, 4, 2)),
    256: (Config(128, 64, 8, 2), Config(64, 32, 8, 2), Config(64, 32, 4, 2)),
}
"""What is tried for a hidden width, the most promising first; the last fits small devices."""


def fastest(configs: Sequence[Config], seconds: Callable[[Config], float]) -> Config:
    """The configuration with the least time. Those that cannot run here are passed over.

    Args:
        configs: what to try.
        seconds: runs one and says how long it took; raises if the device cannot.

    Raises:
        RuntimeError: one sentence, if none can run.
    """
    best, least, reason = None, math.inf, ""
    for config in configs:
        try:
            spent = seconds(config)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            log.debug("%s cannot run here: %s", config, reason)
            continue
        if spent < least:
            best, least = config, spent
    if best is None:
        raise RuntimeError(f"no configuration of the kernel can run here ({reason})")
    return best
