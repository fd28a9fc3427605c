"""The formats a picture can be written in, their limits, and the door to their writers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import features

from viewer.imaging.child import ChildEncoder
from viewer.imaging.colour import flatten
from viewer.imaging.errors import ImageError, WritingCancelledError, because
from viewer.imaging.layout import Encoder, Extras, Layout
from viewer.imaging.metadata import without_orientation
from viewer.imaging.png import MAX_DEEP_SIDE, PngEncoder
from viewer.imaging.target import Target
from viewer.imaging.tiff import TiffEncoder
from viewer.imaging.writer import Writer

__all__ = [
    "ALL_FORMATS",
    "FORMATS",
    "Format",
    "ImageError",
    "Writer",
    "WritingCancelledError",
    "check_limits",
    "flatten",
    "format_for",
    "is_lossless",
    "open_writer",
]


@dataclass(frozen=True)
class Format:
    """What a file format can hold.

    Attributes:
        name: what people call it.
        extensions: endings of file names, the usual one first.
        depths: bits a channel.
        lossless: pixels come back exactly at every quality.
        alpha: it has an alpha channel.
        quality: there is a quality to choose, 1 to 100.
        max_side: pixels of the longest side.
        max_pixels: pixels in all, or None.
        max_deep_side: pixels of the longest side with 16 bits a channel, or None for `max_side`.
    """

    name: str
    extensions: tuple[str, ...]
    depths: tuple[int, ...]
    lossless: bool
    alpha: bool
    quality: bool
    max_side: int
    max_pixels: int | None = None
    max_deep_side: int | None = None


# Readers have limits too, without which nobody could open the file again: PNG's for 16 bits here,
# those of AVIF below.
PNG = Format("PNG", (".png",), (8, 16), True, True, False, 2**31 - 1, None, MAX_DEEP_SIDE)
TIFF = Format("TIFF", (".tif", ".tiff"), (8, 16), True, True, False, 2**31 - 1)
JPEG = Format("JPEG", (".jpg", ".jpeg"), (8,), False, False, True, 65_500)
WEBP = Format("WebP", (".webp",), (8,), False, True, True, 16_383)
AVIF = Format("AVIF", (".avif",), (8,), False, True, True, 32_768, 16_384 * 16_384)

_OPTIONAL = {"WebP": "webp", "AVIF": "avif"}

ALL_FORMATS = tuple(
    each
    for each in (PNG, TIFF, JPEG, WEBP, AVIF)
    if each.name not in _OPTIONAL or features.check(_OPTIONAL[each.name])
)
"""Every format that this installation can write, the best first."""

FORMATS: Mapping[str, Format] = MappingProxyType(
    {extension: each for each in ALL_FORMATS for extension in each.extensions}
)
"""File name ending, in small letters with its dot → format."""


def format_for(path: Path) -> Format:
    """The format that a file's name asks for. Raises ImageError if there is none."""
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        endings = [each.extensions[0] for each in ALL_FORMATS]
        choice = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise ImageError(
            f"Cannot write {path.name}: its ending names no known format; use {choice}."
        )
    return found


def is_lossless(kind: Format, quality: int) -> bool:
    """Whether pixels come back exactly: always in PNG and TIFF, in WebP at quality 100."""
    return kind.lossless or (kind.name == "WebP" and quality >= 100)


def check_limits(
    kind: Format,
    width: int,
    height: int,
    depth: int,
    alpha: bool,  # noqa: ARG001
) -> None:
    """Raises ImageError, with one sentence, if the format cannot hold such a picture.

    Alpha is never an error: what a format without it gets is first laid over white (`flatten`).
    """
    if min(width, height) < 1:
        raise ImageError(f"A picture of {width} × {height} pixels is empty; choose a larger size.")
    if depth not in kind.depths:
        raise ImageError(
            f"{kind.name} holds 8 bits a channel, not {depth}; choose 8 bits, or PNG or TIFF."
        )
    if max(width, height) > kind.max_side:
        raise ImageError(
            f"{kind.name} holds at most {kind.max_side:,} pixels a side, not {width:,} × "
            f"{height:,}; choose a smaller size{_or_others(kind)}."
        )
    if depth == 16 and kind.max_deep_side is not None and max(width, height) > kind.max_deep_side:
        raise ImageError(
            f"{kind.name} of 16 bits a channel holds at most {kind.max_deep_side:,} pixels a side, "
            f"not {width:,} × {height:,}; choose a smaller size, 8 bits, or TIFF."
        )
    if kind.max_pixels is not None and width * height > kind.max_pixels:
        raise ImageError(
            f"{kind.name} holds at most {kind.max_pixels // 1_000_000} megapixels, not {width:,} × "
            f"{height:,}; choose a smaller size{_or_others(kind)}."
        )


def _or_others(kind: Format) -> str:
    """What holds more than a format does: to be offered, unless it is that format."""
    return "" if kind.name in ("PNG", "TIFF") else ", or PNG or TIFF"


def open_writer(
    path: Path,
    width: int,
    height: int,
    channels: int,
    depth: int,
    *,
    icc_profile: bytes | None,
    exif: bytes | None,
    dpi: tuple[float, float] | None = None,
    quality: int = 95,
    overwrite: bool = False,
) -> Writer:
    """Begins a file; its format is that of the name's ending.

    Args:
        path: where it will be.
        width, height: its size.
        channels: 3, or 4 with straight alpha.
        depth: 8 or 16 bits a channel.
        icc_profile: profile of the samples, embedded; None for sRGB.
        exif: as `SourceImage.exif`. TIFF keeps its texts (camera, date, author, …) only, JPEG
            drops a block of more than 64 kB.
        dpi: pixels per inch across and down. WebP and AVIF have no place for it.
        quality: 1 to 100, of JPEG, WebP and AVIF; JPEG and AVIF keep full colour resolution.
        overwrite: whether a file of that name may be replaced.

    Raises:
        ImageError: the format cannot hold the picture, or the file cannot be begun.
        ValueError: channels, depth or quality that make no sense.
    """
    kind = format_for(path)
    _check_arguments(kind, channels, depth, quality)
    check_limits(kind, width, height, depth, channels == 4)
    layout, extras = Layout(width, height, channels, depth), Extras(icc_profile, exif, dpi)
    target = Target(path, overwrite)
    try:
        return Writer(target, layout, _encoder(kind, target, layout, extras, quality))
    except OSError as error:
        target.close()
        raise ImageError(f"Cannot write {path}: {because(error)}.") from error
    except BaseException:
        target.close()
        raise


def _check_arguments(kind: Format, channels: int, depth: int, quality: int) -> None:
    if channels not in (3, 4):
        raise ValueError(f"a picture has 3 or 4 channels, not {channels}")
    if channels == 4 and not kind.alpha:
        raise ValueError(f"{kind.name} has no alpha: flatten the samples and give 3 channels")
    if depth not in (8, 16):
        raise ValueError(f"samples have 8 or 16 bits, not {depth}")
    if not 1 <= quality <= 100:
        raise ValueError(f"the quality is 1 to 100, not {quality}")


def _encoder(kind: Format, target: Target, layout: Layout, extras: Extras, quality: int) -> Encoder:
    if kind is PNG:
        return PngEncoder(target.file, layout, extras)
    if kind is TIFF:
        return TiffEncoder(target.file, layout, extras)
    lossless = is_lossless(kind, quality)
    return ChildEncoder(
        target.file,
        layout,
        _fitting(kind, extras),
        folder=target.path.parent,
        kind=kind.name.upper(),
        options=_options(kind, quality, lossless),
        lossless=lossless,
    )


def _fitting(kind: Format, extras: Extras) -> Extras:
    """What a format can hold: JPEG's segment for EXIF ends at 64 kB."""
    exif = extras.exif
    if exif is not None and kind is AVIF:
        exif = without_orientation(exif)
    if exif is not None and kind is JPEG and len(exif) > 65_000:
        exif = None
    return Extras(extras.icc_profile, exif, extras.dpi)


def _options(kind: Format, quality: int, lossless: bool) -> dict[str, Any]:
    """Arguments of Pillow's `save`. Colour is never subsampled where that can be chosen."""
    if kind is JPEG:
        return {"quality": quality, "subsampling": 0}
    if kind is AVIF:
        return {"quality": quality, "subsampling": "4:4:4"}
    if lossless:
        # Here "quality" is effort. "exact" keeps the colour of transparent pixels.
        return {"lossless": True, "quality": 50, "exact": True}
    return {"quality": quality}
