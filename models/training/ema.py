"""The running mean of the weights, which is what a run is for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """An exponential running mean of a network's parameters.

    Attributes:
        values: one tensor per parameter, in the order of ``parameters()``.
    """

    def __init__(self, network: nn.Module):
        self._parameters = list(network.parameters())
        self.values = [each.detach().clone() for each in self._parameters]

    @torch.no_grad()
    def update(self, share: Tensor) -> None:
        """Move by a share (``1 − decay``, a tensor of no axes) towards the parameters."""
        change = torch._foreach_sub([each.detach() for each in self._parameters], self.values)
        torch._foreach_mul_(change, share)
        torch._foreach_add_(self.values, change)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """While this lasts, the network's parameters are the mean."""
        own = [each.detach().clone() for each in self._parameters]
        self._put(self.values)
        try:
            yield
        finally:
            self._put(own)

    @torch.no_grad()
    def _put(self, values: list[Tensor]) -> None:
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.copy_(value)
