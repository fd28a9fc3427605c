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
        sha256="4df9b24db01f645ab49d59b87439a9ffad3ee894773e35d6b62641df8946fa2f",
        title="LIIF · WDSR light",
        group="continuous",
        paper="Chen et al., 2021",
        parameters=331_699,
        scales="×1–×30",
        mflop=0.066,
        licence="BSD-3-Clause",
        quality={"Set5": {"2": 37.65, "3": 33.92, "4": 31.75, "6": 28.52, "8": 26.64}},
    ),
    Entry(
        name="edsr-baseline-liif",
        file="edsr-baseline-liif.safetensors",
        sha256="b32237d3abb9650f2cace3388034fc1d510d87bce55b1a587e1e035ac68581c7",
        title="LIIF · EDSR baseline",
        group="continuous",
        paper="Chen et al., 2021",
        parameters=1_567_299,
        scales="×1–×30",
        mflop=1.58,
        licence="BSD-3-Clause",
        quality={"Set5": {"2": 37.67, "3": 33.95, "4": 31.75, "6": 28.53, "8": 26.53}},
    ),
    Entry(
        name="metasr-wdsr",
        file="metasr-wdsr.safetensors",
        sha256="bd935186ef204dbac1a7d5307eb87975801a1e15110d60d6ccfc6c828a92a600",
        title="Meta-SR · WDSR light",
        group="continuous",
        paper="Hu et al., 2019",
        parameters=360_848,
        scales="×1–×30",
        mflop=0.000768,
        licence="BSD-3-Clause",
        quality={"Set5": {"2": 37.43, "3": 33.53, "4": 31.25, "6": 28.02, "8": 26.19}},
    ),
    Entry(
        name="wdsr-x2",
        file="wdsr-x2.safetensors",
        sha256="d830aa3c5dec7dc6d7441a143126948b7ac58470e0eb152e81febc3b9cb58cb0",
        title="WDSR ×2",
        group="fixed-scale",
        paper="Yu et al., 2018",
        parameters=299_564,
        scales="×2",
        mflop=0.591,
        licence="BSD-3-Clause",
        quality={"Set5": {"2": 37.64, "3": 33.66, "4": 31.30, "6": 28.11, "8": 26.28}},
    ),
    Entry(
        name="wdsr-x4",
        file="wdsr-x4.safetensors",
        sha256="f7246d0be3f14dfc60b2faeb135e11a2afc5889f97f8b39e0d3d200127de2be7",
        title="WDSR ×4",
        group="fixed-scale",
        paper="Yu et al., 2018",
        parameters=312_704,
        scales="×4",
        mflop=0.617,
        licence="BSD-3-Clause",
        quality={"Set5": {"2": 37.46, "3": 33.87, "4": 31.68, "6": 28.53, "8": 26.57}},
    ),
)
"""In the order in which they are listed."""

LIGHT, FULL = "wdsr-liif", "edsr-baseline-liif"
"""What ``liif`` means on CPUs, and on GPUs."""

SHORT = {"metasr": "metasr-wdsr"}
"""Other names of shipped models."""
