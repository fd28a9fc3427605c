"""The mean of two runs' weights."""

from __future__ import annotations

import json

import pytest
import torch

from models.checkpoints import load_checkpoint, save_checkpoint
from models.networks.liif import LIIF
from models.networks.wdsr import WDSRB
from tests.models.nets import small_liif
from tools import average_weights


@pytest.fixture
def files(tmp_path):
    """Weights of all 1 that tell of a run by hand, and of all 3 that tell of two."""
    paths = tmp_path / "old.safetensors", tmp_path / "new.safetensors"
    for path, value, runs in zip(paths, (1.0, 3.0), ({}, [{"a": 1}, {"b": 2}]), strict=True):
        network = small_liif()
        with torch.no_grad():
            for each in network.parameters():
                each.fill_(value)
        save_checkpoint(path, network, {"training": json.dumps(runs)})
    return paths


@pytest.mark.parametrize(("share", "value"), [(0.5, 2.0), (0.0, 1.0), (0.75, 2.5)])
def test_every_weight_lies_between(files, tmp_path, share, value):
    out = tmp_path / "mean.safetensors"
    words = [*map(str, files), "--share", str(share), "--out", str(out)]
    assert average_weights.main(words) == 0
    found = load_checkpoint(out)
    assert all(bool((each == value).all()) for each in found.network.parameters())
    *runs, last = json.loads(found.metadata["training"])
    assert runs == [{"a": 1}, {"b": 2}]
    assert last["share"] == share
    assert len(set(last["average_of"])) == 2


def test_other_models_are_refused_in_one_line(files, tmp_path, capsys):
    other, out = tmp_path / "other.safetensors", tmp_path / "mean.safetensors"
    save_checkpoint(other, LIIF(WDSRB(8, 1), (8,)))
    assert average_weights.main([str(files[0]), str(other), "--out", str(out)]) == 1
    assert "hold different models" in capsys.readouterr().err
    assert not out.exists()


def test_a_file_that_is_there_is_replaced_on_demand_alone(files, capsys):
    old, new = files
    before = new.read_bytes()
    assert average_weights.main([str(old), str(new), "--out", str(new)]) == 1
    assert "there is such a file already" in capsys.readouterr().err
    assert new.read_bytes() == before
    assert average_weights.main([str(old), str(new), "--out", str(new), "--overwrite"]) == 0
    assert new.read_bytes() != before


def test_a_missing_folder_is_one_line(files, tmp_path, capsys):
    out = tmp_path / "nowhere" / "mean.safetensors"
    assert average_weights.main([*map(str, files), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("average_weights: Cannot write")
    assert said.count("\n") == 1


def test_a_share_beyond_one_is_refused(files, tmp_path, capsys):
    words = [*map(str, files), "--share", "2", "--out", str(tmp_path / "mean.safetensors")]
    with pytest.raises(SystemExit):
        average_weights.main(words)
    assert "--share must lie in 0..1" in capsys.readouterr().err
