"""Model files that others have published: what they are, and where they come from.

None of them is part of this program. `brought` finds those that a person has brought.
"""

from __future__ import annotations

from dataclasses import dataclass

OFFICIAL = "-official"


@dataclass(frozen=True)
class Published:
    """A published file.

    Attributes:
        name: as ``--sampler`` takes it. Models that we train may have the same name without
            ``-official``.
        file: the name it has to have in the folder of brought files.
        title: for menus.
        group: ``continuous``, or ``fixed-scale`` for networks with one scale.
        paper: where it comes from.
        network: what it holds, as `kinds.named` says it.
        parameters: how many numbers its network has; unused ones and shifts of colours left out.
        scales: what it was made for, such as ``×1–×4``.
        licence: of the file, ``none stated`` where its authors say nothing.
        origin: what to get, and from whom; the middle of a sentence.
        address: where the file itself is to be had over https, or empty.
        size: bytes, or None where nobody has told.
        sha256: of the file, its first digits alone where no more is known, or empty.
        mflop: million floating-point operations: continuous ones an output pixel once features
            are there, fixed-scale ones a source pixel.
    """

    name: str
    file: str
    title: str
    group: str
    paper: str
    network: str
    parameters: int
    scales: str
    licence: str
    origin: str
    address: str = ""
    size: int | None = None
    sha256: str = ""
    mflop: float | None = None

    @property
    def short(self) -> str:
        """The name without ``-official``."""
        return self.name.removesuffix(OFFICIAL)

    def fits(self, size: int, sha256: str) -> bool:
        """Whether a file of a size and a hash is this one, as far as that is known."""
        return self.size in (None, size) and sha256.startswith(self.sha256)


_LIIF = "Chen et al., 2021"
_LIIF_ORIGIN = "from the authors' repository, yinboc/liif"
_WDSR = "Yu et al., 2018"
_MMAGIC = "https://download.openmmlab.com/mmediting/restorers/liif/"
_MMAGIC_ORIGIN = "from mmagic's page on LIIF"


def _mmagic(encoder: str, file: str, parameters: int) -> Published:
    # The file names there end with the first digits of the hash.
    return Published(
        name=f"{encoder.lower()}-liif-mmagic",
        file=file,
        title=f"LIIF · {encoder}, mmagic",
        group="continuous",
        paper=_LIIF,
        network=f"LIIF on {encoder}",
        parameters=parameters,
        scales="×1–×4",
        licence="Apache-2.0",
        origin=_MMAGIC_ORIGIN,
        address=_MMAGIC + file,
        sha256=file.removesuffix(".pth").rpartition("-")[2],
        mflop=1.58,
    )


def _wdsr(scale: int, parameters: int, mflop: float) -> Published:
    return Published(
        name=f"wdsr-x{scale}{OFFICIAL}",
        file=f"wdsr_x{scale}.pth",
        title=f"WDSR ×{scale} · official",
        group="fixed-scale",
        paper=_WDSR,
        network=f"WDSR-A ×{scale}",
        parameters=parameters,
        scales=f"×{scale}",
        licence="MIT",
        origin=f"epoch_30.pth from wdsr_x{scale}.zip of the authors' repository, ychfan/wdsr",
        mflop=mflop,
    )


PUBLISHED: tuple[Published, ...] = (
    Published(
        name=f"edsr-baseline-liif{OFFICIAL}",
        file="edsr-baseline-liif.pth",
        title="LIIF · EDSR official",
        group="continuous",
        paper=_LIIF,
        network="LIIF on EDSR",
        parameters=1_567_299,
        scales="×1–×4",
        licence="BSD-3-Clause",
        origin=_LIIF_ORIGIN,
        address="https://www.dropbox.com/s/6f402wcn4v83w2v/edsr-baseline-liif.pth?dl=1",
        size=18_890_445,
        sha256="1cf77e16f33ee17bd04049f497eaea1e06f25585dbb1919e4c7cd1d9d4d23d57",
        mflop=1.58,
    ),
    Published(
        name=f"rdn-liif{OFFICIAL}",
        file="rdn-liif.pth",
        title="LIIF · RDN official",
        group="continuous",
        paper=_LIIF,
        network="LIIF on RDN",
        parameters=22_320_835,
        scales="×1–×4",
        licence="BSD-3-Clause",
        origin=_LIIF_ORIGIN,
        address="https://www.dropbox.com/s/mzha6ll9kb9bwy0/rdn-liif.pth?dl=1",
        size=268_184_311,
        sha256="7bf835bc969b85ead12ef3bd8e4bca7349777ae1fdbea6021f1b62608f4a323a",
        mflop=1.58,
    ),
    _mmagic("EDSR", "liif_edsr_norm_c64b16_g1_1000k_div2k_20210715-ab7ce3fc.pth", 1_567_299),
    _mmagic("RDN", "liif_rdn_norm_c64b16_g1_1000k_div2k_20210717-22d6fdc8.pth", 22_320_835),
    Published(
        name=f"rdn-metasr{OFFICIAL}",
        file="model_1000.pt",
        title="Meta-SR · RDN official",
        group="continuous",
        paper="Hu et al., 2019",
        network="Meta-SR on RDN",
        parameters=22_419_072,
        scales="×1–×4",
        licence="none stated",
        origin="model_1000.pt from the authors' repository, XuecaiHu/Meta-SR-Pytorch",
        mflop=0.0031,
    ),
    _wdsr(2, 1_187_484, 2.37),
    _wdsr(3, 1_192_959, 2.38),
    _wdsr(4, 1_200_624, 2.40),
    Published(
        name=f"spsr{OFFICIAL}",
        file="spsr.pth",
        title="SPSR ×4 · official",
        group="fixed-scale",
        paper="Ma et al., 2020",
        network="SPSR ×4",
        parameters=24_796_035,
        scales="×4",
        licence="none stated",
        origin="spsr.pth from the authors' repository, Maclory/SPSR",
        mflop=104.8,
    ),
)
"""In the order in which they are listed."""


def find(name: str) -> Published | None:
    """The published file of a name, with or without ``-official``."""
    return next((each for each in PUBLISHED if name in (each.name, each.short)), None)
