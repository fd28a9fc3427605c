"""Keeps what is compared the same in the canvas, the top bar, the inspector and the memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QPointF
from PySide6.QtWidgets import QFileDialog

from models.backend import Backend
from models.catalogue import Description
from viewer.ui import incoming
from viewer.ui.compare import MODES, SIDES, Comparison
from viewer.ui.model_info import ModelInfo
from viewer.ui.preferences import Preferences
from viewer.ui.settings import GradientSettings
from viewer.ui.window_layout import WindowParts

FALLBACK = "bicubic"
"""What a side shows whose sampler failed, if nothing else is known to work."""

REMEMBERED = ("mode", "c", "d")
"""What of a comparison is there again in the next session."""


class Comparing(QObject):
    """The compare mode, the samplers of the sides, their menus, and the gradient map's settings."""

    def __init__(
        self,
        parts: WindowParts,
        preferences: Preferences,
        backend: Backend,
        send: Callable[[object], None],
    ):
        super().__init__(parts)
        self._parts, self._canvas = parts, parts.canvas
        self._preferences = preferences
        self._models = ModelInfo(backend, send)
        self._listed: list[Description] = []
        self._before_difference = "split"
        self._canvas.compare(self._remembered())
        self._usable = self.comparison
        self._connect()
        self._show()

    def _connect(self) -> None:
        parts = self._parts
        parts.top.mode_chosen.connect(self.set_mode)
        parts.top.gradient_toggled.connect(self.set_gradient_shown)
        parts.inspector.sampler_chosen.connect(self.set_sampler)
        parts.inspector.open_model_requested.connect(self._ask_for_model)
        parts.inspector.gradient_changed.connect(self._set_gradient)
        parts.inspector.difference_changed.connect(self._set_factor)
        self._canvas.pictures.failed.connect(self._sampler_failed)
        self._canvas.pictures.rested.connect(self._remember_usable)
        self._canvas.pictures.made.connect(self._models.follow)

    @property
    def comparison(self) -> Comparison:
        """What is compared, and how."""
        return self._canvas.comparison

    def set_mode(self, mode: str) -> None:
        """Choose how the sides stand against each other."""
        if self.comparison.mode != "diff":
            self._before_difference = self.comparison.mode
        self._change(mode=mode)

    def set_sampler(self, side: str, name: str) -> None:
        """Choose the sampler of a side; "" takes C or D away."""
        self._change(**{side: name})

    def flip(self, held: bool) -> None:
        """Let A and B change places for a while."""
        self._change(swapped=held)

    def toggle_difference(self) -> None:
        """Show the difference, or go back to the mode before it."""
        self.set_mode(self._before_difference if self.comparison.mode == "diff" else "diff")

    def close(self) -> None:
        """End the threads that read models."""
        self._models.close()

    def _change(self, **changes: object) -> None:
        self._canvas.compare(replace(self.comparison, **changes))  # type: ignore[arg-type]
        self._show()
        for name in REMEMBERED:
            value = getattr(self.comparison, name)
            if name in changes and (name == "mode" or self._models.lasts(value)):
                self._preferences.set_choice(name, value)

    def _remembered(self) -> Comparison:
        """A comparison with what was chosen in the last session, as far as it is still there."""
        stored = {name: self._preferences.choice(name) for name in REMEMBERED}
        mode = stored.pop("mode")
        known = {name: value for name, value in stored.items() if self._models.lasts(value)}
        if mode in MODES:
            known["mode"] = mode
        return replace(self.comparison, **known)  # type: ignore[arg-type]

    # -- what is shown ------------------------------------------------------------------

    def _show(self) -> None:
        comparison, top, inspector = self.comparison, self._parts.top, self._parts.inspector
        self.list_samplers()
        top.set_mode(comparison.mode)
        top.set_gradient(comparison.gradient.enabled)
        inspector.set_mode(comparison.mode)
        inspector.set_gradient(comparison.gradient)
        inspector.set_difference(comparison.factor)
        for side in SIDES:
            name = self._models.listed_name(comparison.sampler(side))
            inspector.set_choice(side, name)
            self._canvas.titles[side] = self._models.title(name)
        self._canvas.update()

    def list_samplers(self) -> None:
        """Fill the menus, if there is something else to list, such as a file that was brought."""
        listed = self._models.descriptions(map(self.comparison.sampler, SIDES))
        if listed != self._listed:
            self._listed = listed
            self._parts.inspector.set_samplers(listed)

    # -- models -------------------------------------------------------------------------

    def _ask_for_model(self, side: str) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._parts.window(), "Open a model", "", incoming.MODEL_FILTER
        )
        if name:
            self.open_model(side, Path(name))

    def open_model(self, side: str, path: Path) -> None:
        """Use the checkpoint of a file on a side; it is read in the compute thread.

        One that is opened again is read again wherever it is shown: it may have been trained on.
        """
        self._models.add(path)
        name, before = str(path), self.comparison.openings
        self._change(**{side: name}, openings={**before, name: before.get(name, 0) + 1})

    def side_at(self, position: QPointF) -> str:
        """The side that is shown at a point of the canvas; B where none is."""
        device = self._canvas.device
        at = device.from_logical(position).toPoint()
        panes = self.comparison.panes(device.width, device.height)
        shown = (pane.side for pane in panes if pane.side in SIDES and pane.clip.contains(at))
        return next(shown, "b") if self._canvas.isVisible() else "b"

    def model_described(self, description: Description) -> None:
        """Say what has been found out about a model file."""
        self._models.put(description)
        self._show()

    def _sampler_failed(self, name: str, reason: str) -> None:
        """A model cannot be used: say so, and go back to what was shown before."""
        self._models.remove(name)
        sides = [side for side in SIDES if self.comparison.sampler(side) == name]
        before = {side: self._usable.sampler(side) for side in sides}
        self._change(**{side: old if old != name else FALLBACK for side, old in before.items()})
        if not sides and name.startswith("gradient:"):
            self.set_gradient_shown(False)
        self._show()
        self._parts.messages.show_message(reason)

    def _remember_usable(self) -> None:
        """Samplers that came to rest are what a broken one gives way to."""
        self._usable = self.comparison

    # -- gradient map and difference ----------------------------------------------------

    def set_gradient_shown(self, shown: bool) -> None:
        """Lay the gradient map over, or take it off."""
        self._set_gradient(replace(self.comparison.gradient, enabled=shown))

    def toggle_gradient(self) -> None:
        """The gradient map on or off."""
        self.set_gradient_shown(not self.comparison.gradient.enabled)

    def _set_gradient(self, gradient: GradientSettings) -> None:
        self._change(gradient=gradient)

    def _set_factor(self, factor: float) -> None:
        self._change(factor=factor)
