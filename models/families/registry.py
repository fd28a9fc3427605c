"""The families there are, in the order in which a file is tried."""

from __future__ import annotations

from models.families.base import CheckpointError, Family
from models.families.liif_mmagic import MmagicLIIF
from models.families.liif_official import OfficialLIIF
from models.families.metasr import OfficialMetaSR
from models.families.spsr import OfficialSPSR
from models.families.wdsr import WDSR2018, WDSR2019


def registered(*families: Family) -> tuple[Family, ...]:
    """Families in order. Raises ValueError if two have one name."""
    names = [family.name for family in families]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"there are two checkpoint families of the name {twice.pop()}")
    return families


FAMILIES = registered(
    OfficialLIIF(), MmagicLIIF(), OfficialMetaSR(), WDSR2018(), WDSR2019(), OfficialSPSR()
)


def detect(content: object) -> Family:
    """The family of what ``torch.load`` returned.

    Raises:
        CheckpointError: one sentence: the families, and what each of them misses.
    """
    reasons = []
    for family in FAMILIES:
        misfit = family.misfit(content)
        if not misfit:
            return family
        reasons.append(f"{family.name} ({misfit})")
    raise CheckpointError(f"it is of no known family: {', '.join(reasons)}")
