"""Compiling before anything waits for it."""

from __future__ import annotations

import pytest
import torch

from models.backend import Backend
from models.kernels import ahead
from models.kernels.ahead import compile_ahead
from tests.models.pictures import CPU


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """What was compiled, in order."""
    found: list[str] = []
    monkeypatch.setattr(ahead, "filters_on", lambda device: found.append(f"filters {device}"))
    monkeypatch.setattr(ahead, "compiled_passes", lambda: found.append("passes"))
    monkeypatch.setattr(ahead, "compiled_layers", lambda: found.append("layers"))
    monkeypatch.setattr(ahead, "can_compile", lambda backend: backend.device == CPU)
    return found


@pytest.mark.parametrize(
    ("device", "precision", "expected"),
    [
        ("cpu", torch.bfloat16, ["filters cpu", "passes"]),
        ("cpu", torch.float32, ["filters cpu", "passes", "layers"]),
        ("meta", torch.float16, ["filters meta"]),
    ],
)
def test_what_a_backend_needs_is_compiled(asked, device, precision, expected):
    thread = compile_ahead(Backend(torch.device(device), precision))
    assert not thread.daemon  # it would abort the process that ends meanwhile
    thread.join()
    assert asked == expected


@pytest.mark.parametrize("kind", [ImportError, OSError, RuntimeError, MemoryError, AttributeError])
def test_what_fails_is_left_to_those_who_need_it(asked, monkeypatch, kind):
    def refused() -> None:
        asked.append("refused")
        raise kind("no")

    monkeypatch.setattr(ahead, "compiled_passes", refused)
    compile_ahead(Backend(CPU)).join()  # an error in a thread would fail the test
    assert asked == ["filters cpu", "refused"]
