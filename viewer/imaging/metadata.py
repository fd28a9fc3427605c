"""What a photograph carries beside its pixels: EXIF, resolution, and what an export may keep."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from viewer.imaging.orientation import swaps_axes

Dpi = tuple[float, float]

_PREFIX = b"Exif\0\0"
_UNCALIBRATED = 65535  # a ColorSpace other than sRGB


class _Text(str):
    """A text as Pillow reads it, a character a byte; it would write "?" for all beyond ASCII."""

    def encode(self, *_: object, **__: object) -> bytes:
        """The bytes that stood in the file, UTF-8 mostly, whatever is asked for."""
        return super().encode("latin-1", "replace")


# Only what describes the photograph: offsets, sizes and thumbnails would be wrong in another file.
_TEXTS = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.Copyright,
)
_KEPT = (
    *_TEXTS,
    ExifTags.Base.Rating,
    ExifTags.Base.RatingPercent,
    ExifTags.Base.XPTitle,
    ExifTags.Base.XPComment,
    ExifTags.Base.XPAuthor,
    ExifTags.Base.XPKeywords,
    ExifTags.Base.XPSubject,
)
_SIZES = (
    ExifTags.Base.ExifImageWidth,
    ExifTags.Base.ExifImageHeight,
    ExifTags.Base.ExifInteroperabilityOffset,
)


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it cannot be read."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
        return value if isinstance(value, int) and 1 <= value <= 8 else 1
    except Exception:  # a damaged block may raise anything, and is no reason not to show a picture
        return 1


def find_png_exif(image: Image.Image, path: Path) -> None:
    """Tells Pillow the EXIF of a PNG, wherever in the file it is, or that there is none.

    Pillow would decode the whole picture to look behind the pixels; for one that it does not
    decode anyway that takes as long as opening it.
    """
    if not {"exif", "Raw profile type exif"} & image.info.keys():
        block = png_chunk(path, b"eXIf")
        image.info["exif"] = b"" if block is None else _PREFIX + block


def png_chunk(path: Path, wanted: bytes, before: bytes = b"IEND") -> bytes | None:
    """Content of the first chunk of a kind in a PNG, None if there is none before another kind."""
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind == wanted:
                return file.read(length)
            if kind == before:
                break
            file.seek(length + 4, 1)
    return None


def says_adobe_rgb(image: Image.Image) -> bool:
    """Whether the EXIF is that of a camera which took the picture in Adobe RGB (DCF 2.0)."""
    try:
        exif = image.getexif()
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        rule = exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex)
        return space == _UNCALIBRATED and rule == "R03"
    except Exception:  # see above
        return False


def exif_for_export(image: Image.Image) -> bytes | None:
    """The picture's EXIF as a TIFF stream (no ``Exif\\0\\0`` prefix) that fits an upright copy.

    Orientation is 1; sizes, thumbnails and everything about the file itself are gone.
    None if there is nothing to keep or the block is damaged.
    """
    try:
        kept = _kept(image.getexif())
        if not len(kept):
            return None
        kept[ExifTags.Base.Orientation] = 1
        return kept.tobytes().removeprefix(_PREFIX)
    except Exception:  # see above
        return None


def without_orientation(exif: bytes) -> bytes | None:
    """An `exif_for_export` without its Orientation, which is 1: upright without it as well.

    Pillow takes the tag out of an AVIF's block, and then writes the texts in its own way.
    """
    block = Image.Exif()
    try:
        block.load(exif)
        return _kept(block).tobytes().removeprefix(_PREFIX)
    except Exception:  # see above
        return None


def dpi_of(image: Image.Image, orientation: int) -> Dpi | None:
    """Resolution across and down of the upright picture in pixels per inch, if it is sensible."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    # A ratio of 1 is what TIFFs hold, and Pillow tells, where the resolution is not known.
    if not all(math.isfinite(value) and 1.0 < value <= 1e6 for value in (across, down)):
        return None
    return (down, across) if swaps_axes(orientation) else (across, down)


def descriptive_texts(exif: bytes | None) -> dict[int, str]:
    """The texts of an EXIF block (camera, date, author, …) by tag number, for TIFF's own tags.

    A character stands for a byte: which encoding was meant, mostly UTF-8, no file says.
    """
    if exif is None:
        return {}
    block = Image.Exif()
    try:
        block.load(exif)
        texts = {int(tag): block.get(tag) for tag in _TEXTS}
    except Exception:  # see above
        return {}
    return {tag: text for tag, text in texts.items() if isinstance(text, str) and text}


def _kept(exif: Image.Exif) -> Image.Exif:
    copy = Image.Exif()
    copy.endian = exif.endian
    for tag in _KEPT:
        if tag in exif:
            copy[tag] = _unaltered(exif[tag])
    for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        values = _without_sizes(exif.get_ifd(part)) if part in exif else {}
        if values:
            copy[part] = values
    return copy


def _without_sizes(values: dict[int, Any]) -> dict[int, Any]:
    return {tag: _unaltered(value) for tag, value in values.items() if tag not in _SIZES}


def _unaltered(value: Any) -> Any:
    """A value that is written as it was read."""
    return _Text(value) if isinstance(value, str) else value
