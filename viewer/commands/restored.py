"""The restored pictures of an evaluation as files, for those who want to look at them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from viewer.commands.interrupts import Interrupts
from viewer.commands.scores import Row, number
from viewer.imaging.colour import to_samples
from viewer.imaging.errors import ImageError, because
from viewer.imaging.writers import WritingCancelledError, open_writer


class Restored:
    """A folder with a folder for each data set, and in it ``baby_x2_bicubic.png`` and the like."""

    def __init__(self, folder: Path, samplers: Sequence[str], overwrite: bool):
        self._folder = folder
        self._labels = _labels(samplers)
        self._overwrite = overwrite

    def check(self, pictures: Iterable[tuple[str, str]], scales: Sequence[float]) -> None:
        """Raise ImageError if a file could not be written because of what is there already.

        Args:
            pictures: data set and file name of each picture.
            scales: what each is restored at.
        """
        if self._folder.exists() and not self._folder.is_dir():
            raise ImageError(f"Cannot write to {self._folder}: it is no folder; choose another.")
        planned = Counter(
            self.path(data_set, image, scale, sampler)
            for data_set, image in pictures
            for scale in scales
            for sampler in self._labels
        )
        for path, count in planned.items():
            if count > 1:
                raise ImageError(f"Two pictures would both be written to {path}; rename one.")
            if path.exists() and not self._overwrite:
                raise ImageError(
                    f"Cannot write {path}: there is such a file already; choose another folder, "
                    "or replace it (--overwrite)."
                )

    def path(self, data_set: str, image: str, scale: float, sampler: str) -> Path:
        """Where a restored picture belongs."""
        name = f"{Path(image).stem}_x{number(scale)}_{self._labels[sampler]}.png"
        return self._folder / data_set / name

    def write(
        self,
        row: Row,
        samples: NDArray[np.float32],
        icc_profile: bytes | None,
        interrupts: Interrupts,
    ) -> None:
        """Write samples ``[H, W, 3]`` in 0..1 with 8 bits and their profile.

        Raises:
            ImageError: one sentence.
            KeyboardInterrupt: nothing is left of the file.
        """
        path = self.path(row.data_set, row.image, row.scale, row.sampler)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = because(error)
            raise ImageError(f"Cannot create the folder {path.parent}: {reason}.") from error
        height, width = samples.shape[:2]
        writer = open_writer(
            path, width, height, 3, 8, icc_profile=icc_profile, exif=None, overwrite=self._overwrite
        )
        with writer, interrupts.stops(writer.abort):
            try:
                writer.write(to_samples(samples, None, 8))
                writer.finish()
            except WritingCancelledError:
                pass  # KeyboardInterrupt follows


def _labels(samplers: Sequence[str]) -> dict[str, str]:
    """Short names for samplers, fit for file names; whole paths only where stems are alike."""
    short = {name: _plain(Path(name).stem if Path(name).is_file() else name) for name in samplers}
    alike = Counter(short.values())
    return {name: text if alike[text] == 1 else _plain(name) for name, text in short.items()}


def _plain(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "sampler"
