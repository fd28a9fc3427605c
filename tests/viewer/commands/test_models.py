from __future__ import annotations

import dataclasses
import json

import pytest

from models import catalogue
from viewer.cli import main
from viewer.commands import models


def rows(capsys) -> list[dict]:
    assert main(["models", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


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
        assert each["bytes"] > 4 * entry.parameters


def test_exactly_one_is_the_default(capsys):
    assert sum(each["default"] for each in rows(capsys)) == 1


def test_the_table_holds_the_same_in_aligned_columns(capsys):
    assert main(["models"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == catalogue.names()
    for title in ("TITLE", "LICENCE", "STATUS"):
        column = head.index(title)
        assert all(line[column - 1] == " " != line[column] for line in lines)
    light = next(line for line in lines if line.startswith("wdsr-liif"))
    assert "37.43 / 33.70 / 31.49" in light
    assert "ready, default (liif)" in light


@pytest.mark.parametrize(
    ("change", "status"), [({"file": "gone.safetensors"}, "missing"), ({"sha256": "0"}, "damaged")]
)
def test_a_file_that_is_not_as_shipped_is_told(monkeypatch, change, status):
    entry = dataclasses.replace(catalogue.ENTRIES[0], **change)
    monkeypatch.setattr(catalogue, "ENTRIES", (entry,))
    assert models.row(entry.name).status == status
