"""1×1 convolutions whose rectifier is applied before their result is written."""

from __future__ import annotations

from torch import Tensor, nn

from models.backend import Backend
from models.kernels.linear import Layer, choose_layer, plain_layer


class RectifiedPointwise(nn.Module):
    """``relu(conv(x))`` of a 1×1 convolution, as one matrix product over the pixels.

    WDSR-B widens its features sixfold before each rectifier (Yu et al., 2018): as an operation of
    its own that reads and writes more than the whole of the rest.
    """

    def __init__(self, conv: nn.Conv2d, layer: Layer):
        super().__init__()
        self.conv = conv
        self._layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """``[N, C, H, W] → [N, outputs, H, W]``, both channels-last (others are copied first)."""
        count, channels, height, width = x.shape
        pixels = x.permute(0, 2, 3, 1).reshape(-1, channels)
        assert self.conv.bias is not None
        out = self._layer(pixels, self.conv.weight.flatten(1), self.conv.bias)
        return out.view(count, height, width, -1).permute(0, 3, 1, 2)


def fuse_rectifiers(network: nn.Module, backend: Backend) -> None:
    """Let a CPU rectify 1×1 convolutions as it computes them, where it can; for inference only.

    It changes the network's sequences, not what they compute; so state is loaded before.
    """
    layer = choose_layer(backend)
    if backend.device.type != "cpu" or layer is plain_layer:
        return
    for module in list(network.modules()):
        if isinstance(module, nn.Sequential):
            _fuse(module, layer)


def _fuse(sequence: nn.Sequential, layer: Layer) -> None:
    for index in reversed(range(len(sequence) - 1)):
        conv, after = sequence[index], sequence[index + 1]
        if isinstance(after, nn.ReLU) and isinstance(conv, nn.Conv2d) and _is_pointwise(conv):
            sequence[index] = RectifiedPointwise(conv, layer)
            del sequence[index + 1]


def _is_pointwise(conv: nn.Conv2d) -> bool:
    plain = conv.kernel_size == conv.stride == (1, 1) and conv.padding in ((0, 0), "valid")
    return plain and conv.groups == 1 and conv.bias is not None
