"""The encoders of mmagic's LIIF in float64, by the names of its own files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.reference import rdn
from tests.reference.layers import Array, convolve, layer, relu

MEAN = np.array([0.4488, 0.4371, 0.4040])


def edsr(state: Mapping[str, Any], image: Array, blocks: int) -> Array:
    """Features of an image ``[3, H, W]`` in 0..1, of which EDSR sees the difference to the mean.

    Each block is ``x + conv2(relu(conv1(x)))``.
    """
    head = convolve(image - MEAN[:, None, None], *layer(state, "generator.conv_first"))
    x = head
    for block in range(blocks):
        inner = relu(convolve(x, *layer(state, f"generator.body.{block}.conv1")))
        x = x + convolve(inner, *layer(state, f"generator.body.{block}.conv2"))
    return head + convolve(x, *layer(state, "generator.conv_after_body"))


def dense(state: Mapping[str, Any], image: Array, blocks: int) -> Array:
    """The same of RDN, which sees −1..1: the paper's trunk under other names."""
    pairs = ("sfe", "SFENet"), ("rdbs", "RDBs"), (".lff", ".LFF"), ("gff", "GFF")
    named = {}
    for name, value in state.items():
        for theirs, paper in (*pairs, (".layers.", ".convs."), (".conv.", ".conv.0.")):
            name = name.replace(theirs, paper)
        named[name] = value
    return rdn.trunk(named, (image - 0.5) / 0.5, blocks, "generator.")
