"""LIIF as mmagic publishes it: other names, no spec, and for EDSR another normalisation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from models.families.base import CheckpointError, Family, depth, fill, side, tensors
from models.families.spec import rdn_of
from models.networks.edsr import EDSR
from models.networks.encoder import Encoder
from models.networks.liif import LIIF
from models.networks.normalisation import DIV2K_MEAN, STANDARD, Normalisation
from models.networks.rdn import RDN

BEFORE = "generator."
EDSR_FIRST, RDN_FIRST = "conv_first.weight", "sfe1.weight"

MEAN_ONLY = Normalisation(DIV2K_MEAN, 1.0)
"""The EDSR variant subtracts the mean and divides by nothing."""

Rules = tuple[tuple[str, str], ...]
"""Our names and theirs, as patterns of which every ``#`` is a number."""

EDSR_NAMES: Rules = (
    ("encoder.head.0.", "conv_first."),
    ("encoder.body.#.body.0.", "body.#.conv1."),
    ("encoder.body.#.body.2.", "body.#.conv2."),
    ("encoder.body.#.", "conv_after_body."),
)
RDN_NAMES: Rules = (
    ("encoder.SFENet1.", "sfe1."),
    ("encoder.SFENet2.", "sfe2."),
    ("encoder.RDBs.#.convs.#.conv.0.", "rdbs.#.layers.#.conv."),
    ("encoder.RDBs.#.LFF.", "rdbs.#.lff."),
    ("encoder.GFF.#.", "gff.#."),
)


class MmagicLIIF(Family):
    """``{'state_dict': {'generator.…': …}}``; depth and width stand in the tensors' shapes."""

    name = "mmagic's LIIF"

    def misfit(self, content: object) -> str:
        """There must be a 'state_dict' with a generator's first convolution."""
        state = content.get("state_dict") if isinstance(content, Mapping) else None
        if not isinstance(state, Mapping):
            return "no 'state_dict'"
        first = (BEFORE + EDSR_FIRST, BEFORE + RDN_FIRST)
        return "" if any(name in state for name in first) else f"no {first[0]!r}"

    def load(self, content: Any) -> LIIF:
        """The network that the shapes tell, with the tensors under our names."""
        every = tensors(content["state_dict"], "'state_dict'")
        state = {k.removeprefix(BEFORE): v for k, v in every.items() if k.startswith(BEFORE)}
        with torch.device("meta"):
            network = _network(state)
        generator = {name: each for name, each in every.items() if name.startswith(BEFORE)}
        fill(network, generator, lambda name: BEFORE + _theirs(name, network.encoder))
        return network

    def save(self, network: LIIF) -> dict[str, Any]:
        """The published names."""
        state = network.state_dict().items()
        return {"state_dict": {BEFORE + _theirs(k, network.encoder): v for k, v in state}}


def _network(state: Mapping[str, Tensor]) -> LIIF:
    layers = [f"imnet.layers.{2 * i}.weight" for i in range(16)]
    hidden = [side(state, name, 0) for name in layers if name in state][:-1]
    if not hidden:
        raise CheckpointError(f"the tensor {BEFORE}{layers[0]} is missing")
    if RDN_FIRST in state:
        return LIIF(_rdn(state), hidden, normalisation=STANDARD)
    encoder = EDSR(depth(state, "body.") or 1, side(state, EDSR_FIRST, 0))
    return LIIF(encoder, hidden, normalisation=MEAN_ONLY)


def _rdn(state: Mapping[str, Tensor]) -> Encoder:
    blocks, layers = depth(state, "rdbs.") or 1, depth(state, "rdbs.0.layers.") or 1
    growth = side(state, "rdbs.0.layers.0.conv.weight", 0)
    return rdn_of(blocks, layers, growth, side(state, RDN_FIRST, 0), len(state))


def _theirs(name: str, encoder: Encoder) -> str:
    """Their name of one of our tensors."""
    for ours, theirs in RDN_NAMES if isinstance(encoder, RDN) else EDSR_NAMES:
        found = re.match(re.escape(ours).replace(r"\#", r"(\d+)"), name)
        if found:
            for number in found.groups():
                theirs = theirs.replace("#", number, 1)
            return theirs + name[found.end() :]
    return name
