"""Which model and sampler show each kind of network, and what is said of it: one line a kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from models.backend import Backend
from models.networks.liif import LIIF
from models.networks.metasr import MetaSR
from models.networks.network import Network
from models.networks.upscaler import Upscaler
from models.samplers.base import Picture, Sampler
from models.samplers.fixed_scale import FixedScaleModel, FixedScaleSampler
from models.samplers.metasr import MetaSRModel, MetaSRSampler
from models.samplers.neural import LIIFModel, LIIFSampler


class Model(Protocol):
    """A network placed on a backend, shared by the samplers of all pictures.

    Attributes:
        name: what tells it from other models in caches.
        title: for people.
        backend: where it runs.
    """

    name: str
    title: str
    backend: Backend


class Kind(NamedTuple):
    """How networks of a type are shown.

    Attributes:
        network: the type.
        model: places a network on a backend.
        sampler: makes a sampler of a model and a picture.
        group: of the menus, ``continuous`` or ``fixed-scale``.
        title: what a network is, before its file's name.
        cost: where it applies, then what a pixel costs, as `catalogue.Description` has it.
        flops: floating-point operations, of continuous kinds an output pixel once features are
            there, of fixed-scale ones a source pixel.
    """

    network: type[Any]
    model: type[Any]
    sampler: Callable[[Any, Picture], Sampler]
    group: str
    title: Callable[[Any], str]
    cost: Callable[[Any], str]
    flops: Callable[[Any], float]


def kind_of(network: Network) -> Kind:
    """The kind of a network."""
    return next(kind for kind in KINDS if isinstance(network, kind.network))


def named(network: Network) -> str:
    """What a network is, with its encoder if it has one: ``LIIF on EDSR``, ``SPSR ×4``."""
    title = kind_of(network).title(network)
    if isinstance(network, Upscaler):
        return title
    return f"{title} on {str(network.encoder.spec['name']).upper()}"


def place(network: Network, backend: Backend, name: str, title: str) -> Model:
    """A network as a model on a backend."""
    model: Model = kind_of(network).model(network, backend, name, title)
    return model


def sampler_of(model: Model, picture: Picture) -> Sampler:
    """A model's sampler of a picture."""
    return next(kind for kind in KINDS if isinstance(model, kind.model)).sampler(model, picture)


def liif_flops(network: LIIF) -> float:
    """Floating-point operations an output pixel costs once the first layer is hoisted.

    At four corners, a folded latent and the terms of a row and a column are added and the hidden
    layers run; the last layer, being linear, runs once on their mean.
    """
    layers = network.imnet.linears
    hidden = sum(2 * layer.in_features * layer.out_features for layer in layers[1:-1])
    corner = 2 * layers[0].out_features + hidden
    return float(4 * corner + 2 * layers[-1].in_features * layers[-1].out_features)


def metasr_flops(network: MetaSR) -> float:
    """Operations an output pixel costs once the predictor's last layer is folded."""
    return 12.0 * network.imnet.linears[0].out_features


def mflop(millions: float) -> str:
    """What a pixel costs, for people: two decimals at most."""
    if millions < 0.01:
        return f"{1000 * millions:.1f} kFLOP"
    return f"{millions:.2f} MFLOP" if millions < 10.0 else f"{millions:.0f} MFLOP"


def _liif_cost(network: LIIF) -> str:
    return f"continuous · {mflop(liif_flops(network) / 1e6)} a pixel"


def _fixed_cost(network: Upscaler) -> str:
    # Short enough for the inspector's line.
    where = f"fixed, ×{network.factor}"
    return f"{where} · {mflop(network.flops() / 1e6)} a source pixel"


def _metasr_cost(network: MetaSR) -> str:
    return f"continuous · {mflop(metasr_flops(network) / 1e6)} a pixel"


KINDS = (
    Kind(LIIF, LIIFModel, LIIFSampler, "continuous", lambda _: "LIIF", _liif_cost, liif_flops),
    Kind(
        MetaSR,
        MetaSRModel,
        MetaSRSampler,
        "continuous",
        lambda _: "Meta-SR",
        _metasr_cost,
        metasr_flops,
    ),
    Kind(
        Upscaler,
        FixedScaleModel,
        FixedScaleSampler,
        "fixed-scale",
        lambda network: str(network.title),
        _fixed_cost,
        lambda network: float(network.flops()),
    ),
)
"""All of them."""
