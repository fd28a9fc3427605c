"""The curves of a training run, drawn as a picture: loss, validation PSNR, learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from models.training.loop import Line

WIDTH, HEIGHT = 960, 240
LEFT, RIGHT, TOP, BOTTOM = 80, 24, 36, 32

PAPER, INK, DIM, RULE = (20, 21, 24), (222, 224, 228), (140, 144, 152), (52, 55, 61)
LOSS, QUALITY, RATE = (91, 157, 245), (240, 167, 66), (126, 200, 140)


@dataclass(frozen=True)
class Panel:
    """One curve.

    Attributes:
        title: with its unit.
        colour: of the curve.
        points: iteration and value, in order.
        logarithmic: whether equal ratios take equal heights.
    """

    title: str
    colour: tuple[int, int, int]
    points: Sequence[tuple[float, float]]
    logarithmic: bool = False


def draw(lines: Sequence[Line], title: str) -> Image.Image:
    """Panels above each other, for as many quantities as the lines tell of."""
    panels = [
        Panel(f"{title} · loss", LOSS, _points(lines, "loss"), logarithmic=True),
        Panel("validation, luma PSNR in dB", QUALITY, _points(lines, "psnr")),
        Panel("learning rate", RATE, _points(lines, "rate")),
    ]
    filled = [panel for panel in panels if panel.points]
    image = Image.new("RGB", (WIDTH, HEIGHT * max(len(filled), 1)), PAPER)
    last = max((each.iteration for each in lines), default=1)
    for number, panel in enumerate(filled):
        _draw_panel(ImageDraw.Draw(image), panel, HEIGHT * number, max(last, 1))
    return image


def _points(lines: Sequence[Line], name: str) -> list[tuple[float, float]]:
    """What of a quantity can be drawn: it is not always measured, or no number."""
    found = [(float(each.iteration), getattr(each, name)) for each in lines]
    return [(at, value) for at, value in found if value is not None and math.isfinite(value)]


def _draw_panel(pen: ImageDraw.ImageDraw, panel: Panel, top: int, last: float) -> None:
    values = [value for _, value in panel.points]
    bend = _bend(panel.logarithmic, values)
    low, high = bend(min(values)), bend(max(values))
    margin = 0.05 * (high - low) or 0.5
    low, high = low - margin, high + margin
    x0, x1, y0, y1 = LEFT, WIDTH - RIGHT, top + TOP, top + HEIGHT - BOTTOM

    def place(iteration: float, value: float) -> tuple[float, float]:
        share = (bend(value) - low) / (high - low)
        return x0 + (x1 - x0) * iteration / last, y1 - (y1 - y0) * share

    font = ImageFont.load_default(13)
    pen.text((x0, top + 10), f"{panel.title}   {_number(values[-1])}", panel.colour, font)
    for value in _ticks(values):
        y = place(0, value)[1]
        pen.line([(x0, y), (x1, y)], RULE)
        pen.text((x0 - 8, y), _number(value), DIM, font, anchor="rm")
    pen.text((x1, y1 + 8), f"{int(last):,} iterations", DIM, font, anchor="ra")
    points = [place(*point) for point in panel.points]
    if len(points) > 1:
        pen.line(points, panel.colour, 2, joint="curve")
    x, y = points[-1]
    pen.ellipse([x - 3, y - 3, x + 3, y + 3], panel.colour)


def _bend(logarithmic: bool, values: Sequence[float]) -> Callable[[float], float]:
    return math.log10 if logarithmic and min(values) > 0 else float


def _ticks(values: Sequence[float]) -> list[float]:
    """The least, the greatest and what lies between, without repetition."""
    low, high = min(values), max(values)
    return [low] if low == high else [low, (low + high) / 2, high]


def _number(value: float) -> str:
    return f"{value:.2f}" if 1 <= abs(value) < 1000 else f"{value:.3g}"
