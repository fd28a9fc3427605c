"""SPSR's generator, ×4 (Ma et al., CVPR 2020): an RRDB network guided by a branch of gradients."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks.encoder import WHOLE, Cut, Steps, conv
from models.networks.rrdb import REACH, RRDB, run
from models.networks.upscaler import NONE, Spare, Upscaler

TAPS = (5, 10, 15, 20)
"""After how many blocks of the trunk the branch reads it, in the published network."""

ARM = 4
"""Convolutions of an arm: one after each of two enlargements, then two."""


class Stream(NamedTuple):
    """Features, and how many source pixels of each side that is cut they have lost."""

    values: Tensor
    lost: int

    def trimmed(self, lost: int, cut: Cut) -> Tensor:
        """The features with ``lost`` pixels lost in all."""
        return cut.trimmed(self.values, lost - self.lost)


class SPSR(Upscaler):
    """Trunk of RRDBs, a branch that turns the gradient map into sharp edges, and their fusion.

    Two lines run over source pixels: the trunk, and the branch, which begins with the picture's
    gradients and takes in the trunk's features at four places. Both are enlarged by arms of their
    own and fused at ×4. RGB goes in and comes out in 0..1, with no mean.

    The radius is large, 353 source pixels in the published network: fifteen convolutions a block.
    Tiles still get their exact halo, trimmed after each convolution, so that they equal the
    picture evaluated at once; a picture not larger than a tile is evaluated at once anyway. Work
    pauses after every convolution, since one block of a wide tile may take seconds.

    Attributes:
        taps: after how many blocks the branch reads the trunk.
    """

    def __init__(
        self,
        n_feats: int = 64,
        n_blocks: int = 23,
        growth: int = 32,
        taps: Sequence[int] = TAPS,
    ):
        super().__init__()
        args = {"n_feats": n_feats, "n_blocks": n_blocks, "growth": growth, "taps": list(taps)}
        self.spec = {"name": "spsr", "args": args}
        self.title, self.factor, self.taps = "SPSR ×4", 4, tuple(taps)
        self.radius = self._coarse_radius(n_blocks) + _fine_radius()
        self.head = conv(3, n_feats, 3)
        self.body = nn.ModuleList(RRDB(n_feats, growth) for _ in range(n_blocks))
        self.tail = conv(n_feats, n_feats, 3)
        self.arm = Arm(n_feats)
        self.branch_head = conv(3, n_feats, 3)
        self.fusions = nn.ModuleList(Fusion(n_feats, growth) for _ in taps)
        self.branch_tail = conv(n_feats, n_feats, 3)
        self.branch_arm = Arm(n_feats)
        self.fusion = Fusion(n_feats, growth)
        self.out = nn.ModuleList([conv(n_feats, n_feats, 3), conv(n_feats, 3, 3)])

    def steps(self, image: Tensor, cut: Cut = WHOLE, spare: Spare = NONE) -> Steps:
        """Enlarge in steps, one a convolution.

        Spare pixels go before the arms: enlarged ones take sixteen times the memory.
        """
        near = _fine_radius()
        trunk, branch = yield from self._coarse(image, cut)
        lost = max(trunk.lost, branch.lost)
        base, guide = (spare.reduced(each.trimmed(lost, cut), near) for each in (trunk, branch))
        del trunk, branch
        enlarged = yield from self.arm.steps(base, cut)
        edges = yield from self.branch_arm.steps(guide, cut)
        x = yield from self.fusion.steps(edges, enlarged, cut)
        del enlarged, edges
        x = F.leaky_relu(cut.trimmed(run(self.out[0], x), 1), 0.2)
        yield
        x = cut.trimmed(run(self.out[1], x), 1)
        # Whole source pixels are lost: what lies between is dropped too.
        x = cut.trimmed(x, self.factor * (self.radius - lost) - _fine_reach())
        return spare.within(near).reduced(x, 0, self.factor)

    def _coarse(self, image: Tensor, cut: Cut) -> Generator[None, None, tuple[Stream, Stream]]:
        """Trunk and branch over source pixels."""
        head = Stream(cut.trimmed(run(self.head, image), 1), 1)
        gradients = cut.trimmed(gradient_map(image), 1)
        edges = Stream(cut.trimmed(run(self.branch_head, gradients), 1), 2)
        trunk, branch = head, edges
        fusions = iter(self.fusions)
        for count, block in enumerate(self.body, 1):
            assert isinstance(block, RRDB)
            values = yield from block.steps(trunk.values, cut)
            trunk = Stream(values, trunk.lost + REACH)
            if count in self.taps:
                branch = yield from _fused(next(fusions), branch, trunk, cut)
        return _closed(self.tail, trunk, head, cut), _closed(self.branch_tail, branch, edges, cut)

    def _coarse_radius(self, n_blocks: int) -> int:
        """How far trunk or branch see before they are enlarged, in source pixels."""
        branch = 2
        for tap in self.taps:
            branch = max(branch, 1 + REACH * tap) + REACH + 1
        return max(1 + REACH * n_blocks, branch) + 1

    def halve(self, precision: torch.dtype) -> None:
        """Halve all but the layers that see or make pixels; sums stay in fp32."""
        halved = (self.body, self.tail, self.arm, self.fusions, self.branch_tail, self.branch_arm)
        for part in (*halved, self.fusion):
            part.to(precision)


class Fusion(nn.Module):
    """Branch and trunk side by side through an RRDB, then one 3×3 convolution to half as many."""

    def __init__(self, n_feats: int, growth: int):
        super().__init__()
        self.block = RRDB(2 * n_feats, growth)
        self.conv = conv(2 * n_feats, n_feats, 3)

    def steps(self, branch: Tensor, trunk: Tensor, cut: Cut) -> Steps:
        """Fuse features of the same pixels in steps."""
        x = yield from self.block.steps(torch.cat([branch, trunk], dim=1), cut)
        yield
        return cut.trimmed(run(self.conv, x), 1)


class Arm(nn.Module):
    """Twice: nearest ×2, 3×3 convolution, leaky ReLU. Then two convolutions, one leaky ReLU."""

    def __init__(self, n_feats: int):
        super().__init__()
        self.convs = nn.ModuleList(conv(n_feats, n_feats, 3) for _ in range(ARM))

    def steps(self, x: Tensor, cut: Cut) -> Steps:
        """Enlarge features ×4 in steps."""
        for number, layer in enumerate(self.convs):
            yield
            if number < 2:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = cut.trimmed(run(layer, x), 1)
            if number < ARM - 1:
                x = F.leaky_relu(x, 0.2, inplace=True)
        return x


def gradient_map(image: Tensor) -> Tensor:
    """``sqrt(dx² + dy² + 1e-6)`` by channel and central differences, zeros beyond the borders."""
    padded = F.pad(image, (1, 1, 1, 1))
    dx = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]
    dy = padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    return torch.sqrt(dx * dx + dy * dy + 1e-6)


def _fused(
    fusion: nn.Module, branch: Stream, trunk: Stream, cut: Cut
) -> Generator[None, None, Stream]:
    assert isinstance(fusion, Fusion)
    lost = max(branch.lost, trunk.lost)
    values = yield from fusion.steps(branch.trimmed(lost, cut), trunk.trimmed(lost, cut), cut)
    return Stream(values, lost + REACH + 1)


def _closed(layer: nn.Conv2d, x: Stream, start: Stream, cut: Cut) -> Stream:
    """A line's last convolution, and the shortcut from its start."""
    lost = x.lost + 1
    return Stream(cut.trimmed(run(layer, x.values), 1) + start.trimmed(lost, cut), lost)


def _fine_reach() -> int:
    """Enlarged pixels that are lost at ×2 and ×4: arm, fusion and the last two convolutions."""
    return 2 + (ARM - 1) + (REACH + 1) + 2


def _fine_radius() -> int:
    """The same in source pixels, rounded up."""
    return -(-_fine_reach() // 4)
