"""Opening pictures in a thread of their own; the newest wish wins."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from models.samplers.base import Picture, Samples
from viewer.imaging.colour import DisplayTransform, to_display
from viewer.imaging.disk import is_folder
from viewer.imaging.folders import in_natural_order, pictures_in
from viewer.imaging.source import ImageError, SourceImage, open_image
from viewer.rendering.checker import over_checker
from viewer.rendering.failures import explain
from viewer.rendering.messages import Pixels, Scene

BASE_SIDE = 2048
"""Longest side of the reduced base that stays resident for placeholders and the minimap."""

STRIP = 256
"""Rows that are multiplied by their alpha at a time."""

PATIENCE = 0.1
"""Seconds that closing waits for a thread that only reads: it keeps nothing that could be lost."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A picture is open.

    Attributes:
        scene: the picture with its way to the screen.
        base: ``[h, w, 4]`` BGRA (premultiplied), the whole picture reduced for placeholders.
        wish: number of the wish that it answers.
    """

    scene: Scene
    base: Pixels
    wish: int = 0


@dataclass(frozen=True)
class Listed:
    """The pictures of a folder, at least one, in their natural order.

    ``wish`` is the number of the wish that it answers.
    """

    folder: Path
    pictures: tuple[Path, ...]
    wish: int = 0


@dataclass(frozen=True)
class LoadFailed:
    """A picture or a folder could not be opened; ``reason`` is one sentence that names it.

    ``wish`` is the number of the wish that it answers.
    """

    name: str
    reason: str
    wish: int = 0


Answer = Loaded | Listed | LoadFailed

Opener = Callable[[], SourceImage | Listed]


class Loader:
    """One thread with a newest-wins mailbox: it opens one picture at a time.

    Two large pictures at once would need twice the memory. A newer wish makes the answer to an
    older one void; one that is on its way by then is told by its number.

    Attributes:
        wish: number of the newest wish.
    """

    def __init__(self, emit: Callable[[Answer], None]):
        self._emit = emit
        self._wake = threading.Condition()
        self._mail: tuple[str, Opener] | None = None
        self._busy = False
        self._closing = False
        self.wish = 0
        self._thread = threading.Thread(target=self._run, name="loader", daemon=True)
        self._thread.start()

    def open_path(self, path: Path) -> None:
        """Open a file; of a folder, say what is in it."""
        self.open(path.name, lambda: _listed(path) if is_folder(path) else open_image(path))

    def list_around(self, path: Path) -> None:
        """Say what is in the folder of a file, the file too, or in the folder that it is."""
        self.open(
            path.name, lambda: _listed(path) if is_folder(path) else _listed(path.parent, path)
        )

    def open(self, name: str, opener: Opener) -> None:
        """Open whatever a function returns; it runs in the loader's thread."""
        self._put((name, opener))

    def cancel(self) -> None:
        """Let no answer come any more."""
        self._put(None)

    def join(self, timeout: float | None = None) -> bool:
        """Wait until there is nothing to open. False if there still is."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._busy and self._mail is None, timeout)

    def close(self, timeout: float = PATIENCE) -> bool:
        """Cancel everything and end the thread. False if it did not end in time."""
        with self._wake:
            self._closing = True
        self.cancel()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _put(self, mail: tuple[str, Opener] | None) -> None:
        with self._wake:
            self._mail = None if self._closing else mail
            self.wish += 1
            self._wake.notify_all()

    def _run(self) -> None:
        while self._serve():
            pass

    def _serve(self) -> bool:
        """Wait for a wish and answer it, keeping nothing of it. False once the loader is closed."""
        with self._wake:
            self._busy = False
            self._wake.notify_all()
            self._wake.wait_for(lambda: self._closing or self._mail is not None)
            if self._closing or self._mail is None:
                return False
            (name, opener), self._mail = self._mail, None
            self._busy, wish = True, self.wish
        answer = replace(_opened(name, opener), wish=wish)
        with self._wake:
            if wish == self.wish:
                self._emit(answer)
        return True


def _listed(folder: Path, known: Path | None = None) -> Listed:
    return Listed(folder, tuple(in_natural_order(pictures_in(folder, known))))


def _opened(name: str, opener: Opener) -> Answer:
    try:
        source = opener()
        if isinstance(source, Listed):
            return source
        scene = Scene(source, DisplayTransform(source.icc_profile))
        _ = source.picture.filled  # it may take seconds, which the worker has not
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
