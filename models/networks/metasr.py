"""Meta-SR: weights of the enlarging filter predicted for every pixel (Hu et al., CVPR 2019)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks.encoder import Encoder
from models.networks.liif import MLP
from models.networks.normalisation import STANDARD, Colours
from models.samplers.anchors import anchors
from models.samplers.grid import Grid


class MetaSR(nn.Module):
    """An encoder and the Meta-Upscale module of the paper, in the form that LIIF compares with.

    Location projection: an output pixel belongs to the source pixel that its top left corner
    falls on. Weight prediction: ``W = φ(dy, dx, 1/s)`` with one hidden layer. Feature mapping:
    the 3×3 neighbourhood of the latent (zeros beyond the picture) times ``W``. (The original has
    the predictor's inputs in another order, ``(1/s, dy, dx)``: its file is turned on loading.)

    Attributes:
        encoder: the trunk that makes the latents.
        imnet: φ, 3 inputs and ``9·n_feats·3`` outputs, colour fastest.
        normalisation: what the encoder is given and the filter gives back.
    """

    def __init__(self, encoder: Encoder, hidden: int = 256, normalisation: Colours = STANDARD):
        super().__init__()
        self.encoder = encoder
        self.imnet = MLP(3, 27 * encoder.n_feats, (hidden,))
        self.normalisation = normalisation

    @property
    def spec(self) -> dict[str, Any]:
        """Name and arguments, enough to build the same network again."""
        args: dict[str, Any] = {
            "encoder_spec": self.encoder.spec,
            "hidden": self.imnet.linears[0].out_features,
        }
        if self.normalisation != STANDARD:
            args["normalisation"] = self.normalisation.spec
        return {"name": "metasr", "args": args}

    def encode(self, image: Tensor) -> Tensor:
        """Latents ``[1, C, H, W]`` of a whole picture ``[1, 3, H, W]`` in 0..1."""
        features: Tensor = self.encoder(self.normalisation.of(image, 1))
        return features

    def decode(self, latent: Tensor, grid: Grid) -> Tensor:
        """Pixels of a grid as the paper has them, a filter for every pixel; `kernels` is faster.

        Returns:
            ``[rows, columns, 3]``, clamped to 0..1.
        """
        height, width = latent.shape[2:]
        window, lattice = grid.window, grid.lattice
        down = anchors(lattice.y, window.row, window.rows, height)
        across = anchors(lattice.x, window.column, window.columns, width)
        dy, dx = (torch.as_tensor(axis.offset).to(latent) for axis in (down, across))
        shape = grid.rows, grid.columns
        step = latent.new_tensor(lattice.y.step).expand(shape)
        inputs = torch.stack([dy[:, None].expand(shape), dx.expand(shape), step], dim=-1)
        filters = self.imnet(inputs).view(*shape, -1, 3)
        unfolded = F.unfold(latent, 3, padding=1).view(-1, height, width)
        rows, columns = (torch.as_tensor(axis.index + axis.start) for axis in (down, across))
        picked = unfolded[:, rows][:, :, columns].permute(1, 2, 0)
        values = torch.einsum("rci,rcio->rco", picked, filters)
        return self.normalisation.back(values).clamp(0.0, 1.0)
