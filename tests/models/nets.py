"""Networks for tests, and what they should show, in float64."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from torch import nn

from models.backend import Backend
from models.checkpoints import load_checkpoint
from models.kernels.compiled import can_compile
from models.networks.edsr import EDSR
from models.networks.encoder import Encoder
from models.networks.liif import LIIF
from models.networks.metasr import MetaSR
from models.networks.network import Network
from models.networks.rdn import RDN
from models.networks.wdsr import WDSRA, WDSRB
from models.samplers.base import Picture
from models.samplers.encoded import EncodedSampler
from models.samplers.grid import Grid
from models.samplers.metasr import MetaSRModel, MetaSRSampler
from models.samplers.neural import LIIFModel, LIIFSampler
from tests.models.pictures import CPU, Array, cover, places, straight
from tests.reference import edsr, layers, liif, metasr, rdn, wdsr

CPUS_OWN = "LLVM" if can_compile(Backend(CPU)) else "torch"
"""How networks are decoded on this machine's processors."""

WEIGHTS = Path(str(files("models.weights") / "wdsr-liif.safetensors"))
ENCODERS = {EDSR: edsr.encode, WDSRA: wdsr.encode, WDSRB: wdsr.encode, RDN: rdn.encode}
SMALL = {
    "edsr": lambda: EDSR(n_resblocks=2, n_feats=8),
    "wdsr-a": lambda: WDSRA(n_feats=8, n_resblocks=2, expansion=2),
    "wdsr": lambda: WDSRB(n_feats=8, n_resblocks=2, expansion=3, low_rank=0.8),
    "rdn": lambda: RDN(n_resblocks=2, n_layers=3, growth=5, n_feats=8),
}


def random_liif(encoder: Encoder, hidden: tuple[int, ...], residual: bool, seed: int = 0) -> LIIF:
    """A LIIF whose pixels vary over most of 0..1, so that errors of any part of it show."""
    torch.manual_seed(seed)
    network = LIIF(encoder, hidden, residual)
    _spread(network)
    with torch.no_grad():
        network.imnet.linears[-1].weight *= 0.15
    return network.eval()


def small_metasr(kind: str = "edsr", seed: int = 0) -> MetaSR:
    """A random Meta-SR, small enough for its oracle."""
    torch.manual_seed(seed)
    network = MetaSR(SMALL[kind](), 20)
    _spread(network)
    with torch.no_grad():
        network.imnet.linears[0].weight *= 2
        network.imnet.linears[-1].weight *= 0.05
        network.imnet.linears[-1].bias *= 0.3
    return network.eval()


def _spread(network: Network) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            nn.init.normal_(module.bias, std=0.1)
    with torch.no_grad():
        for added in _last_of_blocks(network.encoder):
            added.weight *= 0.3


def _last_of_blocks(encoder: Encoder) -> list[nn.Conv2d]:
    """What each block adds to its input with."""
    if isinstance(encoder, RDN):
        return [block.LFF for block in encoder.RDBs]
    return [block.body[-1] for block in encoder.body[:-1]]


def small_liif(kind: str = "edsr", residual: bool = False, seed: int = 0) -> LIIF:
    """A random LIIF of a family, small enough for its oracle."""
    return random_liif(SMALL[kind](), (24, 20, 16), residual, seed)


@cache
def shipped() -> LIIF:
    """The network that comes with the program."""
    return load_checkpoint(WEIGHTS).network


def small_network(form: str, seed: int = 0) -> Network:
    """A small network by its decoder and encoder: ``liif edsr``, ``liif+residual wdsr``, …"""
    decoder, encoder = form.split()
    if decoder == "metasr":
        return small_metasr(encoder, seed)
    return small_liif(encoder, decoder == "liif+residual", seed)


def sampler_of(
    network: Network, picture: Picture, side: int | None = None, backend: Backend | None = None
) -> EncodedSampler:
    """The fast form: a sampler with encoder tiles of a side."""
    backend = backend or Backend(CPU)
    if isinstance(network, MetaSR):
        return MetaSRSampler(MetaSRModel(network, backend, "test", "Test"), picture, side)
    return LIIFSampler(LIIFModel(network, backend, "test", "Test"), picture, side)


def literal_features(network: Network, picture: Picture) -> Array:
    """Features ``[C, H, W]`` of the whole picture by the oracle of its family."""
    encoder = network.encoder
    blocks = len(_last_of_blocks(encoder))
    image = straight(picture).transpose(2, 0, 1)
    return ENCODERS[type(encoder)](network.state_dict(), image, blocks)


def literal_pixels(
    network: Network, picture: Picture, grid: Grid, features: Array | None = None
) -> Array:
    """Pixels ``[rows, columns, 3]`` of a grid in 0..1, clamped, by the oracles; premultiplied."""
    if features is None:
        features = literal_features(network, picture)
    return _colours(network, picture, grid, features) * cover(picture, grid).clip(0.0, 1.0)


def _colours(network: Network, picture: Picture, grid: Grid, features: Array) -> Array:
    mlp = layers.imnet(network.state_dict())
    if isinstance(network, MetaSR):
        return np.clip(metasr.decode(features, mlp, *places(grid)) * 0.5 + 0.5, 0.0, 1.0)
    source = straight(picture).transpose(2, 0, 1) if network.residual else None
    ys, xs, steps = places(grid)
    return np.clip(liif.decode(features, mlp, ys, xs, steps, source), 0.0, 1.0)
