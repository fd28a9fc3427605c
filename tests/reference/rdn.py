"""The RDN encoder in float64 (Zhang et al., CVPR 2018), without its upsampler, as LIIF has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.reference.layers import Array, convolve, layer, relu


def encode(state: Mapping[str, Any], image: Array, blocks: int = 16) -> Array:
    """Features ``[C, H, W]`` of an image ``[3, H, W]`` in 0..1."""
    return trunk(state, (image - 0.5) / 0.5, blocks, "encoder.")


def trunk(state: Mapping[str, Any], image: Array, blocks: int, prefix: str) -> Array:
    """Features of an image as the trunk sees it; ``prefix`` stands before its tensors' names.

    ``F₋₁`` and ``F₀`` are shallow; block ``d`` gives ``F_d = F_{d−1} + LFF([F_{d−1}, F_{d,1}, …])``
    with ``F_{d,c} = relu(conv([F_{d−1}, F_{d,1}, …, F_{d,c−1}]))``; the result is
    ``F₋₁ + GFF([F₁, …, F_D])``.
    """
    first = convolve(image, *layer(state, f"{prefix}SFENet1"))
    x = convolve(first, *layer(state, f"{prefix}SFENet2"))
    outputs = []
    for block in range(blocks):
        name = f"{prefix}RDBs.{block}"
        convs = f"{name}.convs."
        count = len({key[len(convs) :].split(".")[0] for key in state if key.startswith(convs)})
        seen = [x]
        for number in range(count):
            weights = layer(state, f"{name}.convs.{number}.conv.0")
            seen.append(relu(convolve(np.concatenate(seen), *weights)))
        x = x + convolve(np.concatenate(seen), *layer(state, f"{name}.LFF"))
        outputs.append(x)
    fused = convolve(np.concatenate(outputs), *layer(state, f"{prefix}GFF.0"))
    return first + convolve(fused, *layer(state, f"{prefix}GFF.1"))
