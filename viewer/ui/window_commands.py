"""The window's commands: names, words, keys and effects."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from viewer.ui.actions import Command

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

ZOOM_KEY = 0.5
"""Log₂ of the factor of one press of + or −."""


def window_commands(window: MainWindow) -> dict[str, Command]:
    """Names, words, keys and effects of what keys can do."""

    def scale(factor: float) -> Callable[[], None]:
        return lambda: window.scale_to(factor)

    def zoom(sign: int) -> Callable[[], None]:
        return lambda: window.canvas.camera.zoom(sign * ZOOM_KEY, *window.canvas.centre())

    modes = {"single": "Single", "split": "Split", "side": "Side by side", "flip": "Flip",
             "diff": "Difference", "grid": "Grid"}  # fmt: skip
    commands = {
        "open": Command("Open…", ("Ctrl+O",), window.opening.ask),
        "paste": Command("Paste a picture", ("Ctrl+V",), window.paste),
        "copy": Command("Copy the view", ("Ctrl+C",), window.copy_view),
        "export": Command("Export…", ("Ctrl+E",), window.export),
        "fit": Command("Fit the picture", ("F", "0", "Home"), window.canvas.camera.fit),
        "zoom_in": Command("Zoom in", ("+", "="), zoom(1)),
        "zoom_out": Command("Zoom out", ("-",), zoom(-1)),
        "gradient": Command("Gradient map", ("G",), window.comparing.toggle_gradient),
        "region": Command("Region", ("R",), window.toggle_region),
        "difference": Command("Difference", ("D",), window.comparing.toggle_difference),
        "minimap": Command("Minimap", ("M",), window.toggle_minimap),
        "inspector": Command("Inspector", ("I",), window.toggle_inspector),
        "fullscreen": Command("Full screen", ("F11",), window.toggle_full_screen),
        "next": Command("Next picture", ("PgDown",), lambda: window.opening.step(1)),
        "previous": Command("Previous picture", ("PgUp",), lambda: window.opening.step(-1)),
        "keys": Command("Keys and gestures", ("?",), window.show_keys),
        "quit": Command("Quit", ("Ctrl+Q",), window.close),
    }
    for factor in (1, 2, 4, 8):
        commands[f"scale_{factor}"] = Command(f"{factor * 100} %", (str(factor),), scale(factor))
    for number, (mode, words) in enumerate(modes.items(), 1):
        commands[f"mode_{mode}"] = Command(
            words, (f"Alt+{number}",), lambda _=False, mode=mode: window.comparing.set_mode(mode)
        )
    return commands
