"""Makes a folder to train on of photographs: the most textured crops of each, reduced first.

    python tools/crop_photographs.py photos more-photos --out crops

Large photographs are soft and full of noise at their own scale, and JPEG's blocks lie in them:
reduced, they are sharp and clean, which is what a network should learn to give back. Of the rest
most is sky. So each photograph is reduced to about the height of a screen, at least by `--reduce`,
and those of its squares are taken in which neighbours differ most, none over another. What is too
small, flat or drawn, and what was there before at another size, is left out and counted.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewer.imaging.errors import ImageError
from viewer.imaging.reduce import Bytes, eight_bits
from viewer.imaging.source import endings, open_image

TALL = 1080
"""Pictures are reduced to about so many pixels on their shorter side, unless `--tall` says else."""

STEP = 32
"""Squares are looked for at multiples of so many pixels."""

TEXTURE = 4.0
"""The least mean difference of neighbours in a crop, in 8-bit steps of luma."""

DRAWN = 0.4
"""A crop of whose neighbours so many are equal is a drawing, or clipped."""

ALIKE = 3.0
"""Pictures whose 16 × 16 reductions differ by less in the mean, in 8-bit steps, are the same."""


class LeftOutError(ValueError):
    """A picture is not used; its text says why, in a few words."""


def reduced(picture: Bytes, least: float, tall: int = TALL) -> Bytes:
    """``[H, W, 3]`` uint8 reduced by Pillow's Lanczos: by ``least``, or more, to be ``tall``."""
    height, width = picture.shape[:2]
    factor = max(least, min(height, width) / tall)
    size = max(1, round(width / factor)), max(1, round(height / factor))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def differences(picture: Bytes) -> NDArray[np.float64]:
    """How much luma differs from its right and lower neighbours, ``[H − 1, W − 1]``."""
    luma = picture @ np.array([0.299, 0.587, 0.114])
    across, down = np.diff(luma, axis=1)[:-1], np.diff(luma, axis=0)[:, :-1]
    return (np.abs(across) + np.abs(down)) / 2


def window_means(values: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Means of the squares of ``side`` whose corners lie at multiples of `STEP`."""
    sums = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    tops = np.arange(0, values.shape[0] - side + 1, STEP)
    lefts = np.arange(0, values.shape[1] - side + 1, STEP)
    of_rows = sums[tops + side] - sums[tops]
    found: NDArray[np.float64] = (of_rows[:, lefts + side] - of_rows[:, lefts]) / side**2
    return found


def textured(picture: Bytes, side: int, count: int) -> list[Bytes]:
    """Up to ``count`` squares ``[side, side, 3]`` that do not overlap, the most textured first.

    Raises:
        LeftOutError: if none is large enough, textured and no drawing.
    """
    if min(picture.shape[:2]) < side:
        raise LeftOutError("too small")
    changes = differences(picture)
    means = window_means(changes, side - 1)
    crops: list[Bytes] = []
    why = "flat"
    while len(crops) < count and means.max() >= TEXTURE:
        row, column = map(int, np.unravel_index(means.argmax(), means.shape))
        top, left = row * STEP, column * STEP
        if (changes[top : top + side - 1, left : left + side - 1] == 0).mean() < DRAWN:
            crops.append(picture[top : top + side, left : left + side])
        else:
            why = "drawn"
        reach = -(-side // STEP) - 1
        means[
            max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1
        ] = 0
    if not crops:
        raise LeftOutError(why)
    return crops


class Seen:
    """Small likenesses of the pictures that were taken."""

    def __init__(self) -> None:
        self._likenesses: list[NDArray[np.float32]] = []

    def add(self, picture: Bytes) -> None:
        """Remember a picture ``[H, W, 3]`` of any size.

        Raises:
            LeftOutError: if one like it is remembered.
        """
        small = Image.fromarray(picture).resize((16, 16), Image.Resampling.BOX)
        likeness = np.asarray(small, dtype=np.float32)
        if any(np.abs(each - likeness).mean() < ALIKE for each in self._likenesses):
            raise LeftOutError("there already")
        self._likenesses.append(likeness)


def pictures(folders: list[Path]) -> Iterator[tuple[Path, Bytes | None]]:
    """The pictures of folders and of theirs by name, in 8 bits, or None if one cannot be read."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in endings() and path.is_file():
                try:
                    yield path, eight_bits(open_image(path).picture)
                except ImageError:
                    yield path, None


def main(words: list[str]) -> int:
    """Write the crops. Returns the exit status."""
    parser = argparse.ArgumentParser(description="crop photographs to train on")
    parser.add_argument(
        "folders", type=Path, nargs="+", help="photographs, in folders of any depth"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the crops")
    parser.add_argument("--side", type=int, default=512, help="their sides in pixels")
    parser.add_argument("--crops", type=int, default=2, help="how many of a photograph, at most")
    parser.add_argument("--reduce", type=float, default=1.3, help="the least reduction")
    parser.add_argument(
        "--tall", type=int, default=TALL, help="pixels to reduce their shorter sides to"
    )
    options = parser.parse_args(words)
    missing = [str(each) for each in options.folders if not each.is_dir()]
    too_small = options.tall < options.side or options.side < STEP
    if missing or too_small or options.crops < 1 or options.reduce < 1:
        what = f"there is no folder {missing[0]}" if missing else "a number is too small"
        print(f"crop_photographs: {what}", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    seen, left_out, written = Seen(), Counter[str](), 0
    for path, picture in pictures(options.folders):
        try:
            if picture is None:
                raise LeftOutError("unreadable")
            small = reduced(picture, options.reduce, options.tall)
            crops = textured(small, options.side, options.crops)
            seen.add(small)
        except LeftOutError as why:
            left_out[str(why)] += 1
            continue
        for crop in crops:
            # The number alone would do; the name tells where a crop that looks wrong is from.
            Image.fromarray(crop).save(options.out / f"{written:05d}-{path.stem[:40]}.png")
            written += 1
    told = ", ".join(f"{number} {why}" for why, number in sorted(left_out.items()))
    print(f"{written} crops in {options.out}; left out: {told or 'nothing'}")
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
