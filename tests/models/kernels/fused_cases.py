"""What the fused kernel is asked to decode in tests, with and without a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from models.backend import Backend
from models.kernels.check import Still
from models.kernels.hoist import hoist
from models.kernels.triton_decoder import TritonDecoder
from models.kernels.tuning import Config
from models.networks.edsr import EDSR
from models.networks.liif import LIIF
from models.networks.normalisation import DIV2K_MEAN, STANDARD, Normalisation
from models.samplers.base import Picture
from models.samplers.grid import Axis, Grid, Lattice, Window
from tests.models.nets import random_liif, sampler_of
from tests.models.pictures import Array, noise, premultiplied
from tests.reference import layers, liif

PLAIN = Lattice(Axis(-0.07, 0.29), Axis(0.05, 0.37))
ONE = Lattice(Axis(0.0, 1.0), Axis(0.0, 1.0))
FAR = Lattice(Axis(0.004, 0.031), Axis(-0.01, 0.047))

CORNERS = (
    Window(-5, -7, 11, 6),  # before the first pixel, in part and then altogether
    Window(-40, 3, 11, 6),
    Window(18, 14, 11, 6),
    Window(70, 41, 11, 6),  # at and beyond the last pixel
    Window(400, 300, 11, 6),
)


@dataclass(frozen=True)
class Case:
    """One decoding.

    Attributes:
        hidden: widths of the hidden layers.
        size: of the picture.
        windows: all decoded by one launch.
        lattice: where their samples lie.
        residual, depth: of network and picture (16 for uint16).
        precision: of the hidden layers.
        side: of encoder tiles.
        config: how the launch is cut; None for the first choice.
        normalisation: of the network.
    """

    hidden: tuple[int, ...] = (64, 64, 64)
    size: tuple[int, int] = (23, 17)
    windows: tuple[Window, ...] = CORNERS
    lattice: Lattice = PLAIN
    residual: bool = False
    depth: int = 8
    precision: str = "float16"
    side: int = 8
    config: Config | None = None
    normalisation: Normalisation = STANDARD


FEW = (Window(-2, 5, 7, 6), Window(20, 9, 7, 6))

CASES = {
    "borders": Case(),
    "residual": Case(residual=True),
    "residual of 16 bits": Case(residual=True, depth=16),
    "another mean": Case(residual=True, normalisation=Normalisation(DIV2K_MEAN, 0.4)),
    "one pixel": Case(size=(1, 1), windows=(Window(-1, -2, 6, 5),), residual=True),
    "one row": Case(size=(19, 1), windows=(Window(0, -3, 70, 3),), residual=True),
    "one column": Case(size=(1, 19), windows=(Window(-3, 0, 7, 40),)),
    "one sample": Case(windows=(Window(9, 8, 1, 1),), residual=True),
    "scale 1": Case(lattice=ONE, windows=(Window(0, 0, 23, 17),), residual=True),
    "far in": Case(lattice=FAR, windows=(Window(300, 200, 20, 14),)),
    "one large tile": Case(side=384, windows=FEW),
    "whole tiles and a margin": Case(windows=(Window(-1, -1, 66, 18),), residual=True),
    "one hidden layer": Case(hidden=(64,), windows=FEW, residual=True),
    "two": Case(hidden=(32, 32), windows=FEW),
    "four": Case(hidden=(32,) * 4, windows=FEW, residual=True),
    "five": Case(hidden=(32,) * 5, windows=FEW),
    "widths that differ": Case(hidden=(24, 100, 40), windows=FEW, residual=True),
    "narrow": Case(hidden=(5, 3), windows=FEW),
    "odd width": Case(hidden=(61, 64, 64), windows=FEW),
    "128": Case(hidden=(128,) * 3, windows=FEW),
    "published": Case(hidden=(256,) * 4, windows=FEW),
    "published in small chunks": Case(
        hidden=(256,) * 4, windows=FEW, residual=True, config=Config(64, 32, 4, 2)
    ),
    "chunks at each place": Case(hidden=(64,) * 3, windows=FEW, config=Config(128, 16, 4, 2)),
}

BF16 = {
    "bf16": Case(precision="bfloat16", residual=True),
    "published in bf16": Case(hidden=(256,) * 4, windows=FEW, precision="bfloat16"),
}
"""Not for Triton's interpreter: it multiplies the bit patterns of bf16 as integers."""


def network_of(case: Case) -> LIIF:
    """A random network whose decoder fits a case; its encoder is not used."""
    network = random_liif(EDSR(n_resblocks=1, n_feats=8), case.hidden, case.residual, seed=3)
    network.normalisation = case.normalisation
    # Coordinates and cell are to matter as much as the 72 features do.
    with torch.no_grad():
        first: nn.Linear = network.imnet.linears[0]
        first.weight[:, -4:] *= 2.0
    return network


def features_of(case: Case) -> Array:
    """Features ``[8, H, W]`` float64, exact in fp16."""
    width, height = case.size
    rng = np.random.default_rng(7)
    return rng.standard_normal((8, height, width)).astype(np.float16).astype(np.float64)


def picture_of(case: Case) -> Picture:
    """The noisy picture of a case."""
    dtype = np.uint8 if case.depth == 8 else np.uint16
    return noise(*case.size, seed=5, dtype=dtype)


def decoded(case: Case, device: torch.device) -> tuple[Array, Array]:
    """Samples and codes of a case by the kernel."""
    network, backend = network_of(case), Backend(device, getattr(torch, case.precision))
    weights = hoist(network, backend)
    padded = np.pad(features_of(case), ((0, 0), (1, 1), (1, 1)))
    folded = weights.latents(torch.from_numpy(padded).float().to(device)).to(backend.storage)
    source = Still(folded, picture_of(case), case.side, case.normalisation)
    decoder = TritonDecoder(weights, backend, case.residual, case.normalisation)
    decoder.config = case.config or decoder.config
    with torch.inference_mode():
        samples = decoder.windows(case.lattice, case.windows, source)
        codes = decoder.codes(case.lattice, case.windows, source)
    return samples.cpu().numpy(), codes.cpu().numpy()


def sampled(fused: bool) -> tuple[Array, Array]:
    """Pixels and codes of a picture by a sampler, with the kernel or with plain torch."""
    backend = Backend(torch.device("cpu"), torch.float16)
    network = random_liif(EDSR(n_resblocks=1, n_feats=8), (32, 32), residual=True)
    sampler = sampler_of(network, noise(41, 29, seed=2), side=16, backend=backend)
    if fused:
        weights = hoist(network, backend)
        sampler._model.decoder._current = TritonDecoder(weights, backend, residual=True)
    grid = Grid.for_scale(41, 29, 2.2)
    windows = [tile.window for tile in grid.tiles()]
    return sampler.sample(grid).numpy(), sampler.codes(grid.lattice, windows).numpy()


def expected(case: Case) -> Array:
    """Samples of all windows by the oracle, not clamped: ``[N, rows, columns, 3]``."""
    network, features = network_of(case), features_of(case)
    mlp = layers.imnet(network.state_dict())
    source = premultiplied(picture_of(case)).transpose(2, 0, 1) if case.residual else None
    return np.stack([_window(case, window, mlp, features, source) for window in case.windows])


def _window(
    case: Case,
    window: Window,
    mlp: Sequence[layers.Layer],
    features: Array,
    source: Array | None,
) -> Array:
    x, y = case.lattice.x, case.lattice.y
    ys = np.array([y.origin + (window.row + k + 0.5) * y.step for k in range(window.rows)])
    xs = np.array([x.origin + (window.column + k + 0.5) * x.step for k in range(window.columns)])
    steps = y.step, x.step
    # The oracle speaks of (x − 0.5) / 0.5; another normalisation is taken in and out by hand.
    mean = np.array(case.normalisation.mean)
    if source is not None:
        normalised = (source - mean[:, None, None]) / case.normalisation.std
        source = normalised * 0.5 + 0.5
    values = liif.decode(features, mlp, ys, xs, steps, source)
    return (values - 0.5) / 0.5 * case.normalisation.std + mean
