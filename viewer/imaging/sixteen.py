"""Samples that Pillow would cut to 8 bits, or mix up, read as they are."""

from __future__ import annotations

import logging
import struct
from itertools import accumulate, product
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from viewer.imaging import boxes
from viewer.imaging.errors import UnsupportedError
from viewer.imaging.png import MAX_DEEP_SIDE

Layers = NDArray[np.uint8] | NDArray[np.uint16]

_TOP, _DEEPEST = 65535, 16
_BITS_PER_SAMPLE, _PHOTOMETRIC, _ORIENTATION, _SAMPLE_FORMAT = 258, 262, 274, 339
_SAMPLES_PER_PIXEL, _PLANAR_CONFIGURATION, _SEPARATE = 277, 284, 2
_FILL_ORDER, _LOWEST_BIT_FIRST = 266, 2
_LZW = 5
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_PREMULTIPLIED, _STRAIGHT = 1, 2  # alpha, as ExtraSamples says
_GREY_AND_ALPHA = 4
_DEPTHS = {"AVIF": boxes.avif_depths, "JPEG2000": boxes.jpeg2000_depths}

# A damaged file is reported by an ImageError, once, and not also on stderr.
logging.getLogger("tifffile").addHandler(logging.NullHandler())
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

# Of some TIFFs Pillow does not know the header: with these lines it reads it, which is all that it
# is asked for. The key is byte order, photometric, sample format, fill order, bits and extra
# samples; of the raw mode it wants a letter for each plane.
_GREYS, _EXTRAS = (_WHITE_IS_ZERO, _BLACK_IS_ZERO), ((), (0,), (1,), (2,))
_MORE_EXTRAS = (*_EXTRAS, (0, 0), (1, 0), (2, 0))
for _order, _fill in product((b"II", b"MM"), (1, 2)):
    _known = TiffImagePlugin.OPEN_INFO.setdefault
    for _grey, _bits, _extra in product(_GREYS, (8, 16), _EXTRAS):
        _known((_order, _grey, (1,), _fill, (_bits, _bits), _extra), ("LA", "LA"))
    for _grey in _GREYS:
        _known((_order, _grey, (1,), _fill, (16,), ()), ("I;16", "I;16"))
    for _extra in _MORE_EXTRAS:
        _known((_order, _RGB, (1,), _fill, (16,) * (3 + len(_extra)), _extra), ("RGB", "RGBXX"))


def read(image: Image.Image, path: Path) -> Layers | None:
    """The samples ``[H, W, 1…4]`` of a 16-bit PNG, TIFF or PPM as stored, not turned.

    Also those of AVIFs and JPEG 2000s of 9 to 16 bits, spread over 16, as far as OpenCV reads
    them, and those of 8-bit TIFFs that Pillow gets wrong.

    One layer is grey, two are grey and alpha, three RGB, four RGB and alpha; alpha is straight.
    None where `image` is of another kind.

    Raises:
        UnsupportedError: a compression or a size that is not read.
        Exception: of any other kind, if the file is damaged.
    """
    if is_deep_png(image, path):
        return _png(image, path)
    if image.format == "TIFF" and (_is_deep_tiff(image) or _is_misread(image)):
        return _tiff(path)
    if image.format == "PPM" and image.mode == "RGB":
        return _ppm(image, path)
    return _spread(image, path)


def depths(image: Image.Image, path: Path) -> set[int]:
    """Bits of the channels of an AVIF or a JPEG 2000, none of anything else."""
    reader = _DEPTHS.get(image.format or "")
    return reader(path) if reader else set()


def widened(layers: NDArray[np.uint16], bits: int) -> NDArray[np.uint16]:
    """Samples of 9 to 16 bits, in place, spread over 16: white becomes 65535."""
    if bits == 16:
        return layers
    for row in layers:
        lower = row >> (2 * bits - 16)
        row <<= 16 - bits
        row |= lower
    return layers


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
    layers = cast(NDArray[np.uint16], _opencv(np.fromfile(path, np.uint8)))
    if _png_kind(path)[1] == _GREY_AND_ALPHA:
        layers = np.ascontiguousarray(layers[:, :, 2:])  # OpenCV has repeated the grey
    key = image.info.get("transparency")
    if layers.shape[2] == 1 and isinstance(key, int):
        alpha = np.where(layers == key, 0, _TOP).astype(np.uint16)
        layers = np.concatenate([layers, alpha], axis=2)
    return layers


def _opencv(data: NDArray[np.uint8], dtype: type[np.generic] = np.uint16) -> Layers:
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    decoded = cast("NDArray[Any] | None", cv2.imdecode(data, flags))
    if decoded is None or decoded.dtype != dtype:
        raise ValueError("its samples cannot be decoded")
    if decoded.ndim == 2:
        return decoded[:, :, None]
    swap = cv2.COLOR_BGR2RGB if decoded.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    return cast(Layers, cv2.cvtColor(decoded, swap, decoded))  # in place


def _spread(image: Image.Image, path: Path) -> NDArray[np.uint16] | None:
    """Where OpenCV cannot, Pillow may still read the file, or say better what is wrong with it."""
    bits = depths(image, path)
    if len(bits) != 1 or not 8 < max(bits) <= _DEEPEST:
        return None
    if image.format == "JPEG2000" and boxes.is_ycc(path):
        return None  # OpenCV mixes up its colours
    try:
        layers = _opencv(np.fromfile(path, np.uint8))
    except (cv2.error, ValueError):
        return None
    return widened(cast(NDArray[np.uint16], layers), max(bits))


def _is_deep_tiff(image: Image.Image) -> bool:
    return bits_of_tiff(image) == {16} and _is_plain_tiff(image)


def _is_misread(image: Image.Image) -> bool:
    """Whether a TIFF has 8 bits and more than one property that Pillow reads only by itself.

    It joins no planes to grey and alpha, nor to premultiplied colours, inverts no grey with alpha,
    and turns no bits round in planes.
    """
    if bits_of_tiff(image) != {8} or not _is_plain_tiff(image):
        return False
    tags: Any = getattr(image, "tag_v2", {})
    photometric = tags[_PHOTOMETRIC]
    properties: tuple[bool, ...] = (
        photometric == _WHITE_IS_ZERO,
        tags.get(_PLANAR_CONFIGURATION) == _SEPARATE,
        tags.get(_FILL_ORDER) == _LOWEST_BIT_FIRST,
        tags.get(_SAMPLES_PER_PIXEL, 1) > (3 if photometric == _RGB else 1),
    )
    return sum(properties) > 1


def _is_plain_tiff(image: Image.Image) -> bool:
    """Whether the samples are grey or RGB, and numbers without a sign."""
    tags: Any = getattr(image, "tag_v2", {})
    unsigned = set(tags.get(_SAMPLE_FORMAT, (1,))) <= {1}
    return unsigned and tags.get(_PHOTOMETRIC) in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB)


def _tiff(path: Path) -> Layers:
    with tifffile.TiffFile(path) as file:
        page: Any = file.pages[0]
        try:
            # Separate planes, depth, rows, columns, samples side by side.
            stored = page.asarray(maxworkers=1).reshape(page.shaped)[:, 0]
            layers = stored[0] if len(stored) == 1 else np.moveaxis(stored[..., 0], 0, 2)
        except (ValueError, KeyError, NotImplementedError):
            # A compression that tifffile leaves to an optional package (LZW, mostly).
            layers = _tiff_by_opencv(path, page)
        return _meant(layers.astype(_dtype(page)), page)


def _dtype(page: Any) -> type[np.uint8] | type[np.uint16]:
    return np.uint8 if page.bitspersample == 8 else np.uint16


def _tiff_by_opencv(path: Path, page: Any) -> Layers:
    grey = page.samplesperpixel == 1 and page.bitspersample == 8  # which OpenCV inverts by itself
    if grey or page.planarconfig == _SEPARATE:
        return _planes_by_opencv(page)
    if page.samplesperpixel not in (1, 3, 4):
        kind = "grey with alpha" if page.samplesperpixel == 2 else "RGB with several more channels"
        raise UnsupportedError(
            f"{page.bitspersample}-bit {kind} is read only uncompressed or deflated; save it so, "
            "or as PNG"
        )
    data = np.fromfile(path, np.uint8)
    tag = page.tags.get(_ORIENTATION)
    if tag is not None:
        # OpenCV turns TIFFs whatever its flags say, so the tag in memory is set to "upright".
        order = page.parent.byteorder
        data[tag.valueoffset : tag.valueoffset + 2] = np.frombuffer(
            struct.pack(order + "H", 1), np.uint8
        )
    return _opencv(data, _dtype(page))


def _planes_by_opencv(page: Any) -> Layers:
    """Separate planes, each as a grey picture: of a file with several OpenCV reads only the first.

    The others would be whatever the memory held before.
    """
    if page.compression in tifffile.TIFF.DECOMPRESSORS:
        raise ValueError("its planes are not whole")  # the compression was not what stopped it
    if page.compression != _LZW:
        raise UnsupportedError(
            "its separate planes are compressed in a way that is not read; save it uncompressed, "
            "deflated or with LZW"
        )
    planes = [_opencv(_plane(page, each), _dtype(page)) for each in range(page.samplesperpixel)]
    return cast(Layers, np.concatenate(planes, axis=2))


def _plane(page: Any, number: int) -> NDArray[np.uint8]:
    """One plane of a TIFF as a TIFF of its own, in memory: header, strips or tiles, directory."""
    count = len(page.dataoffsets) // page.samplesperpixel
    part = slice(number * count, (number + 1) * count)
    stored = page.parent.filehandle.read_segments(page.dataoffsets[part], page.databytecounts[part])
    segments = [data or b"" for data, _ in stored]
    *starts, end = accumulate(map(len, segments), initial=8)
    sizes = [len(each) for each in segments]
    fields = {256: [page.imagewidth], 257: [page.imagelength], 258: [page.bitspersample]}
    fields |= {259: [page.compression], 262: [_BLACK_IS_ZERO], 266: [page.fillorder], 277: [1]}
    fields |= {317: [page.predictor]}
    if page.is_tiled:
        fields |= {322: [page.tilewidth], 323: [page.tilelength], 324: starts, 325: sizes}
    else:
        fields |= {273: starts, 278: [page.rowsperstrip], 279: sizes}
    order = page.parent.byteorder
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, end)
    return np.frombuffer(head + b"".join(segments) + _directory(fields, order, end), np.uint8)


def _directory(fields: dict[int, list[int]], order: str, start: int) -> bytes:
    """A TIFF's directory at byte `start`, all its fields of type LONG; long ones lie behind it."""
    entries, behind = b"", b""
    after = start + 2 + 12 * len(fields) + 4
    for tag, values in sorted(fields.items()):
        packed = struct.pack(f"{order}{len(values)}I", *values)
        if len(values) > 1:
            place, behind = after + len(behind), behind + packed
            packed = struct.pack(order + "I", place)
        entries += struct.pack(order + "HHI", tag, 4, len(values)) + packed
    return struct.pack(order + "H", len(fields)) + entries + bytes(4) + behind


def _meant(layers: Layers, page: Any) -> Layers:
    """Stored TIFF samples → grey or RGB that grows with light, with straight alpha or none."""
    colours = 3 if page.photometric == _RGB else 1
    extra = tuple(page.extrasamples)
    has_alpha = layers.shape[2] > colours and (not extra or extra[0] in (_PREMULTIPLIED, _STRAIGHT))
    layers = layers[:, :, : colours + has_alpha]
    if page.photometric == _WHITE_IS_ZERO:
        layers[:, :, 0] = np.iinfo(layers.dtype).max - layers[:, :, 0]
    if has_alpha and extra and extra[0] == _PREMULTIPLIED:
        layers = _unmultiplied(layers)
    return cast(Layers, np.ascontiguousarray(layers))


def _unmultiplied(layers: Layers) -> Layers:
    top = np.iinfo(layers.dtype).max
    alpha = layers[:, :, -1:].astype(np.uint64)
    colour = layers[:, :, :-1].astype(np.uint64)
    divided = (colour * top + alpha // 2) // np.maximum(alpha, 1)
    straight = np.where(alpha > 0, np.minimum(divided, top), 0).astype(layers.dtype)
    return cast(Layers, np.concatenate([straight, layers[:, :, -1:]], axis=2))


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
