"""The fused hidden layer against the plain one."""

import pytest
import torch

from models.backend import Backend, cpu_has_bf16
from models.kernels import linear
from models.kernels.linear import choose_layer, epilogue_layer, fused_layer, plain_layer


def tensors(rows, width):
    generator = torch.Generator().manual_seed(1)
    x, matrix = (torch.randn(n, width, generator=generator).bfloat16() for n in (rows, width))
    return x, matrix, torch.randn(width, generator=generator).bfloat16()


def test_the_fused_layer_gives_the_same_bits():
    if choose_layer(Backend(torch.device("cpu"), torch.bfloat16)) is plain_layer:
        pytest.skip("this build of torch has no fused layer")
    for rows, width in ((1, 64), (4096, 64), (300, 256), (16384, 64)):
        layer = tensors(rows, width)
        assert torch.equal(fused_layer(*layer), plain_layer(*layer))


@pytest.mark.parametrize("rows", [1, 300])
def test_the_layer_for_gpus_is_a_layer(rows):
    x, matrix, bias = (tensor.float() for tensor in tensors(rows, 64))
    torch.testing.assert_close(epilogue_layer(x, matrix, bias), plain_layer(x, matrix, bias))
    assert (epilogue_layer(x, matrix, bias) == 0).any()


@pytest.mark.parametrize("precision", [torch.float32, torch.float16])
def test_other_precisions_take_the_plain_layer(precision):
    assert choose_layer(Backend(torch.device("cpu"), precision)) is plain_layer


@pytest.mark.parametrize("error", [AttributeError, RuntimeError, NotImplementedError])
def test_a_build_without_it_falls_back(monkeypatch, error):
    def broken(*_):
        raise error("no such operator")

    monkeypatch.setattr(linear, "fused_layer", broken)
    assert choose_layer(Backend(torch.device("cpu"), torch.bfloat16)) is plain_layer


def test_a_build_in_which_it_is_wrong_falls_back(monkeypatch):
    monkeypatch.setattr(linear, "fused_layer", lambda x, *_: torch.zeros_like(x))
    assert choose_layer(Backend(torch.device("cpu"), torch.bfloat16)) is plain_layer


def test_the_query_for_bf16_answers():
    assert cpu_has_bf16() in (True, False)
