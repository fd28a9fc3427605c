"""Opening a picture: file → upright samples with their profile and metadata."""

from __future__ import annotations

import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from models.samplers.base import Picture, Samples
from viewer.imaging import colour, decode, icc, metadata, sixteen
from viewer.imaging.errors import ImageError, UnsupportedError, because
from viewer.imaging.orientation import upright

__all__ = [
    "MAX_PIXELS",
    "ImageError",
    "SourceImage",
    "endings",
    "from_array",
    "open_image",
    "size_of",
]

MAX_PIXELS = 400_000_000
"""The largest picture that is opened: 16-bit RGBA of it fills 3.2 GB."""

MAX_PROFILE = 64 << 20
"""The most bytes that a PNG's profile or text may unpack to; a printer's profile has 3 MB."""

# Formats that only read pixels. EPS, for one, would start another program on the file.
_FORMATS = (
    *("JPEG", "PNG", "TIFF", "WEBP", "AVIF", "GIF", "BMP", "DIB", "PPM", "JPEG2000", "TGA"),
    *("ICO", "PSD", "PCX", "QOI", "DDS"),
)
_TITLES = {"MPO": "JPEG", "WEBP": "WebP", "JPEG2000": "JPEG 2000", "DIB": "BMP"}

_pillow_settings = threading.Lock()


@dataclass(frozen=True, eq=False)
class SourceImage:
    """An opened picture.

    Attributes:
        picture: the upright samples: RGB, uint8 or uint16, and alpha unless it is opaque.
        name: what to call it: the file's name, or "clipboard".
        path: the file, or None.
        format: "JPEG", "PNG", …, or "clipboard".
        icc_profile: ICC profile of the RGB samples; None means sRGB.
        exif: EXIF for an export, a TIFF stream with Orientation 1 and without sizes and thumbnail.
        dpi: pixels per inch across and down, if the file tells.
        notes: sentences for the person about what could not be kept or honoured.
    """

    picture: Picture
    name: str
    path: Path | None = None
    format: str = ""
    icc_profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Width in source pixels."""
        return self.picture.width

    @property
    def height(self) -> int:
        """Height in source pixels."""
        return self.picture.height


def open_image(path: Path) -> SourceImage:
    """Opens a picture file; of several frames or pages the first.

    PNG, TIFF, PPM, AVIF and JPEG 2000 keep all their bits up to 16. Grey samples are repeated as
    RGB, their grey profile becomes an RGB profile with the same curve: nothing is rounded. CMYK
    and Lab are converted to sRGB with 8 bits. Other samples stay as they are and keep their
    profile; a colour space that is declared without one becomes one.

    Raises:
        ImageError: one sentence that names the file and the reason.
    """
    path = Path(path)
    _check_file(path)
    try:
        with _patient_pillow(), _identified(path) as image:
            return _read(image, path)
    except ImageError:
        raise
    except UnsupportedError as error:
        raise _failure(path, str(error)) from error
    except MemoryError as error:
        raise _failure(path, "there is not enough memory; close other programs") from error
    except Exception as error:  # decoders raise whatever they like on a damaged file
        raise _failure(path, _damaged(error)) from error


@lru_cache(maxsize=1)
def endings() -> frozenset[str]:
    """Endings of the names of files that can be opened, in small letters with their dot."""
    Image.init()
    known = Image.registered_extensions()
    return frozenset(ending for ending, kind in known.items() if kind in _FORMATS)


def size_of(path: Path) -> tuple[int, int]:
    """Width and height as the file's header tells them, before orientation.

    Raises:
        ImageError: as `open_image`, as far as the header shows it.
    """
    _check_file(path)
    try:
        with _patient_pillow(), _identified(path) as image:
            _check_size(image, path)
            return image.size
    except ImageError:
        raise
    except Exception as error:  # Pillow's decoders raise what they like
        raise _failure(path, _damaged(error)) from error


def from_array(
    pixels: NDArray[Any], name: str = "clipboard", icc_profile: bytes | None = None
) -> SourceImage:
    """A picture from memory.

    Args:
        pixels: ``[H, W, 3]`` or ``[H, W, 4]`` (straight alpha), uint8 or uint16. It is copied.
        name: what to call it.
        icc_profile: ICC profile of the samples; None means sRGB. One that cannot be used is left
            out, and a note says so.

    Raises:
        ValueError: another shape or type.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise ValueError(f"pixels are [H, W, 3] or [H, W, 4], not {list(pixels.shape)}")
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"pixels are uint8 or uint16, not {pixels.dtype}")
    own = pixels.copy()
    alpha = own[:, :, 3] if own.shape[2] == 4 else None
    profile, notes = _usable(icc_profile)
    picture = _picture(own[:, :, :3], alpha, 1)
    return SourceImage(picture, name, format=name, icc_profile=profile, notes=notes)


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = because(error) if isinstance(error, OSError) else "the path is not a valid one"
        raise ImageError(f"Cannot open {path}: {reason}.") from error
    if stat.S_ISDIR(status.st_mode):
        raise ImageError(f"Cannot open {path}: it is a folder; choose a picture in it.")
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(f"Cannot open {path}: it is not an ordinary file; choose a picture.")
    if status.st_size == 0:
        raise _failure(path, "the file is empty; try another copy of it")


@contextmanager
def _patient_pillow() -> Iterator[None]:
    """Pillow without its size limits (ours rule here) and without its warnings.

    Both are settings of the whole process, so one picture is opened at a time.
    """
    with _pillow_settings, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        text, PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_CHUNK, MAX_PROFILE
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = limit, text


@contextmanager
def _identified(path: Path) -> Iterator[Image.Image]:
    """The file opened by Pillow, which so far has read only its header."""
    Image.init()
    try:
        image = Image.open(path, formats=[name for name in _FORMATS if name in Image.OPEN])
    except UnidentifiedImageError as error:
        reason = "it is not a picture of a known kind; save it as PNG, TIFF, JPEG or WebP"
        raise _failure(path, reason) from error
    except PermissionError as error:
        raise _failure(path, because(error)) from error
    with image:
        yield image


def _read(image: Image.Image, path: Path) -> SourceImage:
    _check_size(image, path)
    if sixteen.is_deep_png(image, path):
        metadata.find_png_exif(image, path)
    # Before decoding: Pillow turns TIFFs itself while it loads them, and drops the tag.
    orientation = metadata.orientation_of(image)
    exif, dpi = metadata.exif_for_export(image), metadata.dpi_of(image, orientation)
    title = _TITLES.get(image.format or "", image.format or "")
    raster = decode.decode(image, path)
    profile, notes = _usable(raster.profile)
    notes = raster.notes + notes
    turn = 1 if raster.turned else orientation
    picture = _picture(raster.colour, raster.alpha, turn)
    return SourceImage(picture, path.name, path, title, profile, exif, dpi, notes)


def _check_size(image: Image.Image, path: Path) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _failure(
            path,
            f"its {width:,} × {height:,} pixels are more than {MAX_PIXELS // 1_000_000} megapixels;"
            " reduce it with another program first",
        )


def _picture(colour_samples: Samples, alpha: Samples | None, orientation: int) -> Picture:
    """Upright samples. Alpha that is full everywhere is left out: opaque is faster."""
    if alpha is not None and bool((alpha == np.iinfo(alpha.dtype).max).all()):
        alpha = None
    turned_alpha = None if alpha is None else upright(alpha, orientation)
    return Picture(upright(colour_samples, orientation), turned_alpha)


def _usable(profile: bytes | None) -> tuple[bytes | None, tuple[str, ...]]:
    if profile is None:
        return None, ()
    try:
        colour.check_profile(profile)
    except icc.ProfileError:
        return None, ("Its colour profile cannot be used; the colours are taken for sRGB.",)
    return profile, ()


def _failure(path: Path, reason: str) -> ImageError:
    return ImageError(f"Cannot open {path.name}: {reason}.")


def _damaged(error: Exception) -> str:
    return f"the file is damaged or cut off ({_brief(error)}); try another copy of it"


def _brief(error: Exception) -> str:
    """What a decoder says, on one line and without its full stop."""
    text = " ".join(str(error).split()).rstrip(".")
    return text[:120] or type(error).__name__
