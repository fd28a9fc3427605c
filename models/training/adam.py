"""Adam, its learning rate a tensor that can be changed between replays of a captured step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


def adam(parameters: Sequence[nn.Parameter], device: torch.device) -> torch.optim.Adam:
    """Adam with its usual constants and, until it is told, a learning rate of 0."""
    return torch.optim.Adam(
        parameters,
        lr=torch.zeros((), device=device),
        fused=device.type in ("cpu", "cuda"),
        capturable=device.type == "cuda",
    )
