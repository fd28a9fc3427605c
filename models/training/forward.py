"""LIIF on a batch of queries, its first layer hoisted, in a form that can be differentiated.

As in `models.kernels.hoist`: the feature part of the first layer is one 3×3 convolution over the
latents, of which each query then gathers its four corners; the last layer, being linear, is
applied once to the corners' mean. The result is that of the literal form.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.networks.liif import LIIF
from models.training.batches import Batch


def predict(network: LIIF, batch: Batch) -> Tensor:
    """What a network shows at a batch's queries, equation (4): ``[B·Q, 3]`` fp32, −1..1.

    Under autocast the convolutions and the hidden layers run in half precision; coordinates, the
    first layer's sum, the corners' mean and the last layer stay in fp32.
    """
    image = network.normalisation.of(batch.image, 1).contiguous(memory_format=torch.channels_last)
    mean = _mean_of_corners(network, _first_layer(network, network.encoder(image), batch), batch)
    last = network.imnet.linears[-1]
    with fp32(image):
        out = F.linear(mean, last.weight, last.bias)
        if network.residual:
            pixels = image.permute(0, 2, 3, 1).reshape(-1, 3)
            corners = pick(pixels, batch.index.view(-1)).view(4, -1, 3)
            out = out + (corners * batch.weight[..., None]).sum(0)
    return out


def _first_layer(network: LIIF, features: Tensor, batch: Batch) -> Tensor:
    """Pre-activations ``[4·B·Q, h]`` fp32 of the first layer at every corner."""
    channels, first = network.encoder.n_feats, network.imnet.linears[0]
    fold = first.weight[:, : 9 * channels].reshape(-1, channels, 3, 3)
    latents = F.conv2d(features, fold, padding=1).permute(0, 2, 3, 1)
    picked = pick(latents.reshape(-1, latents.shape[-1]), batch.index.view(-1))
    with fp32(features):
        # Coordinates and cells are given in half source pixels, hence the factor 2.
        coord, cell = 2.0 * first.weight[:, -4:-2], 2.0 * first.weight[:, -2:]
        constant = first.bias + cell.sum(1) * batch.step
        # Contiguous, since the gradient of two long columns is much slower the other way round.
        return picked + torch.addmm(constant, batch.offset.view(-1, 2), coord.t().contiguous())


def _mean_of_corners(network: LIIF, first: Tensor, batch: Batch) -> Tensor:
    """The last hidden layer's mean over the corners: ``[B·Q, h]`` fp32."""
    x = F.relu(first)
    for layer in network.imnet.linears[1:-1]:
        x = F.relu(layer(x))
    corners = x.view(4, -1, x.shape[-1])
    total = corners[0] * batch.weight[0][:, None]
    for corner, weight in zip(corners[1:], batch.weight[1:], strict=True):
        total = torch.addcmul(total, corner, weight[:, None])
    return total


def pick(table: Tensor, index: Tensor) -> Tensor:
    """Rows of a table.

    On CPUs ``gather`` is the fastest both ways. GPUs add the gradients of a row atomically, which
    is slow in half precision.
    """
    if table.device.type == "cpu":
        return table.gather(0, index[:, None].expand(-1, table.shape[1]))
    return table.float().index_select(0, index)


def fp32(tensor: Tensor) -> torch.autocast:
    """Where this lasts, nothing is rounded to half precision on a tensor's device."""
    return torch.autocast(tensor.device.type, enabled=False)
