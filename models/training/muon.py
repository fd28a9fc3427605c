"""Muon: momentum made orthogonal (Jordan et al., "Muon: an optimizer for hidden layers", 2024).

Adam scales each weight's step by itself, so a step of a matrix is mostly its few strongest
directions. Muon gives all directions of a matrix the same length, and what is rare in the
gradients (the fine detail that super-resolution is about) is learnt much sooner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.training.adam import adam

MOMENTUM = 0.95

ROUNDS = 5
"""Newton and Schulz's iterations; singular values then lie in about 0.7..1.2, which is enough."""

QUINTIC = 3.4445, -4.7750, 2.0315
"""The iteration ``a·X + b·(XXᵀ)X + c·(XXᵀ)²X``, as published: steep at 0, not exact at 1."""

LIKE_ADAM = 0.2
"""Root mean square of an Adam step at a rate of 1 (Liu et al. 2025, arXiv 2502.16982, eq. 4): with
it, rates that suit Adam suit Muon."""

ROWS, COLUMNS = 16, 32
"""Smaller matrices are Adam's: layers that see a picture's three colours, or make them."""


class Muon(torch.optim.Optimizer):
    """Muon for all matrices of some size, Adam for the rest.

    A convolution's weights ``[out, in, k, k]`` are a matrix of ``out`` rows. Matrices of one shape
    are worked on together. As with `adam`, the rate is a tensor that can be changed between
    replays of a captured step.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], device: torch.device, half: bool):
        """Nothing moves until a rate is told.

        Args:
            half: make momentum orthogonal in bf16, which is exact enough for it.
        """
        super().__init__(parameters, {"lr": torch.zeros((), device=device)})
        own = [each for each in parameters if _is_matrix(each)]
        taken = set(map(id, own))
        self._half = half
        self._adam = adam([each for each in parameters if id(each) not in taken], device)
        self._adam.param_groups[0]["lr"] = self.param_groups[0]["lr"]
        self._adam.state = self.state
        self._alike: dict[tuple[int, int], list[nn.Parameter]] = {}
        for each in own:
            self._alike.setdefault(_shape(each), []).append(each)
        self._momenta = {
            shape: torch.zeros(len(alike), *shape, device=device)
            for shape, alike in self._alike.items()
        }
        for shape, alike in self._alike.items():
            for each, momentum in zip(alike, self._momenta[shape], strict=True):
                self.state[each]["momentum"] = momentum.view(each.shape)

    @torch.no_grad()
    def step(self, _: None = None) -> None:  # type: ignore[override]
        """Move all parameters by their gradients, of which each has one."""
        self._adam.step()
        for shape, alike in self._alike.items():
            # No parameter of a network that is trained is without a gradient.
            gradients = torch.stack([each.grad.reshape(shape) for each in alike])  # type: ignore[union-attr]
            momentum = self._momenta[shape].lerp_(gradients, 1.0 - MOMENTUM)
            change = orthogonal(gradients.lerp_(momentum, MOMENTUM), self._half)
            change *= self.param_groups[0]["lr"] * (-LIKE_ADAM * math.sqrt(max(shape)))
            for each, own in zip(alike, change, strict=True):
                each.add_(own.view(each.shape))


def orthogonal(matrices: Tensor, half: bool) -> Tensor:
    """Matrices ``[N, m, n]`` with singular values near 1 and the singular vectors they had; fp32.

    Args:
        half: compute in bf16.
    """
    size = torch.linalg.vector_norm(matrices, dim=(1, 2), keepdim=True).clamp_min(1e-12)
    x = (matrices / size).to(torch.bfloat16 if half else torch.float32)
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.transpose(1, 2)
    x = x.contiguous()
    a, b, c = QUINTIC
    for _ in range(ROUNDS):
        gram = x @ x.transpose(1, 2)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    result: Tensor = (x.transpose(1, 2) if tall else x).float()
    return result


def _shape(parameter: Tensor) -> tuple[int, int]:
    return parameter.shape[0], parameter[0].numel()


def _is_matrix(parameter: Tensor) -> bool:
    if parameter.ndim < 2:
        return False
    rows, columns = _shape(parameter)
    return rows >= ROWS and columns >= COLUMNS
