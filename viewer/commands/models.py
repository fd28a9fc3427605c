"""`models`: the samplers and models there are, as a table or as JSON; fetching published ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.resources import files

from models import brought, published
from models.catalogue import Entry, describe, entry, names
from models.checkpoints import CheckpointError
from models.published import Published
from models.shipped import FULL, LIGHT, SHORT
from viewer.commands.columns import aligned
from viewer.commands.fetch import fetch
from viewer.commands.interrupts import Interrupts
from viewer.commands.options import CommonOptions, ModelsOptions

NONE = "–"
DATA_SET = "Set5"
DEFAULTS = {"CPU": LIGHT, "GPU": FULL}


@dataclass(frozen=True)
class Row:
    """What is known of a sampler.

    Attributes:
        name: as ``--sampler`` takes it.
        title: for people.
        group: ``interpolation``, ``continuous`` or ``fixed-scale``.
        paper: where a model comes from, or None.
        parameters: how many numbers its network has, or None for interpolators.
        quality: luma PSNR in dB by data set and scale.
        licence: of the weights, or None.
        bytes: size of the file, there or not, or None.
        sha256: what the file should have, perhaps its first digits alone, or None.
        path: where a published file is, or belongs, or None.
        address: where it can be fetched, or None.
        status: ``built in``, ``ready``, ``missing``, ``damaged``, ``unreadable`` (perhaps there) or
            ``bring the file: …``.
        note: what to do about it, or None.
        default: where ``liif`` means it: ``CPU`` or ``GPU``, or None.
        short: another name that means it, or None.
    """

    name: str
    title: str
    group: str
    paper: str | None = None
    parameters: int | None = None
    quality: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    licence: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    path: str | None = None
    address: str | None = None
    status: str = "built in"
    note: str | None = None
    default: str | None = None
    short: str | None = None


def run(options: ModelsOptions, common: CommonOptions, interrupts: Interrupts) -> None:
    """Print the list, or the line of the one that was to be fetched first.

    Raises:
        FetchError, ImageError, CheckpointError: one sentence.
        KeyboardInterrupt: nothing is left of the file.
    """
    listed = names()
    if options.fetch is not None:
        listed = [fetch(options.fetch, common, interrupts).name]
    rows = [row(name) for name in listed]
    if options.json:
        # In ASCII, which every pipe takes.
        print(json.dumps([asdict(each) for each in rows], indent=2))
    else:
        print(table(rows))


def row(name: str) -> Row:
    """All that the catalogue and the file itself say of a sampler."""
    shipped, known = entry(name), published.find(name)
    if shipped is not None:
        return _shipped(shipped)
    if known is not None:
        return _published(known)
    description = describe(name)
    return Row(name, description.title, description.group)


def _shipped(shipped: Entry) -> Row:
    resource = files("models.weights") / shipped.file
    content = resource.read_bytes() if resource.is_file() else None
    whole = content is not None and hashlib.sha256(content).hexdigest() == shipped.sha256
    return Row(
        name=shipped.name,
        title=shipped.title,
        group=describe(shipped.name).group,
        paper=shipped.paper,
        parameters=shipped.parameters,
        quality=shipped.quality,
        licence=shipped.licence,
        bytes=len(content) if content is not None else None,
        sha256=shipped.sha256,
        status="missing" if content is None else "ready" if whole else "damaged",
        default=next((on for on, name in DEFAULTS.items() if name == shipped.name), None),
        short=next((short for short, name in SHORT.items() if name == shipped.name), None),
    )


def _published(known: Published) -> Row:
    path = brought.find(known)
    status, note = _state(known)
    return Row(
        name=known.name,
        title=known.title,
        group=known.group,
        paper=known.paper,
        parameters=known.parameters,
        licence=known.licence,
        bytes=path.stat().st_size if path else known.size,
        sha256=known.sha256 or None,
        path=str(brought.place(known)),
        address=known.address or None,
        status=status,
        note=note,
    )


def _state(known: Published) -> tuple[str, str | None]:
    """The status of a published file, and what to do about it."""
    if brought.find(known) is None:
        if trouble := brought.trouble(known):
            return "unreadable", trouble
        way = f"--fetch {known.name}" if known.address else known.file
        return f"bring the file: {way}", brought.how(known)
    # A file of which no hash is known has to show that it is what its name says.
    prove = brought.checked if known.sha256 else brought.load
    try:
        prove(known)
    except CheckpointError as error:
        return "damaged", str(error)
    return "ready", None


def table(rows: Sequence[Row]) -> str:
    """Lines of aligned columns, the header first; then where files belong that are missing."""
    head = ("NAME", "TITLE", "PARAMETERS", f"{DATA_SET} dB ×2/3/4", "LICENCE", "FILE", "STATUS")
    lines = aligned([head, *(_cells(each) for each in rows)])
    if not any(each.path and each.note for each in rows):
        return lines
    return f"{lines}\n\nFiles to bring belong in {brought.folder()}; --json says where from."


def _cells(each: Row) -> tuple[str, ...]:
    return (
        each.name,
        each.title,
        NONE if each.parameters is None else f"{each.parameters / 1e6:.2f} M",
        _quality(each.quality.get(DATA_SET, {})),
        each.licence or NONE,
        NONE if each.bytes is None else f"{each.bytes / 1e6:.1f} MB",
        _status(each),
    )


def _status(each: Row) -> str:
    if each.default is not None:
        return f"{each.status} (liif on a {each.default})"
    return f"{each.status} (also {each.short})" if each.short else each.status


def _quality(by_scale: Mapping[str, float]) -> str:
    values = [f"{by_scale[scale]:.2f}" if scale in by_scale else NONE for scale in ("2", "3", "4")]
    return " / ".join(values) if by_scale else NONE
