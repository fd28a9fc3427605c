"""ICC profiles: the matrix and tone-curve kind, read and written (ICC.1:2010, profile version 4.3).

A profile is a header of 128 bytes and a table of tags. An RGB profile of the "matrix/TRC" kind
holds one tone curve a channel and the colorants, XYZ of full red, green and blue under D50.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Curve = Callable[[Floats], Floats]

D50 = (0.9642, 1.0, 0.8249)
"""The white of the profile connection space, as XYZ (ICC.1:2010, 7.2.16)."""

_HEADER = 128
_COLORANTS = (b"rXYZ", b"gXYZ", b"bXYZ")
_CURVES = (b"rTRC", b"gTRC", b"bTRC")
_PARAMETERS = (1, 3, 4, 5, 7)
"""How many numbers follow each type of parametric curve."""


class ProfileError(ValueError):
    """The bytes are not a usable profile."""


@dataclass(frozen=True)
class MatrixProfile:
    """An RGB profile as formulas.

    Attributes:
        curves: encoded 0..1 → linear 0..1, for red, green and blue.
        raw_curves: the three curves as stored; equal bytes are equal curves.
        colorants: ``[3, 3]``, linear RGB → XYZ under D50 (``xyz = colorants @ rgb``).
    """

    curves: tuple[Curve, Curve, Curve]
    raw_curves: tuple[bytes, bytes, bytes]
    colorants: Floats


def colour_space(profile: bytes) -> str:
    """What the samples are: ``"RGB"``, ``"GRAY"``, ``"CMYK"``, … Raises ProfileError."""
    if len(profile) < _HEADER + 4 or profile[36:40] != b"acsp":
        raise ProfileError("not an ICC profile")
    return profile[16:20].decode("ascii", "replace").strip()


def read_matrix_profile(profile: bytes) -> MatrixProfile | None:
    """Reads an RGB profile; None if it is built on tables instead of a matrix and curves.

    Raises:
        ProfileError: it is damaged, or not a profile of RGB samples.
    """
    if colour_space(profile) != "RGB":
        raise ProfileError("not a profile of RGB samples")
    tags = _tags(profile)
    # Where a profile has both kinds, the tables rank before the matrix (ICC.1:2010, 8.10).
    if b"A2B0" in tags or profile[20:24] != b"XYZ " or not {*_COLORANTS, *_CURVES} <= tags.keys():
        return None
    red, green, blue = (tags[name] for name in _CURVES)
    colorants = np.array([_xyz(tags[name]) for name in _COLORANTS]).T
    if abs(np.linalg.det(colorants)) < 1e-6:
        raise ProfileError("its colorants span no colours")
    return MatrixProfile(
        curves=(_curve(red), _curve(green), _curve(blue)),
        raw_curves=(red, green, blue),
        colorants=colorants,
    )


def grey_as_rgb(profile: bytes) -> bytes:
    """A profile of RGB samples that shows R = G = B = v as a grey profile shows v.

    Its tone curve serves all three channels. With equal channels only the sum of the colorants
    matters, which is white, so those of sRGB do. The grey samples themselves stay as they are.

    Raises:
        ProfileError: it is damaged, or has no tone curve.
    """
    if colour_space(profile) != "GRAY":
        raise ProfileError("not a profile of grey samples")
    element = _tags(profile).get(b"kTRC")
    if element is None:
        raise ProfileError("a grey profile without a tone curve")
    curve = _curve(element)
    if profile[20:24] == b"Lab ":
        element = sampled_element(_luminance(curve(np.linspace(0.0, 1.0, 4096))))
    return build_matrix_profile("Grey as RGB", srgb_colorants(), element)


def srgb_colorants() -> Floats:
    """Linear sRGB → XYZ under D50, ``[3, 3]``: IEC 61966-2-1's primaries, Bradford-adapted."""
    return adapted_colorants(((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), (0.3127, 0.3290))


def adapted_colorants(
    primaries: tuple[tuple[float, float], ...], white: tuple[float, float]
) -> Floats:
    """Linear RGB → XYZ under D50 from chromaticities x, y of the primaries and of white.

    The white is adapted with the Bradford matrix (ICC.1:2010, annex E).
    """
    bradford = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    columns = np.array([(x, y, 1.0 - x - y) for x, y in primaries]).T
    native = columns * np.linalg.solve(columns, _xyz_of(*white))
    cones = (bradford @ np.array(D50)) / (bradford @ _xyz_of(*white))
    adapted: Floats = np.linalg.inv(bradford) @ np.diag(cones) @ bradford @ native
    return adapted


def build_matrix_profile(name: str, colorants: Floats, curve: bytes) -> bytes:
    """An RGB display profile, version 4.3, with one curve for the three channels.

    Args:
        name: what it is called, in ASCII.
        colorants: ``[3, 3]``, linear RGB → XYZ under D50.
        curve: a whole ``curv`` or ``para`` element.
    """
    tags: dict[bytes, bytes] = {
        b"desc": _text(name),
        b"cprt": _text("No copyright"),
        b"wtpt": _xyz_element(D50),
    }
    for tag, column in zip(_COLORANTS, np.asarray(colorants, np.float64).T, strict=True):
        tags[tag] = _xyz_element(tuple(float(value) for value in column))
    tags |= dict.fromkeys(_CURVES, curve)
    return _assemble(tags)


def _tags(profile: bytes) -> Mapping[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    if len(profile) < _HEADER + 4 + 12 * count:
        raise ProfileError("the table of tags is cut off")
    tags = {}
    for index in range(count):
        name, offset, size = struct.unpack_from(">4sII", profile, _HEADER + 4 + 12 * index)
        if offset + size > len(profile):
            raise ProfileError(f"the tag {name!r} is cut off")
        tags[name] = profile[offset : offset + size]
    return tags


def _fixed(element: bytes, first: int, count: int) -> list[float]:
    """Numbers of type s15Fixed16 from a byte offset."""
    if len(element) < first + 4 * count:
        raise ProfileError("a list of numbers is cut off")
    return [value / 65536.0 for value in struct.unpack_from(f">{count}i", element, first)]


def _xyz(element: bytes) -> list[float]:
    if element[:4] != b"XYZ ":
        raise ProfileError("a colorant is not XYZ")
    return _fixed(element, 8, 3)


def _curve(element: bytes) -> Curve:
    if element[:4] == b"curv" and len(element) >= 12:
        return _sampled_curve(element)
    if element[:4] == b"para" and len(element) >= 12:
        return _parametric_curve(element)
    raise ProfileError("a tone curve is of an unknown type")


def _sampled_curve(element: bytes) -> Curve:
    """ICC.1:2010, 10.5: identity, a power, or a table with equal distances."""
    (count,) = struct.unpack_from(">I", element, 8)
    if len(element) < 12 + 2 * count:
        raise ProfileError("a tone curve is cut off")
    values = np.frombuffer(element, ">u2", count, 12).astype(np.float64)
    if count == 0:
        return lambda x: x
    if count == 1:
        gamma = _checked_power(float(values[0]) / 256.0)
        return lambda x: np.power(x, gamma)
    places = np.linspace(0.0, 1.0, count)
    return lambda x: np.interp(x, places, values / 65535.0)


def _parametric_curve(element: bytes) -> Curve:
    """ICC.1:2010, table 65: a power above ``d``, a straight line below."""
    (kind,) = struct.unpack_from(">H", element, 8)
    if kind >= len(_PARAMETERS):
        raise ProfileError("a tone curve is of an unknown type")
    numbers = _fixed(element, 12, _PARAMETERS[kind])
    g, a, b, c, d, e, f = (numbers + [0.0] * 7)[:7]
    _checked_power(g)
    if kind == 0:
        a = 1.0
    if kind in (1, 2):
        if a == 0.0:
            raise ProfileError("a tone curve divides by zero")
        # The break lies where the base of the power is zero; the third number is the offset.
        c, d, e, f = 0.0, -b / a, c, c

    def curve(x: Floats) -> Floats:
        above = np.power(np.maximum(a * x + b, 0.0), g) + e
        return np.clip(np.where(x >= d, above, c * x + f), 0.0, 1.0)

    return curve


def parametric_element(*numbers: float) -> bytes:
    """A ``para`` element of the type that has so many: a power, or g, a, b, c, d (table 65)."""
    fixed = (round(number * 65536.0) for number in numbers)
    kind = _PARAMETERS.index(len(numbers))
    return b"para\0\0\0\0" + struct.pack(f">HH{len(numbers)}i", kind, 0, *fixed)


def sampled_element(values: Floats) -> bytes:
    """A ``curv`` element from values 0..1 at equal distances."""
    table = np.floor(values * 65535.0 + 0.5).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", len(table)) + table.tobytes()


def _luminance(lightness: Floats) -> Floats:
    """L* / 100 → Y (CIE 15, 8.2.1)."""
    t = (lightness * 100.0 + 16.0) / 116.0
    return np.where(t > 6.0 / 29.0, t**3, (t - 4.0 / 29.0) * 3.0 * (6.0 / 29.0) ** 2)


def _checked_power(exponent: float) -> float:
    if exponent <= 0.0:
        raise ProfileError("a tone curve has a power of zero or less")
    return exponent


def _xyz_of(x: float, y: float) -> Floats:
    return np.array([x / y, 1.0, (1.0 - x - y) / y])


def _xyz_element(xyz: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536.0) for value in xyz))


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(encoded), 28) + encoded


def _assemble(tags: Mapping[bytes, bytes]) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    start = _HEADER + 4 + 12 * len(tags)
    places: dict[bytes, int] = {}
    for name, element in tags.items():
        if element not in places:
            places[element] = start + len(body)
            body += element + bytes(-len(element) % 4)
        table += struct.pack(">4sII", name, places[element], len(element))
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
    header = header.ljust(68, b"\0") + _xyz_element(D50)[8:]
    return header.ljust(_HEADER, b"\0") + table + body
