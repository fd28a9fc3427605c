"""Draws pictures to train on: sharp lines, tiles, rings and words, as walls, fences and pages have.

    python tools/draw_patterns.py --out patterns

Photographs seldom hold lines that are as thin, as regular and as strong as lines can be. How wide
such a line was cannot always be told from the reduced picture, and a network that has seen few of
them takes it for wide and pale. Each picture is a heap of surfaces in perspective, each with a
pattern of two colours, drawn large and reduced as photographs are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Plane = NDArray[np.float32]
Pattern = Callable[[Plane, Plane, np.random.Generator], Plane]

OVERSAMPLING = 3
"""Pictures are drawn so many times as large as they become."""

SURFACES = 9
"""Surfaces that lie over one another in a picture."""

FINEST, COARSEST = 3.0, 24.0
"""Periods of patterns in pixels of the finished picture; two cannot be told from grey."""

WORDS = (
    *("Hamburgefonstiv", "0123456789", "THE", "QUICK", "brown", "fox", "jumps", "over", "lazy"),
    *("dogs", "&%$#@", "(xyz)", "Il1|"),
)


def lines(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    """Fences or blinds: lines across ``u``, from thin to half of the period."""
    del v
    return (u % 1.0 < rng.uniform(0.12, 0.5)).astype(np.float32)


def joints(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    """Boards of a wall or a floor: lines across ``u`` that are thin as joints are."""
    del v
    return (u % 1.0 < rng.uniform(0.05, 0.25)).astype(np.float32)


def bricks(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    """Joints of a wall: every other row is shifted."""
    width, long = rng.uniform(0.05, 0.25), rng.uniform(1.5, 3.0)
    shifted = v / long + 0.5 * np.floor(u % 2.0)
    return np.maximum(u % 1.0 < width, shifted % 1.0 < width / long).astype(np.float32)


def panes(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    """Windows or tiles: lines in both directions."""
    width = rng.uniform(0.05, 0.4)
    return np.maximum(u % 1.0 < width, v % 1.0 < width).astype(np.float32)


def squares(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    """A chessboard."""
    del rng
    return ((np.floor(u) + np.floor(v)) % 2.0).astype(np.float32)


def rings(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    """Circles about a point."""
    radius = np.hypot(u - rng.uniform(-8, 8), v - rng.uniform(-8, 8))
    return lines(radius.astype(np.float32), v, rng)


def waves(u: Plane, v: Plane, rng: np.random.Generator) -> Plane:
    """Soft stripes: a sine."""
    del v, rng
    return (0.5 + 0.5 * np.sin(2 * np.pi * u)).astype(np.float32)


PATTERNS: tuple[Pattern, ...] = (lines, joints, joints, bricks, panes, squares, rings, waves)


def colours(rng: np.random.Generator) -> NDArray[np.float32]:
    """Two colours ``[2, 3]`` in 0..1: half of them one in light and shade, the others any."""
    first = np.clip(rng.uniform(0.1, 1.0) + rng.uniform(-0.3, 0.3, 3), 0.0, 1.0)
    shade = rng.uniform() < 0.5
    second = first * rng.uniform(0.1, 0.8) if shade else rng.uniform(0.0, 1.0, 3)
    pair = np.stack([first, second]).astype(np.float32)
    return pair[:: rng.choice([-1, 1])]


def surface(side: int, rng: np.random.Generator) -> tuple[Plane, NDArray[np.bool_]]:
    """A patterned quadrilateral in perspective.

    Args:
        side: of the picture, as it is drawn.

    Returns:
        Its colours ``[side, side, 3]`` in 0..1, and where it is.
    """
    grid = np.arange(side, dtype=np.float32) / side - 0.5
    x, y = grid[None, :], grid[:, None]
    angle, tilt = rng.uniform(0, 2 * np.pi), rng.uniform(-0.9, 0.9, 2)
    depth = np.maximum(1.0 + tilt[0] * x + tilt[1] * y, 0.1).astype(np.float32)
    centre, size = rng.uniform(-0.5, 0.5, 2), rng.uniform(0.2, 0.9, 2)
    right, down = x - np.float32(centre[0]), y - np.float32(centre[1])
    u = ((np.cos(angle) * right + np.sin(angle) * down) / depth).astype(np.float32)
    v = ((np.cos(angle) * down - np.sin(angle) * right) / depth).astype(np.float32)
    inside = (np.abs(u) < size[0] / 2) & (np.abs(v) < size[1] / 2)
    # Octaves are alike; the perspective makes half of a surface finer still.
    period = np.exp(rng.uniform(np.log(FINEST), np.log(COARSEST))) * OVERSAMPLING / side
    share = PATTERNS[rng.integers(len(PATTERNS))](u / period, v / period, rng)[..., None]
    dark, light = colours(rng)
    shade = 1.0 - rng.uniform(0.0, 0.5) * (u + size[0] / 2)[..., None] / size[0]
    return ((dark * share + light * (1.0 - share)) * shade).astype(np.float32), inside


def write_words(picture: Image.Image, rng: np.random.Generator) -> None:
    """Write a few lines of words somewhere."""
    draw = ImageDraw.Draw(picture)
    ink, _ = (tuple(int(255 * each) for each in colour) for colour in colours(rng))
    height = int(rng.integers(7, 30)) * OVERSAMPLING
    font = ImageFont.load_default(size=height)
    left, top = (int(place) for place in rng.integers(0, picture.width * 2 // 3, 2))
    for line in range(int(rng.integers(1, 7))):
        words = " ".join(rng.choice(WORDS, 5))
        draw.text((left, top + line * height * 5 // 4), words, fill=ink, font=font)


def drawn(side: int, rng: np.random.Generator) -> Image.Image:
    """A picture of ``side`` pixels."""
    large = side * OVERSAMPLING
    canvas = np.empty((large, large, 3), dtype=np.float32)
    canvas[...] = colours(rng)[0]
    for _ in range(SURFACES):
        pixels, inside = surface(large, rng)
        canvas[inside] = pixels[inside]
    picture = Image.fromarray((255 * canvas + 0.5).clip(0, 255).astype(np.uint8))
    for _ in range(int(rng.integers(0, 3))):
        write_words(picture, rng)
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def main(words: list[str]) -> int:
    """Write the pictures. Returns the exit status."""
    parser = argparse.ArgumentParser(description="draw pictures to train on")
    parser.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    parser.add_argument("--count", type=int, default=128, help="how many")
    parser.add_argument("--side", type=int, default=512, help="their sides in pixels")
    parser.add_argument("--seed", type=int, default=0, help="other numbers draw other pictures")
    options = parser.parse_args(words)
    if options.count < 1 or options.side < 1 or options.seed < 0:
        print("draw_patterns: a number is too small", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    for number in range(options.count):
        picture = drawn(options.side, np.random.default_rng((options.seed, number)))
        picture.save(options.out / f"pattern-{number:04d}.png")
    print(f"{options.count} pictures in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
