"""Specs: a model's name and arguments as plain values, and the network that they describe."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from models.families.base import LARGEST, CheckpointError, count, factor, mapping, nested, shown
from models.networks.edsr import EDSR
from models.networks.encoder import Encoder
from models.networks.liif import LIIF
from models.networks.metasr import MetaSR
from models.networks.normalisation import STANDARD, Colour, Colours, Mixing, Normalisation
from models.networks.rdn import RDN
from models.networks.wdsr import WDSRA, WDSRB


def build(spec: Mapping[str, Any]) -> LIIF:
    """A LIIF of a spec, with torch's own first weights.

    Raises:
        CheckpointError: what the spec lacks.
    """
    if spec.get("name") != "liif":
        raise CheckpointError(f"the model {shown(spec.get('name'))} is not known; known: liif")
    return liif_of(mapping(spec.get("args"), "model's 'args'"))


def liif_of(args: Mapping[str, Any], tensors: int = LARGEST) -> LIIF:
    """A LIIF of the arguments in its spec, for so many tensors at most, or CheckpointError."""
    for option in ("local_ensemble", "feat_unfold", "cell_decode"):
        if args.get(option, True) is not True:
            raise CheckpointError(f"it was trained without {option}, which is not supported")
    residual = args.get("residual", False)
    if not isinstance(residual, bool):
        raise CheckpointError(f"its 'residual' is {shown(residual)}, not true or false")
    encoder = _encoder(mapping(args.get("encoder_spec"), "encoder_spec"), tensors)
    return LIIF(encoder, _widths(args), residual, normalisation_of(args))


def metasr_of(args: Mapping[str, Any], tensors: int) -> MetaSR:
    """A Meta-SR of the arguments in its spec, for so many tensors at most, or CheckpointError."""
    encoder = _encoder(mapping(args.get("encoder_spec"), "encoder_spec"), tensors)
    return MetaSR(encoder, count(args.get("hidden", 256), "hidden"), _colours(args))


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
    if not isinstance(mean, list) or not _is_colour(mean):
        raise CheckpointError(f"its normalisation's mean is {shown(mean)}, not three numbers")
    return Normalisation((mean[0], mean[1], mean[2]), factor(told.get("std"), "std"))


def _colours(args: Mapping[str, Any]) -> Colours:
    told = args.get("normalisation")
    if not isinstance(told, Mapping) or "of" not in told:
        return normalisation_of(args)
    of, back = _affine(told["of"]), _affine(told.get("back"))
    return Mixing((of[0], of[1], of[2]), of[3], (back[0], back[1], back[2]), back[3])


def _affine(value: object) -> list[Colour]:
    """Three rows of a matrix and an offset."""
    rows = value if isinstance(value, list) and len(value) == 4 else []
    if not rows or not all(isinstance(row, list) and _is_colour(row) for row in rows):
        raise CheckpointError(f"its normalisation has {shown(value)}, not four rows of numbers")
    return [(float(row[0]), float(row[1]), float(row[2])) for row in rows]


def _is_colour(row: Sequence[object]) -> bool:
    return len(row) == 3 and all(map(_is_number, row))


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and math.isfinite(value) and abs(value) <= 16


def rdn_of(blocks: int, layers: int, growth: int, n_feats: int, tensors: int) -> RDN:
    """An RDN, or CheckpointError if it has too many layers for so many tensors."""
    nested(blocks, layers, tensors)
    return RDN(blocks, layers, growth, n_feats)


def _encoder(spec: Mapping[str, Any], tensors: int) -> Encoder:
    name = spec.get("name")
    args = dict(mapping(spec.get("args", {}), "encoder_spec's 'args'"))

    def whole(key: str, usual: int) -> int:
        return count(args.get(key, usual), key)

    def blocks_of(layers: int) -> int:
        blocks = whole("n_resblocks", 16)
        nested(blocks, layers, tensors)
        return blocks

    if name in ("edsr-baseline", "edsr"):
        scale = factor(args.get("res_scale", 1.0), "res_scale")
        return EDSR(blocks_of(2), whole("n_feats", 64), scale)
    if name == "wdsr-b":
        rank = factor(args.get("low_rank", 0.8), "low_rank")
        return WDSRB(whole("n_feats", 32), blocks_of(3), whole("expansion", 6), rank)
    if name == "wdsr-a":
        return WDSRA(whole("n_feats", 32), blocks_of(2), whole("expansion", 4))
    if name == "rdn":
        layers = whole("n_layers", 8)
        return RDN(blocks_of(layers), layers, whole("growth", 64), whole("n_feats", 64))
    known = "edsr-baseline, edsr, wdsr-a, wdsr-b, rdn"
    raise CheckpointError(f"the encoder {shown(name)} is not known; known: {known}")
