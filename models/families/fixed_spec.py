"""Specs of fixed-scale networks, and the network of any spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from models.families.base import CheckpointError, count, factor, mapping, nested, shown
from models.families.spec import liif_of, metasr_of, normalisation_of
from models.networks.network import Network
from models.networks.rrdb import REACH
from models.networks.spsr import SPSR, TAPS
from models.networks.upscaler import Upscaler
from models.networks.wdsr_upscaler import WDSR


def build_any(spec: Mapping[str, Any]) -> Network:
    """The network of a spec, continuous or of a fixed scale.

    Raises:
        CheckpointError: what the spec lacks.
    """
    name = spec.get("name")
    if not isinstance(name, str) or name not in BUILDERS:
        known = ", ".join(BUILDERS)
        raise CheckpointError(f"the model {shown(name)} is not known; known: {known}")
    return BUILDERS[name](mapping(spec.get("args"), "model's 'args'"))


def _wdsr(args: Mapping[str, Any]) -> Upscaler:
    scale = count(args.get("factor"), "factor")
    if scale > 4:
        raise CheckpointError(f"its factor is {scale}, which is no scale of 1 to 4")
    return WDSR(
        scale,
        count(args.get("n_feats"), "n_feats"),
        count(args.get("n_resblocks"), "n_resblocks"),
        count(args.get("wide"), "wide"),
        None if args.get("narrow") is None else count(args["narrow"], "narrow"),
        factor(args.get("res_scale", 1.0), "res_scale"),
        normalisation_of(args),
    )


def _spsr(args: Mapping[str, Any]) -> Upscaler:
    taps, blocks = args.get("taps", list(TAPS)), count(args.get("n_blocks"), "n_blocks")
    if not isinstance(taps, list) or not 1 <= len(taps) <= 16:
        raise CheckpointError(f"its taps are {shown(taps)}, not a list of block numbers")
    numbers = [count(each, "taps") for each in taps]
    if sorted(set(numbers)) != numbers or numbers[-1] > blocks:
        raise CheckpointError(f"its taps are {shown(taps)}, not rising numbers of {blocks} blocks")
    return spsr_of(
        count(args.get("n_feats"), "n_feats"), blocks, count(args.get("growth"), "growth"), numbers
    )


def spsr_of(n_feats: int, blocks: int, growth: int, taps: Sequence[int]) -> SPSR:
    """An SPSR, or CheckpointError if it has too many layers."""
    nested(blocks, REACH)
    return SPSR(n_feats, blocks, growth, taps)


BUILDERS: dict[str, Callable[[Mapping[str, Any]], Network]] = {
    "liif": liif_of,
    "metasr": metasr_of,
    "wdsr": _wdsr,
    "spsr": _spsr,
}
"""What makes each network of its arguments, by the name that specs give it."""
