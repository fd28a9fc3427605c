"""Kinds of model that a configuration may name: their specs, and what they ask of settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

Wrong = Iterator[tuple[bool, str]]
"""Whether something is wrong, and the sentence that says so."""

NEIGHBOURS = 3
"""Pixels a side that a central difference needs."""


class Settings(Protocol):
    """The settings that kinds differ in; `config.Config` explains them."""

    @property
    def model(self) -> str: ...  # noqa: D102
    @property
    def encoder(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def hidden(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def network(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def residual(self) -> bool: ...  # noqa: D102
    @property
    def block(self) -> int: ...  # noqa: D102
    @property
    def wide_share(self) -> float: ...  # noqa: D102
    @property
    def pixel_loss(self) -> float: ...  # noqa: D102
    @property
    def gradient_loss(self) -> float: ...  # noqa: D102
    @property
    def branch_loss(self) -> float: ...  # noqa: D102
    @property
    def adversarial(self) -> float: ...  # noqa: D102
    @property
    def gradient_adversarial(self) -> float: ...  # noqa: D102


class Form(NamedTuple):
    """A kind of model as configurations have it.

    Attributes:
        spec: the model as a checkpoint's ``spec`` tells it.
        wrong: what may be wrong with the settings.
    """

    spec: Callable[[Any], dict[str, Any]]
    wrong: Callable[[Any], Wrong]


def problem(settings: Settings) -> str:
    """The first thing that is wrong with a kind's settings, in a sentence, or ""."""
    form = FORMS.get(settings.model)
    if form is None:
        return f"the model {settings.model!r} is not known; known are {', '.join(FORMS)}"
    return next((sentence for wrong, sentence in form.wrong(settings) if wrong), "")


def spec_of(settings: Settings) -> dict[str, Any]:
    """The model of settings as a checkpoint's ``spec`` tells it."""
    return FORMS[settings.model].spec(settings)


def encoder_spec(encoder: Mapping[str, Any]) -> dict[str, Any]:
    """An encoder's table (name and arguments side by side) as a checkpoint's spec has it."""
    return {
        "name": encoder["name"],
        "args": {key: value for key, value in encoder.items() if key != "name"},
    }


def _liif(settings: Settings) -> dict[str, Any]:
    imnet = {"name": "mlp", "args": {"out_dim": 3, "hidden_list": list(settings.hidden)}}
    args = {"encoder_spec": encoder_spec(settings.encoder), "imnet_spec": imnet}
    return {"name": "liif", "args": {**args, "residual": settings.residual}}


def _metasr(settings: Settings) -> dict[str, Any]:
    args = {"encoder_spec": encoder_spec(settings.encoder), "hidden": settings.hidden[0]}
    return {"name": "metasr", "args": args}


def _fixed(settings: Settings) -> dict[str, Any]:
    return {"name": settings.model, "args": dict(settings.network)}


def _continuous_wrong(settings: Settings) -> Wrong:
    yield not settings.encoder, "the key 'encoder' is missing"
    yield bool(settings.network), "network is for a fixed scale; describe the trunk as encoder"
    few = not settings.hidden or min(settings.hidden) < 1
    yield few, "hidden must be a list of widths, such as [64, 64, 64]"
    alone = bool(settings.gradient_loss) and settings.block < NEIGHBOURS
    yield alone, "gradient_loss needs neighbouring queries; set block to 8, say"
    weighed = settings.pixel_loss != 1.0 or bool(settings.branch_loss)
    yield weighed, "pixel_loss and branch_loss are for networks of a fixed scale; leave them out"
    judged = bool(settings.adversarial or settings.gradient_adversarial)
    yield judged, "adversarial losses need whole patches, so a fixed scale; leave them out"


def _metasr_wrong(settings: Settings) -> Wrong:
    yield from _continuous_wrong(settings)
    yield len(settings.hidden) > 1, "Meta-SR's predictor has one hidden layer, such as [256]"
    yield settings.residual, "Meta-SR has no residual form; set residual to false"


def _fixed_wrong(settings: Settings) -> Wrong:
    own = bool(settings.encoder) or bool(settings.hidden)
    yield own, "encoder and hidden are for continuous models; describe a fixed scale as network"
    yield not settings.network, "the key 'network' is missing"
    yield settings.residual, "a network of a fixed scale has no residual form; set it to false"
    yield bool(settings.wide_share), "wide_share needs a continuous model; a fixed scale has one"
    yield settings.block != 1, "block is for queries; a fixed scale is trained on whole patches"


def _wdsr_wrong(settings: Settings) -> Wrong:
    yield from _fixed_wrong(settings)
    factor = settings.network.get("factor")
    yield factor not in (2, 3, 4), f"network.factor is {factor!r}, but must be 2, 3 or 4"
    yield bool(settings.branch_loss), "branch_loss needs a gradient branch, which only spsr has"


def _spsr_wrong(settings: Settings) -> Wrong:
    yield from _fixed_wrong(settings)
    width = settings.network.get("n_feats")
    yield not isinstance(width, int) or width < 1, f"network.n_feats is {width!r}, not a width"
    yield "factor" in settings.network, "spsr is of the scale 4 alone; leave network.factor out"


FORMS = {
    "liif": Form(_liif, _continuous_wrong),
    "metasr": Form(_metasr, _metasr_wrong),
    "wdsr": Form(_fixed, _wdsr_wrong),
    "spsr": Form(_fixed, _spsr_wrong),
}
"""By the name that specs give the model."""
