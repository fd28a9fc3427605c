"""The colour space a file declares: its ICC profile, or one built from numbers that stand for it.

AVIF and PNG have codes of ITU-T H.273, PNG also chromaticities and a gamma, the EXIF of a camera
knows Adobe RGB. Of AVIF those of its ``colr`` box count, not those that only the AV1 stream holds.
Where two of them are there, the format's own rule says which counts.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from viewer.imaging import boxes, icc, metadata

Primaries = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Space:
    """What the samples mean.

    Attributes:
        profile: an ICC profile, or None for sRGB.
        note: a sentence for the person if the file declares what cannot be shown, else empty.
    """

    profile: bytes | None = None
    note: str = ""


_D65, _C, _E, _DCI = (0.3127, 0.3290), (0.310, 0.316), (1 / 3, 1 / 3), (0.314, 0.351)
_SRGB = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_SMPTE = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
_ADOBE = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))
_UNSPECIFIED = 2

# H.273, table 2: chromaticities of red, green, blue, and of white.
_PRIMARIES: dict[int, tuple[Primaries, tuple[float, float]]] = {
    1: (_SRGB, _D65),
    _UNSPECIFIED: (_SRGB, _D65),
    4: (((0.67, 0.33), (0.21, 0.71), (0.14, 0.08)), _C),
    5: (((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)), _D65),
    6: (_SMPTE, _D65),
    7: (_SMPTE, _D65),
    8: (((0.681, 0.319), (0.243, 0.692), (0.145, 0.049)), _C),
    9: (((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), _D65),
    10: (((1.0, 0.0), (0.0, 1.0), (0.0, 0.0)), _E),
    11: (_P3, _DCI),
    12: (_P3, _D65),
    22: (((0.630, 0.340), (0.295, 0.605), (0.155, 0.077)), _D65),
}


def _broken_line(power: float, alpha: float, slope: float, place: float) -> bytes:
    """((v + alpha − 1) / alpha)^power from an encoded value v on, a line to black below it."""
    return icc.parametric_element(power, 1 / alpha, (alpha - 1) / alpha, 1 / slope, place)


_SRGB_CURVE = _broken_line(2.4, 1.055, 12.92, 0.04045)
_CAMERAS = (1, 6, 7, 11, 12, 14, 15)
"""BT.709 and its kin say how a camera encodes light, not how a screen shows it. Screens show such
pictures by BT.1886, nearly as they show sRGB; the inverse would make them paler than anywhere."""

# H.273, table 3, from encoded to linear.
_CURVES = {
    **dict.fromkeys(_CAMERAS, _SRGB_CURVE),
    _UNSPECIFIED: _SRGB_CURVE,
    4: icc.parametric_element(2.2),
    5: icc.parametric_element(2.8),
    8: icc.parametric_element(1.0),
    13: _SRGB_CURVE,
}
# How bright their white is on a screen would be a guess.
_NOT_SHOWN = {9: "logarithmic", 10: "logarithmic", 16: "PQ", 17: "SMPTE ST 428-1", 18: "HLG"}

_PLAIN_GAMMA = 1 / 2.2
_GAMMA_TOLERANCE = 0.005
"""Files say 0.45 and 0.4546 where they mean sRGB."""
_PLACE_TOLERANCE = 0.001


def of_file(image: Image.Image, path: Path) -> Space:
    """The colour space of a file whose header Pillow has read."""
    own = Space(_embedded(image))
    reader = _READERS.get(image.format or "")
    if reader is None or image.mode in ("CMYK", "LAB"):
        return own
    return reader(image, path, own)


def _embedded(image: Image.Image) -> bytes | None:
    profile = image.info.get("icc_profile")
    return profile if isinstance(profile, bytes) and profile else None


def _avif(image: Image.Image, path: Path, own: Space) -> Space:  # noqa: ARG001
    """Its profile, else the codes of the other ``colr``."""
    if own.profile:
        return own
    for kind, content in boxes.avif_properties(path):
        if kind == b"colr" and content[:4] == b"nclx" and len(content) >= 8:
            return _coded(*struct.unpack_from(">HH", content, 4)) or own
    return own


def _jpeg2000(image: Image.Image, path: Path, own: Space) -> Space:  # noqa: ARG001
    """The profile in its ``colr`` (15444-1, I.5.3.3)."""
    colour = boxes.jpeg2000_colour(path)
    return Space(colour[3:]) if colour[:1] in (b"\2", b"\3") else own


def _jpeg(image: Image.Image, path: Path, own: Space) -> Space:  # noqa: ARG001
    """Its profile, else what DCF 2.0 calls the optional colour space."""
    if own.profile or not metadata.says_adobe_rgb(image):
        return own
    curve = icc.parametric_element(563 / 256)
    return _built("Compatible with Adobe RGB (1998)", _ADOBE, _D65, curve)


def _png(image: Image.Image, path: Path, own: Space) -> Space:
    """By rank cICP, iCCP, sRGB, gAMA with cHRM (PNG specification, third edition)."""
    found = _by_cicp(metadata.png_chunk(path, b"cICP", before=b"IDAT"))
    if found and not (found.note and own.profile):
        return found
    if own.profile or "srgb" in image.info:
        return own
    return _by_gamma(image.info)


def _by_cicp(chunk: bytes | None) -> Space | None:
    """Of what the chunk may say, RGB of full range is shown; other matrices are no PNG's."""
    if chunk is None or len(chunk) != 4 or chunk[2] != 0 or chunk[3] > 1:
        return None
    primaries, transfer, _, full = chunk
    found = _coded(primaries, transfer)
    return found if found is None or full else _not_shown("Its narrow range")


def _coded(primaries: int, transfer: int) -> Space | None:
    """A space by two codes of H.273, None where one of them is reserved."""
    if transfer in _NOT_SHOWN:
        return _not_shown(f"Its tone curve ({_NOT_SHOWN[transfer]})")
    if primaries not in _PRIMARIES or transfer not in _CURVES:
        return None
    name = f"H.273 primaries {primaries}, transfer {transfer}"
    return _built(name, *_PRIMARIES[primaries], _CURVES[transfer])


def _not_shown(what: str) -> Space:
    return Space(note=f"{what} cannot be shown; the colours are taken for sRGB.")


def _by_gamma(info: dict[Any, Any]) -> Space:
    primaries, white = _sensible_places(info.get("chromaticity")) or (_SRGB, _D65)
    gamma = info.get("gamma", 0.0)
    plain = _is_srgb(primaries, white) and abs(gamma - _PLAIN_GAMMA) <= _GAMMA_TOLERANCE
    sensible = 0.1 <= gamma <= 10.0
    curve = icc.parametric_element(1 / gamma) if sensible and not plain else _SRGB_CURVE
    return _built("PNG chromaticities and gamma", primaries, white, curve)


def _sensible_places(
    places: tuple[float, ...] | None,
) -> tuple[Primaries, tuple[float, float]] | None:
    """Primaries and white of a cHRM chunk if white lies within a triangle of real colours."""
    if places is None or max(places) > 1 or places[1] < 0.1:
        return None
    white, *primaries = zip(places[::2], places[1::2], strict=True)
    columns = np.array([(x, y, 1 - x - y) for x, y in primaries]).T
    if columns.min() < -1e-6 or abs(np.linalg.det(columns)) < 1e-3:
        return None
    shares = np.linalg.solve(columns, (white[0], white[1], 1 - sum(white)))
    return (tuple(primaries), white) if shares.min() > 0 else None


def _built(name: str, primaries: Primaries, white: tuple[float, float], curve: bytes) -> Space:
    if curve == _SRGB_CURVE and _is_srgb(primaries, white):
        return Space()
    colorants = icc.adapted_colorants(primaries, white)
    return Space(icc.build_matrix_profile(name, colorants, curve))


def _is_srgb(primaries: Primaries, white: tuple[float, float]) -> bool:
    places, srgb = np.array([*primaries, white]), np.array([*_SRGB, _D65])
    return bool(np.abs(places - srgb).max() <= _PLACE_TOLERANCE)


_READERS: dict[str, Callable[[Image.Image, Path, Space], Space]] = {
    "AVIF": _avif,
    "JPEG": _jpeg,
    "JPEG2000": _jpeg2000,
    "MPO": _jpeg,
    "PNG": _png,
}
