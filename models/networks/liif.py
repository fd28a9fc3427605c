"""LIIF: Local Implicit Image Function (Chen, Liu and Wang, CVPR 2021, arXiv 2012.09161)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks.encoder import Encoder
from models.networks.normalisation import STANDARD, Normalisation
from models.samplers.corners import Corners, corners
from models.samplers.grid import Grid


class Features(NamedTuple):
    """What `LIIF.encode` returns and `LIIF.decode` takes.

    Attributes:
        latent: ``[1, C, H, W]``, one latent code at the centre of every source pixel.
        image: ``[1, 3, H, W]``, the normalised picture, which the residual form adds.
    """

    latent: Tensor
    image: Tensor


class MLP(nn.Module):
    """Linear layers with ReLU between them; ``layers`` as in the published checkpoints."""

    def __init__(self, inputs: int, outputs: int, hidden: Sequence[int]):
        super().__init__()
        layers: list[nn.Module] = []
        for width in hidden:
            layers += [nn.Linear(inputs, width), nn.ReLU(inplace=True)]
            inputs = width
        self.layers = nn.Sequential(*layers, nn.Linear(inputs, outputs))

    @property
    def linears(self) -> list[nn.Linear]:
        """The linear layers in order."""
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layers to the last axis."""
        result: Tensor = self.layers(x)
        return result


class LIIF(nn.Module):
    """An encoder and the function ``f(z, [x − v, c])`` that decodes its latents anywhere.

    With feature unfolding, local ensemble and cell decoding, as published. ``residual`` makes the
    decoder predict, at each corner, the difference to that corner's pixel; the ensemble's weights
    then add the bilinearly enlarged picture (as LTE does; Lee and Jin, CVPR 2022).

    Attributes:
        encoder: the trunk that makes the latents.
        imnet: the decoding function, ``9·n_feats + 4`` inputs, 3 outputs.
        residual: whether the corner's pixel is added.
        normalisation: what the encoder is given and the decoder gives back.
    """

    def __init__(
        self,
        encoder: Encoder,
        hidden: Sequence[int],
        residual: bool = False,
        normalisation: Normalisation = STANDARD,
    ):
        super().__init__()
        self.encoder = encoder
        self.imnet = MLP(9 * encoder.n_feats + 4, 3, hidden)
        self.residual = residual
        self.normalisation = normalisation

    @property
    def spec(self) -> dict[str, Any]:
        """Name and arguments, enough to build the same model again."""
        hidden = [layer.out_features for layer in self.imnet.linears[:-1]]
        args: dict[str, Any] = {
            "encoder_spec": self.encoder.spec,
            "imnet_spec": {"name": "mlp", "args": {"out_dim": 3, "hidden_list": hidden}},
            "residual": self.residual,
        }
        if self.normalisation != STANDARD:
            mean, std = self.normalisation.mean, self.normalisation.std
            args["normalisation"] = {"mean": list(mean), "std": std}
        return {"name": "liif", "args": args}

    def encode(self, image: Tensor) -> Features:
        """Latents of a whole picture.

        Args:
            image: ``[1, 3, H, W]`` in 0..1.
        """
        normalised = self.normalisation.of(image, 1)
        return Features(self.encoder(normalised), normalised)

    def decode(self, features: Features, grid: Grid) -> Tensor:
        """Pixels of a grid, equation (4) as it is written.

        Every query is decoded at its four nearest latents and the results are averaged with the
        area weights. `kernels` has the fast form.

        Returns:
            ``[rows, columns, 3]``, clamped to 0..1.
        """
        unfolded = F.unfold(features.latent, 3, padding=1).view(-1, *features.latent.shape[2:])
        height, width = features.latent.shape[2:]
        window, lattice = grid.window, grid.lattice
        down = corners(lattice.y, window.row, window.rows, height)
        across = corners(lattice.x, window.column, window.columns, width)
        total = features.latent.new_zeros(grid.rows, grid.columns, 3)
        for a, b in product((0, 1), (0, 1)):
            rows = torch.as_tensor(down.index[a] + down.start)
            columns = torch.as_tensor(across.index[b] + across.start)
            value = self.imnet(self._queries(unfolded, grid, (down, a, rows), (across, b, columns)))
            if self.residual:
                value = value + _at(features.image[0], rows, columns)
            weight = torch.outer(_weight(down, a), _weight(across, b))
            total = total + value * weight.to(value)[..., None]
        return self.normalisation.back(total).clamp(0.0, 1.0)

    def _queries(
        self,
        unfolded: Tensor,
        grid: Grid,
        down: tuple[Corners, int, Tensor],
        across: tuple[Corners, int, Tensor],
    ) -> Tensor:
        """``[rows, columns, 9C + 4]``: unfolded latent, relative coordinate (y, x), cell (y, x).

        Coordinates and cell are in units of half a source pixel: the paper's [−1, 1] coordinates
        times the picture's size.
        """
        latent = _at(unfolded, down[2], across[2])
        y = torch.as_tensor(2.0 * down[0].offset[down[1]]).to(latent)
        x = torch.as_tensor(2.0 * across[0].offset[across[1]]).to(latent)
        cell = latent.new_tensor([2.0 * grid.lattice.y.step, 2.0 * grid.lattice.x.step])
        shape = latent.shape[:2]
        parts = [y[:, None].expand(shape), x[None, :].expand(shape)]
        return torch.cat(
            [latent, torch.stack(parts, dim=-1), cell.expand(*shape, 2)],
            dim=-1,
        )


def _at(planes: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """``planes[:, rows × columns]`` with channels last."""
    return planes[:, rows][:, :, columns].permute(1, 2, 0)


def _weight(axis: Corners, corner: int) -> Tensor:
    fraction = torch.as_tensor(axis.fraction)
    return fraction if corner else 1.0 - fraction
