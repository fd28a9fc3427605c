"""SPSR's generator as its authors publish it (Ma et al., CVPR 2020)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from models.families.base import CheckpointError, Family, fill, numbered, side, tensors
from models.families.fixed_spec import spsr_of
from models.networks.spsr import SPSR, TAPS

FIRST = "model.1.sub.0.RDB1.conv1.0.weight"
BRANCH = "b_fea_conv.0.weight"

UNUSED = re.compile(r"get_g_nopadding\.weight_[hv]$|conv_w\.0\.|HR_conv0_new\.0\.")
"""The gradient's kernels, the branch's own picture, and a second copy of ``model.8``."""

NAMES = {
    "head": "model.0",
    "arm.convs.0": "model.3",
    "arm.convs.1": "model.6",
    "arm.convs.2": "model.8",
    "arm.convs.3": "HR_conv1_new.0",
    "branch_head": "b_fea_conv.0",
    "branch_tail": "b_LR_conv.0",
    "branch_arm.convs.0": "b_module.1",
    "branch_arm.convs.1": "b_module.4",
    "branch_arm.convs.2": "b_module.6",
    "branch_arm.convs.3": "b_module.8",
    "fusion.conv": "f_concat.0",
    "out.0": "f_HR_conv0.0",
    "out.1": "f_HR_conv1.0",
}
"""Our layers and theirs, those that are not of a block."""


class OfficialSPSR(Family):
    """A bare state of the generator; files do not tell the taps, and the paper's are taken."""

    name = "SPSR"

    def __init__(self, taps: Sequence[int] = TAPS):
        self._taps = taps

    def misfit(self, content: object) -> str:
        """There must be a first block and the branch."""
        for first in (FIRST, BRANCH):
            if not isinstance(content, Mapping) or first not in content:
                return f"no {first!r}"
        return ""

    def load(self, content: Any) -> SPSR:
        """The network that the shapes tell, with the tensors under our names."""
        every = tensors(content, "file")
        state = {name: each for name, each in every.items() if not UNUSED.match(name)}
        blocks = numbered(state, "model.1.sub.", ".RDB1.conv1.0.weight")
        if blocks < max(self._taps):
            raise CheckpointError(f"it has {blocks} blocks, and the branch reads {self._taps}")
        with torch.device("meta"):
            n_feats, growth = side(state, "model.0.weight", 0), side(state, FIRST, 0)
            network = spsr_of(n_feats, blocks, growth, self._taps, len(state))
        known = {theirs(name, blocks): name for name in network.state_dict()}
        for name in sorted(set(known) ^ set(state)):
            problem = "is missing" if name in known else "does not belong to this model"
            raise CheckpointError(f"the tensor {name} {problem}")
        fill(network, {ours: state[name] for name, ours in known.items()})
        return network

    def save(self, network: Any) -> dict[str, Any]:
        """The published names of all that reaches the output."""
        blocks = len(network.body)
        return {theirs(name, blocks): each for name, each in network.state_dict().items()}


def theirs(name: str, blocks: int) -> str:
    """Their name of one of our tensors, in a network of so many blocks."""
    layer, _, kind = name.rpartition(".")
    if layer == "tail":
        return f"model.1.sub.{blocks}.{kind}"
    if layer in NAMES:
        return f"{NAMES[layer]}.{kind}"
    found = re.fullmatch(r"fusions\.(\d+)\.conv", layer)
    if found:
        return f"b_concat_{int(found[1]) + 1}.0.{kind}"
    found = re.fullmatch(r"(.+)\.dense\.(\d+)\.convs\.(\d+)", layer)
    assert found is not None, layer
    return f"{_block(found[1])}.RDB{int(found[2]) + 1}.conv{int(found[3]) + 1}.0.{kind}"


def _block(ours: str) -> str:
    if ours == "fusion.block":
        return "f_block"
    group, number = ours.split(".")[:2]
    return f"model.1.sub.{number}" if group == "body" else f"b_block_{int(number) + 1}"
