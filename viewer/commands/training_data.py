"""The pictures of a training run: read from folders, in 8 bits, several at a time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from PIL import Image

from models.evaluation.protocol import Case, make_case
from models.homes import expanded
from models.training.config import Config
from models.training.data import too_small
from models.training.tasks import task_of
from viewer.imaging.errors import ImageError
from viewer.imaging.folders import pictures_in
from viewer.imaging.reduce import Bytes, eight_bits, reduce_bicubic
from viewer.imaging.source import open_image, size_of


def check_folder(folder: Path, least: int) -> None:
    """See by the files' headers that a folder holds a picture of so many pixels on both sides.

    Raises:
        ImageError: as `read_folder`.
        DataError: if none is large enough.
    """
    paths = pictures_in(folder)
    if not any(min(size_of(path)) >= least for path in paths):
        raise too_small(len(paths), least)


def read_folder(folder: Path, seen: Callable[[float], None] = lambda _: None) -> list[Bytes]:
    """The pictures ``[H, W, 3]`` of a folder by name; ``seen`` is told the share that is read.

    Raises:
        ImageError: one sentence that names the folder, or the file that cannot be read.
    """
    paths = pictures_in(folder)
    pictures = []
    with _quiet_pillow(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for number, picture in enumerate(pool.map(_read, paths), 1):
            pictures.append(picture)
            seen(number / len(paths))
    return pictures


def _quiet_pillow() -> AbstractContextManager[object]:
    """Pillow without its warnings of large pictures. Around all threads: filters are not theirs."""
    return warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning)


def _read(path: Path) -> Bytes:
    """A picture in 8 bits: plain RGB at once, on any thread; the rest as the viewer opens it."""
    try:
        with Image.open(path) as image:
            if image.mode == "RGB" and image.format in ("PNG", "JPEG", "WEBP"):
                return np.asarray(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        pass  # the next line says what is wrong, in the viewer's words
    return eight_bits(open_image(path).picture)


def validation_cases(config: Config) -> list[Case]:
    """The validation pictures, cropped, at every scale of the task. Empty without a folder.

    Raises:
        ImageError: as `read_folder`, or if no picture is large enough.
    """
    if not config.validation:
        return []
    folder = Path(expanded(config.validation))
    with _quiet_pillow():
        pictures = [_centre(_read(path), config.validation_crop) for path in pictures_in(folder)]
    chosen = pictures[: config.validation_pictures]
    scales = task_of(config).scales
    least = 3 * max(scales)
    large = [each for each in chosen if min(each.shape[:2]) >= least]
    if not large:
        raise ImageError(
            f"No picture in {folder} is large enough to validate on; give larger ones."
        )
    return [make_case(each, scale, reduce_bicubic) for each in large for scale in scales]


def _centre(picture: Bytes, side: int) -> Bytes:
    height, width = picture.shape[:2]
    top, left = max(height - side, 0) // 2, max(width - side, 0) // 2
    return np.ascontiguousarray(picture[top : top + side, left : left + side])
