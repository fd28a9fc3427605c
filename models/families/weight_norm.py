"""Weight normalisation (Salimans and Kingma, 2016) folded into the weights it makes."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from models.families.base import CheckpointError, affordable, real

LENGTH, DIRECTION = ".weight_g", ".weight_v"


def folded(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state whose ``weight_g`` and ``weight_v`` are one ``weight``: ``g·v / ‖v‖``.

    The norm is that of each output channel. Other tensors stay as they are.

    Raises:
        CheckpointError: one of the two is missing, has another shape or no real numbers, or they
            are too large.
    """
    affordable(sum(each.numel() for each in state.values()))
    out = {name: each for name, each in state.items() if not name.endswith((LENGTH, DIRECTION))}
    layers = {name[: -len(LENGTH)] for name in state if name.endswith((LENGTH, DIRECTION))}
    for layer in sorted(layers):
        for name in (layer + LENGTH, layer + DIRECTION):
            if name not in state:
                raise CheckpointError(f"the tensor {name} is missing")
            real(name, state[name])
        out[f"{layer}.weight"] = _product(layer, state[layer + LENGTH], state[layer + DIRECTION])
    return out


def split(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The reverse: every ``weight`` as its norms and itself as the direction."""
    out: dict[str, Tensor] = {}
    for name, each in state.items():
        layer, _, last = name.rpartition(".")
        if last != "weight":
            out[name] = each
            continue
        axes = tuple(range(1, each.ndim))
        out[layer + LENGTH] = each.double().pow(2).sum(axes, keepdim=True).sqrt().to(each.dtype)
        out[layer + DIRECTION] = each
    return out


def _product(layer: str, length: Tensor, direction: Tensor) -> Tensor:
    if direction.ndim != 4 or length.shape != (direction.shape[0], 1, 1, 1):
        raise CheckpointError(
            f"the tensor {layer}{LENGTH} is {list(length.shape)}, which does not fit "
            f"{list(direction.shape)}"
        )
    v = direction.detach().double()
    norm = v.pow(2).sum((1, 2, 3), keepdim=True).sqrt()
    return (length.detach().double() * v / norm).float()
