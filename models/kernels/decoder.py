"""The hoisted decoder in plain torch: any device, fixed shapes, hidden layers in half precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import torch
from torch import Tensor

from models.backend import Backend
from models.kernels.axes import Axes, axes_of, bands_of
from models.kernels.codes import put_codes
from models.kernels.crew import Job
from models.kernels.hoist import Hoisted
from models.kernels.linear import choose_layer
from models.kernels.workspace import Workspace
from models.networks.normalisation import STANDARD, Normalisation
from models.samplers.corners import span
from models.samplers.grid import Lattice, Window

BAND = 1 << 19
"""Pre-activations that are in flight at a time: few enough to stay in the processor's caches."""

GPU_BAND = 1 << 22
"""The same on GPUs, whose second cache is larger and whose launches must be few: with the published
decoder a tile (16 MB of fp32 sums, 8 MB of each hidden layer)."""


Put = Callable[[Tensor, Tensor], object]
"""Takes the place of some samples and the samples, and puts these there."""


@dataclass(frozen=True)
class Footprint:
    """The source pixels whose latents a window of samples needs.

    Attributes:
        top, left: first row and column.
        rows, columns: how many of each; the same for all windows of one shape on a lattice, so
            they may reach beyond the picture.
    """

    top: int
    left: int
    rows: int
    columns: int


class Decoder:
    """Evaluates equation (4) of LIIF on windows of a lattice, from folded latents.

    Attributes:
        put_codes: makes bytes of samples (`kernels.codes.put_codes`).
    """

    def __init__(
        self,
        weights: Hoisted,
        backend: Backend,
        residual: bool,
        normalisation: Normalisation = STANDARD,
    ):
        self._weights = weights
        self._backend = backend
        self._residual = residual
        self._normalisation = normalisation
        self._layer = choose_layer(backend)
        self.put_codes: Put = put_codes
        self._workspace = Workspace()
        # The rows of tiles on a canvas share their terms, and so do the columns.
        self._down = lru_cache(maxsize=256)(self._terms_down)
        self._across = lru_cache(maxsize=64)(self._terms_across)

    def geometry(
        self, lattice: Lattice, window: Window, height: int, width: int
    ) -> tuple[Footprint, Axes, Axes]:
        """Which latents a window needs, and its geometry down and across."""
        device = self._backend.device
        top, down = axes_of(lattice.y, window.row, window.rows, height, device)
        left, across = axes_of(lattice.x, window.column, window.columns, width, device)
        rows, columns = span(lattice.y, window.rows), span(lattice.x, window.columns)
        return Footprint(top, left, rows, columns), down, across

    def window(
        self, lattice: Lattice, down: Axes, across: Axes, latents: Tensor, image: Tensor
    ) -> Tensor:
        """Samples ``[rows, columns, 3]`` fp32 (not clamped) of one window.

        Args:
            down, across: its geometry.
            latents: folded latents ``[h, w, width]`` of the window's footprint.
            image: normalised pixels ``[h, w, 3]`` fp32 of the part of the footprint that lies in
                the picture.
        """
        out = latents.new_empty((down.count, across.count, 3), dtype=torch.float32)
        for job in self.jobs(lattice, down, across, latents, image, out):
            job()
        return out

    def jobs(
        self,
        lattice: Lattice,
        down: Axes,
        across: Axes,
        latents: Tensor,
        image: Tensor,
        out: Tensor,
        put: Put = Tensor.copy_,
    ) -> Iterator[Job]:
        """The same in pieces that may be done at once, each put into its rows of ``out``."""
        most = max(1, self._most() // (4 * across.count * self._weights.width))
        band = math.ceil(down.count / math.ceil(down.count / most))  # all about as high
        latents, image = latents.float().contiguous(), image.contiguous()
        top = 0
        for part in bands_of(down, band):
            rows = out[top : top + part.count]
            yield partial(self._band, lattice, part, across, latents, image, rows, put)
            top += part.count

    def _most(self) -> int:
        """Pre-activations that are in flight at a time."""
        return BAND if self._backend.device.type == "cpu" else GPU_BAND

    def _band(
        self,
        lattice: Lattice,
        y: Axes,
        x: Axes,
        latents: Tensor,
        image: Tensor,
        out: Tensor,
        put: Put,
    ) -> None:
        """Some rows of a window."""
        put(out, self._samples(lattice, y, x, latents, image))

    def _samples(
        self, lattice: Lattice, y: Axes, x: Axes, latents: Tensor, image: Tensor
    ) -> Tensor:
        """Samples ``[rows, columns, 3]`` fp32 of some rows; they last until the next are made."""
        mixed = self._mixed(latents, y, x, lattice.y.step, lattice.x.step)
        # The last layer is linear and the shares sum to one, so it is applied once, to the mean.
        matrix, bias = self._weights.last
        values = torch.addmm(bias, mixed, matrix.t()).view(y.count, x.count, 3)
        if self._residual:
            values += _bilinear(image, y, x)
        return self._normalisation.back(values)

    def _mixed(self, latents: Tensor, y: Axes, x: Axes, step_y: float, step_x: float) -> Tensor:
        """Mean of the four corners' last hidden layers, ``[rows · columns, width]`` fp32."""
        width = self._weights.width
        height, columns = y.count, x.count
        # Both corners of an axis stand side by side: [2·rows, 2·columns, width].
        rows = latents.index_select(0, y.index.view(-1))
        rows += self._down(y, step_y, step_x)[:, None, :]
        first = self._take("first", (2 * height, 2 * columns, width))
        torch.index_select(rows, 1, x.index.view(-1), out=first)
        first += self._across(x)
        hidden = self._hidden(self._rectified(first.view(-1, width)))
        hidden = hidden.view(2 * height, 2 * columns, -1)
        last = self._take("last", tuple(hidden.shape)).copy_(hidden)
        lines = last[:height].lerp_(last[height:], y.weight[1].view(-1, 1, 1))
        mean = self._take("mean", (height, columns, hidden.shape[-1]))
        torch.lerp(lines[:, :columns], lines[:, columns:], x.weight[1].view(-1, 1), out=mean)
        return mean.view(height * columns, -1)

    def _rectified(self, first: Tensor) -> Tensor:
        """The first hidden layer ``[n, width]`` of its sums, which are fp32."""
        x = first.relu_()
        if self._backend.precision != torch.float32:
            x = self._take("half", tuple(x.shape), self._backend.precision).copy_(x)
        return x

    def _hidden(self, x: Tensor) -> Tensor:
        """The last hidden layer ``[n, width]`` of the first."""
        for matrix, bias in self._weights.hidden:
            x = self._layer(x, matrix, bias)
        return x

    def _terms_down(self, y: Axes, step_y: float, step_x: float) -> Tensor:
        """What the first layer makes of the rows' coordinates, the cell and the bias."""
        weights = self._weights
        return y.offset.view(-1, 1) * weights.along_y + weights.constant(step_y, step_x)

    def _terms_across(self, x: Axes) -> Tensor:
        """What the first layer makes of the columns' coordinates."""
        return x.offset.view(-1, 1) * self._weights.along_x

    def _take(
        self, name: str, shape: tuple[int, ...], dtype: torch.dtype = torch.float32
    ) -> Tensor:
        return self._workspace.take(name, shape, dtype, self._backend.device)


def _bilinear(image: Tensor, y: Axes, x: Axes) -> Tensor:
    """The ensemble's weighted sum of the corners' pixels: bilinear, lines before columns."""
    lines = torch.matmul(y.blend, image.permute(2, 0, 1))
    return torch.matmul(lines, x.blend.t()).permute(1, 2, 0)
