"""What a training run is told: a TOML file, changed by ``key=value`` words."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

from models.homes import expanded
from models.training import forms


class ConfigError(ValueError):
    """A configuration cannot be used; its text is one sentence."""


@dataclass(frozen=True)
class Config:
    """All settings of a run. Times are of the wall clock; shares and decays lie in 0..1.

    Attributes:
        name: what the run and its folder are called.
        title: for people.
        encoder: name and arguments of a continuous model's encoder, as in a checkpoint's spec.
        hidden: widths of the decoder's hidden layers.
        model: ``liif`` or ``metasr``, which are continuous; ``wdsr`` or ``spsr``, of a fixed scale.
        network: arguments of a network of a fixed scale, as in a checkpoint's spec. It is trained
            on whole patches, and settings of scales and queries do not apply.
        residual: whether the decoder predicts the difference to the enlarged picture.
        patch: side of the low-resolution patches in pixels.
        batch: patches a step, over all processes.
        queries: pixels asked for in each patch.
        block: side of the squares in which queries lie; 1 scatters them. The gradient loss needs
            neighbours, so at least 3.
        scale_min, scale_max: the scale of a batch is drawn evenly from between them.
        unit_share: share of the batches whose scale is exactly 1.
        wide_share, wide_max: in this share of the batches the scale is drawn from between
            `scale_max` and `wide_max` instead, every octave alike: a decoder that has never seen
            large scales may do worse than interpolation there.
        wide_side: largest side of the high-resolution patches at those scales, in pixels; the
            low-resolution ones shrink to fit, as small pictures that are enlarged so far are.
        optimiser: ``adam``, or ``muon``: matrices by Muon and the rest by Adam.
        learning_rate: at its highest.
        final_rate: the learning rate at the end, as a share of the highest (cosine only).
        schedule: ``cosine`` or ``step`` (halved at each fifth of the run, as published).
        warmup: steps in which the learning rate rises from 0.
        clip: largest norm of the gradient; 0 does not clip.
        ema: decay of the running mean of the weights; 0 keeps none.
        loss: what pixels are compared by: ``l1``, or ``rms``, the root of each patch's mean square.
        rms_share: share of the run, at its end, in which that is ``rms`` whatever `loss` says.
        gradient_loss: weight of SPSR's gradient-pixel loss beside it.
        pixel_loss: weight of the loss on pixels itself (fixed scales only).
        branch_loss: weight of L1 between the picture of SPSR's branch and the truth's gradients.
        adversarial, gradient_adversarial: weights of what discriminators of pictures and of
            gradient maps make of a restored patch; 0 has none (fixed scales only).
        critic_width: first width of the discriminators.
        iterations: length of the run where no minutes are given.
        minutes: length of the run on the clock, or 0: then `iterations` counts.
        pause_minutes: stop after so long with a checkpoint, without ending the schedule; 0 never.
        seed: of all random numbers.
        deterministic: the same numbers on every run, on CUDA too (slower there).
        compile: let torch.compile fuse the network.
        graph: replay steps as CUDA graphs.
        log_every: steps between lines of the log.
        checkpoint_minutes: time between checkpoints.
        validate_minutes: time between validations.
        validation: folder of pictures to validate on; empty for none.
        validation_scales: their scales.
        validation_pictures: how many of them, at most.
        validation_crop: largest side that is used of each, from the centre.
        half: store the final weights in half precision.
        data: folder of pictures to train on.
        out: folder of the run; empty for ``runs/NAME``.
    """

    name: str
    title: str
    encoder: Mapping[str, Any] = field(default_factory=dict)
    hidden: tuple[int, ...] = ()
    model: str = "liif"
    network: Mapping[str, Any] = field(default_factory=dict)
    residual: bool = False
    patch: int = 48
    batch: int = 16
    queries: int = 2304
    block: int = 1
    scale_min: float = 1.0
    scale_max: float = 4.0
    unit_share: float = 0.05
    wide_share: float = 0.0
    wide_max: float = 32.0
    wide_side: int = 384
    optimiser: str = "adam"
    learning_rate: float = 1e-4
    final_rate: float = 0.0
    schedule: str = "cosine"
    warmup: int = 0
    clip: float = 0.0
    ema: float = 0.0
    loss: str = "l1"
    rms_share: float = 0.0
    gradient_loss: float = 0.0
    pixel_loss: float = 1.0
    branch_loss: float = 0.0
    adversarial: float = 0.0
    gradient_adversarial: float = 0.0
    critic_width: int = 64
    iterations: int = 1_000_000
    minutes: float = 0.0
    pause_minutes: float = 0.0
    seed: int = 0
    deterministic: bool = False
    compile: bool = False
    graph: bool = True
    log_every: int = 50
    checkpoint_minutes: float = 5.0
    validate_minutes: float = 5.0
    validation: str = ""
    validation_scales: tuple[float, ...] = (2.0, 3.0, 4.0)
    validation_pictures: int = 8
    validation_crop: int = 384
    half: bool = False
    data: str = ""
    out: str = ""

    def __post_init__(self) -> None:
        self._check_ranges()
        if self.schedule not in ("cosine", "step"):
            raise ConfigError(f"the schedule {self.schedule!r} is not known; use cosine or step")
        if self.optimiser not in ("adam", "muon"):
            raise ConfigError(f"the optimiser {self.optimiser!r} is not known; use adam or muon")
        if self.loss not in ("l1", "rms"):
            raise ConfigError(f"the loss {self.loss!r} is not known; use l1 or rms")
        if not 1.0 <= self.scale_min <= self.scale_max <= 64.0:
            raise ConfigError("scale_min and scale_max must satisfy 1 ≤ scale_min ≤ scale_max ≤ 64")
        if self.wide_share and not self.scale_max <= self.wide_max <= 64.0:
            raise ConfigError("wide_max must lie between scale_max and 64")
        if self.wide_share and round(self.wide_side / self.wide_max) < max(_LEAST, self.block):
            raise ConfigError(
                f"wide_side must be at least {max(_LEAST, self.block)} times wide_max, so that its "
                "patches have as many pixels a side"
            )
        if self.queries % self.block**2 or not 1 <= self.block <= self.patch:
            raise ConfigError("block must be at most patch, and block² must divide queries")
        if not self.validation_scales or not all(
            1.0 <= each < math.inf for each in self.validation_scales
        ):
            raise ConfigError("validation_scales must be numbers from 1 upward, such as [2, 3, 4]")
        problem = forms.problem(self)
        if problem:
            raise ConfigError(problem)

    def _check_ranges(self) -> None:
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise ConfigError(f"{name} is {value:g}, but must lie in {least:g}..{most:g}")

    @property
    def spec(self) -> dict[str, Any]:
        """The model as a checkpoint's ``spec`` tells it."""
        return forms.spec_of(self)

    def to_json(self) -> dict[str, Any]:
        """The settings as plain values, which `from_table` reads."""
        return {**asdict(self), "encoder": dict(self.encoder), "network": dict(self.network)}


_LARGE = 1e12
_LEAST = 8
_RANGES: dict[str, tuple[float, float]] = {
    "patch": (_LEAST, 1024),
    "wide_side": (_LEAST, 1 << 16),
    "batch": (1, 4096),
    "queries": (1, 1 << 20),
    "unit_share": (0, 1),
    "wide_share": (0, 1),
    "learning_rate": (0, 10),
    "final_rate": (0, 1),
    "warmup": (0, _LARGE),
    "clip": (0, _LARGE),
    "ema": (0, 1),
    "rms_share": (0, 1),
    "gradient_loss": (0, _LARGE),
    "pixel_loss": (0, _LARGE),
    "branch_loss": (0, _LARGE),
    "adversarial": (0, _LARGE),
    "gradient_adversarial": (0, _LARGE),
    "critic_width": (1, 1024),
    "iterations": (1, _LARGE),
    "minutes": (0, _LARGE),
    "pause_minutes": (0, _LARGE),
    "seed": (0, 2**63),
    "log_every": (1, _LARGE),
    "checkpoint_minutes": (0, _LARGE),
    "validate_minutes": (0, _LARGE),
    "validation_pictures": (1, _LARGE),
    "validation_crop": (16, _LARGE),
}


def names() -> list[str]:
    """Names of the configurations that come with the program."""
    folder = files("models.training") / "configs"
    return sorted(each.name.removesuffix(".toml") for each in folder.iterdir())


def load(name: str) -> Config:
    """The configuration of a name, or of a TOML file.

    Raises:
        ConfigError: one sentence that names the file and what is wrong.
    """
    try:
        return from_table(tomllib.loads(_text(name)))
    except (ValueError, RecursionError) as error:
        # Besides its own TOMLDecodeError, tomllib raises these for endless numbers and brackets.
        raise ConfigError(f"the configuration {name} cannot be used: {error}") from error


def _text(name: str) -> str:
    if name in names():
        return (files("models.training") / "configs" / f"{name}.toml").read_text(encoding="utf-8")
    path = Path(expanded(name))
    if not path.is_file():
        known = ", ".join(names())
        raise ConfigError(f"it is neither a file nor one of {known}; check the path")
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the file cannot be read ({error})") from error


def from_table(table: Mapping[str, Any]) -> Config:
    """A configuration from plain values. Raises ConfigError for unknown, missing or odd ones."""
    known = {each.name for each in fields(Config)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise ConfigError(
            f"the key {unknown[0]!r} is not known; known are {', '.join(sorted(known))}"
        )
    missing = [name for name in ("name", "title") if name not in table]
    if missing:
        raise ConfigError(f"the key {missing[0]!r} is missing")
    return Config(**{key: _typed(key, value) for key, value in table.items()})


def changed(config: Config, words: Iterable[str]) -> Config:
    """A configuration with ``key=value`` words applied; ``encoder.n_feats=48`` reaches inside.

    Raises:
        ConfigError: one sentence that names the word.
    """
    table = config.to_json()
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise ConfigError(f"--set {word!r} is not key=value; give, say, --set batch=8")
        outer, dot, inner = key.strip().partition(".")
        if dot and outer in ("encoder", "network"):
            table[outer] = {**table[outer], inner: _value(text)}
        else:
            table[key.strip()] = _value(text)
    return from_table(table)


def _value(text: str) -> Any:
    """A TOML value; what is none is a text."""
    try:
        return tomllib.loads(f"value = {text.strip()}")["value"]
    except (ValueError, RecursionError):
        return text.strip()


_TYPES = get_type_hints(Config)


def _typed(key: str, value: Any) -> Any:
    """A value in the type of its field. Raises ConfigError if it has another one."""
    wanted = _TYPES[key]
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return _float(key, value)
    if wanted in (bool, int, float, str):
        if type(value) is wanted:
            return value
        raise ConfigError(f"{key} is {value!r}, which is not {_WORDS[wanted]}")
    if key == "encoder":
        # Empty where there is none: at a fixed scale.
        if isinstance(value, Mapping) and (not value or isinstance(value.get("name"), str)):
            return dict(value)
        raise ConfigError("encoder must be a table with a name")
    if key == "network":
        if isinstance(value, Mapping):
            return dict(value)
        raise ConfigError("network must be a table of arguments")
    numbers = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in numbers):
        raise ConfigError(f"{key} is {value!r}, which is not a list of numbers")
    if key != "hidden":
        return tuple(_float(key, each) for each in numbers)
    if any(each % 1 != 0 for each in numbers):  # neither is that of inf and nan
        raise ConfigError(f"{key} is {value!r}, which is not a list of whole numbers")
    return tuple(int(each) for each in numbers)


def _float(key: str, value: float) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise ConfigError(f"{key} has too large a number; give a smaller one") from error


_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
