"""Specs: a model's name and arguments as plain values, and the network that they describe."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from models.families.base import CheckpointError, count, factor, mapping, shown
from models.networks.edsr import EDSR
from models.networks.encoder import Encoder
from models.networks.liif import LIIF
from models.networks.normalisation import STANDARD, Normalisation
from models.networks.rdn import RDN
from models.networks.wdsr import WDSRA, WDSRB


def build(spec: Mapping[str, Any]) -> LIIF:
    """A network of a spec, with torch's own first weights.

    Raises:
        CheckpointError: what the spec lacks.
    """
    if spec.get("name") != "liif":
        raise CheckpointError(f"the model {shown(spec.get('name'))} is not known; known: liif")
    args = mapping(spec.get("args"), "model's 'args'")
    for option in ("local_ensemble", "feat_unfold", "cell_decode"):
        if args.get(option, True) is not True:
            raise CheckpointError(f"it was trained without {option}, which is not supported")
    residual = args.get("residual", False)
    if not isinstance(residual, bool):
        raise CheckpointError(f"its 'residual' is {shown(residual)}, not true or false")
    encoder = _encoder(mapping(args.get("encoder_spec"), "encoder_spec"))
    return LIIF(encoder, _widths(args), residual, normalisation_of(args))


def _widths(args: Mapping[str, Any]) -> list[int]:
    imnet = mapping(args.get("imnet_spec"), "imnet_spec")
    hidden = mapping(imnet.get("args"), "imnet_spec's 'args'").get("hidden_list")
    if not isinstance(hidden, list) or not 1 <= len(hidden) <= 16:
        raise CheckpointError("its imnet_spec has no usable hidden_list")
    return [count(width, "hidden_list") for width in hidden]


def normalisation_of(args: Mapping[str, Any]) -> Normalisation:
    """The normalisation that a spec tells, or LIIF's own."""
    if "normalisation" not in args:
        return STANDARD
    told = mapping(args["normalisation"], "normalisation")
    mean = told.get("mean")
    if not isinstance(mean, list) or len(mean) != 3 or not all(map(_is_number, mean)):
        raise CheckpointError(f"its normalisation's mean is {shown(mean)}, not three numbers")
    return Normalisation((mean[0], mean[1], mean[2]), factor(told.get("std"), "std"))


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and math.isfinite(value) and abs(value) <= 16


def _encoder(spec: Mapping[str, Any]) -> Encoder:
    name = spec.get("name")
    args = dict(mapping(spec.get("args", {}), "encoder_spec's 'args'"))

    def whole(key: str, usual: int) -> int:
        return count(args.get(key, usual), key)

    if name in ("edsr-baseline", "edsr"):
        scale = factor(args.get("res_scale", 1.0), "res_scale")
        return EDSR(whole("n_resblocks", 16), whole("n_feats", 64), scale)
    if name == "wdsr-b":
        rank = factor(args.get("low_rank", 0.8), "low_rank")
        return WDSRB(whole("n_feats", 32), whole("n_resblocks", 16), whole("expansion", 6), rank)
    if name == "wdsr-a":
        return WDSRA(whole("n_feats", 32), whole("n_resblocks", 16), whole("expansion", 4))
    if name == "rdn":
        blocks, layers = whole("n_resblocks", 16), whole("n_layers", 8)
        return RDN(blocks, layers, whole("growth", 64), whole("n_feats", 64))
    known = "edsr-baseline, edsr, wdsr-a, wdsr-b, rdn"
    raise CheckpointError(f"the encoder {shown(name)} is not known; known: {known}")
