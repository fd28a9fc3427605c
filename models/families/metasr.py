"""Meta-SR's own checkpoints (Hu et al., CVPR 2019): an RDN for pixels in 0..255, and P2W."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from models.families.base import Family, check, depth, fill, side, tensors
from models.families.spec import rdn_of
from models.networks.metasr import MetaSR
from models.networks.normalisation import Colour, Colours, Matrix, Mixing

PREDICTOR = "P2W.meta_block."
IN, OUT = "sub_mean", "add_mean"
TOP = 255.0
"""White in the pixels that they see."""

UNIT = 256.0
"""Their features are this many times ours. The trunk is homogeneous (convolutions and ReLU), so
with biases divided by it, it is the same for pixels near 0..1, which half precision can hold; and a
power of two rounds nothing."""

TURNED = [1, 2, 0]
"""Where the inputs of our predictor, ``(dy, dx, 1/s)``, stand in theirs, ``(1/s, dh, dw)``."""


class OfficialMetaSR(Family):
    """A bare state dict. The RGB mean is a pair of 1×1 convolutions, which training changed."""

    name = "official Meta-SR"

    def misfit(self, content: object) -> str:
        """There must be the weight predictor."""
        first = f"{PREDICTOR}0.weight"
        return "" if isinstance(content, Mapping) and first in content else f"no {first!r}"

    def load(self, content: Any) -> MetaSR:
        """The network that the shapes tell, in our units and order."""
        state = tensors(content, "file")
        colours = _colours(state)
        blocks, layers = depth(state, "RDBs.") or 1, depth(state, "RDBs.0.convs.") or 1
        growth = side(state, "RDBs.0.convs.0.conv.0.weight", 0)
        with torch.device("meta"):
            n_feats = side(state, "SFENet1.weight", 0)
            encoder = rdn_of(blocks, layers, growth, n_feats, len(state))
            network = MetaSR(encoder, side(state, f"{PREDICTOR}0.weight", 0), colours)
        rest = {name: each for name, each in state.items() if not name.startswith((IN, OUT))}
        fill(network, rest, _theirs)
        with torch.no_grad():
            first = network.imnet.linears[0].weight
            first.copy_(first[:, TURNED])
            for bias in _biases(network.encoder.state_dict()).values():
                bias.div_(UNIT)
        return network

    def save(self, network: MetaSR) -> dict[str, Any]:
        """The published names, units and order; the encoder must be an RDN."""
        encoder = network.encoder.state_dict()
        encoder.update({name: bias * UNIT for name, bias in _biases(encoder).items()})
        predictor = {f"imnet.{name}": each for name, each in network.imnet.state_dict().items()}
        first = predictor["imnet.layers.0.weight"]
        predictor["imnet.layers.0.weight"] = first[:, [TURNED.index(axis) for axis in range(3)]]
        named = {_theirs(name): each for name, each in predictor.items()}
        return {**_shifts(network.normalisation), **encoder, **named}


def _theirs(name: str) -> str:
    """Their name of one of our tensors."""
    return name.removeprefix("encoder.").replace("imnet.layers.", PREDICTOR)


def _biases(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: each for name, each in state.items() if name.endswith(".bias")}


def _colours(state: Mapping[str, Tensor]) -> Colours:
    """Both convolutions, for pixels in 0..1 and features in our unit."""
    of, back = _affine(state, IN, TOP / UNIT, 1 / UNIT), _affine(state, OUT, UNIT / TOP, 1 / TOP)
    return Mixing(*of, *back)


def _affine(
    state: Mapping[str, Tensor], name: str, gain: float, share: float
) -> tuple[Matrix, Colour]:
    """A 1×1 convolution, its weights times ``gain`` and its bias times ``share``."""
    check(state, f"{name}.weight", (3, 3, 1, 1))
    check(state, f"{name}.bias", (3,))
    weight, bias = (state[f"{name}.{part}"].detach().double() for part in ("weight", "bias"))
    rows = [_colour(row) for row in weight.view(3, 3) * gain]
    return (rows[0], rows[1], rows[2]), _colour(bias * share)


def _colour(values: Tensor) -> Colour:
    red, green, blue = values.tolist()
    return red, green, blue


def _shifts(colours: Colours) -> dict[str, Tensor]:
    """The convolutions of a map of colours."""
    zero, unit = torch.zeros(3, dtype=torch.float64), torch.eye(3, dtype=torch.float64)
    of, back = colours.of(zero, -1), colours.back(zero.clone())
    there, here = (colours.of(unit, -1) - of).t(), (colours.back(unit.clone()) - back).t()
    shifts = {
        f"{IN}.weight": there * (UNIT / TOP),
        f"{IN}.bias": of * UNIT,
        f"{OUT}.weight": here * (TOP / UNIT),
        f"{OUT}.bias": back * TOP,
    }
    return {
        name: (each.view(3, 3, 1, 1) if each.ndim == 2 else each).float().contiguous()
        for name, each in shifts.items()
    }
