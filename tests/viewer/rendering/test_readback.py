"""The way from the device to the host, on CUDA beside the arithmetic."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from viewer.rendering import readback as module
from viewer.rendering.readback import Direct, Overlapped, readback

CPU = torch.device("cpu")


def test_on_the_host_nothing_is_copied():
    tensor = torch.arange(6.0).view(2, 3)
    way = readback(CPU)
    assert isinstance(way, Direct)
    fetched = way.send(tensor)()
    np.testing.assert_array_equal(fetched, tensor.numpy())
    assert fetched.ctypes.data == tensor.data_ptr()


class Host:
    """Pinned memory that is filled only when its copy has been waited for."""

    def __init__(self, notes: list[str]):
        self.notes = notes
        self.memory = np.full(3, -1.0)
        self.coming: np.ndarray | None = None

    def copy_(self, tensor: Any, *, non_blocking: bool) -> None:
        self.notes.append(f"copy on {STREAMS[-1]}, non_blocking={non_blocking}")
        self.coming = tensor.values

    def numpy(self) -> np.ndarray:
        return self.memory


STREAMS = ["compute"]


class Stream:
    """Notes what is asked of it."""

    def __init__(self, notes: list[str], host: Host):
        self.notes, self.host = notes, host

    def wait_stream(self, other: str) -> None:
        self.notes.append(f"wait for {other}")

    def record_event(self) -> SimpleNamespace:
        self.notes.append("event")
        return SimpleNamespace(synchronize=self._arrive)

    def _arrive(self) -> None:
        self.notes.append("synchronise")
        self.host.memory[:] = self.host.coming

    def __enter__(self) -> None:
        STREAMS.append("own")

    def __exit__(self, *_: object) -> None:
        STREAMS.pop()


def test_the_copy_waits_for_the_arithmetic_and_runs_on_its_own_stream(monkeypatch):
    notes: list[str] = []
    host = Host(notes)
    stream = Stream(notes, host)
    cuda = SimpleNamespace(
        Stream=lambda _: stream, current_stream=lambda _: "compute", stream=lambda each: each
    )

    def empty(shape: tuple[int, ...], *, dtype: str, pin_memory: bool) -> Host:
        assert (shape, dtype, pin_memory) == ((3,), "fp32", True)
        return host

    monkeypatch.setattr(module, "torch", SimpleNamespace(cuda=cuda, empty=empty))
    tensor = SimpleNamespace(
        shape=(3,),
        dtype="fp32",
        values=np.array([1.0, 2.0, 3.0]),
        record_stream=lambda used: notes.append(f"kept for {'own' if used is stream else used}"),
    )
    fetch = Overlapped(SimpleNamespace(type="cuda")).send(tensor)  # type: ignore[arg-type]
    begun = ["wait for compute", "copy on own, non_blocking=True", "event", "kept for own"]
    assert notes == begun
    fetched = fetch()
    assert notes == [*begun, "synchronise"]
    np.testing.assert_array_equal(fetched, [1, 2, 3])
    host.memory[:] = 0.0  # the pinned memory is used again
    np.testing.assert_array_equal(fetched, [1, 2, 3])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_what_is_fetched_is_what_was_computed():
    device = torch.device("cuda", 0)
    way = readback(device)
    assert isinstance(way, Overlapped)
    fetches, sums = [], []
    for seed in range(8):
        numbers = torch.randn(1 << 20, generator=torch.Generator().manual_seed(seed))
        fetches.append(way.send(numbers.to(device) * 2.0))
        sums.append(numbers.numpy() * 2.0)
    for fetch, expected in zip(fetches, sums, strict=True):
        np.testing.assert_array_equal(fetch(), expected)
