"""The gradient map of another sampler (Ma et al., SPSR, CVPR 2020), for display."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from models.samplers.base import Plane, Sampler
from models.samplers.cache import ByteCache
from models.samplers.grid import Lattice, Tile, Window

LUMA = (65.738 / 256, 129.057 / 256, 25.064 / 256)
"""Weights of R, G and B in the grey picture the map is taken from (ITU-R BT.601, studio range)."""

CACHE = 96 << 20
"""Bytes of raw maps that are kept, so that a new gain or colour map costs no new samples."""


class GradientSampler(Sampler):
    """``gain·sqrt(Ix² + Iy²)`` with ``Ix = (I(x + 1) − I(x − 1)) / step`` on the inner's samples.

    Taken from unrounded values and divided by the step (source pixels per sample), the map keeps
    its brightness at every zoom and equals SPSR's at 1:1.

    Attributes:
        inner: the sampler whose map it is.
        gain: factor of the map; the result is clamped to 0..1.
    """

    def __init__(
        self,
        inner: Sampler,
        gain: float = 1.0,
        colours: Tensor | None = None,
        raw: ByteCache[Tensor] | None = None,
    ):
        # The inner sampler's plane is used; a second copy of the picture is not needed.
        self.picture, self.device, self.colour = inner.picture, inner.device, inner.colour
        self.inner = inner
        self.gain = gain
        self.title = f"Gradient of {inner.title}"
        # Keys are asked for with every tile, and must not wait for the device.
        self._tones = None if colours is None else colours.cpu().float().numpy().tobytes()
        self._colours = None if colours is None else colours.to(inner.device, torch.float32)
        self._raw = raw or ByteCache[Tensor](CACHE)

    def toned(self, gain: float, colours: Tensor | None = None) -> GradientSampler:
        """The same map with another gain or colours (``[256, 3]`` in 0..1), sharing its cache."""
        return GradientSampler(self.inner, gain, colours, self._raw)

    @property
    def key(self) -> Hashable:
        """The inner sampler's key with gain and colours."""
        return self._toned_key(self.inner.key)

    @property
    def path(self) -> str:
        """The inner sampler's."""
        return self.inner.path

    def key_on(self, lattice: Lattice) -> Hashable:
        """The inner sampler's key on the lattice with gain and colours."""
        return self._toned_key(self.inner.key_on(lattice))

    def _toned_key(self, inner: Hashable) -> Hashable:
        return "gradient", inner, self.gain, self._tones

    def cover(self, alpha: Plane, lattice: Lattice, windows: Sequence[Window]) -> Tensor:  # noqa: ARG002
        """All: a map has values where the picture is transparent, too."""
        shape = len(windows), windows[0].rows, windows[0].columns, 1
        return torch.ones(shape, device=self.device)

    def lacking(self, lattice: Lattice, window: Window) -> Sequence[Tile]:
        """What the inner sampler lacks, one sample wider on each side."""
        return self.inner.lacking(lattice, window.grown(1))

    def prepare(self, lattice: Lattice, windows: Sequence[Window]) -> Iterator[None]:
        """Prepare the inner sampler, one sample wider on each side."""
        return self.inner.prepare(lattice, [window.grown(1) for window in windows])

    def evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        """Maps ``[N, rows, columns, 3]`` of windows, also where the lattice reduces."""
        with torch.inference_mode():
            return self._evaluate(lattice, windows)

    def _evaluate(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        maps = torch.stack(self._magnitudes(lattice, windows))
        level = (maps * self.gain).clamp_(0.0, 1.0)
        if self._colours is None:
            return level[..., None].expand(*level.shape, 3).contiguous()
        # What is no number becomes any index, and one that is out of range ends a GPU's context.
        shown = self._colours[(level * 255.0 + 0.5).long().clamp_(0, 255)]
        return torch.where(level.isnan()[..., None], level[..., None], shown)

    def _magnitudes(self, lattice: Lattice, windows: Sequence[Window]) -> list[Tensor]:
        """Raw maps ``[rows, columns]`` of windows; those that are missing are made together."""
        found = {window: self._raw.get((lattice, window)) for window in windows}
        known = {window: raw for window, raw in found.items() if raw is not None}
        missing = [window for window in found if window not in known]
        if missing:
            samples = self._bordered(lattice, missing)
            made = gradient_magnitude(samples, lattice.y.step, lattice.x.step)
            for window, part in zip(missing, made, strict=True):
                known[window] = part.clone()  # else each would keep all, as long as it is kept
                self._raw.put((lattice, window), known[window])
        return [known[window] for window in windows]

    def is_at_hand(self, lattice: Lattice, windows: Sequence[Window]) -> bool:
        """Whether the samples of most windows are kept, so that their map costs little."""
        kept = self.inner.kept
        return kept is not None and 2 * kept.count(lattice, windows) >= len(windows)

    def _bordered(self, lattice: Lattice, windows: Sequence[Window]) -> Tensor:
        """Samples of windows one sample wider on each side, as the inner sampler has them."""
        if self.inner.kept is None:
            return self.inner.evaluate(lattice, [window.grown(1) for window in windows])
        return self.inner.kept.bordered(lattice, windows, partial(self.inner.evaluate, lattice))


def gradient_magnitude(samples: Tensor, step_y: float, step_x: float) -> Tensor:
    """Gradient of the grey picture by central differences, per source pixel.

    Args:
        samples: ``[…, h + 2, w + 2, 3]`` in 0..1.

    Returns:
        ``[…, h, w]``.
    """
    red, green, blue = (samples[..., channel] * LUMA[channel] for channel in range(3))
    # Sum by sum, so that the bits do not depend on how many windows there are.
    grey = red.add_(green).add_(blue)
    dx = (grey[..., 1:-1, 2:] - grey[..., 1:-1, :-2]) / step_x
    dy = (grey[..., 2:, 1:-1] - grey[..., :-2, 1:-1]) / step_y
    return dx.square_().add_(dy.square_()).sqrt_()
