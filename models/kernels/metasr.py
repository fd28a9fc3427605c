"""Meta-SR's fast form: the predictor's last layer folds into the features.

A pixel is ``Σᵢ zᵢ·(W₂·h + b₂)ᵢ`` over the 9·C numbers ``z`` around its latent, and linear in the
hidden values ``h``. So ``G = W₂ᵀ·z`` and ``g₀ = b₂ᵀ·z``, a 3×3 convolution from C to 3·|h| + 3
channels, is made once for every source pixel, and an output pixel is ``hᵀG + g₀``: the same at
any scale, and no filter is ever made.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.backend import Backend
from models.kernels.decoder import Footprint
from models.kernels.slots import Slots, slots_of
from models.networks.metasr import MetaSR
from models.samplers.grid import Lattice, Window

BAND = 1 << 19
"""Hidden values that are in flight at a time: few enough to stay in the processor's caches."""


class MetaDecoder:
    """Evaluates Meta-SR on windows of a lattice, from folded latents.

    All arithmetic is fp32; half precision only stores the latents.

    Attributes:
        width: channels of a folded latent: ``[3, h]`` of G, then ``[3]`` of g₀.
    """

    def __init__(self, network: MetaSR, backend: Backend):
        first, last = network.imnet.linears
        self._device, self._normalisation = backend.device, network.normalisation
        self._hidden = first.out_features
        self._along_y, self._along_x, self._along_step = (
            self._placed(first.weight[:, axis]) for axis in range(3)
        )
        self._bias = self._placed(first.bias)
        self._fold = self._placed(_folding(last.weight, last.bias, network.encoder.n_feats))
        self.width = self._fold.shape[0]

    def latents(self, features: Tensor) -> Tensor:
        """Fold features ``[C, h + 2, w + 2]`` (one pixel of margin) into ``[h, w, width]`` fp32."""
        return F.conv2d(features[None].float(), self._fold)[0].permute(1, 2, 0)

    def geometry(
        self, lattice: Lattice, window: Window, height: int, width: int
    ) -> tuple[Footprint, Slots, Slots]:
        """Which latents a window needs, and its geometry down and across."""
        top, down = slots_of(lattice.y, window.row, window.rows, height, self._device)
        left, across = slots_of(lattice.x, window.column, window.columns, width, self._device)
        return Footprint(top, left, down.pixels, across.pixels), down, across

    def window(self, lattice: Lattice, down: Slots, across: Slots, latents: Tensor) -> Tensor:
        """Samples ``[rows, columns, 3]`` fp32 (not clamped) of one window.

        Args:
            down, across: its geometry.
            latents: folded latents ``[h, w, width]`` of the window's footprint.
        """
        constant = self._bias + lattice.y.step * self._along_step
        y = (down.offset[:, None] * self._along_y + constant).view(down.pixels, down.each, -1)
        x = (across.offset[:, None] * self._along_x).view(across.pixels, 1, across.each, -1)
        band = max(1, BAND // (self._hidden * down.each * across.offset.shape[0]))
        parts = zip(torch.split(y, band), torch.split(latents, band), strict=True)
        out = torch.cat([self._mapped(part, x, table) for part, table in parts])
        out = out.index_select(0, down.place).index_select(1, across.place)
        return self._normalisation.back(out)

    def _mapped(self, y: Tensor, x: Tensor, latents: Tensor) -> Tensor:
        """All slots of some rows of source pixels: ``[rows·each, columns·each, 3]``."""
        rows, columns, hidden = y.shape[0], x.shape[0], self._hidden
        values = torch.relu_(y[:, None, :, None] + x)  # [rows, columns, each, each, hidden]
        table = latents.float().reshape(rows * columns, -1)
        filters = table[:, : 3 * hidden].view(-1, 3, hidden).transpose(1, 2)
        out = torch.baddbmm(
            table[:, None, 3 * hidden :], values.flatten(0, 1).flatten(1, 2), filters
        )
        out = out.view(rows, columns, *values.shape[2:4], 3)
        return out.transpose(1, 2).reshape(rows * y.shape[1], -1, 3)

    def _placed(self, tensor: Tensor) -> Tensor:
        return tensor.detach().to(self._device, torch.float32).contiguous()


def _folding(weight: Tensor, bias: Tensor, channels: int) -> Tensor:
    """The last layer ``[27·C, h]`` and its bias as a convolution ``[3·h + 3, C, 3, 3]``."""
    # Its outputs are [C, 3, 3, colour].
    outputs = weight.view(channels, 3, 3, 3, -1).permute(3, 4, 0, 1, 2).flatten(0, 1)
    return torch.cat([outputs, bias.view(channels, 3, 3, 3).permute(3, 0, 1, 2)])
