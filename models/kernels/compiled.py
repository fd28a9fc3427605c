"""The decoder on CPUs with its passes compiled: between the matrix products each reads once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from models.backend import Backend
from models.kernels.axes import Axes
from models.kernels.codes import put_codes
from models.kernels.crew import MOST
from models.kernels.decoder import Decoder
from models.kernels.filtering import filters_on
from models.kernels.hoist import Hoisted
from models.kernels.once import Once, has_compiler
from models.networks.normalisation import STANDARD, Normalisation
from models.samplers.grid import Lattice

if TYPE_CHECKING:
    from models.kernels.layers import Chain, Layers
    from models.kernels.loops import Passes

BAND = 1 << 21
"""Bytes of the first hidden layer that are made at a time: few enough to stay in the caches."""


def can_compile(backend: Backend) -> bool:
    """Whether a backend's passes can be compiled: on CPUs, where llvmlite is installed."""
    kinds = torch.float32, torch.bfloat16
    return backend.device.type == "cpu" and has_compiler() and backend.precision in kinds


def _make() -> Passes:
    from models.kernels.loops import Passes

    passes = Passes()
    _verify(passes)
    return passes


compiled_passes = Once(_make)


def _verify(passes: Passes) -> None:
    """Raise RuntimeError unless the passes compute as torch does."""
    generator = torch.Generator().manual_seed(0)
    shapes = (3, 4, 40), (4, 40), (6, 40), (3, 40), (3,), (4,), (2,), (3,)
    numbers = (torch.randn(shape, generator=generator) for shape in shapes)
    latents, down, across, matrix, bias, back, *shares = numbers
    rows, columns = (torch.stack([first, first + 1]) for first in map(torch.arange, (2, 3)))
    nowhere, values = latents[:0, :0, :3].contiguous(), torch.empty(2, 3, 3)
    for kind in (torch.float32, torch.bfloat16):
        sums = (latents[rows.flatten()] + down[:, None])[:, columns.flatten()] + across
        first = sums.relu().to(kind)
        found = torch.empty_like(first)
        passes.begin(latents, rows, columns, down, across, torch.empty(4, 40), found)
        passes.finish(
            first, rows, columns, (shares[0], shares[1]), (matrix, bias), back, nowhere, values
        )
        upper, lower = first.float().view(2, 2, 6, 40)
        lines = torch.lerp(upper, lower, shares[0].view(-1, 1, 1))
        mean = torch.lerp(lines[:, :3], lines[:, 3:], shares[1].view(-1, 1))
        right = torch.addmm(bias, mean.view(6, 40), matrix.t()).view(2, 3, 3) * back[0] + back[1:]
        if not (torch.equal(found, first) and torch.allclose(values, right, atol=1e-4)):
            raise RuntimeError("the compiled passes compute wrongly")


def _make_layers() -> Layers | None:
    from models.kernels.layers import Layers, block

    size = block()
    if size is None:
        return None
    layers = Layers(size)
    _verify_layers(layers)
    return layers


compiled_layers = Once(_make_layers)
"""Hidden layers in fp32; None where torch's products are better."""


def _verify_layers(layers: Layers) -> None:
    """Raise RuntimeError unless layers compute as torch does."""
    generator = torch.Generator().manual_seed(0)
    shapes = (23, 19), (33, 19), (33,), (7, 33), (7,)
    x, *numbers = (torch.randn(shape, generator=generator) for shape in shapes)
    weights = [(numbers[0], numbers[1]), (numbers[2], numbers[3])]
    found = torch.empty(23, 7)
    layers.of(weights)(x, found)
    for matrix, bias in weights:
        x = torch.addmm(bias, x, matrix.t()).relu_()
    if not torch.allclose(found, x, rtol=1e-4, atol=1e-4):
        raise RuntimeError("the compiled layers compute wrongly")


class CompiledDecoder(Decoder):
    """`Decoder` with `kernels.loops` in place of torch's operations, in fp32 also `layers`.

    Raises:
        ImportError, OSError, RuntimeError, MemoryError: as `once.Once`.
    """

    def __init__(
        self,
        weights: Hoisted,
        backend: Backend,
        residual: bool,
        normalisation: Normalisation = STANDARD,
    ):
        super().__init__(weights, backend, residual, normalisation)
        self._passes = compiled_passes()
        filters = filters_on(backend.device)
        self.put_codes = put_codes if filters is None else filters.put_codes
        self._back = torch.tensor([normalisation.std, *normalisation.mean])
        self._chain = _chain(weights, backend)

    def _hidden(self, x: Tensor) -> Tensor:
        """The last hidden layer ``[n, width]`` of the first."""
        if self._chain is None:
            return super()._hidden(x)
        out = self._take("hidden", (x.shape[0], self._chain.outputs))
        self._chain(x, out)
        return out

    def _most(self) -> int:
        """Pre-activations that are in flight at a time."""
        return BAND // self._backend.precision.itemsize

    def _samples(
        self, lattice: Lattice, y: Axes, x: Axes, latents: Tensor, image: Tensor
    ) -> Tensor:
        """Samples ``[rows, columns, 3]`` fp32 of some rows; they last until the next are made."""
        corners = 2 * y.count, 2 * x.count, self._weights.width
        first = self._take("first", corners, self._backend.precision)
        line = self._take("line", tuple(latents.shape[1:]))
        terms = self._down(y, lattice.y.step, lattice.x.step), self._across(x)
        self._passes.begin(latents, y.index, x.index, *terms, line, first)
        hidden = self._hidden(first.view(-1, corners[-1])).view(*corners[:2], -1)
        samples = self._take("samples", (y.count, x.count, 3))
        self._passes.finish(
            hidden,
            y.index,
            x.index,
            (y.weight[1], x.weight[1]),
            self._weights.last,
            self._back,
            image if self._residual else image[:0, :0],
            samples,
        )
        return samples


def _chain(weights: Hoisted, backend: Backend) -> Chain | None:
    """The hidden layers compiled, if there are any and they are in fp32.

    Not where there are more processors than a crew has threads: torch's products use several each.
    """
    exact = backend.precision == torch.float32
    if not weights.hidden or not exact or torch.get_num_threads() > MOST:
        return None
    layers = compiled_layers()
    return None if layers is None else layers.of(weights.hidden)
