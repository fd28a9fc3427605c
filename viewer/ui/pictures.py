"""The pictures of a comparison in a view: what is asked of the worker, what has come, how it is
painted. Knows nothing of widgets and events.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter

from models.samplers.grid import EDGE, Grid, Region
from viewer.rendering.messages import (
    Failed,
    Finished,
    LayerRequest,
    Message,
    Patches,
    Pixels,
    Request,
    Scene,
)
from viewer.rendering.view import Lattices, Placement, Size, View
from viewer.ui.camera import Camera
from viewer.ui.compare import LAYERS, SIDES, Comparison
from viewer.ui.differences import difference
from viewer.ui.layers import Layer, draw_warped, image_of, places_of
from viewer.ui.notation import show_time
from viewer.ui.panes import Pane

TICK_MS = 16
"""Milliseconds between paints while something fades."""


class Pictures(QObject):
    """Frames of the sides, their gradient maps and the difference of A and B.

    Attributes:
        comparison: modes and samplers.
        scene: the open picture, or None.
        generation: number of the newest request.

    Signals:
        changed(): something else is to be painted.
        freshened(str, object): tiles of a layer have come or faded further: its name, and their
            places (rectangles) in device pixels of the view.
        state_changed(str, object): what the rendering is at, and its share done (or None).
        rested(): the newest view is finished and on screen.
        failed(str, str): a sampler cannot be used, and why.
        decoded(str): how the newest view's networks were decoded, such as "Triton".
        made(object): the keys of the newest view's samplers by their names.
    """

    changed = Signal()
    freshened = Signal(str, object)
    state_changed = Signal(str, object)
    rested = Signal()
    failed = Signal(str, str)
    decoded = Signal(str)
    made = Signal(object)

    def __init__(
        self,
        render: Callable[[Request], None],
        camera: Camera,
        parent: QObject | None = None,
        *,
        animated: bool = True,
    ):
        super().__init__(parent)
        self.comparison = Comparison()
        self.scene: Scene | None = None
        self.generation = 0
        self._render = render
        self._camera = camera
        self._animated = animated
        self._base: Pixels | None = None
        self._layers: dict[str, Layer] = {}
        self._difference = Layer()
        self._lattices = Lattices()
        self._placement: Placement | None = None
        self._requested: Request | None = None
        self._since = 0
        self._finished = 0
        self._seconds = 0.0
        self._reported = ""
        self._ticker = QTimer(self, interval=TICK_MS)
        self._ticker.timeout.connect(self._tick)

    # -- what is shown ------------------------------------------------------------------

    @property
    def size(self) -> Size | None:
        """Size of the open picture in source pixels."""
        if self.scene is None:
            return None
        return Size(self.scene.source.width, self.scene.source.height)

    @property
    def grid(self) -> Grid | None:
        """The samples of the target view."""
        return None if self._placement is None else self._placement.grid

    def grid_in(self, view: View) -> Grid | None:
        """The samples of a view, on the lattices of those before; None if it has none."""
        placement = None if self.size is None else view.placement(self.size, self._lattices)
        return None if placement is None else placement.grid

    @property
    def reduced(self) -> bool:
        """Whether the view shows the reduced source, whatever the samplers."""
        return self.grid is not None and self.grid.lattice.reduces

    def show_scene(self, scene: Scene, base: Pixels) -> None:
        """Take another picture; the next request will be for it."""
        self.scene, self._base = scene, base
        self._layers.clear()
        self._difference.clear()
        self._lattices = Lattices()
        self._placement = self._requested = None
        # What was said last is of the old picture, and "opening …" stands in its place by now.
        self._reported = ""

    def compare(self, comparison: Comparison) -> None:
        """Change what is compared; layers that would show something else are dropped."""
        old, self.comparison = self.comparison, comparison
        for layer in LAYERS:
            if old.spec(layer) != comparison.spec(layer):
                self._layers.pop(layer, None)
        if any(old.spec(side) != comparison.spec(side) for side in SIDES):
            self._seconds = 0.0  # of a sampler that may have left
        if old.spec("a") != comparison.spec("a") or old.spec("b") != comparison.spec("b"):
            self._difference.clear()
        if old.factor != comparison.factor:
            self._difference.restart()
        self.changed.emit()

    def lacks(self) -> bool:
        """Whether the worker has to be asked again.

        Either a layer is needed that the last request did not name, or the worker is still at one
        that is not needed any more.
        """
        if self._requested is None:
            return False
        asked = {(layer.layer, layer.sampler) for layer in self._requested.layers}
        needed = {(name, self.comparison.spec(name)) for name in self.comparison.layers}
        return not needed <= asked or (needed != asked and not self.at_rest)

    # -- asking -------------------------------------------------------------------------

    def request(self, panes: list[Pane], focus: tuple[float, float]) -> None:
        """Hand the target view to the worker, under a new generation number.

        Args:
            panes: which sides are visible; they come first.
            focus: device point of the view from which tiles go outward.
        """
        view, size = self._camera.target, self.size
        if self.scene is None or view is None or size is None:
            return
        self._placement = view.placement(size, self._lattices)
        if self._placement is None:
            # Not one sample lies in the picture: what was final before is not this view.
            self._requested = None
            self._report()
            return
        grid, left, top = self._placement
        before = self._requested
        same_lattice = before is not None and before.grid.lattice == grid.lattice
        if not same_lattice:
            self._seconds = 0.0
        self.generation += 1
        self._requested = Request(
            self.generation,
            self.scene,
            grid,
            tuple(self._begin(name, view, grid) for name in self.comparison.ordered(panes)),
            (focus[0] - left, focus[1] - top),
            self._camera.moving and not same_lattice,
        )
        if before is None or not before.leads_to(self._requested):
            self._since = self.generation
        self._difference.begin(grid)
        self._render(self._requested)
        self._report()

    def _begin(self, name: str, view: View, grid: Grid) -> LayerRequest:
        layer = self._layers.setdefault(name, Layer())
        layer.begin(grid)
        shown = max(layer.shown(view, self._seen(view)), self._base_shown(view))
        return LayerRequest(name, self.comparison.spec(name), shown)

    def _base_shown(self, view: View) -> float:
        """Samples of the base per device pixel."""
        if self._base is None or self.size is None:
            return 0.0
        return min(1.0, float(self._base.shape[1]) / self.size.width / view.scale)

    def take(self, message: Message) -> None:
        """An answer of the worker; to older views only if they were on the way to this one."""
        if not self._wanted(message):
            return
        if isinstance(message, Patches):
            self._take_patches(message)
        elif isinstance(message, Finished):
            self._finished = message.generation
            if message.path:
                self.decoded.emit(message.path)
            self.made.emit(message.keys)
            self._seconds = max(self._seconds, message.seconds)
            self._ticker.start()
        elif isinstance(message, Failed):
            self.failed.emit(message.sampler, message.reason)
        self._report()

    def _wanted(self, message: Message) -> bool:
        if message.generation == self.generation:
            return True
        moving = self._requested is not None and self._requested.moving
        return moving and isinstance(message, Patches) and message.generation >= self._since

    def _take_patches(self, patches: Patches) -> None:
        layer = self._layers.get(patches.layer)
        if layer is None:
            return
        still = self._camera.shown == self._camera.target
        new = layer.take(patches, time.perf_counter(), fade=self._animated and still)
        self._ticker.start()
        if still and patches.grid == self.grid:
            self._freshen(patches.layer, places_of(new))
        else:
            self.changed.emit()

    def _freshen(self, name: str, places: list[QRect]) -> None:
        if self._placement is not None and places:
            corner = self._placement[1:]
            self.freshened.emit(name, [place.translated(*corner) for place in places])

    def _tick(self) -> None:
        """While something fades: paint its next frame; when all is done, stop."""
        now = time.perf_counter()
        fading = False
        for name, layer in self._layers.items():
            self._freshen(name, layer.fading)
            fading |= layer.settle(now)
        self._report()
        if not fading and not self._camera.moving:
            self._ticker.stop()

    # -- state --------------------------------------------------------------------------

    @property
    def at_rest(self) -> bool:
        """Whether every layer of the newest view is finished and shown as it is."""
        return (
            self._requested is not None
            and not self._camera.moving
            and self._camera.shown == self._camera.target
            and self._finished == self.generation
            and all(layer.complete for layer in self._asked())
        )

    @property
    def state(self) -> str:
        """What the rendering is at, in words."""
        return self._state()[0]

    def _asked(self) -> list[Layer]:
        if self._requested is None:
            return []
        return [self._layers.setdefault(r.layer, Layer()) for r in self._requested.layers]

    def _report(self) -> None:
        text, share = self._state()
        if text != self._reported:
            self._reported = text
            self.state_changed.emit(text, share)
            if self.at_rest:
                self.rested.emit()

    def _state(self) -> tuple[str, float | None]:
        if self._requested is None:
            return "", None
        prefix = "source, reduced · " if self.reduced else ""
        if self.at_rest:
            return f"{prefix}final · {show_time(self._seconds)}", None
        frames = [layer.current for layer in self._asked() if layer.current is not None]
        total = sum(frame.total for frame in frames)
        share = sum(frame.done for frame in frames) / total if total else 0.0
        if self._requested.moving:
            factor = max(layer.preview_factor for layer in self._asked())
            return f"{prefix}preview 1/{factor}" if factor > 1 else f"{prefix}preview", share
        return f"{prefix}refining {math.floor(share * 100)} %", share

    # -- painting -----------------------------------------------------------------------

    def paint(self, painter: QPainter, panes: list[Pane], touched: QRect) -> None:
        """Paint the panes in device pixels, in the view that is shown now.

        Args:
            touched: what is to be painted anew, in device pixels of the canvas.
        """
        view = self._camera.shown
        if view is None or self.scene is None:
            return
        now = time.perf_counter()
        # Previews and warped frames may reach a little beyond the picture.
        covered = self._covered(view)
        for pane in panes:
            corner = pane.area.topLeft()
            area = covered & (pane.clip & touched).translated(-corner)
            if not area.isEmpty():
                painter.save()
                painter.translate(corner)
                painter.setClipRect(area)
                self._paint_side(painter, pane.side, view, now, area)
                painter.restore()

    def _paint_side(
        self, painter: QPainter, side: str, view: View, now: float, area: QRect
    ) -> None:
        if side == "diff":
            self._update_difference()
            self._difference.paint(painter, view, now, area)
            return
        ground = partial(self._paint_base, painter, view)
        self._layers.get(side, Layer()).paint(painter, view, now, area, ground)
        cover = self._layers.get(f"g{side}")
        if cover is not None and self.comparison.has_map(side):
            self._paint_map(painter, cover, view, now, area)

    def _paint_map(
        self, painter: QPainter, cover: Layer, view: View, now: float, area: QRect
    ) -> None:
        """Lay the map over: painted by itself first, so that its parts do not add up."""
        sheet = QImage(view.width, view.height, QImage.Format.Format_ARGB32_Premultiplied)
        sheet.fill(Qt.GlobalColor.transparent)
        inner = QPainter(sheet)
        cover.paint(inner, view, now, area)
        inner.end()
        painter.setOpacity(self.comparison.gradient.opacity)
        painter.drawImage(QPoint(0, 0), sheet)
        painter.setOpacity(1.0)

    def _covered(self, view: View) -> QRect:
        """The device pixels of a view whose centres lie in the picture; of a thin one, one."""
        assert self.size is not None
        ends = (view.to_device(0.0, 0.0), view.to_device(*map(float, self.size)))
        # Cut to the view first: at strong zooms the numbers are too large for Qt's rectangles.
        left, right = (math.ceil(min(max(x, 0.0), view.width) - 0.5 - EDGE) for x, _ in ends)
        top, bottom = (math.ceil(min(max(y, 0.0), view.height) - 0.5 - EDGE) for _, y in ends)
        return QRect(left, top, max(right - left, 1), max(bottom - top, 1))

    def _seen(self, view: View) -> Region:
        """The part of the picture in a view."""
        assert self.size is not None
        try:
            return view.region.clipped(*self.size)
        except ValueError:
            return view.region

    def _paint_base(self, painter: QPainter, view: View) -> None:
        if self._base is not None and self.size is not None:
            whole = Region(0.0, 0.0, float(self.size.width), float(self.size.height))
            draw_warped(painter, image_of(self._base, opaque=True), whole, view)

    def _update_difference(self) -> None:
        """The difference's frame follows those of A and B."""
        a, b = (self._layers.get(side) for side in ("a", "b"))
        target = self._difference.current
        if a is None or b is None or target is None or a.current is None or b.current is None:
            return
        if a.current.grid == b.current.grid == target.grid:
            make = partial(difference, factor=self.comparison.factor)
            target.follow((a.current, b.current), make)
