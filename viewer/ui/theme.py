"""The look: colours, type sizes, the style sheet and the icons."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from importlib import resources
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QImage, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QStyleFactory

SURROUND: Final = QColor("#0e0f11")
"""Around the picture on the canvas."""
WINDOW: Final = QColor("#1b1d20")
"""Window, and the inside of fields."""
PANEL: Final = QColor("#232629")
"""Bars, inspector, menus."""
HOVER: Final = QColor("#2c3034")
"""A flat control under the pointer."""
RAISED: Final = QColor("#3a3f45")
"""The chosen segment, a highlighted menu row, a button that is on."""
LINE: Final = QColor("#33373c")
"""Hairlines and frames."""
TEXT: Final = QColor("#e6e8ea")
DIM: Final = QColor("#9aa1a8")
"""Second lines, units, labels of fields."""
FAINT: Final = QColor("#63696f")
"""What is switched off."""
ACTION: Final = QColor("#3a7bd5")
"""The primary button, slider levels, the focus ring."""
WARNING: Final = QColor("#e5786d")
"""What went wrong."""
SIDE_A: Final = QColor("#6aa9ff")
SIDE_B: Final = QColor("#ffb454")
SIDE_C: Final = QColor("#6fd08c")
SIDE_D: Final = QColor("#d98cf0")

TEXT_PX: Final = 13
"""Size of type, in logical pixels."""
SMALL_PX: Final = 12
"""Size of second lines and of the status bar, in logical pixels."""

REDUCED_MOTION_VARIABLE: Final = "LIIF_VIEWER_REDUCED_MOTION"
"""Set to 1 or 0, this environment variable overrules the desktop's preference."""

_SIDES: Final = {"a": SIDE_A, "b": SIDE_B, "c": SIDE_C, "d": SIDE_D}
_SHEET_COLOURS: Final = {
    "SURROUND": SURROUND,
    "WINDOW": WINDOW,
    "PANEL": PANEL,
    "HOVER": HOVER,
    "RAISED": RAISED,
    "LINE": LINE,
    "TEXT": TEXT,
    "DIM": DIM,
    "FAINT": FAINT,
    "ACTION": ACTION,
    "WARNING": WARNING,
    "SIDE_B": SIDE_B,
}
_ICON_PIXELS: Final = (1.0, 1.25, 1.5, 1.75, 2.0, 3.0)


def side_colour(side: str) -> QColor:
    """The colour of side "a", "b", "c" or "d". Raises KeyError for any other."""
    return _SIDES[side]


def apply_theme(app: QApplication) -> None:
    """Give the application Fusion, our palette, the UI font at 13 px and our style sheet."""
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setPalette(_palette())
    font = QFont(app.font())
    font.setPixelSize(TEXT_PX)
    app.setFont(font)
    app.setStyleSheet(_style_sheet())


def sized(font: QFont, pixels: int, *, tabular: bool = False) -> QFont:
    """A copy of a font at a size in logical pixels; ``tabular`` makes all figures equally wide."""
    copy = QFont(font)
    copy.setPixelSize(pixels)
    if tabular:
        copy.setFeature(QFont.Tag("tnum"), 1)
    return copy


def reduced_motion() -> bool:
    """Whether the person asked for no animation (environment variable, else the desktop)."""
    wish = os.environ.get(REDUCED_MOTION_VARIABLE)
    if wish is not None:
        return wish.strip().lower() not in {"", "0", "no", "false"}
    # Qt tells since 6.11; before that there is no portable answer.
    try:
        styles = QGuiApplication.styleHints()
        hints = getattr(styles, "accessibility", lambda: None)()
        preference = getattr(hints, "motionPreference", lambda: None)()
    except RuntimeError:
        # The hints belong to the platform plugin, which may have replaced them meanwhile.
        return False
    return getattr(preference, "name", "") == "ReducedMotion"


def icon(name: str, colour: QColor = TEXT, size: int = 16) -> QIcon:
    """The icon of resources/icons, exact at every usual device pixel ratio.

    Raises FileNotFoundError if there is no such icon.
    """
    result = QIcon()
    for mode, tint in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, FAINT)):
        for ratio in _ICON_PIXELS:
            pixmap = QPixmap.fromImage(icon_image(name, round(size * ratio), tint.name()))
            pixmap.setDevicePixelRatio(ratio)
            result.addPixmap(pixmap, mode)
    return result


def application_icon() -> QIcon:
    """The window's icon, in the sizes that desktops ask for."""
    result = QIcon()
    for side in (16, 24, 32, 48, 64, 128, 256):
        result.addPixmap(QPixmap.fromImage(icon_image("app", side, DIM.name())))
    return result


@lru_cache(maxsize=256)
def icon_image(name: str, side: int, colour: str) -> QImage:
    """An icon of ``side`` × ``side`` device pixels, its strokes in ``colour`` ("#rrggbb").

    Raises FileNotFoundError if there is no such icon.
    """
    # The files are drawn in the dim grey, so that style sheets can name them as they are.
    drawing = (resources.files("resources.icons") / f"{name}.svg").read_text("utf-8")
    renderer = QSvgRenderer(QByteArray(drawing.replace(DIM.name(), colour).encode()))
    image = QImage(QSize(side, side), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return image


def _style_sheet() -> str:
    template = (resources.files("resources.style") / "dark.qss").read_text("utf-8")
    values = {name: colour.name() for name, colour in _SHEET_COLOURS.items()}
    values["ICONS"] = str(resources.files("resources.icons")).replace("\\", "/")
    return re.sub(r"@([A-Z_]+)", lambda match: values[match[1]], template)


def _palette() -> QPalette:
    role, off = QPalette.ColorRole, QPalette.ColorGroup.Disabled
    palette = QPalette(PANEL, WINDOW)
    for where, colour in (
        (role.Window, WINDOW), (role.WindowText, TEXT), (role.Base, WINDOW),
        (role.AlternateBase, PANEL), (role.Text, TEXT), (role.PlaceholderText, DIM),
        (role.Button, PANEL), (role.ButtonText, TEXT), (role.BrightText, TEXT),
        (role.ToolTipBase, PANEL), (role.ToolTipText, TEXT), (role.Link, ACTION),
        (role.LinkVisited, ACTION), (role.Highlight, ACTION), (role.Accent, ACTION),
        (role.HighlightedText, QColor("white")), (role.Light, RAISED), (role.Midlight, HOVER),
        (role.Mid, LINE), (role.Dark, SURROUND), (role.Shadow, SURROUND),
    ):  # fmt: skip
        palette.setColor(where, colour)
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(off, where, FAINT)
    return palette
