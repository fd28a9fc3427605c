"""The main window: connects the canvas, the panels, the worker and the loader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, QSettings, QSize, Qt
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
)
from PySide6.QtWidgets import QMainWindow

from models import catalogue
from models.backend import Backend
from viewer.rendering.bridge import Bridge
from viewer.rendering.loading import Loaded, LoadFailed
from viewer.rendering.renderer import Renderer
from viewer.rendering.worker import Worker
from viewer.ui import incoming, theme
from viewer.ui.actions import GESTURES, make_actions
from viewer.ui.comparing import Comparing
from viewer.ui.export_dialog import ExportDialog
from viewer.ui.exporting import Exporter
from viewer.ui.layers import image_of
from viewer.ui.opening import Opening
from viewer.ui.preferences import Preferences
from viewer.ui.readouts import Readouts
from viewer.ui.region_link import RegionLink
from viewer.ui.shortcuts import ShortcutSheet
from viewer.ui.space_key import SpaceKey
from viewer.ui.widgets_scroll import FRAME
from viewer.ui.window_commands import window_commands
from viewer.ui.window_layout import WindowParts

SIZE = QSize(1440, 900)
"""Of the window the first time, in logical pixels; less on a screen that has less."""

PAN_SHARE = 8
"""An arrow key pans by this part of the canvas; with Shift by all of it."""

EXPORTING = "An export is under way; wait for it or cancel it first"


class MainWindow(QMainWindow):
    """The viewer's window.

    Attributes:
        parts: the widgets.
        worker: the compute thread.
        opening: opens pictures.
        comparing: what is compared, and how.
        actions_by_name: what keys do.
    """

    def __init__(
        self, backend: Backend, settings: QSettings | None = None, *, animated: bool | None = None
    ):
        super().__init__()
        moving = not theme.reduced_motion() if animated is None else animated
        self._preferences = Preferences(settings)
        self._backend = backend
        self._bridge = Bridge(self)
        self._renderer = Renderer(backend)
        self.worker = Worker(self._renderer, self._bridge.send)
        self.opening = Opening(self._preferences, self)
        self.parts = WindowParts(self.worker.request, animated=moving)
        self.canvas = self.parts.canvas
        self.setCentralWidget(self.parts)
        self.comparing = Comparing(self.parts, self._preferences, backend, self._bridge.send)
        self._region = RegionLink(self.canvas, self.parts.inspector, self.parts.top)
        self._readouts = Readouts(self.canvas, self.parts.status, self._region)
        self._exporter = Exporter(self.worker, self._renderer, self.parts.progress, self)
        self._inspector_shown = self._preferences.shown("inspector")
        self._minimap_wanted = self._preferences.shown("minimap")
        self.setWindowTitle("LIIF Viewer")
        self.setWindowIcon(theme.application_icon())
        self.setAcceptDrops(True)
        self.resize(SIZE.boundedTo(self.screen().availableGeometry().size() - FRAME))
        if self._preferences.geometry is not None:
            self.restoreGeometry(self._preferences.geometry)
            # A window that was closed in full screen comes back with its bars, so as a window.
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowFullScreen)
        self.actions_by_name = make_actions(self, window_commands(self))
        self._space = SpaceKey(self, self.comparing.flip)
        self._said_of_pictures = ""
        self._connect()
        self._start()

    def _start(self) -> None:
        parts = self.parts
        parts.inspector.setVisible(self._inspector_shown)
        parts.top.set_recent(self._preferences.recent)
        parts.top.set_has_picture(False)
        parts.status.set_device(self._backend.describe())
        # Else the first button would have the focus, and take Space.
        parts.empty.setFocus(Qt.FocusReason.OtherFocusReason)

    def _connect(self) -> None:
        parts, canvas = self.parts, self.canvas
        self._bridge.arrived.connect(self._arrived)
        self.opening.began.connect(lambda name: self._readouts.set_state(f"opening {name}", None))
        self.opening.loaded.connect(self._loaded)
        self.opening.failed.connect(self._load_failed)
        self.opening.recent_changed.connect(parts.top.set_recent)
        self.opening.model_given.connect(self.open_model)
        parts.empty.open_requested.connect(self.opening.ask)
        parts.empty.sample_requested.connect(self.opening.open_sample)
        parts.top.open_requested.connect(self.opening.ask)
        parts.top.recent_requested.connect(self.opening.open_path)
        parts.top.export_requested.connect(self.export)
        parts.status.scale_entered.connect(self.scale_to)
        parts.minimap.centre_requested.connect(canvas.camera.centre_on)
        parts.minimap.entered.connect(canvas.forget_cursor)
        canvas.camera.shown_changed.connect(self._follow_view)
        canvas.pictures.decoded.connect(self._name_device)
        canvas.divider_moved.connect(canvas.set_divider)
        self._exporter.ended.connect(lambda: parts.messages.take_back(EXPORTING))

    def _name_device(self, path: str) -> None:
        self.parts.status.set_device(self._backend.describe(path))

    # -- opening ------------------------------------------------------------------------

    def open_paths(self, paths: list[Path]) -> None:
        """Open the first of some files; PgDown and PgUp go through the others."""
        self.opening.open_paths(paths)

    def open_path(self, path: Path) -> None:
        """Open a file; the old picture stays until it is there."""
        self.opening.open_path(path)

    def paste(self) -> None:
        """Open the picture, or the file, on the clipboard."""
        if not self.opening.paste():
            self._say_of_pictures("There is no picture on the clipboard; copy one first")

    def _arrived(self, message: object) -> None:
        if isinstance(message, catalogue.Description):
            self.comparing.model_described(message)
        else:
            self.canvas.pictures.take(message)  # type: ignore[arg-type]

    def _loaded(self, loaded: Loaded) -> None:
        source = loaded.scene.source
        self.parts.messages.take_back(self._said_of_pictures)
        if source.notes:
            self._say_of_pictures(" ".join(source.notes))
        self.parts.stack.setCurrentWidget(self.canvas)
        # First: the picture is fitted into what the bars leave.
        self.parts.make_way()
        self.parts.top.set_has_picture(True)
        self.parts.status.set_file(source.name, source.width, source.height)
        self.parts.minimap.set_picture(image_of(loaded.base, opaque=True).copy())
        # "[*]" is where Qt would mark a document that was changed.
        name = source.name.replace("[*]", "[*][*]")
        self.setWindowTitle(f"{name} — LIIF Viewer")
        # First: a field that loses the focus applies what was typed, which was for the old picture.
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self.canvas.show_scene(loaded.scene, loaded.base)
        self._region.show()

    def _load_failed(self, failure: LoadFailed) -> None:
        self._say_of_pictures(failure.reason, "Open another…", self.opening.ask)
        self._readouts.set_state(self.canvas.pictures.state, None)

    def _say_of_pictures(
        self, text: str, action: str | None = None, callback: Callable[[], object] | None = None
    ) -> None:
        """Say what holds until the next picture is open; other messages outlast it."""
        self._said_of_pictures = text
        self.parts.messages.show_message(text, action, callback)

    # -- comparing ----------------------------------------------------------------------

    def set_sampler(self, side: str, name: str) -> None:
        """Choose the sampler of side ``a``, ``b``, ``c`` or ``d``."""
        self.comparing.set_sampler(side, name)

    def open_model(self, side: str, path: Path) -> None:
        """Use the checkpoint of a file on a side."""
        self.comparing.open_model(side, path)

    # -- view, region and status --------------------------------------------------------

    def scale_to(self, scale: float) -> None:
        """Go to an exact scale about the cursor, or the middle."""
        self.canvas.camera.scale_to(scale, *self.canvas.pivot())
        # Also where nothing has changed: the field shows what was typed, not the limit it met.
        self._readouts.show_scale()

    def _follow_view(self) -> None:
        """The minimap follows what is shown."""
        camera, picture = self.canvas.camera, self.canvas.picture
        if camera.shown is None or camera.without_bars is None or picture is None:
            return
        region = camera.without_bars.region
        spare = 0.5 / camera.without_bars.scale
        larger = region.width + spare < picture.width or region.height + spare < picture.height
        self.parts.minimap.set_view(QRectF(*camera.shown.region), *picture)
        self.parts.minimap.setVisible(self._minimap_wanted and larger and self.parts.minimap_fits())
        self.parts.place_minimap()

    def toggle_region(self) -> None:
        """The region tool on or off."""
        self._region.set_active(not self._region.active)

    # -- out of the window --------------------------------------------------------------

    def export(self) -> None:
        """Ask what to write, and write it behind the views."""
        context = self._exporter.context(self.canvas, self.canvas.visible_region())
        if context is None:
            return
        if self._exporter.running:
            self.parts.messages.show_message(EXPORTING)
            return
        scene, comparison = self.canvas.scene, self.canvas.comparison
        dialog = ExportDialog(context, self, self._preferences.settings)
        if dialog.exec() and scene is not None:
            specs = {side: comparison.spec(side) for side in context.titles}
            self._exporter.start(scene, dialog.choice(), specs)
        dialog.deleteLater()

    def copy_view(self) -> None:
        """Copy what the canvas shows, pixel by pixel."""
        if self.canvas.scene is not None:
            QGuiApplication.clipboard().setImage(self.canvas.rendered())

    def show_keys(self) -> None:
        """List keys and gestures."""
        ShortcutSheet(self.actions_by_name.values(), GESTURES, self).exec()

    # -- the window itself --------------------------------------------------------------

    def toggle_inspector(self) -> None:
        """Show or hide the inspector; in full screen, where nobody would see it, nothing."""
        if self.isFullScreen():
            return
        self._inspector_shown = not self._inspector_shown
        self._preferences.set_shown("inspector", self._inspector_shown)
        self.parts.set_chrome(True, self._inspector_shown)

    def toggle_minimap(self) -> None:
        """Allow or forbid the minimap."""
        self._minimap_wanted = not self._minimap_wanted
        self._preferences.set_shown("minimap", self._minimap_wanted)
        self._follow_view()

    def toggle_full_screen(self) -> None:
        """The picture alone on the screen, and back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows pan; Esc gives up a drag, or leaves full screen."""
        ways = {Qt.Key.Key_Left: (1, 0), Qt.Key.Key_Right: (-1, 0),
                Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}  # fmt: skip
        way = ways.get(Qt.Key(event.key()))
        if way is not None and self.canvas.camera.target is not None:
            self._arrow(way, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif event.key() == Qt.Key.Key_Escape and self.canvas.pointer.cancel():
            event.accept()
        elif event.key() == Qt.Key.Key_Escape and self.isFullScreen():
            self.toggle_full_screen()
        else:
            super().keyPressEvent(event)

    def _arrow(self, way: tuple[int, int], shift: bool) -> None:
        """Nudge the region while its tool is on, else pan."""
        view = self.canvas.camera.target
        if self._region.nudge((-way[0], -way[1]), 10.0 if shift else 1.0) or view is None:
            return
        share = 1 if shift else PAN_SHARE
        # Whole steps, so that an arrow and its opposite are the identity.
        self.canvas.camera.pan(way[0] * (view.width // share), way[1] * (view.height // share))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and pictures."""
        data = event.mimeData()
        if incoming.local_paths(data) or data.hasImage():
            self.parts.empty.set_dropping(True)
            _accept_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing is held over the window any more."""
        self.parts.empty.set_dropping(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped, a model on the side that it was dropped on."""
        self.parts.empty.set_dropping(False)
        side = self.comparing.side_at(self.canvas.mapFrom(self, event.position()))
        self.opening.take(event.mimeData(), "dropped picture", side)
        _accept_copy(event)

    def changeEvent(self, event: QEvent) -> None:
        """Without the keyboard nobody holds Space; who comes back may have brought a model."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.parts.set_chrome(not self.isFullScreen(), self._inspector_shown)
        if event.type() != QEvent.Type.ActivationChange:
            return
        if self.isActiveWindow():
            self.comparing.list_samplers()
        else:
            self._space.release()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Cancel what is under way and end the threads, but wait for none that only reads."""
        self._preferences.geometry = self.saveGeometry()
        self._space.remove()
        self._exporter.cancel()
        self.worker.close()
        self.opening.close()
        self.comparing.close()
        super().closeEvent(event)


def _accept_copy(event: QDropEvent) -> None:
    """What is shown is only read: who proposes to move it must not take it away."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
