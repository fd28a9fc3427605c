"""Samples of 16 bits, read without loss where Pillow would cut them to 8."""

from __future__ import annotations

import logging
import struct
from itertools import product
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from viewer.imaging.errors import UnsupportedError
from viewer.imaging.png import MAX_DEEP_SIDE

Layers = NDArray[np.uint8] | NDArray[np.uint16]

_TOP = 65535
_BITS_PER_SAMPLE, _PHOTOMETRIC, _ORIENTATION, _SAMPLE_FORMAT = 258, 262, 274, 339
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_PREMULTIPLIED, _STRAIGHT = 1, 2  # alpha, as ExtraSamples says
_GREY_AND_ALPHA = 4

# A damaged file is reported by an ImageError, once, and not also on stderr.
logging.getLogger("tifffile").addHandler(logging.NullHandler())
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

# Pillow does not know TIFFs of 16-bit grey and alpha: with these lines it reads their headers,
# which is all that it is asked for.
_EXTRAS = ((), (0,), (1,), (2,))
for _order, _grey, _extra in product((b"II", b"MM"), (_WHITE_IS_ZERO, _BLACK_IS_ZERO), _EXTRAS):
    TiffImagePlugin.OPEN_INFO.setdefault(
        (_order, _grey, (1,), 1, (16, 16), _extra), ("LA", "LA;16B")
    )


def read(image: Image.Image, path: Path) -> NDArray[np.uint16] | None:
    """The samples ``[H, W, 1…4]`` of a 16-bit PNG, TIFF or PPM as stored, not turned.

    One layer is grey, two are grey and alpha, three RGB, four RGB and alpha; alpha is straight.
    None where `image` is of another kind.

    Raises:
        UnsupportedError: a compression or a size that is not read.
        Exception: of any other kind, if the file is damaged.
    """
    if is_deep_png(image, path):
        return _png(image, path)
    if image.format == "TIFF" and _is_deep_tiff(image):
        return _tiff(path)
    if image.format == "PPM" and image.mode == "RGB":
        return _ppm(image, path)
    return None


def is_deep_png(image: Image.Image, path: Path) -> bool:
    """Whether a file is a PNG with 16 bits a channel."""
    return png_bits(image, path) == 16


def png_bits(image: Image.Image, path: Path) -> int | None:
    """Bits a channel of a PNG, None of anything else."""
    return _png_kind(path)[0] if image.format == "PNG" else None


def bits_of_tiff(image: Image.Image) -> set[int]:
    """Bits of the channels of a TIFF, none of anything else."""
    tags: Any = getattr(image, "tag_v2", {})
    return set(tags.get(_BITS_PER_SAMPLE, ()))


def _png_kind(path: Path) -> tuple[int, int]:
    """Bits a channel and colour type, from the header."""
    with path.open("rb") as file:
        head = file.read(26)
    return head[24], head[25]


def _png(image: Image.Image, path: Path) -> NDArray[np.uint16]:
    if max(image.size) > MAX_DEEP_SIDE:
        # OpenCV's decoder would refuse it, in words of its own on stderr.
        raise UnsupportedError(
            f"PNG of 16 bits is read only up to {MAX_DEEP_SIDE:,} pixels a side, not "
            f"{image.width:,} × {image.height:,}; save it with 8 bits, or as TIFF"
        )
    with Image.open(path) as again:
        again.verify()  # the checksums: OpenCV might complain on stderr instead
    layers = _opencv(np.fromfile(path, np.uint8))
    if _png_kind(path)[1] == _GREY_AND_ALPHA:
        layers = np.ascontiguousarray(layers[:, :, 2:])  # OpenCV has repeated the grey
    key = image.info.get("transparency")
    if layers.shape[2] == 1 and isinstance(key, int):
        alpha = np.where(layers == key, 0, _TOP).astype(np.uint16)
        layers = np.concatenate([layers, alpha], axis=2)
    return layers


def _opencv(data: NDArray[np.uint8]) -> NDArray[np.uint16]:
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    decoded = cast("NDArray[Any] | None", cv2.imdecode(data, flags))
    if decoded is None or decoded.dtype != np.uint16:
        raise ValueError("its 16-bit samples cannot be decoded")
    if decoded.ndim == 2:
        return decoded[:, :, None]
    swap = cv2.COLOR_BGR2RGB if decoded.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    return cast(NDArray[np.uint16], cv2.cvtColor(decoded, swap, decoded))  # in place


def _is_deep_tiff(image: Image.Image) -> bool:
    tags: Any = getattr(image, "tag_v2", {})
    return (
        bits_of_tiff(image) == {16}
        and set(tags.get(_SAMPLE_FORMAT, (1,))) <= {1}
        and tags.get(_PHOTOMETRIC) in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB)
    )


def _tiff(path: Path) -> NDArray[np.uint16]:
    with tifffile.TiffFile(path) as file:
        page: Any = file.pages[0]
        try:
            # Separate planes, depth, rows, columns, samples side by side.
            stored = page.asarray(maxworkers=1).reshape(page.shaped)[:, 0]
            layers = stored[0] if len(stored) == 1 else np.moveaxis(stored[..., 0], 0, 2)
        except (ValueError, KeyError, NotImplementedError):
            # A compression that tifffile leaves to an optional package (LZW, mostly).
            layers = _tiff_by_opencv(path, page)
        return _meant(layers.astype(np.uint16), page)


def _tiff_by_opencv(path: Path, page: Any) -> NDArray[np.uint16]:
    if page.samplesperpixel == 2:
        raise UnsupportedError(
            "16-bit grey with alpha is read only uncompressed or deflated; save it so, or as PNG"
        )
    data = np.fromfile(path, np.uint8)
    tag = page.tags.get(_ORIENTATION)
    if tag is not None:
        # OpenCV turns TIFFs whatever its flags say, so the tag in memory is set to "upright".
        order = page.parent.byteorder
        data[tag.valueoffset : tag.valueoffset + 2] = np.frombuffer(
            struct.pack(order + "H", 1), np.uint8
        )
    return _opencv(data)


def _meant(layers: NDArray[np.uint16], page: Any) -> NDArray[np.uint16]:
    """Stored TIFF samples → grey or RGB that grows with light, with straight alpha or none."""
    colours = 3 if page.photometric == _RGB else 1
    extra = tuple(page.extrasamples)
    has_alpha = layers.shape[2] > colours and (not extra or extra[0] in (_PREMULTIPLIED, _STRAIGHT))
    layers = layers[:, :, : colours + has_alpha]
    if page.photometric == _WHITE_IS_ZERO:
        layers[:, :, 0] = _TOP - layers[:, :, 0]
    if has_alpha and extra and extra[0] == _PREMULTIPLIED:
        layers = _unmultiplied(layers)
    return np.ascontiguousarray(layers)


def _unmultiplied(layers: NDArray[np.uint16]) -> NDArray[np.uint16]:
    alpha = layers[:, :, -1:].astype(np.uint64)
    colour = layers[:, :, :-1].astype(np.uint64)
    divided = (colour * _TOP + alpha // 2) // np.maximum(alpha, 1)
    straight = np.where(alpha > 0, np.minimum(divided, _TOP), 0).astype(np.uint16)
    return np.concatenate([straight, layers[:, :, -1:]], axis=2)


def _ppm(image: Image.Image, path: Path) -> NDArray[np.uint16] | None:
    """Binary PPM (type P6) with more than 255 levels, which are spread over 16 bits."""
    tile: Any = cast(Any, image).tile[0]
    if tile.codec_name != "ppm" or tile.args[1] <= 255:
        return None
    top, count = int(tile.args[1]), 3 * image.width * image.height
    stored = np.fromfile(path, ">u2", count, offset=tile.offset)
    if stored.size < count:
        raise ValueError("samples are missing at its end")
    wide = np.minimum(stored.astype(np.uint64), top)
    scaled = ((wide * _TOP + top // 2) // top).astype(np.uint16)
    return scaled.reshape(image.height, image.width, 3)
