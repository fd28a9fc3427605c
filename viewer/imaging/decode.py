"""Decoding: the file's samples as RGB and alpha of 8 or 16 bits, in the order of the file.

Pillow reads everything but has no 16-bit RGB: it cuts such files to 8 bits. Those of PNG, AVIF and
JPEG 2000 are read by OpenCV, those of TIFF by tifffile or OpenCV, those of PPM directly. Some TIFFs
of 8 bits, whose alpha Pillow loses, go the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image, ImageCms

from models.samplers.base import Samples
from viewer.imaging import icc, sixteen, spaces
from viewer.imaging.errors import UnsupportedError
from viewer.imaging.sixteen import Layers

_BAND = 1 << 20
"""Pixels that are converted at a time, in whole rows."""


@dataclass(frozen=True, eq=False)
class Raster:
    """Decoded samples.

    Attributes:
        colour: ``[H, W, 3]`` uint8 or uint16, straight.
        alpha: ``[H, W]`` of the same type, or None.
        profile: ICC profile of ``colour``, or None for sRGB.
        turned: the decoder has already applied the orientation.
        notes: sentences for the person about what could not be honoured.
    """

    colour: Samples
    alpha: Samples | None = None
    profile: bytes | None = None
    turned: bool = False
    notes: tuple[str, ...] = ()


def decode(image: Image.Image, path: Path) -> Raster:
    """Decodes the first frame of a file whose header Pillow has read.

    Raises:
        UnsupportedError: the samples are of a kind that cannot be shown.
        Exception: of any other kind, if the file is damaged.
    """
    space = spaces.of_file(image, path)
    image.info["icc_profile"] = space.profile
    raster = _decoded(image, path)
    return replace(raster, notes=(space.note, *raster.notes)) if space.note else raster


def _decoded(image: Image.Image, path: Path) -> Raster:
    layers = sixteen.read(image, path)
    if layers is not None:
        return _with_profile(_from_layers(layers), _profile(image), grey=layers.shape[2] < 3)
    _spread_key(image, path)
    image.load()
    raster = _READERS.get(image.mode, _eight_bits)(image)
    # Pillow turns TIFFs, and only those, when it loads them.
    turned = image.format == "TIFF"
    return replace(raster, turned=turned, notes=raster.notes + _cut(raster, image, path))


def _cut(raster: Raster, image: Image.Image, path: Path) -> tuple[str, ...]:
    """A note if Pillow has left out bits of the samples."""
    bits = max(sixteen.depths(image, path), default=8)
    if bits <= 8 or raster.colour.dtype != np.uint8:
        return ()
    if image.format == "JPEG2000":
        # Pillow rounds white up to 256, of which a byte keeps 0: it would be black.
        raise UnsupportedError(
            f"JPEG 2000 of {bits} bits is read only as RGB or grey whose channels are all alike; "
            "save it with 8 bits, or as PNG or TIFF"
        )
    return (f"Its samples have {bits} bits; they are cut to 8.",)


def _spread_key(image: Image.Image, path: Path) -> None:
    """Pillow spreads grey of 2 and 4 bits over 8, but not the grey that is see-through."""
    key, bits = image.info.get("transparency"), sixteen.png_bits(image, path)
    if image.mode == "L" and isinstance(key, int) and bits in (2, 4):
        top = 2**bits - 1
        image.info["transparency"] = (key & top) * (255 // top)


def _profile(image: Image.Image) -> bytes | None:
    profile: bytes | None = image.info.get("icc_profile")  # as `decode` has put it there
    return profile


def _with_profile(raster: Raster, profile: bytes | None, grey: bool) -> Raster:
    """Adds the file's profile. For grey samples, repeated as RGB, a grey one is rewritten."""
    if profile is None:
        return raster
    try:
        if grey and icc.colour_space(profile) == "GRAY":
            profile = icc.grey_as_rgb(profile)
    except icc.ProfileError:
        pass  # whoever opens the picture finds the profile unusable and says so
    return replace(raster, profile=profile)


def _from_layers(layers: Layers) -> Raster:
    """``[H, W, 1…4]``: grey, grey and alpha, RGB, or RGB and alpha."""
    count = layers.shape[2]
    alpha = layers[:, :, -1] if count in (2, 4) else None
    if count >= 3:
        return Raster(layers[:, :, :3], alpha)
    return Raster(cast(Samples, np.repeat(layers[:, :, :1], 3, axis=2)), alpha)


def _eight_bits(image: Image.Image) -> Raster:
    """Everything that Pillow can turn into RGB or RGBA exactly."""
    grey = image.mode in ("1", "L", "LA", "La")
    see_through = image.has_transparency_data
    return _with_profile(_converted(image, see_through=see_through), _profile(image), grey)


def _converted(image: Image.Image, *, see_through: bool = False) -> Raster:
    """An image of 8 bits as RGB, or RGBA, in bands: of a whole one Pillow makes three copies."""
    colour = np.empty((image.height, image.width, 3), np.uint8)
    alpha = np.empty(colour.shape[:2], np.uint8) if see_through else None
    height = max(1, _BAND // image.width)
    for top in range(0, image.height, height):
        rows = slice(top, min(top + height, image.height))
        band = _as_mode(image.crop((0, rows.start, image.width, rows.stop)), see_through)
        colour[rows] = band[:, :, :3]
        if alpha is not None:
            alpha[rows] = band[:, :, 3]
    return Raster(colour, alpha)


def _as_mode(band: Image.Image, see_through: bool) -> Samples:
    if band.mode == "La":
        band = band.convert("LA")
    mode = "RGBA" if see_through else "RGB"
    return np.asarray(band if band.mode == mode else band.convert(mode))


def _grey_sixteen(image: Image.Image) -> Raster:
    """Grey of 16 bits; Pillow also keeps it in 32-bit integers."""
    samples = np.asarray(image)
    bits = sixteen.bits_of_tiff(image)
    if samples.min() < 0 and bits == {16}:
        raise UnsupportedError("some of its samples are negative; save it with unsigned ones")
    if samples.min() < 0 or samples.max() > 65535:
        raise UnsupportedError("its samples have 32 bits; save it with 8 or 16")
    layers = samples.astype(np.uint16)[:, :, None]
    if bits == {12}:
        # Pillow leaves them as they are; 4095 is white and becomes 65535.
        layers = sixteen.widened(layers, 12)
    return _with_profile(_from_layers(layers), _profile(image), grey=True)


def _floating(image: Image.Image) -> Raster:  # noqa: ARG001
    raise UnsupportedError("its samples are floating-point numbers; save it with 8 or 16 bits")


def _cmyk(image: Image.Image) -> Raster:
    """Inks → sRGB, by the file's own profile, or by Pillow's formula where it has none."""
    profile = _profile(image)
    if profile is None:
        return _converted(image)
    try:
        if icc.colour_space(profile) == "CMYK":
            return _to_srgb(image, ImageCms.ImageCmsProfile(BytesIO(profile)))
    except (icc.ProfileError, ImageCms.PyCMSError, OSError):
        pass  # an unusable profile: the formula is the best that is left
    note = "Its colour profile cannot be used; the inks are converted by a plain formula."
    return replace(_converted(image), notes=(note,))


def _lab(image: Image.Image) -> Raster:
    return _to_srgb(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))


def _to_srgb(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Raster:
    converted = ImageCms.profileToProfile(
        image,
        profile,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return _converted(cast(Image.Image, converted))


_READERS: dict[str, Callable[[Image.Image], Raster]] = {
    **dict.fromkeys(("I", "I;16", "I;16L", "I;16B", "I;16N"), _grey_sixteen),
    "F": _floating,
    "CMYK": _cmyk,
    "LAB": _lab,
}
