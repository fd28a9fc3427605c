"""What the sampler menus list."""

from __future__ import annotations

import queue
from dataclasses import replace
from pathlib import Path

import pytest

from models import catalogue
from models.catalogue import Description
from models.checkpoints import CheckpointError
from tests.viewer.ui.expected import CPU
from viewer.ui.model_info import ModelInfo


@pytest.fixture
def heard() -> queue.Queue[Description]:
    return queue.Queue()


@pytest.fixture
def models(heard: queue.Queue[Description]) -> ModelInfo:
    return ModelInfo(CPU, heard.put)  # type: ignore[arg-type]


def names(models: ModelInfo) -> list[str]:
    return [description.name for description in models.descriptions([])]


def test_the_catalogue_comes_first_and_maps_of_what_is_in_use_last(models: ModelInfo) -> None:
    plain, model = catalogue.names(), models.listed_name("liif")
    assert names(models) == plain
    used = ["bicubic", "liif", "gradient:lanczos", model, "gradient:liif", "bicubic", ""]
    listed = [description.name for description in models.descriptions(used)]
    maps = ["gradient:bicubic", f"gradient:{model}", "gradient:lanczos"]
    assert listed == [*plain, *maps]
    last = models.descriptions(used)[-1]
    assert (last.title, last.group) == ("Gradient of Lanczos", "gradient")


def test_a_file_has_a_map_without_being_read_for_it(models: ModelInfo, tiny_model: Path) -> None:
    name = str(tiny_model)
    models.put(Description(name, "Mine", "continuous", "somebody", ""))
    [last] = models.descriptions([name])[-1:]
    assert (last.name, last.title) == (f"gradient:{name}", "Gradient of Mine")
    assert models.title(last.name) == "Gradient of Mine"


def test_nothing_has_no_title(models: ModelInfo) -> None:
    assert models.title("") == models.listed_name("") == ""


@pytest.mark.parametrize("name", ["", "bicubic", "liif", "gradient:liif", "gradient:nearest"])
def test_what_the_catalogue_has_lasts(models: ModelInfo, name: str) -> None:
    assert models.lasts(name)


@pytest.mark.parametrize("name", [None, "nonsense", "gradient:nonsense", "gradient:"])
def test_what_it_has_not_does_not(models: ModelInfo, name: str | None) -> None:
    assert not models.lasts(name)


def test_files_and_what_has_no_weights_do_not_last(
    models: ModelInfo, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.put(Description(str(tiny_model), "Mine", "continuous", "somebody", ""))
    assert not models.lasts(str(tiny_model))
    absent = replace(catalogue.describe("lanczos"), available=False, note="bring it")
    monkeypatch.setattr(catalogue, "describe", lambda *_: absent)
    assert not models.lasts("lanczos")


def test_a_published_model_can_be_used_once_its_file_is_there(
    models: ModelInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed() -> Description:
        every = models.descriptions(["rdn-liif-official"])
        return next(each for each in every if each.name == "rdn-liif-official")

    monkeypatch.setenv("LIIF_VIEWER_MODELS", str(tmp_path))
    assert not listed().available
    assert "rdn-liif.pth" in listed().note
    (tmp_path / "rdn-liif.pth").touch()
    assert listed().available
    assert models.descriptions(["rdn-liif-official"])[-1].name == "gradient:rdn-liif-official"


def test_liif_is_listed_as_the_default_model(models: ModelInfo) -> None:
    assert models.listed_name("liif") in catalogue.names()
    assert models.title("liif") == models.title(models.listed_name("liif"))
    assert models.listed_name("bicubic") == "bicubic"
    assert models.listed_name("gradient:liif") == f"gradient:{models.listed_name('liif')}"


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
    assert description in models.descriptions([])


def test_one_of_a_run_has_the_name_of_the_run_from_the_first(
    models: ModelInfo, heard: queue.Queue[Description], tiny_model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine" / "weights.safetensors"
    path.parent.mkdir()
    path.write_bytes(tiny_model.read_bytes())
    models.add(path)
    assert models.title(str(path)) == "LIIF · mine/weights"
    assert heard.get(timeout=30).title == "LIIF · mine/weights"


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
    assert known in models.descriptions([])
    assert heard.get(timeout=30) == known


def test_one_of_which_another_network_is_shown_is_read_again(
    models: ModelInfo, heard: queue.Queue[Description], tiny_model: Path
) -> None:
    name = str(tiny_model)
    models.add(tiny_model)
    known = heard.get(timeout=30)
    models.follow({name: "first", "bicubic": "bicubic"})
    models.follow({name: "first", "bicubic": "other"})
    models.join(30)
    assert heard.empty()
    models.follow({name: "second"})
    assert heard.get(timeout=30) == known
    models.follow({f"gradient:{name}": "map of the second"})
    models.follow({f"gradient:{name}": "map of the third"})
    assert heard.get(timeout=30) == known
    models.follow({name: "second"})
    models.join(30)
    assert heard.empty()


@pytest.mark.parametrize("error", [CheckpointError("bad"), OSError(36, "too long"), MemoryError()])
def test_what_is_wrong_with_a_file_is_for_others_to_say(
    models: ModelInfo,
    heard: queue.Queue[Description],
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    def fail(*_: object) -> Description:
        raise error

    monkeypatch.setattr(catalogue, "describe", fail)
    models.add(tiny_model)
    models.join(30)
    assert heard.empty()


def test_one_that_was_removed_is_listed_no_longer(models: ModelInfo, tiny_model: Path) -> None:
    models.add(tiny_model)
    models.remove(str(tiny_model))
    models.remove("never listed")
    assert str(tiny_model) not in names(models)
