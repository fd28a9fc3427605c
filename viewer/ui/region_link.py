"""Keeps the region the same in the canvas, the inspector and the top bar."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from PySide6.QtCore import QObject

from models.samplers.grid import Region
from viewer.ui.after_release import AfterRelease
from viewer.ui.canvas import Canvas
from viewer.ui.fields import NumberField
from viewer.ui.inspector import Inspector
from viewer.ui.top_bar import TopBar


class RegionLink(QObject):
    """Connects the region tool with its numbers and its button.

    Attributes:
        active: whether the tool is on.
    """

    def __init__(self, canvas: Canvas, inspector: Inspector, top: TopBar):
        super().__init__(canvas)
        self._canvas, self._inspector, self._top = canvas, inspector, top
        self._tool = canvas.region_tool
        self._grasp = AfterRelease(self._take_hold, self)
        self._tool.changed.connect(lambda _: self.show())
        top.region_toggled.connect(self.set_active)
        inspector.region_edited.connect(self._edit)
        inspector.region_cleared.connect(lambda: self._tool.set_region(None))
        inspector.aspect_locked.connect(self._lock_aspect)
        inspector.snap_changed.connect(self._snap)

    @property
    def active(self) -> bool:
        """Whether the tool is on."""
        return self._tool.active

    @property
    def fields(self) -> Iterable[NumberField]:
        """Those of its numbers."""
        return self._inspector.region.fields.values()

    def set_active(self, active: bool) -> None:
        """Switch the tool on, or off together with its region."""
        self._tool.active = active
        if not active:
            self._tool.cancel()
            self._tool.set_region(None)
        self._top.set_region(active)
        self._canvas.update()

    def show(self) -> None:
        """Show the drawn region's numbers, or those of what is visible."""
        view, drawn = self._canvas.camera.target, self._tool.region
        scale = 1.0 if view is None else view.scale
        self._inspector.set_region(drawn or self._canvas.visible_region(), drawn is None, scale)

    def nudge(self, way: tuple[int, int], step: float) -> bool:
        """Move the region by an arrow key while the tool is on; whether there is one."""
        if not self._tool.active or self._tool.region is None:
            return False
        self._tool.nudge(way[0] * step, way[1] * step)
        return True

    def _edit(self, region: Region) -> None:
        """Take typed numbers; what reaches beyond the picture is cut off.

        To move it inside would undo the typing: an x typed for the whole picture would be 0 again.
        """
        picture = self._canvas.picture
        if picture is not None and self._tool.aspect is None:
            # All of it lies outside: then the tool moves it.
            with contextlib.suppress(ValueError):
                region = region.clipped(*picture)
        self._tool.set_region(region)
        # A press that only leaves the field must find the tool as it was: it would draw another.
        self._grasp.ask()
        self.show()

    def _take_hold(self) -> None:
        """Let a region that was typed be moved by arrows and handles as one that is drawn."""
        if self._tool.region is not None:
            self.set_active(True)

    def _lock_aspect(self, locked: bool) -> None:
        region = self._tool.region or self._canvas.visible_region()
        self._tool.aspect = region.width / region.height if locked and region is not None else None

    def _snap(self, on: bool) -> None:
        self._tool.snap = on
