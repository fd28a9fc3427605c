"""The file that is shipped is the trained one, halved, and tells the quality measured of that."""

from __future__ import annotations

import json

import pytest
import torch

from models.checkpoints import load_checkpoint, save_checkpoint
from tests.models.nets import small_liif
from tools import ship_weights

RESULTS = [
    {"data_set": "Set5", "scale": 2, "psnr": 37.126},
    {"data_set": "Set5", "scale": 2.5, "psnr": 35.0},
]


@pytest.fixture
def files(tmp_path):
    """Halved weights, and scores of them beside those of another sampler."""
    weights, scores = tmp_path / "w.safetensors", tmp_path / "scores.json"
    save_checkpoint(weights, small_liif(), {"training": "[]"}, half=True)
    results = [{**each, "sampler": str(weights)} for each in RESULTS]
    others = [{**each, "sampler": "bicubic", "psnr": 30.0} for each in RESULTS]
    told = {"protocol": "benchmark", "backend": "CPU, fp32", "results": [*others, *results]}
    scores.write_text(json.dumps(told))
    return weights, scores


@pytest.mark.parametrize(("half", "told"), [(True, True), (False, False)])
def test_a_quality_measured_before_halving_is_not_told_of_the_halved(tmp_path, half, told):
    weights, out = tmp_path / "w.safetensors", tmp_path / "out.safetensors"
    save_checkpoint(weights, small_liif(), {"training": "[]", "quality": "{}"}, half=half)
    assert ship_weights.main([str(weights), "--out", str(out)]) == 0
    metadata = load_checkpoint(out).metadata
    assert metadata["training"] == "[]"
    assert ("quality" in metadata) == told


@pytest.mark.parametrize("word", [[], ["--full"]])
def test_it_is_the_same_network_with_its_quality(files, tmp_path, capsys, word):
    out = tmp_path / "out.safetensors"
    assert ship_weights.main([*map(str, files), *word, "--out", str(out)]) == 0
    found = load_checkpoint(out)
    assert same(found.network, load_checkpoint(files[0]).network)
    told = json.loads(found.metadata["quality"])
    assert told["Set5"] == {"2": 37.13, "2.5": 35.0}
    assert told["protocol"] == "benchmark, CPU, fp32, no 8-bit rounding"
    assert found.metadata["training"] == "[]"
    printed = capsys.readouterr().out
    assert "group: continuous" in printed
    assert "sha256: " in printed


def same(one, other):
    """Whether two networks have equal weights."""
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


def test_scores_of_weights_before_they_are_halved_are_refused(files, tmp_path, capsys):
    weights, scores = files
    save_checkpoint(weights, small_liif(), {"training": "[]"})
    out, words = tmp_path / "out.safetensors", [str(weights), str(scores)]
    assert ship_weights.main([*words, "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "before it is halved" in said
    assert said.count("\n") == 1
    assert not out.exists()
    assert ship_weights.main([*words, "--full", "--out", str(out)]) == 0
    assert same(load_checkpoint(out).network, small_liif())


def test_without_scores_weights_are_halved_alone(files, tmp_path, capsys):
    weights, out = files[0], tmp_path / "out.safetensors"
    save_checkpoint(weights, small_liif(), {"training": "[]"})
    assert ship_weights.main([str(weights), "--out", str(out)]) == 0
    found = load_checkpoint(out)
    assert same(found.network, small_liif().half().float())
    assert found.metadata == {"training": "[]"}
    assert "quality" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{}", "not what evaluate --json writes"),
        ("[]", "not what evaluate --json writes"),
        ('{"results": 3}', "not what evaluate --json writes"),
        ("{", "Expecting property name"),
        (None, "the PSNR of Set5 at ×2 is infinite"),
    ],
)
def test_scores_that_tell_nothing_are_refused_in_one_line(files, tmp_path, capsys, content, text):
    weights, scores = files
    content = content or scores.read_text().replace("37.126", "null")
    scores.write_text(content)
    out = tmp_path / "out.safetensors"
    assert ship_weights.main([str(weights), str(scores), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert text in said
    assert said.count("\n") == 1
    assert not out.exists()


def test_a_file_that_is_there_is_replaced_on_demand_alone(files, capsys):
    weights, scores = files
    before = weights.read_bytes()
    words = [str(weights), str(scores), "--out", str(weights)]
    assert ship_weights.main(words) == 1
    assert "there is such a file already" in capsys.readouterr().err
    assert weights.read_bytes() == before
    assert ship_weights.main([*words, "--overwrite"]) == 0
    assert weights.read_bytes() != before


def test_a_missing_folder_is_one_line(files, tmp_path, capsys):
    out = tmp_path / "nowhere" / "out.safetensors"
    assert ship_weights.main([*map(str, files), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("ship_weights: Cannot write")
    assert said.count("\n") == 1


def test_scores_of_others_are_refused_in_one_line(files, tmp_path, capsys):
    weights, scores = files
    other, out = tmp_path / "other.safetensors", tmp_path / "out.safetensors"
    weights.rename(other)
    assert ship_weights.main([str(other), str(scores), "--out", str(out)]) == 1
    assert "evaluate it under this name" in capsys.readouterr().err
    assert not out.exists()
