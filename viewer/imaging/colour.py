"""Colour at both ends: the profile's RGB → what a screen shows, and fp32 → file samples.

`to_display` and `to_samples` round in the same way, ⌊max·v + 1/2⌋ from fp32, so that a picture
without a profile has the same 8-bit values on the canvas and in a file.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from viewer.imaging import icc

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Samples = NDArray[np.uint8] | NDArray[np.uint16]
Conversion = Callable[[Floats], Floats]

_LEVELS = 65535
"""Tables have this many steps: the step of sRGB's steepest part is then 0.05/255."""

_INVISIBLE = 0.5 / 255.0
"""A conversion that moves no colour farther than this is left out."""


class DisplayTransform:
    """The one last step before the screen: RGB of a profile → sRGB.

    Attributes:
        identity: nothing has to be converted (no profile, sRGB itself, or an unusable profile).
    """

    def __init__(self, icc_profile: bytes | None):
        self._conversion = None if icc_profile is None else _conversion(icc_profile)
        self.identity = self._conversion is None

    def convert(self, rgb: Floats) -> Floats:
        """RGB ``[..., 3]`` fp32 in 0..1, straight → sRGB of the same shape, clipped to 0..1."""
        return rgb if self._conversion is None else self._conversion(rgb)


MAP_COLOURS = DisplayTransform(None)
"""Gradient maps are made for the screen: no profile applies to them."""


def check_profile(icc_profile: bytes) -> None:
    """Raises ProfileError where `DisplayTransform` could only take the samples for sRGB."""
    parsed = icc.read_matrix_profile(icc_profile)
    _changes_nothing(_TableConversion(icc_profile) if parsed is None else _MatrixConversion(parsed))


def to_display(rgb: Floats, alpha: Floats | None, transform: DisplayTransform) -> Bytes:
    """Samples → pixels of a ``QImage.Format_ARGB32_Premultiplied`` (or ``RGB32``) in memory.

    Args:
        rgb: ``[..., W, 3]`` in 0..1, premultiplied by ``alpha``.
        alpha: ``[..., W]`` in 0..1, or None for opaque.
        transform: profile of the samples → sRGB; applied to straight colour.

    Returns:
        ``[..., W, 4]`` as blue, green, red, alpha; premultiplied; alpha 255 where opaque.
    """
    colour = transform.convert(rgb if alpha is None else _straight(rgb, alpha))
    codes = _rounded(colour, 255, np.uint8)
    if codes.size == 0:
        return np.zeros((*codes.shape[:-1], 4), np.uint8)
    rows = codes.reshape(-1, codes.shape[-2], 3)
    out = cast(Bytes, cv2.cvtColor(rows, cv2.COLOR_RGB2BGRA)).reshape(*codes.shape[:-1], 4)
    if alpha is not None:
        out[..., 3] = _rounded(alpha, 255, np.uint8)
        out[..., :3] = _over_255(out[..., :3].astype(np.uint16) * out[..., 3:])
    return out


def to_samples(rgb: Floats, alpha: Floats | None, depth: int) -> Samples:
    """Samples for a file: unconverted, straight, ``[..., 3]``, or ``[..., 4]`` with alpha.

    Args:
        rgb: ``[..., 3]`` in 0..1, premultiplied by ``alpha``.
        alpha: ``[...]`` in 0..1, or None for opaque.
        depth: 8 or 16 bits.
    """
    kind: type[np.uint8] | type[np.uint16] = np.uint8 if depth == 8 else np.uint16
    top = 255 if depth == 8 else 65535
    if alpha is None:
        return _rounded(rgb, top, kind)
    out = np.empty((*alpha.shape, 4), kind)
    out[..., :3] = _rounded(_straight(rgb, alpha), top, kind)
    out[..., 3] = _rounded(alpha, top, kind)
    return out


def flatten(samples: Samples, depth: int) -> Samples:
    """Samples with alpha laid over white, for formats without alpha such as JPEG.

    Args:
        samples: ``[..., 3]`` (returned as they are) or ``[..., 4]``, straight.
        depth: 8 or 16 bits.

    Returns:
        ``[..., 3]`` of the same type: ``c·a + white·(1 − a)`` on encoded values, rounded.
    """
    if samples.shape[-1] == 3:
        return samples
    top = 255 if depth == 8 else 65535
    wide = samples.astype(np.uint64)
    colour, alpha = wide[..., :3], wide[..., 3:]
    mixed = (colour * alpha + top * (top - alpha) + top // 2) // top
    return cast(Samples, mixed.astype(samples.dtype))


def _straight(rgb: Floats, alpha: Floats) -> Floats:
    """Undoes the premultiplication. Bicubic may carry colour above alpha, so it is clipped."""
    inverse = np.zeros(alpha.shape, np.float32)
    np.divide(np.float32(1.0), alpha, out=inverse, where=alpha > 0)
    out: Floats = rgb * inverse[..., None]
    return np.clip(out, 0.0, 1.0, out=out)


def _rounded(values: Floats, top: int, kind: type[Any]) -> NDArray[Any]:
    scaled = values * np.float32(top)
    scaled += np.float32(0.5)
    return scaled.astype(kind)


def _over_255(products: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """``product / 255`` rounded to nearest, exact for products of two bytes."""
    near = products + np.uint16(128)
    near += near >> np.uint16(8)
    return near >> np.uint16(8)


def _conversion(profile: bytes) -> Conversion | None:
    try:
        parsed = icc.read_matrix_profile(profile)
        convert = _TableConversion(profile) if parsed is None else _MatrixConversion(parsed)
        return None if _changes_nothing(convert) else convert
    except icc.ProfileError:
        return None


def _changes_nothing(convert: Conversion) -> bool:
    """Tried on a cube of 17 colours a side."""
    side = np.linspace(0.0, 1.0, 17, dtype=np.float32)
    cube = np.stack(np.meshgrid(side, side, side), axis=-1)
    return bool(np.abs(convert(cube) - cube).max() <= _INVISIBLE)


class _MatrixConversion:
    """Curves, matrix, sRGB's own curve; each curve is a table that is fine enough to look up."""

    def __init__(self, profile: icc.MatrixProfile):
        places = np.linspace(0.0, 1.0, _LEVELS + 1)
        with np.errstate(over="ignore"):  # a wild power: infinity is clipped like the rest
            curves = [np.clip(curve(places), 0.0, 1.0) for curve in profile.curves]
        alike = len(set(profile.raw_curves)) == 1
        self._curves = [curve.astype(np.float32) for curve in (curves[:1] if alike else curves)]
        to_srgb = np.linalg.solve(icc.srgb_colorants(), profile.colorants)
        self._matrix = to_srgb.astype(np.float32)
        self._encode = _srgb_encoded(places).astype(np.float32)

    def __call__(self, rgb: Floats) -> Floats:
        """RGB ``[..., 3]`` in 0..1 → sRGB, clipped."""
        steps = _steps(np.clip(rgb, 0.0, 1.0).reshape(1, -1, 3))
        if len(self._curves) == 1:
            linear = self._curves[0].take(steps)
        else:
            channels = [curve.take(steps[..., i]) for i, curve in enumerate(self._curves)]
            linear = np.stack(channels, axis=-1)
        if linear.size == 0:
            return np.zeros(rgb.shape, np.float32)
        linear = cast(Floats, cv2.transform(linear, self._matrix))
        np.clip(linear, 0.0, 1.0, out=linear)
        return self._encode.take(_steps(linear)).reshape(rgb.shape)


class _TableConversion:
    """A profile built on tables, through Little CMS with 8 bits."""

    def __init__(self, profile: bytes):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            screen = ImageCms.createProfile("sRGB")
            self._transform = ImageCms.buildTransform(
                source, screen, "RGB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
            )
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError) as error:
            raise icc.ProfileError(str(error)) from error

    def __call__(self, rgb: Floats) -> Floats:
        """RGB ``[..., 3]`` in 0..1 → sRGB in steps of 1/255."""
        codes = _rounded(np.clip(rgb, 0.0, 1.0), 255, np.uint8).reshape(1, -1, 3)
        if codes.size == 0:
            return np.zeros(rgb.shape, np.float32)
        shown = ImageCms.applyTransform(Image.fromarray(codes), self._transform)
        if shown is None:
            raise icc.ProfileError("the profile could not be applied")
        return (np.asarray(shown, np.float32) / np.float32(255.0)).reshape(rgb.shape)


def _steps(values: Floats) -> NDArray[np.uint16]:
    steps: NDArray[np.uint16] = _rounded(values, _LEVELS, np.uint16)
    return steps


def _srgb_encoded(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """IEC 61966-2-1: a straight line near black, then a power of 1/2.4."""
    power = 1.055 * np.power(linear, 1.0 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, power)
