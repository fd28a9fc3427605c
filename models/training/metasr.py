"""Meta-SR as it is trained (Hu et al., CVPR 2019): its folded form, differentiable, at queries."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.networks.metasr import MetaSR
from models.training import arithmetic
from models.training.anchored import AnchoredBatch, AnchoredBatches
from models.training.continuous import Continuous
from models.training.data import ImageSet
from models.training.forward import fp32, pick


class MetaSRTask(Continuous):
    """The batches of scales and queries that LIIF is given."""

    def batches(self, images: ImageSet, part: slice | None = None) -> AnchoredBatches:
        """Patches, and one latent for each query."""
        return AnchoredBatches(images, self.config, part)

    def predict(self, network: MetaSR, batch: AnchoredBatch) -> Tensor:
        """The paper's filters, folded into the latents."""
        return predict(network, batch)

    def flops(self, network: MetaSR) -> float:
        """Encoder and folded latents for every pixel, two products for every query."""
        return arithmetic.metasr_flops(network, self.config)


def predict(network: MetaSR, batch: AnchoredBatch) -> Tensor:
    """What a network shows at a batch's queries: ``[B·Q, 3]`` fp32, normalised (−1..1).

    As in `models.kernels.metasr`: a pixel is linear in the predictor's hidden values, so its last
    layer is one 3×3 convolution over the latents, of which each query gathers one. Under autocast
    the convolutions run in half precision; the predictor and the sum over it stay in fp32.
    """
    image = network.normalisation.of(batch.image, 1).contiguous(memory_format=torch.channels_last)
    features = network.encoder(image)
    first = network.imnet.linears[0]
    hidden = first.out_features
    latents = F.conv2d(features, _fold(network), padding=1).permute(0, 2, 3, 1)
    picked = pick(latents.reshape(-1, 3 * hidden + 3), batch.index)
    with fp32(image):
        constant = first.bias + first.weight[:, 2] * batch.step
        # Contiguous, since the gradient of two long columns is much slower the other way round.
        along = first.weight[:, :2].t().contiguous()
        values = F.relu(torch.addmm(constant, batch.offset, along))
        table = picked.float()
        filters = table[:, : 3 * hidden].view(-1, 3, hidden)
        mapped: Tensor = (filters @ values[:, :, None])[..., 0] + table[:, 3 * hidden :]
    return mapped


def _fold(network: MetaSR) -> Tensor:
    """The predictor's last layer and its bias as a convolution ``[3·h + 3, C, 3, 3]``."""
    last = network.imnet.linears[-1]
    # Its outputs are [C, 3, 3, colour].
    shape = network.encoder.n_feats, 3, 3, 3
    weight = last.weight.view(*shape, -1).permute(3, 4, 0, 1, 2).flatten(0, 1)
    return torch.cat([weight, last.bias.view(shape).permute(3, 0, 1, 2)])
