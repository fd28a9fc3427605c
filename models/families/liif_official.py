"""LIIF's own checkpoints (Chen, Liu and Wang, CVPR 2021): the spec lies beside the tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch

from models.families.base import Family, fill, mapping, tensors
from models.families.sizes import completed
from models.families.spec import build
from models.networks.edsr import EDSR
from models.networks.liif import LIIF
from models.networks.rdn import RDN

UNUSED = re.compile(r"encoder\.(sub_mean|add_mean)\.")
"""Tensors that these files carry and LIIF never uses."""


class OfficialLIIF(Family):
    """``{'model': {'name': 'liif', 'args': …, 'sd': …}}``, with EDSR-baseline or RDN."""

    name = "official LIIF"

    def misfit(self, content: object) -> str:
        """There must be a table 'model'."""
        known = isinstance(content, Mapping) and isinstance(content.get("model"), Mapping)
        return "" if known else "no 'model'"

    def load(self, content: Any) -> LIIF:
        """The network that spec and shapes tell, with its tensors."""
        model = mapping(content["model"], "'model'")
        state = tensors(model.get("sd"), "model's 'sd'")
        args = mapping(model.get("args"), "model's 'args'")
        encoder = completed(mapping(args.get("encoder_spec"), "encoder_spec"), state)
        # On the meta device a hostile spec costs no memory; `fill` puts the file's tensors in.
        with torch.device("meta"):
            network = build({**model, "args": {**args, "encoder_spec": encoder}})
        fill(network, {name: each for name, each in state.items() if not UNUSED.match(name)})
        return network

    def save(self, network: LIIF) -> dict[str, Any]:
        """The published structure; it has no word for the residual form."""
        spec = network.spec
        encoder = dict(spec["args"]["encoder_spec"])
        if encoder == EDSR().spec:
            encoder = {"name": "edsr-baseline", "args": {"no_upsampling": True}}
        if encoder == RDN().spec:
            encoder = {"name": "rdn", "args": {"no_upsampling": True}}
        args = {"encoder_spec": encoder, "imnet_spec": spec["args"]["imnet_spec"]}
        return {"model": {"name": "liif", "args": args, "sd": network.state_dict()}}
