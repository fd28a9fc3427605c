"""The samplers there are: interpolators, shipped and published models, any file by its path."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path

import torch

from models import brought, published
from models.backend import Backend
from models.checkpoints import CheckpointError, load_checkpoint
from models.homes import expanded
from models.kinds import Model, kind_of, mflop, place, sampler_of
from models.networks.network import Network
from models.published import Published
from models.samplers.base import Picture, Sampler
from models.samplers.gradient import GradientSampler
from models.samplers.interpolation import Nearest, bicubic, lanczos
from models.shipped import ENTRIES, FULL, LIGHT, SHORT, Entry

__all__ = ["ENTRIES", "Entry"]

DOT = " · "
"""Between the parts of a line."""


@dataclass(frozen=True)
class Description:
    """What menus and tables say of a sampler.

    Attributes:
        name: as ``--sampler`` takes it.
        title: short, such as ``LIIF · WDSR light``.
        group: ``interpolation``, ``continuous``, ``fixed-scale`` or ``gradient``.
        provenance: who, when, and the size.
        cost: where it applies, then what a pixel costs, parted by `DOT`.
        available: whether it can be used now.
        note: how to get it if it cannot.
    """

    name: str
    title: str
    group: str
    provenance: str
    cost: str
    available: bool = True
    note: str = ""

    @property
    def summary(self) -> str:
        """One line for menus, whose groups say where it applies: paper, size, cost a pixel."""
        parts = (self.provenance, self.cost.partition(DOT)[2])
        return DOT.join(part for part in parts if part)


_INTERPOLATORS = {
    "nearest": Description(
        "nearest",
        "Nearest",
        "interpolation",
        "the source's own pixels",
        "interpolation · no arithmetic",
    ),
    "bicubic": Description(
        "bicubic",
        "Bicubic",
        "interpolation",
        "Keys, 1981 · a = −0.5",
        "interpolation · 4 × 4 pixels",
    ),
    "lanczos": Description(
        "lanczos",
        "Lanczos",
        "interpolation",
        "Duchon, 1979 · three lobes",
        "interpolation · 6 × 6 pixels",
    ),
}
OF_A_RUN = "weights"
"""The name that all runs of training give their model, without its ending."""

GRADIENT = "gradient:"
"""Before a sampler's name: its gradient map."""


def names() -> list[str]:
    """Names of the samplers that menus list."""
    ours = [*_INTERPOLATORS, *(entry.name for entry in ENTRIES)]
    return [*ours, *(each.name for each in published.PUBLISHED)]


def default_model(device: torch.device) -> str:
    """The model that ``liif`` stands for on a device: the light one on CPUs, else the full one."""
    return LIGHT if device.type == "cpu" else FULL


def full_name(name: str, device: torch.device) -> str:
    """The name under which a sampler is listed: ``liif`` and the like are short for others."""
    if name.startswith(GRADIENT):
        return f"{GRADIENT}{full_name(name.removeprefix(GRADIENT), device)}"
    return default_model(device) if name == "liif" else SHORT.get(name, name)


def entry(name: str) -> Entry | None:
    """The shipped model of a name."""
    return next((entry for entry in ENTRIES if entry.name == name), None)


def describe(name: str, backend: Backend | None = None) -> Description:
    """What to say of a sampler. A path is described by its file.

    Raises:
        CheckpointError: one sentence, if the name is neither known nor a usable file.
    """
    if name in _INTERPOLATORS:
        return _INTERPOLATORS[name]
    if name.startswith(GRADIENT):
        inner = describe(name.removeprefix(GRADIENT), backend)
        return replace(gradient_of(inner), name=name)
    name = full_name(name, backend.device if backend else torch.device("cpu"))
    shipped = entry(name)
    if shipped is None:
        known = published.find(name)
        return _describe_published(known) if known else _describe_file(Path(name))
    return Description(name, shipped.title, shipped.group, *_provenance_and_cost(shipped))


def gradient_of(inner: Description) -> Description:
    """What to say of the gradient map of a sampler."""
    return replace(
        inner,
        name=f"{GRADIENT}{inner.name}",
        title=f"Gradient of {inner.title}",
        group="gradient",
        provenance=f"Ma et al., 2020 · {inner.title}",
    )


def make_sampler(name: str, picture: Picture, backend: Backend, gain: float = 1.0) -> Sampler:
    """A sampler of a picture.

    Args:
        name: ``nearest``, ``bicubic``, ``lanczos``, ``gradient:NAME``, a catalogue name, one that
            is short for such a name (``liif``, ``metasr``), or the path of a checkpoint.
        gain: factor of gradient maps.

    Raises:
        CheckpointError: one sentence, if the name is neither known nor a usable file.
    """
    if name == "nearest":
        return Nearest(picture, backend.device)
    if name == "bicubic":
        return bicubic(picture, backend.device)
    if name == "lanczos":
        return lanczos(picture, backend.device)
    if name.startswith(GRADIENT):
        inner = make_sampler(name.removeprefix(GRADIENT), picture, backend)
        return GradientSampler(inner, gain)
    return sampler_of(load_model(name, backend), picture)


def load_model(name: str, backend: Backend) -> Model:
    """The model of a catalogue name, short or not, or of a path, loaded once per backend.

    Raises:
        CheckpointError: as `make_sampler`.
    """
    name = full_name(name, backend.device)
    if entry(name) is not None:
        return _shipped(name, backend)
    known = published.find(name)
    path = brought.checked(known) if known else _file(name)
    return _held(path, known, backend).model()


@lru_cache(maxsize=8)
def _shipped(name: str, backend: Backend) -> Model:
    shipped = entry(name)
    assert shipped is not None
    return place(load_network(name), backend, name, shipped.title)


def load_network(name: str) -> Network:
    """A shipped network, in fp32 on the CPU.

    Raises:
        CheckpointError: one sentence, if its file is missing or was altered.
    """
    shipped = entry(name)
    assert shipped is not None
    with as_file(files("models.weights") / shipped.file) as path:
        if not path.is_file():
            raise CheckpointError(f"the shipped file {shipped.file} is missing; install again")
        if hashlib.sha256(path.read_bytes()).hexdigest() != shipped.sha256:
            raise CheckpointError(f"the shipped file {shipped.file} was altered; install again")
        return load_checkpoint(path).network


class _Held:
    """A file's model as it was when last asked for; the one before a change is let go."""

    def __init__(self, path: Path, known: Published | None, backend: Backend):
        self._path, self._known, self._backend = path, known, backend
        self._model: Model | None = None

    def model(self) -> Model:
        """The model, read anew if its file has changed."""
        name = f"{self._path}@{_stamp(self._path)}"
        if self._model is None or self._model.name != name:
            self._model = None  # else there would be two for a while
            self._model = _from_file(self._path, name, self._known, self._backend)
        return self._model


@lru_cache(maxsize=8)
def _held(path: Path, known: Published | None, backend: Backend) -> _Held:
    return _Held(path, known, backend)


def _stamp(path: Path) -> str:
    """What changes with a file: clocks of file systems may be too coarse to tell by themselves."""
    state = path.stat()
    return f"{state.st_mtime_ns}-{state.st_size}-{state.st_ino}"


def _from_file(path: Path, name: str, known: Published | None, backend: Backend) -> Model:
    network = brought.load(known) if known else load_checkpoint(path).network
    title = known.title if known else _title(network, path)
    return place(network, backend, name, title)


def _file(name: str) -> Path:
    path = Path(expanded(name))
    if not path.is_file():
        ours = ", ".join([*_INTERPOLATORS, "liif", *SHORT, "gradient:NAME"])
        raise CheckpointError(
            f"{name!r} is no sampler and no model file; known are {ours} and the names that "
            "`liif-viewer models` lists"
        )
    return path.resolve()


def _title(network: Network, path: Path) -> str:
    return f"{kind_of(network).title(network)}{DOT}{label(path)}"


def label(path: Path) -> str:
    """What tells a model file from others: its name, after that of its run if `train` gave it."""
    run = path.parent.name
    return f"{run}/{path.stem}" if path.stem == OF_A_RUN and run else path.stem


def _describe_published(known: Published) -> Description:
    """A published file, whether or not it has been brought; its hash is checked when it is used."""
    there = brought.find(known) is not None
    provenance, cost = _provenance_and_cost(known)
    return Description(
        name=known.name,
        title=known.title,
        group=known.group,
        provenance=provenance,
        cost=cost,
        available=there,
        note="" if there else brought.trouble(known) or f"No file yet: {brought.how(known)}",
    )


def _provenance_and_cost(model: Entry | Published) -> tuple[str, str]:
    """Where a model comes from and how large it is; where it applies and what a pixel costs."""
    fixed = model.group == "fixed-scale"
    cost = f"{'fixed' if fixed else model.group}, {model.scales}"
    if model.mflop is not None:
        cost += f"{DOT}{mflop(model.mflop)} a {'source pixel' if fixed else 'pixel'}"
    return f"{model.paper} · {model.parameters / 1e6:.2f} M parameters", cost


def _describe_file(path: Path) -> Description:
    path = _file(str(path))
    network = load_checkpoint(path).network
    kind = kind_of(network)
    count = sum(parameter.numel() for parameter in network.parameters())
    size = f"{count / 1e6:.2f} M parameters"
    return Description(
        name=str(path),
        title=_title(network, path),
        group=kind.group,
        provenance=f"{path.name} · {size}",
        cost=kind.cost(network),
    )
