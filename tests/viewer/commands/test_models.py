from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest
import torch

from models import catalogue, published
from models.families.base import parameters_of
from models.families.liif_official import OfficialLIIF
from tests.models.nets import small_liif
from viewer.cli import main
from viewer.commands import models


def rows(capsys) -> list[dict]:
    assert main(["models", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LIIF_VIEWER_MODELS", str(tmp_path))
    return tmp_path


def test_every_sampler_is_listed_with_what_is_known_of_it(capsys):
    listed = {each["name"]: each for each in rows(capsys)}
    assert list(listed) == catalogue.names()
    assert listed["bicubic"]["status"] == "built in"
    for entry in catalogue.ENTRIES:
        each = listed[entry.name]
        assert each["parameters"] == entry.parameters
        assert each["licence"] == entry.licence
        assert each["sha256"] == entry.sha256
        assert each["quality"] == entry.quality
        assert each["status"] == "ready"
        assert each["bytes"] > 2 * entry.parameters
        assert each["group"] == entry.group


@pytest.mark.parametrize(("on", "device"), [("CPU", "cpu"), ("GPU", "cuda")])
def test_each_kind_of_device_has_one_default(capsys, on, device):
    defaults = [each["name"] for each in rows(capsys) if each["default"] == on]
    assert defaults == [catalogue.default_model(torch.device(device))]


def test_a_folder_that_cannot_be_looked_into_is_told_and_the_rest_is_listed(capsys, monkeypatch):
    monkeypatch.setenv("LIIF_VIEWER_MODELS", "/" + "x" * 300)
    listed = {each["name"]: each for each in rows(capsys)}
    assert list(listed) == catalogue.names()
    for each in published.PUBLISHED:
        assert listed[each.name]["status"] == "unreadable"
        assert "cannot be looked at: " in listed[each.name]["note"]
    assert main(["models"]) == 0


def test_json_goes_through_any_pipe(capsys):
    assert main(["models", "--json"]) == 0
    assert capsys.readouterr().out.isascii()


def test_the_table_holds_the_same_in_aligned_columns(capsys, folder):
    assert main(["models"]) == 0
    head, *lines, blank, last = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == catalogue.names()
    for title in ("TITLE", "LICENCE", "STATUS"):
        column = head.index(title)
        assert all(line[column - 1] == " " != line[column] for line in lines)
    light = next(line for line in lines if line.startswith("wdsr-liif"))
    assert "37.65 / 33.92 / 31.75" in light
    assert light.endswith("ready (liif on a CPU)")
    full = next(line for line in lines if line.startswith("edsr-baseline-liif "))
    assert full.endswith("ready (liif on a GPU)")
    other = next(line for line in lines if line.startswith("metasr-wdsr"))
    assert other.endswith("ready (also metasr)")
    assert not blank
    assert str(folder) in last


@pytest.mark.parametrize(
    ("change", "status"), [({"file": "gone.safetensors"}, "missing"), ({"sha256": "0"}, "damaged")]
)
def test_a_file_that_is_not_as_shipped_is_told(monkeypatch, change, status):
    entry = dataclasses.replace(catalogue.ENTRIES[0], **change)
    monkeypatch.setattr(catalogue, "ENTRIES", (entry,))
    assert models.row(entry.name).status == status


@pytest.mark.parametrize("known", published.PUBLISHED, ids=lambda known: known.name)
def test_a_published_file_that_is_not_there_is_to_be_brought(folder, known):
    row = models.row(known.name)
    way = f"--fetch {known.name}" if known.address else known.file
    assert row.status == f"bring the file: {way}"
    assert row.path == str(folder / known.file)
    assert row.path in row.note
    assert (row.bytes, row.licence) == (known.size, known.licence)
    assert row.address == (known.address or None)


def test_a_published_file_that_was_brought_is_ready_or_damaged(folder, monkeypatch):
    path = folder / "edsr-baseline-liif.pth"
    torch.save(OfficialLIIF().save(small_liif()), path)
    content = path.read_bytes()
    known = dataclasses.replace(
        published.PUBLISHED[0], size=None, sha256=hashlib.sha256(content).hexdigest()
    )
    monkeypatch.setattr(published, "PUBLISHED", (known,))
    row = models.row(known.name)
    assert (row.status, row.note, row.bytes) == ("ready", None, len(content))
    path.write_bytes(content + b"!")
    row = models.row(known.name)
    assert (row.status, row.bytes) == ("damaged", len(content) + 1)
    assert "--fetch edsr-baseline-liif-official --overwrite" in row.note


def test_one_of_which_no_hash_is_known_is_ready_if_its_network_is_the_one(folder, monkeypatch):
    network = small_liif("rdn")
    known = dataclasses.replace(
        published.find("rdn-metasr-official"),
        network="LIIF on RDN",
        parameters=parameters_of(network),
    )
    assert not known.sha256
    monkeypatch.setattr(published, "PUBLISHED", (known,))
    path = folder / known.file
    torch.save(OfficialLIIF().save(network), path)
    assert (models.row(known.name).status, models.row(known.name).note) == ("ready", None)
    torch.save(OfficialLIIF().save(small_liif("edsr")), path)
    row = models.row(known.name)
    assert row.status == "damaged"
    assert "holds LIIF on EDSR of " in row.note
    assert known.origin in row.note
    path.write_text("not a model")
    row = models.row(known.name)
    assert row.status == "damaged"
    assert f"{path} cannot be used: " in row.note


def test_nothing_is_said_of_the_folder_when_nothing_is_missing(capsys, monkeypatch):
    monkeypatch.setattr(published, "PUBLISHED", ())
    assert main(["models"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(catalogue.names())
