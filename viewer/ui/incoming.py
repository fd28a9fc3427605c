"""Pictures that come in by drop or paste, and models that come with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColorSpace, QImage

from models.samplers.base import Samples
from viewer.imaging.disk import is_file, is_folder
from viewer.imaging.source import SourceImage, from_array

FILTER = (
    "Pictures (*.png *.jpg *.jpeg *.jpe *.tif *.tiff *.webp *.avif *.bmp *.gif *.ppm *.pgm *.pbm "
    "*.pnm *.jp2 *.tga *.ico *.psd);;All files (*)"
)
"""File types the open dialog offers."""

_MODELS = (".safetensors", ".pth", ".pt")
MODEL_FILTER = f"Models ({' '.join(f'*{ending}' for ending in _MODELS)});;All files (*)"
"""File types the dialog for models offers."""

_SRGB = QColorSpace(QColorSpace.NamedColorSpace.SRgb)


def local_paths(data: QMimeData) -> list[Path]:
    """Files on this machine that were dropped or copied, also as a path or address in text."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if paths or not data.hasText():
        return paths
    text = data.text().strip().strip('"')
    if not text or len(text) >= 4096 or "\n" in text:
        return []
    address = QUrl(text)
    candidate = Path(address.toLocalFile() if address.isLocalFile() else text)
    return [candidate] if is_file(candidate) else []


def is_model(path: Path) -> bool:
    """Whether a file is a model by its name: no picture ends like that, but a folder may."""
    return path.suffix.lower() in _MODELS and not is_folder(path)


def opener_of(data: QMimeData, name: str) -> Callable[[], SourceImage] | None:
    """How to open the picture that was dropped or pasted as such; None if there is none."""
    image = data.imageData() if data.hasImage() else None
    if not isinstance(image, QImage) or image.isNull():
        return None
    image = _as_rgb(image)
    samples, profile = samples_of(image), _profile_of(image)
    return lambda: from_array(samples, name, profile)


def _as_rgb(image: QImage) -> QImage:
    """The image, in sRGB if its colour space is one of grey or of inks."""
    space = image.colorSpace()
    if not space.isValid() or space.colorModel() == QColorSpace.ColorModel.Rgb:
        return image
    converted = image.convertedToColorSpace(_SRGB)
    return image if converted.isNull() else converted


def _profile_of(image: QImage) -> bytes | None:
    """The ICC profile of RGB samples; None for sRGB and where nothing is said."""
    space = image.colorSpace()
    if not space.isValid() or space == _SRGB:
        return None
    return bytes(space.iccProfile().data()) or None


def samples_of(image: QImage) -> Samples:
    """RGB or RGBA samples of a QImage, straight alpha; 16 bit if it has more than 8."""
    formats = QImage.Format
    deep = image.pixelFormat().redSize() > 8
    wide = formats.Format_RGBA64 if deep else formats.Format_RGBA8888
    plain = image.convertToFormat(wide)
    kind = np.dtype(np.uint16 if deep else np.uint8)
    lines = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    # A copy: the image's memory goes with it.
    rows = lines[:, : plain.width() * 4 * kind.itemsize].copy()
    samples = rows.view(kind).reshape(plain.height(), plain.width(), 4)
    return samples if image.hasAlphaChannel() else np.ascontiguousarray(samples[..., :3])
