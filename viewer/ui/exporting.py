"""Exports from the window: the dialog, the job on the compute thread, the bar that follows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from models.samplers.grid import Region
from viewer.rendering.bridge import Bridge
from viewer.rendering.deferred import Deferred
from viewer.rendering.jobs import ExportJob, ExportSettings, Job
from viewer.rendering.messages import SamplerSpec, Scene
from viewer.rendering.renderer import Renderer
from viewer.rendering.worker import Worker
from viewer.ui.canvas import Canvas
from viewer.ui.export_choice import ExportChoice, ExportContext
from viewer.ui.export_progress import ExportProgress


@dataclass(frozen=True)
class _Progress:
    fraction: float
    seconds_left: float | None


@dataclass(frozen=True)
class _Done:
    path: Path


@dataclass(frozen=True)
class _Failed:
    reason: str


@dataclass(frozen=True)
class _Cancelled:
    pass


class Exporter(QObject):
    """Runs one export at a time.

    Attributes:
        running: whether an export is under way.

    Signals:
        ended(): the export under way is over, however it ended.
    """

    ended = Signal()

    def __init__(
        self, worker: Worker, renderer: Renderer, bar: ExportProgress, parent: QObject | None = None
    ):
        super().__init__(parent)
        self._worker = worker
        self._renderer = renderer
        self._bar = bar
        self._job: Deferred | None = None
        self._bridge = Bridge(self)
        self._bridge.arrived.connect(self._report)
        bar.cancel_requested.connect(self.cancel)

    @property
    def running(self) -> bool:
        """Whether an export is under way."""
        return self._job is not None

    def context(self, canvas: Canvas, visible: Region | None) -> ExportContext | None:
        """What the dialog starts from: the drawn region or the visible one; None without one."""
        # Bars do not count: what is exported while one is there is the same before and after.
        scene, view = canvas.scene, canvas.camera.without_bars
        drawn = canvas.region_tool.region
        region = drawn or visible
        if scene is None or view is None or region is None:
            return None
        comparison, renderer = canvas.comparison, self._renderer

        def speed(side: str) -> float | None:
            seconds = renderer.seconds_per_sample(comparison.sampler(side))
            return 1.0 / seconds if seconds else None

        return ExportContext(
            source=scene.source,
            region=region,
            scale=view.scale,
            titles={side: canvas.titles[side] for side in comparison.sides},
            pixels_per_second=speed,
            canvas_grid=None if drawn else canvas.pictures.grid_in(view),
            drawn=drawn is not None,
            sides=("b",) if comparison.mode in ("single", "flip") else None,
        )

    def start(self, scene: Scene, choice: ExportChoice, samplers: dict[str, SamplerSpec]) -> None:
        """Write what a person chose; ``samplers`` are those of the sides, by name."""
        send = self._bridge.send

        def make() -> Job:
            settings = ExportSettings(
                choice.out,
                choice.grid,
                tuple(self._renderer.sampler_for(scene, samplers[side]) for side in choice.sides),
                choice.depth,
                choice.quality,
                choice.overwrite,
            )
            return ExportJob(
                scene.source,
                settings,
                on_progress=lambda fraction, left: send(_Progress(fraction, left)),
                on_done=lambda path: send(_Done(path)),
                on_error=lambda reason: send(_Failed(reason)),
                on_cancelled=lambda: send(_Cancelled()),
                relieve=self._renderer.release,
            )

        self._job = Deferred(
            make,
            on_error=lambda reason: send(_Failed(reason)),
            on_cancelled=lambda: send(_Cancelled()),
        )
        self._bar.start(choice.out)
        self._worker.submit(self._job)

    def cancel(self) -> None:
        """Stop the export; no file is left."""
        if self._job is not None:
            self._job.cancel()

    def _report(self, message: object) -> None:
        if isinstance(message, _Progress):
            self._bar.set_progress(message.fraction, message.seconds_left)
            return
        self._job = None
        if isinstance(message, _Done):
            self._bar.set_done(message.path)
        elif isinstance(message, _Failed):
            self._bar.set_error(message.reason)
        else:
            self._bar.set_cancelled()
        self.ended.emit()
