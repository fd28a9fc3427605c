"""The folder of brought files, and what is taken from it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models import brought, catalogue, published
from models.backend import Backend
from models.catalogue import describe, load_model, make_sampler
from models.checkpoints import CheckpointError
from models.families.base import parameters_of
from models.families.liif_official import OfficialLIIF
from models.families.wdsr import WDSR2019
from models.kinds import kind_of, named
from models.networks.edsr import EDSR
from models.networks.liif import LIIF
from models.networks.metasr import MetaSR
from models.networks.rdn import RDN
from models.networks.spsr import SPSR
from models.networks.wdsr_upscaler import BMVC, WDSR
from models.samplers.grid import Grid
from tests.models.nets import literal_pixels, random_liif, small_liif, small_metasr
from tests.models.networks.upscalers import randomised
from tests.models.pictures import CPU, drawing

FP32 = Backend(CPU)
HOME = Path("/home/ada")


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, "/home/ada/.local/share/liif-viewer/models"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/liif-viewer/models"),
        ("linux", {"XDG_DATA_HOME": "data"}, "/home/ada/.local/share/liif-viewer/models"),
        ("linux", {"XDG_DATA_HOME": ""}, "/home/ada/.local/share/liif-viewer/models"),
        ("darwin", {}, "/home/ada/Library/Application Support/liif-viewer/models"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/liif-viewer/models"),
        ("win32", {}, "/home/ada/AppData/Local/liif-viewer/models"),
        ("win32", {"LIIF_VIEWER_MODELS": "/mine", "LOCALAPPDATA": "/local"}, "/mine"),
        ("linux", {"LIIF_VIEWER_MODELS": "/mine", "XDG_DATA_HOME": "/data"}, "/mine"),
        ("linux", {"LIIF_VIEWER_MODELS": ""}, "/home/ada/.local/share/liif-viewer/models"),
    ],
)
def test_the_folder_is_where_each_system_keeps_data(platform, environment, expected):
    assert brought.folder(environment, platform, HOME) == Path(expected)


def test_a_folder_in_the_environment_is_written_as_paths_are_typed(monkeypatch):
    monkeypatch.setenv("HOME", str(HOME))
    monkeypatch.setenv("USERPROFILE", str(HOME))
    assert brought.folder({"LIIF_VIEWER_MODELS": "~/mine"}) == (HOME / "mine").absolute()


def test_a_process_without_a_home_still_has_a_folder(monkeypatch):
    def homeless(_: type[Path]) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(homeless))
    assert brought.folder({}, "linux").is_absolute()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LIIF_VIEWER_MODELS", str(tmp_path))
    return tmp_path


def test_a_folder_that_cannot_be_looked_into_is_told(monkeypatch):
    monkeypatch.setenv("LIIF_VIEWER_MODELS", "/" + "x" * 300)
    wanted = published.PUBLISHED[0]
    assert "cannot be looked at" in describe(wanted.name).note
    assert not describe(wanted.name).available
    with pytest.raises(CheckpointError, match="cannot be looked at"):
        brought.checked(wanted)


@pytest.fixture
def official(folder, monkeypatch):
    """An official file in the folder, small; its entry in the list tells its hash."""
    known = published.find("rdn-liif-official")
    path = folder / known.file
    torch.save(OfficialLIIF().save(small_liif()), path)
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    wanted = replace(known, size=len(content), sha256=sha256)
    others = [each for each in published.PUBLISHED if each is not known]
    monkeypatch.setattr(published, "PUBLISHED", (wanted, *others))
    yield wanted
    catalogue._held.cache_clear()


@pytest.mark.parametrize("name", ["rdn-liif", "rdn-liif-official"])
def test_a_brought_file_is_a_sampler_under_its_names(official, name):
    picture, grid = drawing(9, 7), Grid.for_scale(9, 7, 3.0)
    sampler = make_sampler(name, picture, FP32)
    literal = literal_pixels(small_liif(), picture, grid)
    np.testing.assert_allclose(sampler.sample(grid).numpy(), literal, atol=1e-5)
    assert sampler.title == official.title
    description = describe(name)
    assert description.available
    assert not description.note
    assert description.name == official.name
    assert describe(f"gradient:{name}").available


def test_a_file_of_that_name_with_other_content_is_refused(official, folder):
    path = folder / official.file
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(CheckpointError, match=r"is not the published file; .*--overwrite") as told:
        load_model(official.name, FP32)
    assert str(path) in str(told.value)
    path.write_bytes(content)
    assert load_model(official.name, FP32).title == official.title


def unproven(wanted, network):
    """The entry of a file of which no hash is known, for a network small enough for tests."""
    parameters = parameters_of(network)
    return replace(wanted, size=None, sha256="", network=named(network), parameters=parameters)


def test_a_file_without_a_known_hash_is_taken_if_its_network_is_the_one(
    official, folder, monkeypatch
):
    network = small_liif(seed=1)
    wanted = unproven(official, network)
    monkeypatch.setattr(published, "PUBLISHED", (wanted,))
    torch.save(OfficialLIIF().save(network), folder / wanted.file)
    assert load_model(wanted.name, FP32).title == wanted.title


OTHERS = {
    "of another kind": (lambda: OfficialLIIF().save(small_metasr("rdn")), "Meta-SR on RDN of "),
    "of another encoder": (lambda: OfficialLIIF().save(small_liif("edsr")), "LIIF on EDSR of "),
    "of another size": (
        lambda: OfficialLIIF().save(random_liif(RDN(1, 2, 3, 4), (5,), False)),
        "LIIF on RDN of ",
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_another_network_in_a_file_without_a_known_hash_is_refused(
    case, official, folder, monkeypatch
):
    make, words = OTHERS[case]
    network = small_liif("rdn")
    wanted = unproven(official, network)
    monkeypatch.setattr(published, "PUBLISHED", (wanted,))
    torch.save(make(), folder / wanted.file)
    with pytest.raises(CheckpointError, match=f"holds {words}") as told:
        load_model(wanted.name, FP32)
    size = f"{parameters_of(network):,}"
    assert f"but {wanted.name} is LIIF on RDN of {size} parameters; " in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("wanted", published.PUBLISHED, ids=lambda wanted: wanted.name)
def test_one_without_its_file_says_what_to_do(wanted, folder):
    for name in (wanted.name, f"gradient:{wanted.name}"):
        description = describe(name)
        assert not description.available
        assert str(folder / wanted.file) in description.note
    with pytest.raises(CheckpointError) as told:
        make_sampler(wanted.name, drawing(5, 4), FP32)
    sentence = str(told.value)
    assert "\n" not in sentence
    assert wanted.name in sentence
    assert str(folder / wanted.file) in sentence
    assert (wanted.address or wanted.origin) in sentence
    assert ("--fetch" in sentence) == bool(wanted.address)


def test_a_model_of_ours_goes_before_a_published_one_of_the_same_name(official, monkeypatch):
    ours = replace(catalogue.ENTRIES[0], name=official.short)
    monkeypatch.setattr(catalogue, "ENTRIES", (ours,))
    assert load_model(official.short, FP32).title == ours.title
    assert load_model(official.name, FP32).title == official.title
    assert describe(official.short).title == ours.title
    assert len(set(catalogue.names())) == len(catalogue.names())
    catalogue._shipped.cache_clear()


@pytest.fixture
def _forget_files():
    yield
    catalogue._held.cache_clear()


def small_wdsr(factor):
    return randomised(WDSR(factor, 6, 2, 24, normalisation=BMVC))


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.usefixtures("_forget_files")
def test_a_file_of_another_scale_is_refused_under_a_name(factor, folder, monkeypatch):
    scales = (2, 3, 4)
    entries = [
        unproven(published.find(f"wdsr-x{scale}-official"), small_wdsr(scale)) for scale in scales
    ]
    monkeypatch.setattr(published, "PUBLISHED", tuple(entries))
    for scale, wanted in zip(scales, entries, strict=True):
        torch.save(WDSR2019().save(small_wdsr(factor)), folder / wanted.file)
        if scale == factor:
            title = make_sampler(wanted.name, drawing(6, 5), FP32).title
            assert title == f"WDSR ×{scale} · official + Lanczos"
            continue
        with pytest.raises(CheckpointError, match=f"holds WDSR-A ×{factor} of .* but") as told:
            make_sampler(wanted.name, drawing(6, 5), FP32)
        assert f"wdsr-x{scale}-official is WDSR-A ×{scale} of " in str(told.value)
        assert "\n" not in str(told.value)


ENCODERS = {"EDSR": EDSR, "RDN": RDN}


def as_told(wanted):
    """The network that an entry speaks of."""
    if wanted.short == "spsr":
        return SPSR()
    kind, _, encoder = wanted.network.partition(" on ")
    if kind == "LIIF":
        return LIIF(ENCODERS[encoder](), (256,) * 4)
    if kind == "Meta-SR":
        return MetaSR(ENCODERS[encoder](), 256)
    return WDSR(int(wanted.scales.removeprefix("×")), 32, 16, 128, normalisation=BMVC)


@pytest.mark.parametrize("wanted", published.PUBLISHED, ids=lambda wanted: wanted.name)
def test_entries_tell_the_truth_of_their_networks(wanted):
    with torch.device("meta"):
        network = as_told(wanted)
    assert wanted.network == named(network)
    assert wanted.parameters == parameters_of(network)
    assert wanted.group == kind_of(network).group
    if wanted.group == "fixed-scale":
        assert wanted.scales == f"×{network.factor}"
