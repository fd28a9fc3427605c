"""Which way of decoding is taken, and what takes its place."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor

from models.backend import Backend
from models.kernels import choice, compiled
from models.kernels.check import LATTICE, WINDOWS, Still, still
from models.kernels.choice import Decoders, Maker, tuned, ways
from models.kernels.compiled import can_compile
from models.kernels.hoist import Hoisted, hoist
from models.kernels.path import Path, Source, TorchPath
from models.kernels.triton_decoder import KernelError
from models.kernels.tuning import Config
from models.networks.liif import LIIF
from models.samplers.grid import Grid, Lattice, Window
from tests.models.nets import CPUS_OWN, sampler_of, shipped, small_liif
from tests.models.pictures import CPU, noise


class Changed(TorchPath):
    """The right way, but its samples are changed on their way out."""

    factor = 1.0
    refuses_after = 1 << 30

    def windows(self, lattice: Lattice, windows: Sequence[Window], source: Source) -> Tensor:
        """The samples times a factor, some times; then none."""
        self.refuses_after -= 1
        if self.refuses_after < 0:
            raise KernelError("the device went away")
        return super().windows(lattice, windows, source) * self.factor


def decoders(
    monkeypatch: pytest.MonkeyPatch, makers: list[tuple[str, Maker]], network: LIIF | None = None
) -> Decoders:
    """The choice among some ways, which must pass the trial."""

    def listed(*_: object) -> Iterator[tuple[str, Maker]]:
        yield from makers

    monkeypatch.setattr(choice, "ways", listed)
    monkeypatch.setattr(choice, "must_be_tried", lambda _: True)
    return Decoders(network or small_liif(), Backend(CPU))


def way(name: str, factor: float = 1.0, uses: int = 1 << 30) -> tuple[str, Maker]:
    """A way that is right if the factor is 1, for some uses."""

    def make() -> Path:
        network, backend = small_liif(), Backend(CPU)
        path = Changed(hoist(network, backend), backend, network.residual, name=name)
        path.factor, path.refuses_after = factor, uses
        return path

    return name, make


def absent(name: str) -> tuple[str, Maker]:
    """A way that is not there."""

    def make() -> Path:
        raise KernelError("there is no such thing")

    return name, make


def picture(decoder: Decoders) -> Still:
    """Something to decode."""
    return still(decoder.weights.width, Backend(CPU), (40, 27), 16)


@pytest.mark.parametrize(
    ("device", "precision", "names"),
    [
        ("cuda", torch.float16, ["Triton", "torch", "torch fp32"]),
        ("cuda", torch.bfloat16, ["Triton", "torch", "torch fp32"]),
        ("cuda", torch.float32, ["torch"]),
        ("mps", torch.float16, ["torch", "torch fp32"]),
        ("cpu", torch.bfloat16, ["LLVM", "torch"]),
        ("cpu", torch.float32, ["LLVM", "torch"]),
        ("cpu", torch.float16, ["torch"]),
    ],
)
def test_the_order_of_ways(
    device: str, precision: torch.dtype, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "has_compiler", lambda: True)
    network = small_liif()
    weights: Hoisted = hoist(network, Backend(CPU))
    found = ways(network, Backend(torch.device(device), precision), weights)
    assert [name for name, _ in found] == names


def test_the_first_that_works_is_taken(monkeypatch, caplog):
    with caplog.at_level(logging.WARNING):
        chosen = decoders(monkeypatch, [absent("A"), way("B", 1.1), way("C"), way("D")])
        assert chosen.chosen().name == chosen.path == "C"
    assert [record.getMessage() for record in caplog.records] == [
        "A is not used on CPU, fp32: there is no such thing",
        "B is not used on CPU, fp32: it decodes wrongly (relative error 0.1)",
    ]


@pytest.mark.parametrize("factor", [float("nan"), 1.03, 0.0])
def test_what_is_wrong_is_not_taken(monkeypatch, factor):
    assert decoders(monkeypatch, [way("wrong", factor), way("right")]).chosen().name == "right"


def test_rounding_is_no_reason(monkeypatch):
    assert decoders(monkeypatch, [way("half", 1.003), way("right")]).chosen().name == "half"


def test_the_last_one_that_fails_is_an_error(monkeypatch):
    chosen = decoders(monkeypatch, [absent("A"), way("B", 2.0)])
    for _ in range(2):
        with pytest.raises(RuntimeError, match="decodes wrongly"):
            chosen.chosen()


def test_one_that_fails_later_gives_way(monkeypatch, caplog):
    # One use is the trial's.
    chosen = decoders(monkeypatch, [way("A", uses=2), way("B")])
    source = picture(chosen)
    first = chosen.windows(LATTICE, WINDOWS, source)
    assert chosen.path == "A"
    with caplog.at_level(logging.WARNING):
        second = chosen.windows(LATTICE, WINDOWS, source)
    assert chosen.path == "B"
    assert len(caplog.records) == 1
    assert torch.equal(first, second)
    assert chosen.codes(LATTICE, WINDOWS, source).dtype == torch.uint8


def test_too_little_memory_is_not_a_reason_for_another_way(monkeypatch):
    wants = [torch.OutOfMemoryError("too much"), MemoryError("too much")]

    def full() -> Path:
        if wants:
            raise wants.pop()
        return way("A")[1]()

    chosen = decoders(monkeypatch, [("A", full), way("B")])
    for kind in (MemoryError, torch.OutOfMemoryError):
        with pytest.raises(kind):
            chosen.chosen()
    assert chosen.chosen().name == "A"


def test_the_trial_accepts_the_shipped_model_in_half_precision(monkeypatch):
    network, backend = shipped(), Backend(CPU, torch.bfloat16)
    monkeypatch.setattr(choice, "must_be_tried", lambda _: True)
    for there in (can_compile(backend), False):
        monkeypatch.setattr(choice, "can_compile", lambda _, there=there: there)
        assert Decoders(network, backend).chosen().name == ("LLVM" if there else "torch")


def test_the_way_can_be_asked_for():
    sampler = sampler_of(small_liif(), noise(8, 8))
    sampler.sample(Grid.for_scale(8, 8, 0.5))
    assert sampler.path == ""  # nothing was decoded: the picture was reduced
    sampler.sample(Grid.for_scale(8, 8, 2.0))
    assert sampler.path == sampler._model.path == CPUS_OWN


def test_passes_that_cannot_be_compiled_leave_torch(monkeypatch, caplog):
    def refused() -> None:
        raise OSError("the system allows no machine code")

    monkeypatch.setattr(compiled, "compiled_passes", refused)
    monkeypatch.setattr(compiled, "has_compiler", lambda: True)
    with caplog.at_level(logging.WARNING):
        assert Decoders(small_liif(), Backend(CPU)).chosen().name == "torch"
    assert [record.getMessage() for record in caplog.records] == [
        "LLVM is not used on CPU, fp32: the system allows no machine code"
    ]


def test_threads_choose_once(monkeypatch):
    made: list[str] = []

    def counted() -> Path:
        made.append("A")
        return way("A")[1]()

    chosen = decoders(monkeypatch, [("A", counted), way("B")])
    with ThreadPoolExecutor(4) as threads:
        paths = list(threads.map(lambda _: chosen.chosen().name, range(4)))
    assert (paths, made) == (["A"] * 4, ["A"])


class Tunable:
    """Counts how often it is tuned."""

    shape = "a shape that no other test has"
    config = Config(1, 1, 1, 1)
    tunings = 0

    def tune(self) -> Config:
        """Another configuration each time."""
        Tunable.tunings += 1
        self.config = Config(self.tunings, 0, 0, 0)
        return self.config


def test_a_shape_is_tuned_once():
    first, second = tuned(Tunable()), tuned(Tunable())  # type: ignore[arg-type]
    assert first.config == second.config == Config(1, 0, 0, 0)
