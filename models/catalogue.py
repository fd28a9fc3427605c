"""The samplers there are: interpolators, shipped and published models, any file by its path."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path

import torch

from models import brought, published
from models.backend import Backend
from models.checkpoints import CheckpointError, load_checkpoint
from models.kinds import Model, kind_of, mflop, place, sampler_of
from models.networks.network import Network
from models.published import Published
from models.samplers.base import Picture, Sampler
from models.samplers.gradient import GradientSampler
from models.samplers.interpolation import Nearest, bicubic, lanczos

DOT = " · "
"""Between the parts of a line."""


@dataclass(frozen=True)
class Entry:
    """A shipped model.

    Attributes:
        name: as ``--sampler`` takes it.
        file: its file in ``models/weights``.
        sha256: of the file.
        title: for menus.
        paper: where it comes from.
        parameters: how many numbers it has.
        mflop: million floating-point operations an output pixel, first layer hoisted.
        licence: of the weights.
        quality: luma PSNR in dB by data set and scale.
    """

    name: str
    file: str
    sha256: str
    title: str
    paper: str
    parameters: int
    mflop: float
    licence: str
    quality: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


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


ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="wdsr-liif",
        file="wdsr-liif.safetensors",
        sha256="cef19dd3a18e130c987c65bb755e616d1f12854fbb85178d7cd2e2bd6ff13eaf",
        title="LIIF · WDSR light",
        paper="Chen et al., 2021",
        parameters=331_699,
        mflop=0.066,
        licence="BSD-3-Clause",
        quality={"Set5": {"2": 37.53, "3": 33.80, "4": 31.60, "6": 28.38, "8": 26.51}},
    ),
)

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
GRADIENT = "gradient:"
"""Before a sampler's name: its gradient map."""


def names() -> list[str]:
    """Names of the samplers that menus list."""
    ours = [*_INTERPOLATORS, *(entry.name for entry in ENTRIES)]
    return [*ours, *(each.name for each in published.PUBLISHED)]


def default_model(device: torch.device) -> str:  # noqa: ARG001 (one model serves all devices yet)
    """The model that ``liif`` stands for on a device."""
    return ENTRIES[0].name


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
    if name == "liif":
        name = default_model(backend.device if backend else torch.device("cpu"))
    shipped = entry(name)
    if shipped is None:
        known = published.find(name)
        return _describe_published(known) if known else _describe_file(Path(name))
    size = f"{shipped.parameters / 1e6:.2f} M parameters"
    cost = f"continuous, ×1–×30 · {mflop(shipped.mflop)} a pixel"
    return Description(name, shipped.title, "continuous", f"{shipped.paper} · {size}", cost)


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
        name: ``nearest``, ``bicubic``, ``lanczos``, ``gradient:NAME``, ``liif``, a catalogue name
            or the path of a checkpoint.
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
    """The model of a catalogue name, of ``liif`` or of a path, loaded once per backend.

    Raises:
        CheckpointError: as `make_sampler`.
    """
    if name == "liif":
        name = default_model(backend.device)
    if entry(name) is not None:
        return _shipped(name, backend)
    known = published.find(name)
    path = brought.checked(known) if known else _file(name)
    return _from_file(path, path.stat().st_mtime_ns, known, backend)


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


@lru_cache(maxsize=8)
def _from_file(path: Path, changed: int, known: Published | None, backend: Backend) -> Model:
    network = load_checkpoint(path).network
    if known is not None:
        brought.check(network, known)
    title = known.title if known else _title(network, path)
    return place(network, backend, f"{path}@{changed}", title)


def _file(name: str) -> Path:
    path = Path(name).expanduser()
    if not path.is_file():
        ours = ", ".join([*_INTERPOLATORS, "liif", "gradient:NAME"])
        raise CheckpointError(
            f"{name!r} is no sampler and no model file; known are {ours} and the names that "
            "`liif-viewer models` lists"
        )
    return path.resolve()


def _title(network: Network, path: Path) -> str:
    return f"{kind_of(network).title(network)}{DOT}{path.stem}"


def _describe_published(known: Published) -> Description:
    """A published file, whether or not it has been brought; its hash is checked when it is used."""
    size = f"{known.parameters / 1e6:.2f} M parameters"
    fixed = known.group == "fixed-scale"
    cost = f"{known.group}, {known.scales}{', then Lanczos' if fixed else ''}"
    if known.mflop is not None:
        cost += f"{DOT}{mflop(known.mflop)} a {'source pixel' if fixed else 'pixel'}"
    there = brought.find(known) is not None
    return Description(
        name=known.name,
        title=known.title,
        group=known.group,
        provenance=f"{known.paper} · {size}",
        cost=cost,
        available=there,
        note="" if there else f"No file yet: {brought.how(known)}",
    )


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
