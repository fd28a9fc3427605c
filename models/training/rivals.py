"""Discriminators of pictures and of gradient maps (ESRGAN, 2018; SPSR, CVPR 2020), and their loss.

They try to tell restored patches from true ones, and the network is also taught to mislead them.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.backend import Backend
from models.networks.spsr import gradient_map
from models.training.adam import adam
from models.training.config import Config
from models.training.group import Group

SLOPE = 0.2
"""Of all leaky ReLUs."""

DEEPEST, SMALLEST, JUDGING = 5, 4, 100
"""Halvings at most, sides at which they end, and the width before the last number."""


class Discriminator(nn.Module):
    """VGG's pattern, as in ESRGAN: pairs of convolutions, of which the second halves the picture.

    ``[B, 3, side, side] → [B, 1]``, higher for what seems true. Channels double up to eight times
    the first. Each pair is a 3×3 and a 4×4 of stride 2, with batch normalisation (but for the
    very first) and leaky ReLU. It uses a batch's own statistics only, and keeps none.
    """

    def __init__(self, side: int, width: int):
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for number in range(_halvings(side)):
            outputs = width * min(2**number, 8)
            layers.append(nn.Conv2d(inputs, outputs, 3, padding=1))
            layers += [_norm(outputs)] if number else []
            layers += [nn.LeakyReLU(SLOPE), nn.Conv2d(outputs, outputs, 4, 2, 1)]
            layers += [_norm(outputs), nn.LeakyReLU(SLOPE)]
            inputs, side = outputs, side // 2
        self.features = nn.Sequential(*layers)
        self.judge = nn.Sequential(
            nn.Linear(inputs * side * side, JUDGING), nn.LeakyReLU(SLOPE), nn.Linear(JUDGING, 1)
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """How true pictures seem: ``[B, 1]``."""
        seemed: Tensor = self.judge(self.features(pictures).flatten(1))
        return seemed


class Rivals:
    """The discriminators of a run. Each step ends with one of theirs.

    Attributes:
        networks: those whose loss has a weight, ``pictures`` and ``gradients``.
        optimiser: their Adam.
    """

    def __init__(self, config: Config, side: int, backend: Backend, group: Group):
        self._backend, self._group = backend, group
        wanted = {"pictures": config.adversarial, "gradients": config.gradient_adversarial}
        self._weights = {name: weight for name, weight in wanted.items() if weight}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.networks = nn.ModuleDict(
                {name: Discriminator(side, config.critic_width) for name in self._weights}
            )
        self.networks.to(backend.device)
        self._parameters = list(self.networks.parameters())
        self.optimiser = adam(self._parameters, backend.device)

    def worth(self, shown: Tensor, truth: Tensor) -> Tensor:
        """What the network is to lower: the truth should seem false, what it shows true.

        Args:
            shown, truth: ``[B, 3, side, side]`` in 0..1.
        """
        self.networks.requires_grad_(False)
        total = shown.new_zeros(())
        for name, weight in self._weights.items():
            total = total + weight * relativistic(*reversed(self._judged(name, truth, shown)))
        self.networks.requires_grad_(True)
        return total

    def learn(self, shown: Tensor, truth: Tensor) -> None:
        """One step of the discriminators, on pictures ``shown`` that carry no gradient."""
        for parameter in self._parameters:
            parameter.grad = None
        losses = [relativistic(*self._judged(name, truth, shown)) for name in self._weights]
        torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
        self._group.mean_([each.grad for each in self._parameters if each.grad is not None])
        self.optimiser.step()

    def _judged(self, name: str, truth: Tensor, shown: Tensor) -> tuple[Tensor, Tensor]:
        """How true the truth and what is shown seem, each ``[B, 1]`` fp32."""
        half = self._backend.precision != torch.float32
        network = self.networks[name]
        pictures = truth, shown
        if name == "gradients":
            pictures = gradient_map(truth), gradient_map(shown)
        with torch.autocast(
            self._backend.device.type, self._backend.precision, half, cache_enabled=False
        ):
            one, other = (network(each) for each in pictures)
        return one.float(), other.float()


def rivals_of(config: Config, side: int, backend: Backend, group: Group) -> Rivals | None:
    """The discriminators that a configuration asks for, if any."""
    wanted = config.adversarial or config.gradient_adversarial
    return Rivals(config, side, backend, group) if wanted else None


def relativistic(higher: Tensor, lower: Tensor) -> Tensor:
    """The relativistic average loss (Jolicoeur-Martineau, 2018) of judgements ``[B, 1]``.

    ``−½·mean(log σ(h − mean l)) − ½·mean(log(1 − σ(l − mean h)))``: 0 where all ``higher`` are far
    above the mean of ``lower``, and the other way round.
    """
    above, below = higher - lower.mean(), lower - higher.mean()
    return 0.5 * (F.softplus(-above).mean() + F.softplus(below).mean())


def _halvings(side: int) -> int:
    return max(1, min(DEEPEST, int(math.log2(side / SMALLEST))))


def _norm(channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels, track_running_stats=False)
