"""Opening pictures in a thread of their own; the newest wish wins."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from models.samplers.base import Picture, Samples
from viewer.imaging.colour import DisplayTransform, to_display
from viewer.imaging.source import ImageError, SourceImage, open_image
from viewer.rendering.checker import over_checker
from viewer.rendering.failures import explain
from viewer.rendering.messages import Pixels, Scene

BASE_SIDE = 2048
"""Longest side of the reduced base that stays resident for placeholders and the minimap."""

STRIP = 256
"""Rows that are multiplied by their alpha at a time."""

Opener = Callable[[], SourceImage]

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A picture is open.

    Attributes:
        scene: the picture with its way to the screen.
        base: ``[h, w, 4]`` BGRA (premultiplied), the whole picture reduced for placeholders.
    """

    scene: Scene
    base: Pixels


@dataclass(frozen=True)
class LoadFailed:
    """A picture could not be opened; ``reason`` is one sentence that names it."""

    name: str
    reason: str


class Loader:
    """Opens one picture at a time. A newer wish makes the answer to an older one void."""

    def __init__(self, emit: Callable[[Loaded | LoadFailed], None]):
        self._emit = emit
        self._lock = threading.Lock()
        self._wish = 0
        self._thread: threading.Thread | None = None

    def open_path(self, path: Path) -> None:
        """Open a file."""
        self.open(path.name, lambda: open_image(path))

    def open(self, name: str, opener: Opener) -> None:
        """Open whatever a function returns; it runs in the loader's thread."""
        with self._lock:
            self._wish += 1
            previous, wish = self._thread, self._wish
            self._thread = threading.Thread(
                target=self._load, args=(name, opener, wish, previous), name="loader", daemon=True
            )
            self._thread.start()

    def cancel(self) -> None:
        """Let no answer come any more."""
        with self._lock:
            self._wish += 1

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the thread. False if it is still at work."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def _load(
        self, name: str, opener: Opener, wish: int, previous: threading.Thread | None
    ) -> None:
        if previous is not None:
            previous.join()  # two large pictures at once would need twice the memory
        if wish != self._wish:
            return
        answer = _opened(name, opener)
        with self._lock:
            if wish == self._wish:
                self._emit(answer)


def _opened(name: str, opener: Opener) -> Loaded | LoadFailed:
    try:
        source = opener()
        scene = Scene(source, DisplayTransform(source.icc_profile))
        _ = source.picture.filled  # a second for a large cut-out, which the worker has not
        return Loaded(scene, base_of(source.picture, scene.transform))
    except ImageError as error:
        return LoadFailed(name, str(error))
    except MemoryError:
        return LoadFailed(name, f"{name} does not fit into memory; close other programs first")
    except Exception as error:
        # Without an answer the window would wait for ever; the log names the defect.
        log.exception("opening %s failed", name)
        return LoadFailed(name, f"{name} could not be opened: {explain(error)}")


def base_of(picture: Picture, transform: DisplayTransform, side: int = BASE_SIDE) -> Pixels:
    """A picture reduced to ``side``, ready for the screen: opaque BGRA, as tiles are."""
    rgb = _reduced(_premultiplied(picture), side)
    alpha = None if picture.alpha is None else _reduced(picture.alpha, side)
    shown = to_display(rgb, alpha, transform)
    return np.ascontiguousarray(shown if alpha is None else over_checker(shown))


def _premultiplied(picture: Picture) -> Samples:
    """The samples times their alpha: what cannot be seen must not bleed when they are averaged."""
    pixels, alpha = picture.pixels, picture.alpha
    if alpha is None:
        return pixels
    out, unit = np.empty_like(pixels, order="C"), 1.0 / np.iinfo(pixels.dtype).max
    for top in range(0, picture.height, STRIP):
        rows = slice(top, top + STRIP)
        cover = cv2.cvtColor(alpha[rows], cv2.COLOR_GRAY2RGB)
        out[rows] = cv2.multiply(pixels[rows], cover, scale=unit)
    return out


def _reduced(samples: Samples, side: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    height, width = samples.shape[:2]
    factor = min(1.0, side / max(height, width))
    if factor < 1.0:
        size = max(1, round(width * factor)), max(1, round(height * factor))
        samples = cast(Samples, cv2.resize(samples, size, interpolation=cv2.INTER_AREA))
    unit = np.float32(1.0 / np.iinfo(samples.dtype).max)
    return samples.astype(np.float32) * unit
