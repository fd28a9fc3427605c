"""Lines of text on sheets, in the program's colours and without Qt's fonts."""

from __future__ import annotations

import math
import unicodedata

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

SIDES: tuple[Colour, ...] = (
    (0x6A, 0xA9, 0xFF),
    (0xFF, 0xB4, 0x54),
    (0x6F, 0xD0, 0x8C),
    (0xD9, 0x8C, 0xF0),
)
"""A is blue, B amber, C green and D violet everywhere in the program."""

BACKGROUND: Colour = (0x1B, 0x1D, 0x20)
TEXT: Colour = (0xE6, 0xE8, 0xEA)
DIM: Colour = (0x9A, 0xA1, 0xA8)

STRIP = 34
"""Height of a line of text."""

TEXT_SIZE = 15
DOT = 12
TAB = 18
"""Side of the square that holds a number."""


class Line:
    """One line of text, ``STRIP`` pixels high."""

    def __init__(self, width: int):
        self._image = Image.new("RGB", (width, STRIP), BACKGROUND)
        self._draw = ImageDraw.Draw(self._image)
        self._font = ImageFont.load_default(TEXT_SIZE)

    @property
    def pixels(self) -> Pixels:
        """``[STRIP, width, 3]``."""
        return np.array(self._image)

    def dot(self, left: int, colour: Colour) -> int:
        """A disc, drawn larger and reduced so that its edge is smooth; where it ends."""
        mask = Image.new("L", (4 * DOT, 4 * DOT))
        ImageDraw.Draw(mask).ellipse((0, 0, 4 * DOT - 1, 4 * DOT - 1), fill=255)
        self._image.paste(colour, (left, (STRIP - DOT) // 2), mask.reduce(4))
        return left + DOT

    def tab(self, left: int, number: int, colour: Colour) -> int:
        """A numbered square; where it ends."""
        self._image.paste(Image.fromarray(tab(number, colour)), (left, (STRIP - TAB) // 2))
        return left + TAB

    def write(self, left: int, right: int, text: str, colour: Colour) -> int:
        """As much of a text as fits between two columns; where it ends."""
        shown = plain(text)
        while shown and left + self._font.getlength(shown) > right:
            shown = shown[:-2].rstrip() + "…" if len(shown) > 2 else ""
        self._draw.text((left, STRIP / 2), shown, fill=colour, font=self._font, anchor="lm")
        return left + math.ceil(self._font.getlength(shown))


def tab(number: int, colour: Colour) -> Pixels:
    """A square ``[TAB, TAB, 3]`` in a colour with a number in it."""
    image = Image.new("RGB", (TAB, TAB), colour)
    font = ImageFont.load_default(TEXT_SIZE - 2)
    middle = (TAB / 2, TAB / 2)
    ImageDraw.Draw(image).text(middle, str(number), fill=BACKGROUND, font=font, anchor="mm")
    return np.array(image)


def blank(rows: int, columns: int) -> Pixels:
    """Rows of background."""
    return np.full((rows, columns, 3), BACKGROUND, np.uint8)


_ASCII = str.maketrans("×–—−", "x---")


def plain(text: str) -> str:
    """A text in the letters of Pillow's own font, which knows little beyond ASCII."""
    kept = text.translate(_ASCII).replace("…", "\0").replace("·", "\1")
    split = unicodedata.normalize("NFKD", kept)
    letters = (each for each in split if not unicodedata.combining(each))
    shown = "".join(each if each < "\x7f" else "?" for each in letters)
    return shown.replace("\0", "…").replace("\1", "·")
