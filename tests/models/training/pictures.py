"""Little runs for tests: a tiny network, and pictures that can be computed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from models.backend import Backend
from models.training.config import Config
from models.training.data import Bytes, ImageSet
from models.training.group import Group
from models.training.patches import Patches
from models.training.setup import fresh_network
from models.training.step import Step
from models.training.tasks import task_of

CPU = torch.device("cpu")

TINY = Config(
    name="tiny",
    title="Tiny",
    encoder={"name": "wdsr-b", "n_feats": 8, "n_resblocks": 2, "expansion": 2, "low_rank": 0.8},
    hidden=(16, 16),
    residual=True,
    patch=12,
    batch=4,
    queries=64,
    unit_share=0.2,
    learning_rate=3e-3,
    warmup=2,
    clip=1.0,
    ema=0.9,
    iterations=12,
    log_every=1,
)


METASR = {"model": "metasr", "hidden": (16,), "residual": False}
FIXED: dict[str, Any] = {"encoder": {}, "hidden": (), "residual": False, "unit_share": 0.0}
WDSR_ARGS = {"factor": 2, "n_feats": 8, "n_resblocks": 2, "wide": 16}
WDSR_A = {**FIXED, "model": "wdsr", "network": WDSR_ARGS}
WDSR_B = {**FIXED, "model": "wdsr", "network": {**WDSR_ARGS, "factor": 3, "wide": 32, "narrow": 6}}
JUDGED = {**WDSR_A, "adversarial": 5e-3, "gradient_adversarial": 5e-3, "critic_width": 4}
SPSR_ARGS = {"n_feats": 6, "n_blocks": 2, "growth": 3, "taps": [1, 2]}
SPSR = {
    **FIXED,
    "model": "spsr",
    "network": SPSR_ARGS,
    "patch": 10,
    "batch": 2,
    "gradient_loss": 0.1,
    "branch_loss": 0.5,
}
KINDS: dict[str, dict[str, Any]] = {
    "liif": {},
    "liif-muon": {"optimiser": "muon", "hidden": (32, 32)},
    "metasr": METASR,
    "wdsr-a": WDSR_A,
    "wdsr-b": WDSR_B,
    "spsr": SPSR,
    "wdsr-judged": JUDGED,
}
"""What makes of `TINY` a configuration of another kind."""


def noise(rng: np.random.Generator, count: int = 3, side: int = 64) -> list[Bytes]:
    """Pictures of random bytes, wider than they are high."""
    return [rng.integers(0, 256, (side, side + 9, 3), dtype=np.uint8) for _ in range(count)]


def stripes(count: int = 4, side: int = 72) -> list[Bytes]:
    """Pictures of sharp stripes and discs, which interpolation blurs and a network can learn."""
    y, x = np.mgrid[:side, :side]
    found = []
    for number in range(count):
        wave = np.sin((x * np.cos(number) + y * np.sin(number)) * (0.5 + 0.1 * number))
        disc = np.hypot(x - side / 2, y - side / 2 + 5 * number) < side / 4
        grey = np.where((wave > 0) ^ disc, 210, 50).astype(np.uint8)
        found.append(np.dstack([grey, 255 - grey, grey]))
    return found


def images(pictures: list[Bytes], config: Config = TINY) -> ImageSet:
    return ImageSet(pictures, task_of(config).largest_side, CPU)


def parts(pictures: list[Bytes], **changes: Any) -> tuple[Config, Step, Patches]:
    """A configuration, a step with fresh weights and its batches, in fp32."""
    config = replace(TINY, **changes)
    step = Step(fresh_network(config), config, Backend(CPU), Group())
    return config, step, step.task.batches(images(pictures, config))


def brought_down(rate: float, **changes: Any) -> float:
    """What sixty steps on one batch of `stripes` leave of its loss, as a share of the first."""
    _, step, batches = parts(stripes(), **changes)
    batch = batches.make(0)
    sums = [0.0]
    for _ in range(60):
        step(batch, rate, 0.9)
        sums.append(float(step.total))
    return (sums[-1] - sums[-2]) / sums[1]
