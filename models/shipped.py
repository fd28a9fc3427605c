"""The models that come with the program: what they are, and how good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """A shipped model, whose file is in ``models/weights``.

    Attributes:
        name: as ``--sampler`` takes it.
        file: the name of the file.
        sha256: of the file.
        title: for menus.
        group: ``continuous``, or ``fixed-scale`` for networks with one scale.
        paper: where it comes from.
        parameters: how many numbers it has.
        scales: what it was trained for, such as ``×1–×30``.
        mflop: million floating-point operations: continuous ones an output pixel once features
            are there, fixed-scale ones a source pixel.
        licence: of the weights.
        quality: luma PSNR in dB by data set and scale.
    """

    name: str
    file: str
    sha256: str
    title: str
    group: str
    paper: str
    parameters: int
    scales: str
    mflop: float
    licence: str
    quality: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="wdsr-liif",
        file="wdsr-liif.safetensors",
        sha256="cef19dd3a18e130c987c65bb755e616d1f12854fbb85178d7cd2e2bd6ff13eaf",
        title="LIIF · WDSR light",
        group="continuous",
        paper="Chen et al., 2021",
        parameters=331_699,
        scales="×1–×30",
        mflop=0.066,
        licence="BSD-3-Clause",
        quality={"Set5": {"2": 37.53, "3": 33.80, "4": 31.60, "6": 28.38, "8": 26.51}},
    ),
)
"""In the order in which they are listed; the first is what ``liif`` means."""

SHORT = {"metasr": "metasr-wdsr"}
"""Other names of shipped models."""
