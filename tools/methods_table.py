"""Prints the table of docs/methods.md that says what the networks cost."""

from __future__ import annotations

import torch

from models.evaluation.cost import once, reach
from models.kinds import liif_flops, metasr_flops
from models.networks.edsr import EDSR
from models.networks.liif import LIIF
from models.networks.metasr import MetaSR
from models.networks.network import Network
from models.networks.normalisation import STANDARD
from models.networks.rdn import RDN
from models.networks.spsr import SPSR
from models.networks.wdsr import WDSRB
from models.networks.wdsr_upscaler import BMVC, WDSR

HEAD = (
    "| method | parameters | once a source pixel | a device pixel | reach |",
    "|---|---|---|---|---|",
    "| bicubic, Lanczos | – | – | < 0.0001 | 2, 3 |",
)


def networks() -> dict[str, Network]:
    """The networks of the page, without memory for their weights."""
    with torch.device("meta"):
        return {
            "LIIF · WDSR light (shipped)": LIIF(WDSRB(), (64,) * 3),
            "LIIF · EDSR-baseline (shipped)": LIIF(EDSR(), (256,) * 4),
            "Meta-SR · WDSR light (shipped)": MetaSR(WDSRB(), 64),
            "WDSR ×2 (shipped)": WDSR(2, 32, 16, 192, 25, normalisation=STANDARD),
            "WDSR ×4 (shipped)": WDSR(4, 32, 16, 192, 25, normalisation=STANDARD),
            "LIIF · RDN": LIIF(RDN(), (256,) * 4),
            "Meta-SR · EDSR-baseline": MetaSR(EDSR()),
            "Meta-SR · RDN": MetaSR(RDN()),
            "WDSR-A ×2, 16 blocks of 32": WDSR(2, 32, 16, 128, normalisation=BMVC),
            "WDSR-A ×4, 16 blocks of 32": WDSR(4, 32, 16, 128, normalisation=BMVC),
            "SPSR ×4": SPSR(),
        }


def row(name: str, network: Network) -> str:
    """A line of the table."""
    millions = sum(each.numel() for each in network.parameters()) / 1e6
    cells = (
        name,
        f"{millions:.2f} M" if millions < 10 else f"{millions:.1f} M",
        short(once(network) / 1e6),
        painted(network),
        str(reach(network)),
    )
    return f"| {' | '.join(cells)} |"


def painted(network: Network) -> str:
    """What a device pixel costs once the rest is there, in MFLOP."""
    if isinstance(network, LIIF):
        return f"{liif_flops(network) / 1e6:.2f}"
    if isinstance(network, MetaSR):
        return f"{metasr_flops(network) / 1e6:.4f}"
    return "Lanczos"


def short(mflop: float) -> str:
    """Three digits."""
    return f"{mflop:.2f}" if mflop < 10 else f"{mflop:.1f}" if mflop < 100 else f"{mflop:.0f}"


def table() -> str:
    """All lines."""
    return "\n".join([*HEAD, *(row(*each) for each in networks().items())])


if __name__ == "__main__":
    print(table())
