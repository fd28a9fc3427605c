"""LIIF's first linear layer, split into the parts that hoist out of the loop over pixels.

``W₁·[unfold(z), x − v, c] + b = conv₃ₓ₃(z) + W_y·y + W_x·x + (W_c·c + b)``: the feature part is one
convolution per source pixel, the coordinate part one vector per row plus one per column, and the
cell part a constant per lattice. The result is the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.backend import Backend
from models.networks.liif import LIIF


@dataclass(frozen=True, eq=False)
class Hoisted:
    """Weights of one decoder in the form the fast paths use. ``h`` is the hidden width.

    Attributes:
        fold: ``[h, C, 3, 3]``, the feature part of the first layer as a convolution.
        along_y, along_x: ``[h]`` fp32, the first layer's response to the relative coordinate in
            source pixels.
        cell: ``[h, 2]`` fp32, its response to the step (y, x) in source pixels.
        bias: ``[h]`` fp32.
        hidden: weight ``[out, in]`` and bias of each layer between the first and the last, in the
            backend's precision.
        last: ``[3, h]`` and ``[3]`` fp32.
    """

    fold: Tensor
    along_y: Tensor
    along_x: Tensor
    cell: Tensor
    bias: Tensor
    hidden: tuple[tuple[Tensor, Tensor], ...]
    last: tuple[Tensor, Tensor]

    @property
    def width(self) -> int:
        """Width of the first hidden layer, which is that of the folded latents."""
        return self.fold.shape[0]

    def constant(self, step_y: float, step_x: float) -> Tensor:
        """Cell part and bias of a lattice: ``[h]`` fp32."""
        step = torch.tensor([step_y, step_x], dtype=torch.float64).to(self.cell)
        return self.cell @ step + self.bias

    def latents(self, features: Tensor) -> Tensor:
        """Fold features ``[C, h + 2, w + 2]`` (one pixel of margin) into ``[h, w, width]`` fp32."""
        folded = F.conv2d(features[None].to(self.fold.dtype), self.fold)
        return folded[0].permute(1, 2, 0).contiguous()


def hoist(model: LIIF, backend: Backend) -> Hoisted:
    """Split a model's decoder for a backend."""
    linears = model.imnet.linears
    channels = model.encoder.n_feats

    def place(tensor: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        return tensor.detach().to(device=backend.device, dtype=dtype).contiguous()

    first = linears[0].weight.detach()
    # Relative coordinates and cells are given in half source pixels, hence the factor 2.
    coord, cell = 2.0 * first[:, -4:-2], 2.0 * first[:, -2:]
    return Hoisted(
        fold=place(first[:, : 9 * channels].reshape(-1, channels, 3, 3)),
        along_y=place(coord[:, 0]),
        along_x=place(coord[:, 1]),
        cell=place(cell),
        bias=place(linears[0].bias),
        hidden=tuple(
            (place(layer.weight, backend.precision), place(layer.bias, backend.precision))
            for layer in linears[1:-1]
        ),
        last=(place(linears[-1].weight), place(linears[-1].bias)),
    )
