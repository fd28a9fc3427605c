"""Checkpoints of LIIF's authors (Chen, Liu and Wang, CVPR 2021): the spec beside the tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch

from models.families.base import Family, fill, mapping, tensors
from models.families.fixed_spec import build_any
from models.families.sizes import completed
from models.networks.edsr import EDSR
from models.networks.network import Network
from models.networks.rdn import RDN

UNUSED = re.compile(r"encoder\.(sub_mean|add_mean)\.")
"""Tensors that these files carry and LIIF never uses."""


class OfficialLIIF(Family):
    """``{'model': {'name': 'liif', 'args': …, 'sd': …}}``, with EDSR-baseline or RDN.

    Their Meta-SR has the same layout under the name ``metasr``, its predictor as ``imnet``.
    """

    name = "official LIIF"

    def misfit(self, content: object) -> str:
        """There must be a table 'model'."""
        known = isinstance(content, Mapping) and isinstance(content.get("model"), Mapping)
        return "" if known else "no 'model'"

    def load(self, content: Any) -> Network:
        """The network that spec and shapes tell, with its tensors."""
        model = mapping(content["model"], "'model'")
        state = tensors(model.get("sd"), "model's 'sd'")
        args = completed(mapping(model.get("args"), "model's 'args'"), state)
        # On the meta device a hostile spec costs no memory; `fill` puts the file's tensors in.
        with torch.device("meta"):
            network = build_any({**model, "args": args}, len(state))
        fill(network, {name: each for name, each in state.items() if not UNUSED.match(name)})
        return network

    def save(self, network: Network) -> dict[str, Any]:
        """The published structure; it has no word for the residual form or a normalisation."""
        args = dict(network.spec["args"])
        kept = ["encoder_spec", *(["imnet_spec"] if "imnet_spec" in args else [])]
        for baseline, name in ((EDSR, "edsr-baseline"), (RDN, "rdn")):
            if args["encoder_spec"] == baseline().spec:
                args["encoder_spec"] = {"name": name, "args": {"no_upsampling": True}}
        args = {key: args[key] for key in kept}
        return {"model": {"name": network.spec["name"], "args": args, "sd": network.state_dict()}}
