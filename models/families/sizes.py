"""Depth and width of encoders, as the names and shapes of their tensors tell them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from models.families.base import depth, mapping

State = Mapping[str, Tensor]


def completed(args: Mapping[str, Any], state: State) -> dict[str, Any]:
    """Arguments of LIIF or Meta-SR; what they do not say is read from the tensors.

    What neither tells is left out, and arguments that say something else than the tensors are
    believed here: filling the network then names the tensor that does not fit.
    """
    encoder = mapping(args.get("encoder_spec"), "encoder_spec")
    given = mapping(encoder.get("args", {}), "encoder_spec's 'args'")
    name = encoder.get("name")
    read = SIZES.get(name) if isinstance(name, str) else None
    told = {key: size for key, size in (read(state) if read else {}).items() if size}
    hidden = _side(state, "imnet.layers.0.weight")
    predictor = {"hidden": hidden} if hidden and "imnet_spec" not in args else {}
    return {**predictor, **args, "encoder_spec": {**encoder, "args": {**told, **given}}}


def _baseline(state: State) -> dict[str, Any]:
    return {"n_resblocks": _blocks(state), "n_feats": _side(state, "encoder.head.0.weight")}


def _edsr(state: State) -> dict[str, Any]:
    # No tensor tells the residual factor: it is LIIF's own for this name.
    return {**_baseline(state), "res_scale": 0.1}


def _wdsr(state: State) -> dict[str, Any]:
    feats, wide, narrow = (
        _side(state, f"encoder.{name}.weight")
        for name in ("head.0", "body.0.body.0", "body.0.body.2")
    )
    return {
        "n_resblocks": _blocks(state),
        "n_feats": feats,
        "expansion": wide // feats if feats else 0,
        # The width is rounded down: half a channel more is safe from rounding noise.
        "low_rank": (narrow + 0.5) / feats if feats and narrow else 0,
    }


def _rdn(state: State) -> dict[str, Any]:
    return {
        "n_resblocks": depth(state, "encoder.RDBs."),
        "n_layers": depth(state, "encoder.RDBs.0.convs."),
        "growth": _side(state, "encoder.RDBs.0.convs.0.conv.0.weight"),
        "n_feats": _side(state, "encoder.SFENet1.weight"),
    }


def _blocks(state: State) -> int:
    """Blocks of a trunk, whose ``body`` ends with a convolution that is none."""
    return (depth(state, "encoder.body.") or 1) - 1


def _side(state: State, name: str) -> int:
    """Outputs of a layer, or 0 if it is not there."""
    tensor = state.get(name)
    return tensor.shape[0] if tensor is not None and tensor.ndim else 0


SIZES: dict[str, Callable[[State], dict[str, Any]]] = {
    "edsr-baseline": _baseline,
    "edsr": _edsr,
    "wdsr-b": _wdsr,
    "rdn": _rdn,
}
"""By the encoder's name in specs."""
