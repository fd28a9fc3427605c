"""What the sampler menus list."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest

from models import catalogue
from models.catalogue import Description
from tests.viewer.ui.expected import CPU
from viewer.ui.model_info import ModelInfo


@pytest.fixture
def heard() -> queue.Queue[Description]:
    return queue.Queue()


@pytest.fixture
def models(heard: queue.Queue[Description]) -> ModelInfo:
    return ModelInfo(CPU, heard.put)  # type: ignore[arg-type]


def names(models: ModelInfo) -> list[str]:
    return [description.name for description in models.descriptions()]


def test_the_catalogue_comes_first_and_maps_of_it_last(models: ModelInfo) -> None:
    plain = catalogue.names()
    assert names(models) == [*plain, *(f"gradient:{name}" for name in plain)]


def test_liif_is_listed_as_the_default_model(models: ModelInfo) -> None:
    assert models.listed_name("liif") in catalogue.names()
    assert models.title("liif") == models.title(models.listed_name("liif"))
    assert models.listed_name("bicubic") == "bicubic"


def test_a_file_is_listed_at_once_and_described_later(
    models: ModelInfo, heard: queue.Queue[Description], tiny_model: Path
) -> None:
    models.add(tiny_model)
    name = str(tiny_model)
    assert name in names(models)
    assert models.title(name) == "LIIF · tiny"
    description = heard.get(timeout=30)
    assert description.name == name
    assert "M parameters" in description.provenance
    models.put(description)
    assert names(models).count(name) == 1
    assert description in models.descriptions()


def test_a_link_keeps_its_own_name(
    models: ModelInfo, heard: queue.Queue[Description], tiny_model: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.safetensors"
    link.symlink_to(tiny_model)
    models.add(link)
    models.put(heard.get(timeout=30))
    assert names(models).count(str(link)) == 1
    assert str(tiny_model) not in names(models)


def test_opening_it_again_lists_it_once_and_keeps_what_is_known(
    models: ModelInfo, heard: queue.Queue[Description], tiny_model: Path
) -> None:
    models.add(tiny_model)
    known = heard.get(timeout=30)
    models.put(known)
    models.add(tiny_model)
    assert known in models.descriptions()
    assert heard.get(timeout=30) == known


def test_one_that_was_removed_is_listed_no_longer(models: ModelInfo, tiny_model: Path) -> None:
    models.add(tiny_model)
    models.remove(str(tiny_model))
    models.remove("never listed")
    assert str(tiny_model) not in names(models)
