"""What docs/methods.md says of costs and scores is what is counted and measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import catalogue, published
from models.checkpoints import load_checkpoint
from models.evaluation.cost import once, reach
from tests.models.nets import WEIGHTS
from tools.methods_table import networks, table

PAGE = (Path(__file__).parents[2] / "docs" / "methods.md").read_text(encoding="utf-8")


def test_the_page_has_the_table_that_the_script_prints() -> None:
    assert table() in PAGE


def test_the_shipped_models_are_those_of_the_table() -> None:
    counted = [network for name, network in networks().items() if "(shipped)" in name]
    assert len(counted) == len(catalogue.ENTRIES)
    for entry, network in zip(catalogue.ENTRIES, counted, strict=True):
        shipped = load_checkpoint(WEIGHTS.with_name(entry.file)).network
        assert type(shipped) is type(network)
        assert once(network) == once(shipped)
        assert reach(network) == reach(shipped)
        assert entry.parameters == sum(each.numel() for each in network.parameters())


def row(name: str) -> list[str]:
    """The cells after a name in the tables of scores."""
    [line] = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}`")]
    return [cell.strip() for cell in line.strip("|").split("|")[1:]]


@pytest.mark.parametrize("entry", catalogue.ENTRIES, ids=lambda entry: entry.name)
def test_shipped_models_score_what_the_catalogue_says(entry: catalogue.Entry) -> None:
    said = [entry.quality["Set5"][scale] for scale in ("2", "3", "4", "6", "8")]
    assert [float(cell) for cell in row(entry.name)] == pytest.approx(said, abs=0.011)


@pytest.mark.parametrize("name", ["rdn-liif-official", "rdn-metasr-official", "spsr-official"])
def test_published_models_are_called_as_they_are_listed(name: str) -> None:
    assert published.find(name) is not None
    assert len(row(name)) == 5
