"""Draws the bundled resolution chart, resources/samples/chart.png.

Run ``python tools/draw_chart.py [OUT]`` from the root of the repository. Every shape is a function
of real coordinates in pixels (y downward) and every pixel is the mean of SUPER × SUPER samples of
it, taken on the encoded sRGB values, as the reductions of the program itself do. Black and white
keep some distance from 0 and 255, so that what a sampler adds beyond an edge remains visible.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1024, 768
SUPER = 8
PAPER, INK, DIM = (236, 236, 236), (24, 24, 24), (112, 112, 112)
BLUE, AMBER = (58, 123, 213), (232, 146, 36)
TARGET = Path(__file__).parent.parent / "resources" / "samples" / "chart.png"

Floats = NDArray[np.float32]
Colour = tuple[int, int, int]
Shape = Callable[[Floats, Floats], Any]
"""Coverage 0..1 (or a truth value) at points x, y in pixels; the arguments broadcast."""


class Chart:
    """The picture while it is drawn.

    Attributes:
        pixels: float32 [HEIGHT, WIDTH, 3], sRGB values 0..255.
    """

    def __init__(self) -> None:
        self.pixels = np.empty((HEIGHT, WIDTH, 3), np.float32)
        self.pixels[:] = PAPER

    def fill(self, box: tuple[int, int, int, int], colour: Colour, shape: Shape) -> None:
        """Blend ``colour`` over the whole-pixel ``box`` (left, top, right, bottom) by coverage."""
        left, top, right, bottom = box
        x = _between(left, right)
        y = _between(top, bottom)
        fine = np.asarray(shape(x[None, :], y[:, None]), np.float32)
        fine = np.broadcast_to(fine, (len(y), len(x)))
        mask = fine.reshape(bottom - top, SUPER, right - left, SUPER).mean((1, 3), dtype=np.float32)
        self._blend(left, top, mask, colour)

    def text(
        self, x: float, y: float, words: str, size: float, colour: Colour = INK, anchor: str = "la"
    ) -> None:
        """Write ``words`` with their anchor (Pillow's two letters) at x, y; ``size`` in pixels."""
        canvas = Image.new("L", (WIDTH * SUPER, int(2 * size + 2) * SUPER))
        top = int(y - size)
        ImageDraw.Draw(canvas).text(
            (x * SUPER, (y - top) * SUPER),
            words,
            fill=255,
            font=ImageFont.load_default(size * SUPER),
            anchor=anchor,
        )
        mask = np.asarray(canvas.reduce(SUPER), np.float32) / np.float32(255)
        self._blend(0, top, mask, colour)

    def _blend(self, left: int, top: int, mask: Floats, colour: Colour) -> None:
        part = self.pixels[top : top + mask.shape[0], left : left + mask.shape[1]]
        part += mask[..., None] * (np.asarray(colour, np.float32) - part)


def _between(first: int, last: int) -> Floats:
    """The sub-sample positions of the pixels from ``first`` up to ``last``."""
    steps = np.arange((last - first) * SUPER, dtype=np.float32) + np.float32(0.5)
    return np.float32(first) + steps / np.float32(SUPER)


def rectangle(left: float, top: float, right: float, bottom: float) -> Shape:
    return lambda x, y: (x >= left) & (x < right) & (y >= top) & (y < bottom)


def bounds(cx: float, cy: float, radius: float) -> tuple[int, int, int, int]:
    reach = int(radius + 2)
    return int(cx) - reach, int(cy) - reach, int(cx) + reach, int(cy) + reach


def ring(cx: float, cy: float, radius: float, width: float) -> Shape:
    return lambda x, y: np.abs(np.hypot(x - cx, y - cy) - radius) < width / 2


def siemens_star(chart: Chart, cx: float, cy: float, radius: float, spokes: int) -> None:
    """``spokes`` dark and light sectors; a period is two pixels wide at radius spokes / pi."""

    def sectors(x: Floats, y: Floats) -> Any:
        inside = np.hypot(x - cx, y - cy) < radius
        return inside & (np.cos(spokes * np.arctan2(y - cy, x - cx)) > 0)

    chart.fill(bounds(cx, cy, radius), INK, sectors)
    for period, colour in ((8, BLUE), (4, AMBER)):
        at = spokes * period / (2 * np.pi)
        chart.fill(bounds(cx, cy, at), colour, ring(cx, cy, at, 1.0))


def zone_plate(chart: Chart, cx: float, cy: float, radius: float, edge: float) -> None:
    """Circular waves, cycles per pixel growing linearly from 0 to ``edge`` at ``radius``."""

    def waves(x: Floats, y: Floats) -> Any:
        squared = (x - cx) ** 2 + (y - cy) ** 2
        wave = 0.5 + 0.5 * np.cos(np.pi * edge / radius * squared)
        return np.where(squared < radius**2, wave, 0)

    chart.fill(bounds(cx, cy, radius), INK, waves)


def slanted_square(
    chart: Chart, cx: float, cy: float, side: float, degrees: float, colours: tuple[Colour, Colour]
) -> None:
    """A tilted square in a straight one of twice its area: edges at all phases of the pixels."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))

    def tilted(x: Floats, y: Floats) -> Any:
        u, v = (x - cx) * cosine + (y - cy) * sine, (y - cy) * cosine - (x - cx) * sine
        return np.maximum(np.abs(u), np.abs(v)) < side / np.sqrt(8)

    box = bounds(cx, cy, side / 2)
    half = side / 2
    chart.fill(box, colours[0], rectangle(cx - half, cy - half, cx + half, cy + half))
    chart.fill(box, colours[1], tilted)


def wedge(chart: Chart, left: float, top: float, length: float, lines: int) -> None:
    """Lines running together from a period of 8 pixels to 2, from the left to the right."""
    middle = top + lines * 4

    def converging(x: Floats, y: Floats) -> Any:
        period = 8 - 6 * (x - left) / length
        row = (y - middle) / period + lines / 2
        inside = (x >= left) & (x < left + length) & (row >= 0) & (row < lines)
        return inside & (row % 1 >= 0.25) & (row % 1 < 0.75)

    box = (int(left), int(top), int(left + length), int(top + lines * 8))
    chart.fill(box, INK, converging)
    for period in (8, 6, 4, 2):
        x = left + length * (8 - period) / 6
        chart.fill((int(x) - 1, box[3] + 3, int(x) + 2, box[3] + 8), DIM, _tick(x))
        chart.text(x, box[3] + 10, str(period), 9, DIM, "ma")


def _tick(at: float) -> Shape:
    return lambda x, y: (np.abs(x - at) < 0.5) & (y > 0)


def thin_lines(chart: Chart, left: int, top: int) -> None:
    """Upright lines of falling width, and a fan of hairlines 0.7 pixels wide."""
    x = float(left)
    for width in (4.0, 3.0, 2.0, 1.5, 1.0, 0.7, 0.5, 0.35):
        start = x + 0.3
        box = (int(x), top, int(x) + 6, top + 84)
        chart.fill(box, INK, rectangle(start, top, start + width, top + 84))
        x += width + 11
    fan, foot = left + 132.0, top + 84.0

    def rays(x: Floats, y: Floats) -> Any:
        angle = np.degrees(np.arctan2(foot - y, x - fan))
        distance = np.hypot(x - fan, foot - y)
        off = np.sin(np.radians(angle - np.round(angle / 7.5) * 7.5)) * distance
        far = np.where(x >= fan, 196.0, 0.0)
        return (np.abs(off) < 0.35) & (y > top) & (y <= foot) & (distance > 14) & (x - fan < far)

    chart.fill((int(fan), top, int(fan) + 198, int(foot)), INK, rays)


def falling_text(chart: Chart, left: int, top: int) -> None:
    words = "Sphinx of black quartz, judge my vow 0123456789"
    y = float(top)
    for size in (26, 20, 16, 13, 11, 9, 7.5, 6, 5):
        chart.text(left, y, f"{size:g}", max(9, min(size, 11)), DIM, "ls")
        chart.text(left + 30, y, _fitting(words, size, 346), size, INK, "ls")
        y += size * 1.05 + 11.5


def _fitting(words: str, size: float, room: float) -> str:
    font = ImageFont.load_default(size * SUPER)
    while font.getlength(words) > room * SUPER:
        words = words.rpartition(" ")[0]
    return words.rstrip(",")


def patches(chart: Chart, left: int, top: int, side: int) -> None:
    """Six hues in four tones with edges between all of them, and eight steps of grey below."""
    hues = np.array([[214, 48, 49], [232, 146, 36], [238, 206, 58], [52, 152, 84], [58, 123, 213],
                     [138, 72, 176]], np.float32)  # fmt: skip
    for column, hue in enumerate(hues):
        for row, (towards, share) in enumerate(((255, 0.62), (255, 0.3), (0, 0.0), (0, 0.5))):
            tone = np.round(hue + (towards - hue) * share).astype(int)
            x, y = left + column * side, top + row * side
            red, green, blue = (int(value) for value in tone)
            area = (x, y, x + side, y + side)
            chart.fill(area, (red, green, blue), rectangle(*area))
    width = 6 * side / 8
    for step in range(8):
        grey = round(255 * step / 7)
        x0, y0 = left + step * width, top + 4 * side + 12
        area = (int(x0), y0, int(x0 + width) + 1, y0 + 26)
        chart.fill(area, (grey, grey, grey), rectangle(x0, y0, x0 + width, y0 + 26))


def frame(chart: Chart) -> None:
    chart.text(32, 38, "LIIF Viewer", 17, INK, "ls")
    chart.text(136, 38, "resolution chart", 17, DIM, "ls")
    chart.text(WIDTH - 32, 38, f"{WIDTH} x {HEIGHT}", 12, DIM, "rs")
    chart.fill((32, 48, WIDTH - 32, 50), INK, rectangle(32, 48, WIDTH - 32, 49))
    for x, y, words in (
        (32, 746, "line pairs: pixels per period"),
        (400, 746, "text: size in pixels"),
        (788, 746, "colour and grey steps"),
    ):
        chart.text(x, y, words, 11, DIM, "ls")


def draw() -> Image.Image:
    """The whole chart, WIDTH × HEIGHT, 8-bit sRGB."""
    chart = Chart()
    frame(chart)
    siemens_star(chart, 208, 262, 176, spokes=48)
    zone_plate(chart, 632, 262, 176, edge=0.46)
    for row, (degrees, colours) in enumerate(
        ((5, ((200, 200, 200), INK)), (11, ((122, 122, 122), (150, 150, 150))), (32, (AMBER, BLUE)))
    ):
        slanted_square(chart, 936, 142 + 120 * row, 112, degrees, colours)
    thin_lines(chart, 32, 484)
    wedge(chart, 32, 588, 330, lines=15)
    falling_text(chart, 400, 506)
    patches(chart, 788, 484, 34)
    return Image.fromarray(np.round(chart.pixels).clip(0, 255).astype(np.uint8))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="draw the resolution chart")
    parser.add_argument("out", nargs="?", type=Path, default=TARGET, help="by default: %(default)s")
    out = parser.parse_args().out
    draw().save(out, optimize=True)
    print(f"{out}: {out.stat().st_size / 1024:.0f} KB")
