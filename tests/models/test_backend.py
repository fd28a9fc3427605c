"""Devices and precisions that a person asks for."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
import torch

from models import backend
from models.backend import Backend, cache_budget, choose_backend, physical_cores


def test_the_processor_is_always_there():
    assert choose_backend("cpu", "fp32") == Backend(torch.device("cpu"), torch.float32)


@pytest.mark.parametrize(
    ("word", "dtype", "storage"),
    [
        ("fp32", torch.float32, torch.float32),
        ("fp16", torch.float16, torch.float16),
        ("bf16", torch.bfloat16, torch.float16),
    ],
)
def test_precisions_and_what_features_are_kept_in(word, dtype, storage):
    chosen = choose_backend("cpu", word)
    assert (chosen.precision, chosen.storage) == (dtype, storage)
    assert chosen.describe() == chosen.describe("torch") == f"CPU, {word}"


@pytest.mark.parametrize(("has", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_is_bf16_where_the_processor_multiplies_it(monkeypatch, has, dtype):
    monkeypatch.setattr(backend, "cpu_has_bf16", lambda: has)
    assert choose_backend("cpu", "auto").precision == dtype


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_auto_is_the_processor():
    assert choose_backend().device.type in ("cpu", "mps")


def test_auto_passes_over_a_gpu_that_torch_has_no_kernels_for(monkeypatch):
    def ones(*_, **__):
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", ones)
    assert choose_backend().device.type in ("cpu", "mps")


@pytest.mark.parametrize(("memory", "budget"), [(80 << 30, 4 << 30), (8 << 30, 512 << 20)])
def test_caches_are_sized_to_a_gpu_s_memory(monkeypatch, memory, budget):
    told = SimpleNamespace(total_memory=memory)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: told)
    assert cache_budget(torch.device("cuda", 0)) == budget


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_is_chosen_in_fp16_without_tf32():
    chosen = choose_backend()
    assert chosen == Backend(torch.device("cuda", 0), torch.float16)
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"device": "cuda:99"}, "cuda:99 is not available"),
        ({"device": "gpu"}, "'gpu' is not known"),
        ({"device": ""}, "is not known"),
        ({"device": "meta"}, "'meta' is not known"),
        ({"device": "cpu", "precision": "fp8"}, "'fp8' is not known"),
        ({"device": "cpu", "threads": 0}, "at least 1"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(arguments, words):
    with pytest.raises(ValueError, match=words) as caught:
        choose_backend(**arguments)
    assert "\n" not in str(caught.value)


def test_threads_are_set():
    choose_backend("cpu", "fp32", threads=3)
    assert torch.get_num_threads() == 3
    choose_backend("cpu", "fp32")
    assert torch.get_num_threads() == physical_cores()


def test_physical_cores_are_no_more_than_this_process_may_use():
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)


def test_a_backend_is_a_value():
    assert len({Backend(torch.device("cpu")), Backend(torch.device("cpu"), torch.float32)}) == 1


def test_a_gpu_is_described_with_the_way_it_decodes(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H200")
    backend = Backend(torch.device("cuda", 0), torch.float16)
    assert backend.describe() == "NVIDIA H200, fp16"
    assert backend.describe("Triton") == "NVIDIA H200, fp16, Triton"
