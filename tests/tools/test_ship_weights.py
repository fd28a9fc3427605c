"""The file that is shipped is the trained one, halved, and tells its measured quality."""

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
    """Weights, and scores of them beside those of another sampler."""
    weights, scores = tmp_path / "w.safetensors", tmp_path / "scores.json"
    save_checkpoint(weights, small_liif(), {"training": "[]"})
    results = [{**each, "sampler": str(weights)} for each in RESULTS]
    others = [{**each, "sampler": "bicubic", "psnr": 30.0} for each in RESULTS]
    told = {"protocol": "benchmark", "backend": "CPU, fp32", "results": [*others, *results]}
    scores.write_text(json.dumps(told))
    return weights, scores


@pytest.mark.parametrize(("word", "kind"), [([], torch.float16), (["--full"], torch.float32)])
def test_it_is_the_same_network_with_its_quality(files, tmp_path, capsys, word, kind):
    out = tmp_path / "out.safetensors"
    assert ship_weights.main([*map(str, files), *word, "--out", str(out)]) == 0
    found, given = load_checkpoint(out), load_checkpoint(files[0])
    pairs = zip(found.network.parameters(), given.network.parameters(), strict=True)
    assert all(torch.equal(one, other.to(kind).float()) for one, other in pairs)
    told = json.loads(found.metadata["quality"])
    assert told["Set5"] == {"2": 37.13, "2.5": 35.0}
    assert told["protocol"] == "benchmark, CPU, fp32, no 8-bit rounding"
    assert found.metadata["training"] == "[]"
    printed = capsys.readouterr().out
    assert "group: continuous" in printed
    assert "sha256: " in printed


def test_scores_of_others_are_refused_in_one_line(files, tmp_path, capsys):
    weights, scores = files
    other, out = tmp_path / "other.safetensors", tmp_path / "out.safetensors"
    weights.rename(other)
    assert ship_weights.main([str(other), str(scores), "--out", str(out)]) == 1
    assert "evaluate it under this name" in capsys.readouterr().err
    assert not out.exists()
