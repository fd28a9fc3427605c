"""From samples in 0..1 to the bytes of a screen, where the samples are."""

from __future__ import annotations

import torch
from torch import Tensor


def to_codes(samples: Tensor) -> Tensor:
    """``⌊255·v + 1/2⌋`` as blue, green, red and 255: the bytes of a ``QImage.Format_RGB32``.

    Args:
        samples: ``[…, 3]`` fp32 RGB; what lies outside 0..1 is clamped.

    Returns:
        ``[…, 4]`` uint8 on the same device.
    """
    out = torch.empty((*samples.shape[:-1], 4), dtype=torch.uint8, device=samples.device)
    put_codes(out, samples)
    return out


def put_codes(out: Tensor, samples: Tensor) -> None:
    """The same into ``out``, ``[…, 4]`` uint8."""
    scaled = samples.clamp(0.0, 1.0).mul_(255.0).add_(0.5)
    out[..., :3] = scaled.flip(-1)
    out[..., 3] = 255
