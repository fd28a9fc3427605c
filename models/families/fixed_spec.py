"""Specs of fixed-scale networks, and the network of any spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from models.families.base import LARGEST, CheckpointError, count, factor, mapping, nested, shown
from models.families.spec import liif_of, metasr_of, normalisation_of
from models.networks.network import Network
from models.networks.rrdb import REACH
from models.networks.spsr import SPSR, TAPS
from models.networks.upscaler import Upscaler
from models.networks.wdsr_upscaler import WDSR


def build_any(spec: Mapping[str, Any], tensors: int = LARGEST) -> Network:
    """The network of a spec, continuous or of a fixed scale.

    Args:
        tensors: how many there are for it.

    Raises:
        CheckpointError: what the spec lacks.
    """
    name = spec.get("name")
    if not isinstance(name, str) or name not in BUILDERS:
        known = ", ".join(BUILDERS)
        raise CheckpointError(f"the model {shown(name)} is not known; known: {known}")
    return BUILDERS[name](mapping(spec.get("args"), "model's 'args'"), tensors)


def _wdsr(args: Mapping[str, Any], tensors: int) -> Upscaler:
    scale = count(args.get("factor"), "factor")
    if scale > 4:
        raise CheckpointError(f"its factor is {scale}, which is no scale of 1 to 4")
    blocks = count(args.get("n_resblocks"), "n_resblocks")
    nested(blocks, 2, tensors)
    return WDSR(
        scale,
        count(args.get("n_feats"), "n_feats"),
        blocks,
        count(args.get("wide"), "wide"),
        None if args.get("narrow") is None else count(args["narrow"], "narrow"),
        factor(args.get("res_scale", 1.0), "res_scale"),
        normalisation_of(args),
    )


def _spsr(args: Mapping[str, Any], tensors: int) -> Upscaler:
    taps, blocks = args.get("taps", list(TAPS)), count(args.get("n_blocks"), "n_blocks")
    if not isinstance(taps, list) or not 1 <= len(taps) <= 16:
        raise CheckpointError(f"its taps are {shown(taps)}, not a list of block numbers")
    numbers = [count(each, "taps") for each in taps]
    if sorted(set(numbers)) != numbers or numbers[-1] > blocks:
        raise CheckpointError(f"its taps are {shown(taps)}, not rising numbers of {blocks} blocks")
    n_feats, growth = (count(args.get(key), key) for key in ("n_feats", "growth"))
    return spsr_of(n_feats, blocks, growth, numbers, tensors)


def spsr_of(n_feats: int, blocks: int, growth: int, taps: Sequence[int], tensors: int) -> SPSR:
    """An SPSR, or CheckpointError if it has too many layers for so many tensors."""
    nested(blocks, REACH, tensors)
    return SPSR(n_feats, blocks, growth, taps)


BUILDERS: dict[str, Callable[[Mapping[str, Any], int], Network]] = {
    "liif": liif_of,
    "metasr": metasr_of,
    "wdsr": _wdsr,
    "spsr": _spsr,
}
"""What makes each network of its arguments for so many tensors, by the name in specs."""
