"""Pictures and colour profiles for the tests of imaging, made from formulas."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.imaging import icc

D65 = (0.3127, 0.3290)
P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
REC2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))


def gamma_curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def parametric_curve(kind: int, *numbers: float) -> bytes:
    fixed = [round(number * 65536) for number in numbers]
    return b"para\0\0\0\0" + struct.pack(f">HH{len(fixed)}i", kind, 0, *fixed)


def table_curve(values: NDArray[np.float64]) -> bytes:
    stored = np.round(values * 65535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", len(stored)) + stored.tobytes()


SRGB_CURVE = parametric_curve(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def assemble(space: bytes, pcs: bytes, tags: dict[bytes, bytes], version: int = 2) -> bytes:
    """A profile from whole tag elements, written without our builder."""
    table, body = struct.pack(">I", len(tags)), b""
    for name, element in tags.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(body), len(element))
        body += element + bytes(-len(element) % 4)
    header = bytearray(128)
    struct.pack_into(">I4sI4s4s4s", header, 0, 128 + len(table) + len(body), b"", version << 24,
                     b"mntr", space, pcs)  # fmt: skip
    header[36:40] = b"acsp"
    struct.pack_into(">3i", header, 68, 63190, 65536, 54061)
    return bytes(header) + table + body


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def text(words: bytes) -> bytes:
    return b"text\0\0\0\0" + words + b"\0"


def description(words: bytes) -> bytes:
    head = b"desc\0\0\0\0" + struct.pack(">I", len(words) + 1) + words + b"\0"
    return head + bytes(8) + bytes(3) + bytes(67)


def matrix_profile(
    primaries: tuple[tuple[float, float], ...], curves: tuple[bytes, bytes, bytes]
) -> bytes:
    """A version 2 RGB profile; the colorants are checked in test_icc."""
    colorants = icc.adapted_colorants(primaries, D65)
    tags = {b"desc": description(b"made by a test"), b"cprt": text(b"none"), b"wtpt": xyz(*icc.D50)}
    for name, column, curve in zip((b"r", b"g", b"b"), colorants.T, curves, strict=True):
        tags[name + b"XYZ"], tags[name + b"TRC"] = xyz(*column), curve
    return assemble(b"RGB ", b"XYZ ", tags)


def table_profile(
    space: bytes, channels: int, lab: Callable[[tuple[float, ...]], tuple[float, float, float]]
) -> bytes:
    """A profile of the table kind: an 8-bit lookup table (lut8Type) to Lab, 5 points a side."""
    points = 5
    places = np.linspace(0.0, 1.0, points)
    nodes = [lab(node) for node in itertools.product(places, repeat=channels)]
    coded = [(L * 2.55, a + 128, b + 128) for L, a, b in nodes]
    table = np.clip(np.round(coded), 0, 255).astype(np.uint8).tobytes()
    ramp = bytes(range(256))
    head = b"mft1\0\0\0\0" + bytes([channels, 3, points, 0])
    head += struct.pack(">9i", *(65536 * one for one in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    tags = {
        b"desc": description(b"tables"),
        b"cprt": text(b"none"),
        b"wtpt": xyz(*icc.D50),
        b"A2B0": head + ramp * channels + table + ramp * 3,
    }
    return assemble(space, b"Lab ", tags)


@pytest.fixture(scope="session")
def display_p3() -> bytes:
    return matrix_profile(P3, (SRGB_CURVE,) * 3)


@pytest.fixture(scope="session")
def adobe_rgb() -> bytes:
    return matrix_profile(ADOBE, (gamma_curve(2.19921875),) * 3)


@pytest.fixture(scope="session")
def three_curves() -> bytes:
    """Wide primaries, another curve for each channel, one of them a table."""
    table = table_curve(np.linspace(0.0, 1.0, 1024) ** 1.8)
    return matrix_profile(REC2020, (gamma_curve(2.0), table, parametric_curve(0, 2.4)))


@pytest.fixture(scope="session")
def rgb_tables() -> bytes:
    """An RGB profile without a matrix: red and green change places, more or less."""

    def lab(rgb: tuple[float, ...]) -> tuple[float, float, float]:
        r, g, b = rgb
        return 30 * r + 50 * g + 20 * b, 60 * (g - r), 60 * (r + g - 2 * b) / 2

    return table_profile(b"RGB ", 3, lab)


@pytest.fixture(scope="session")
def cmyk_tables() -> bytes:
    """Inks whose cyan is a dark violet: nothing like Pillow's own formula."""

    def lab(inks: tuple[float, ...]) -> tuple[float, float, float]:
        c, m, y, k = inks
        light = 100 * (1 - k) * (1 - 0.7 * c) * (1 - 0.4 * m) * (1 - 0.1 * y)
        return light, 50 * c * (1 - k), -60 * c * (1 - k)

    return table_profile(b"CMYK", 4, lab)


@pytest.fixture(scope="session")
def grey_gamma() -> bytes:
    """A grey profile much darker than sRGB."""
    tags = {b"desc": description(b"grey"), b"cprt": text(b"none"), b"wtpt": xyz(*icc.D50),
            b"kTRC": gamma_curve(3.0)}  # fmt: skip
    return assemble(b"GRAY", b"XYZ ", tags)


@pytest.fixture(scope="session")
def photo() -> NDArray[np.uint8]:
    """Something smooth with edges: ``[60, 83, 3]``."""
    y, x = np.mgrid[0:60, 0:83] / 60.0
    waves = [0.5 + 0.5 * np.sin(7 * x + phase) * np.cos(5 * y * x) for phase in (0.0, 1.0, 2.0)]
    picture = np.stack(waves, axis=-1)
    picture[20:30, 10:50] = (0.9, 0.1, 0.3)
    return np.round(picture * 255).astype(np.uint8)
