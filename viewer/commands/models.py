"""`models`: the samplers and models there are, as a table or as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files

import torch

from models.catalogue import default_model, describe, entry, names
from viewer.commands.columns import aligned
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import CommonOptions, ModelsOptions

NONE = "–"
DATA_SET = "Set5"


@dataclass(frozen=True)
class Row:
    """What is known of a sampler.

    Attributes:
        name: as ``--sampler`` takes it.
        title: for people.
        group: ``interpolation`` or ``continuous``.
        parameters: how many numbers its network has, or None for interpolators.
        quality: luma PSNR in dB by data set and scale.
        licence: of the weights, or None.
        bytes: size of the file, or None.
        sha256: what the file should have, or None.
        status: ``built in``, ``ready``, ``missing`` or ``damaged``.
        default: whether ``liif`` means it.
    """

    name: str
    title: str
    group: str
    parameters: int | None
    quality: Mapping[str, Mapping[str, float]]
    licence: str | None
    bytes: int | None
    sha256: str | None
    status: str
    default: bool


def run(
    options: ModelsOptions,
    common: CommonOptions,  # noqa: ARG001
    interrupts: Interrupts,  # noqa: ARG001
) -> None:
    """Print the list."""
    rows = [row(name) for name in names()]
    if options.json:
        print(json.dumps([asdict(each) for each in rows], indent=2, ensure_ascii=False))
    else:
        print(table(rows))


def row(name: str) -> Row:
    """All that the catalogue and the file itself say of a sampler."""
    description, shipped = describe(name), entry(name)
    content = _content(shipped.file) if shipped else None
    return Row(
        name=name,
        title=description.title,
        group=description.group,
        parameters=shipped.parameters if shipped else None,
        quality=shipped.quality if shipped else {},
        licence=shipped.licence if shipped else None,
        bytes=len(content) if content is not None else None,
        sha256=shipped.sha256 if shipped else None,
        status=_status(content, shipped.sha256) if shipped else "built in",
        default=name == default_model(torch.device("cpu")),
    )


def _content(file: str) -> bytes | None:
    resource = files("models.weights") / file
    return resource.read_bytes() if resource.is_file() else None


def _status(content: bytes | None, sha256: str) -> str:
    if content is None:
        return "missing"
    return "ready" if hashlib.sha256(content).hexdigest() == sha256 else "damaged"


def table(rows: Sequence[Row]) -> str:
    """Lines of aligned columns, the header first."""
    head = ("NAME", "TITLE", "PARAMETERS", f"{DATA_SET} dB ×2/3/4", "LICENCE", "FILE", "STATUS")
    return aligned([head, *(_cells(each) for each in rows)])


def _cells(each: Row) -> tuple[str, ...]:
    return (
        each.name,
        each.title,
        NONE if each.parameters is None else f"{each.parameters / 1e6:.2f} M",
        _quality(each.quality.get(DATA_SET, {})),
        each.licence or NONE,
        NONE if each.bytes is None else f"{each.bytes / 1e6:.1f} MB",
        f"{each.status}, default (liif)" if each.default else each.status,
    )


def _quality(by_scale: Mapping[str, float]) -> str:
    values = [f"{by_scale[scale]:.2f}" if scale in by_scale else NONE for scale in ("2", "3", "4")]
    return " / ".join(values) if by_scale else NONE
