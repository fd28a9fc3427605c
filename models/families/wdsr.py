"""WDSR at a fixed scale as its authors publish it: weight norm, and two layouts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isqrt
from typing import Any

import torch
from torch import Tensor

from models.families.base import CheckpointError, Family, fill, numbered, side, tensors
from models.families.weight_norm import DIRECTION, folded, split
from models.networks.normalisation import Normalisation
from models.networks.wdsr_upscaler import BMVC, NTIRE, WDSR

SCALES = (2, 3, 4)

LARGE = 32, 128
"""Blocks and channels of the networks of 2018 whose residual factor is 0.1."""


class WDSR2018(Family):
    """A bare state, ``head.0``, ``body.i.body``, ``tail.0``, ``skip.0`` (NTIRE challenge, 2018).

    Files tell neither the mean nor the residual factor; the paper's are taken unless others are
    given: its factor is 0.1 in the `LARGE` networks and 1 in the others.
    """

    name = "WDSR of 2018"

    def __init__(self, normalisation: Normalisation = NTIRE, res_scale: float | None = None):
        self._normalisation, self._res_scale = normalisation, res_scale

    def misfit(self, content: object) -> str:
        """There must be the head's direction under weight norm."""
        first = f"head.0{DIRECTION}"
        return "" if isinstance(content, Mapping) and first in content else f"no {first!r}"

    def load(self, content: Any) -> WDSR:
        """The network that the shapes tell, with weight norm folded."""
        state = folded(tensors(content, "file"))
        return network_of(state, self._normalisation, self._res_scale or _usual_scale(state))

    def save(self, network: Any) -> dict[str, Any]:
        """The published names."""
        return dict(split(network.state_dict()))


class WDSR2019(Family):
    """A state under 'model_state_dict' whose ``body`` runs from head to tail (BMVC, 2019)."""

    name = "WDSR of 2019"

    def misfit(self, content: object) -> str:
        """There must be a 'model_state_dict' with the first convolution under weight norm."""
        state = content.get("model_state_dict") if isinstance(content, Mapping) else None
        if not isinstance(state, Mapping):
            return "no 'model_state_dict'"
        first = f"body.0{DIRECTION}"
        return "" if first in state else f"no {first!r}"

    def load(self, content: Any) -> WDSR:
        """The network that the shapes tell, with weight norm folded."""
        state = folded(tensors(content["model_state_dict"], "'model_state_dict'"))
        blocks = numbered(state, "body.", ".body.0.weight", 1)
        return network_of({_ours(name, blocks): each for name, each in state.items()}, BMVC, 1.0)

    def save(self, network: Any) -> dict[str, Any]:
        """The published names; what training left in such files is not needed."""
        state, blocks = split(network.state_dict()), len(network.body)
        return {"model_state_dict": {_theirs(name, blocks): each for name, each in state.items()}}


def _usual_scale(state: Mapping[str, Tensor]) -> float:
    return 0.1 if (_blocks(state), side(state, "head.0.weight", 0)) == LARGE else 1.0


def _blocks(state: Mapping[str, Tensor]) -> int:
    return numbered(state, "body.", ".body.0.weight")


def network_of(state: Mapping[str, Tensor], normalisation: Normalisation, scale: float) -> WDSR:
    """The network of a state without weight norm, under our names.

    Raises:
        CheckpointError: the first thing that does not fit.
    """
    outputs = side(state, "tail.0.weight", 0)
    factor = isqrt(outputs // 3)
    if 3 * factor**2 != outputs or factor not in SCALES:
        raise CheckpointError(f"its tail has {outputs} channels, which is no scale of 2, 3 or 4")
    narrow = side(state, "body.0.body.2.weight", 0) if "body.0.body.3.weight" in state else None
    with torch.device("meta"):
        network = WDSR(
            factor,
            n_feats=side(state, "head.0.weight", 0),
            n_resblocks=_blocks(state),
            wide=side(state, "body.0.body.0.weight", 0),
            narrow=narrow,
            res_scale=scale,
            normalisation=normalisation,
        )
    fill(network, state)
    return network


def _ours(name: str, blocks: int) -> str:
    """Our name of a tensor of 2019, for ``blocks`` blocks between head and tail."""
    found = re.match(r"body\.(\d+)\.", name)
    if not found:
        return name
    number, rest = int(found[1]), name[found.end() :]
    if rest.startswith("body."):
        return f"body.{number - 1}.{rest}"
    places = {0: "head.0.", blocks + 1: "tail.0."}
    return places.get(number, found[0]) + rest


def _theirs(name: str, blocks: int) -> str:
    ends = {"head.0.": "body.0.", "tail.0.": f"body.{blocks + 1}."}
    for ours, theirs in ends.items():
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return re.sub(r"^body\.(\d+)", lambda found: f"body.{int(found[1]) + 1}", name)
