"""Whether filters are compiled."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
import torch

from models.kernels import filtering, once
from models.kernels.codes import to_codes
from models.kernels.filtering import codes_of, filters_on
from models.kernels.once import Once, has_compiler
from tests.models.pictures import CPU

needs_llvm = pytest.mark.skipif(not has_compiler(), reason="llvmlite is not installed")


@needs_llvm
def test_cpus_have_them():
    assert filters_on(CPU) is filters_on(CPU)
    assert filters_on(CPU) is not None
    assert filters_on(torch.device("meta")) is None


def test_without_llvm_there_are_none(monkeypatch):
    monkeypatch.setattr(filtering, "has_compiler", lambda: False)
    assert filters_on(CPU) is None


@needs_llvm
@pytest.mark.parametrize("kind", [ImportError, OSError, RuntimeError, AttributeError])
def test_where_they_cannot_be_made_torch_filters(monkeypatch, caplog, kind):
    def refused(_: object) -> None:
        raise kind("the system allows no machine code")

    monkeypatch.setattr(filtering, "_verify", refused)
    monkeypatch.setattr(filtering, "_compiled", Once(filtering._make))
    with caplog.at_level(logging.WARNING):
        assert [filters_on(CPU), filters_on(CPU)] == [None, None]
    assert [record.getMessage() for record in caplog.records] == [
        "compiled filters are not used: the system allows no machine code"
    ]


def _lack(_: object) -> None:
    raise MemoryError


@needs_llvm
@pytest.mark.parametrize(
    ("module", "name", "value"), [(once, "ROOM", 1 << 60), (filtering, "_verify", _lack)]
)
def test_want_of_memory_may_pass(monkeypatch, caplog, module, name, value):
    """Before they are compiled and after it."""
    monkeypatch.setattr(filtering, "_compiled", Once(filtering._make))
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(module, name, value)
        assert filters_on(CPU) is None
    assert filters_on(CPU) is not None
    assert caplog.records == []


class Off:
    """The filters, but a function gives something else in one place of what it makes."""

    def __init__(self, wrong: str, channels: int = 0, kind: torch.dtype | None = None):
        self._wrong, self._channels, self._kind = wrong, channels, kind

    def __getattr__(self, name: str) -> Callable[..., None]:
        right = getattr(filters_on(CPU), name)

        def done(*given: Any) -> None:
            right(*given)
            if name == self._wrong == "put_codes":
                given[0].view(-1)[-2] += 1
            elif name == self._wrong:
                part = given[0][0]
                if (part.out.shape[-1], part.source.dtype) == (self._channels, self._kind):
                    part.out.view(-1)[-2] += 1

        return done


@needs_llvm
@pytest.mark.parametrize("kind", [torch.uint8, torch.uint16, torch.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_filters_that_compute_wrongly_are_not_used(channels, kind):
    filtering._verify(Off("nothing"))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="wrongly"):
        filtering._verify(Off("resample", channels, kind))  # type: ignore[arg-type]


@needs_llvm
def test_nor_are_those_that_make_wrong_bytes():
    with pytest.raises(RuntimeError, match="bytes"):
        filtering._verify(Off("put_codes"))  # type: ignore[arg-type]


@pytest.mark.parametrize("there", [pytest.param(True, marks=needs_llvm), False])
def test_bytes_of_samples(monkeypatch, rng, there):
    monkeypatch.setattr(filtering, "has_compiler", lambda: there)
    if there:
        monkeypatch.setattr(filtering, "to_codes", lambda _: pytest.fail("the slow way was taken"))
    samples = torch.from_numpy(rng.uniform(-0.2, 1.2, (5, 7, 3))).float()
    assert torch.equal(codes_of(samples), to_codes(samples))
    turned = samples.transpose(0, 1)
    assert torch.equal(codes_of(turned), to_codes(turned))
