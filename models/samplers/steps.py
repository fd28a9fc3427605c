"""Work in steps, for samplers: each step in inference mode, the caller in its own."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from models.networks.encoder import Steps


def in_inference_mode(steps: Steps) -> Iterator[None]:
    """Steps that each run in inference mode, leaving the caller's own mode alone between them."""
    while True:
        with torch.inference_mode():
            try:
                next(steps)
            except StopIteration:
                return
        yield
