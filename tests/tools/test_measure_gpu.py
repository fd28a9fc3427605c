"""The script for machines with a GPU, with tiny frames on one that has none."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch

from models.backend import Backend
from models.networks.edsr import EDSR
from tests.models.nets import CPUS_OWN, random_liif
from tools import measure_gpu

CPU = Backend(torch.device("cpu"), torch.bfloat16)


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, for small frames."""
    monkeypatch.setattr(measure_gpu, "FRAMES", ((90, 70),))
    monkeypatch.setattr(measure_gpu, "HOST", (70, 40))
    monkeypatch.setattr(measure_gpu, "CHECKED", (((23, 11), 8),))
    monkeypatch.setattr(measure_gpu, "VIEWS", 2)
    return measure_gpu


def test_all_parts_report_what_they_measured(tool, capsys):
    network = random_liif(EDSR(1, 8), (32,) * 3, residual=True)
    report: dict = {}
    found = tool.ways(network, CPU)
    # The kernel cannot run on a CPU, and that is said.
    assert list(found) == ["torch"]
    assert "is left out" in capsys.readouterr().out
    with torch.inference_mode():
        tool.check("small", network, CPU, found, report)
        tool.time_frames("small", network, CPU, found, 1e12, report)
        tool.time_host("small", network, CPU, found, report)
    tool.whole("small", network, CPU, report)
    assert 0 < report["error of small by torch on (23, 11)"]["relative"] < 1e-2
    assert report["small 90x70 by torch"]["seconds"] > 0
    assert {key for key in report if "host memory" in key} == {
        "small in host memory, copied after",
        "small in host memory, copied beside",
    }
    assert report["small encoder"]["by"] == CPUS_OWN
    assert report["small against the literal form"]["error"] < 4 / 255
    assert "WRONG" not in capsys.readouterr().out


def test_a_wrong_way_is_called_wrong(tool, capsys):
    network = random_liif(EDSR(1, 8), (32,) * 3, residual=True)
    other = random_liif(EDSR(1, 8), (32,) * 3, residual=True, seed=1)
    with torch.inference_mode():
        tool.check("small", network, CPU, {"torch": tool.ways(other, CPU)["torch"]}, {})
    assert "WRONG" in capsys.readouterr().out


def test_every_frame_is_covered_by_its_batches(tool):
    lattice, batches = tool.Frame(1920, 1080).batches(0.25)
    assert sum(map(len, batches)) == 30 * 17
    assert lattice.x.step == 0.25


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so(tool, capsys):
    assert tool.main([]) == 2
    assert "cuda:0" in capsys.readouterr().err
    assert tool.main(["--device", "cpu"]) == 2
    assert "benchmark" in capsys.readouterr().err
