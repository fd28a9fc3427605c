"""Hidden layers in compiled loops against the formula in float64."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

pytest.importorskip("llvmlite.binding")

from models.kernels import layers as module
from models.kernels.layers import Block, Layers, block

SIZES = pytest.mark.parametrize("size", [Block(8, 32), Block(6, 16), Block(1, 4)])


@pytest.fixture(scope="module")
def made() -> dict[Block, Layers]:
    """Layers of each size: LLVM makes do with the registers there are."""
    return {size: Layers(size) for size in (Block(8, 32), Block(6, 16), Block(1, 4))}


def normal(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.from_numpy(rng.standard_normal(shape, np.float32))


def weights(rng: np.random.Generator, *widths: int) -> list[tuple[Tensor, Tensor]]:
    return [(normal(rng, after, before), normal(rng, after)) for before, after in pairwise(widths)]


def computed(layers: Layers, given: list[tuple[Tensor, Tensor]], x: Tensor) -> Tensor:
    chain = layers.of(given)
    out = torch.full((len(x), chain.outputs), -9.0)
    chain(x, out)
    return out


def written_out(given: list[tuple[Tensor, Tensor]], x: Tensor) -> np.ndarray:
    values = x.double().numpy()
    for matrix, bias in given:
        values = np.maximum(values @ matrix.double().numpy().T + bias.double().numpy(), 0.0)
    return values


@SIZES
@pytest.mark.parametrize("count", [1, 5, 6, 8, 9, 100])
@pytest.mark.parametrize(
    "widths", [(64, 64, 64), (256, 256, 256, 256), (7, 33, 3), (5, 7, 100), (40, 100), (1, 1)]
)
def test_layers_are_the_formula(rng, made, size, count, widths):
    given, x = weights(rng, *widths), normal(rng, count, widths[0])
    expected = written_out(given, x)
    found = computed(made[size], given, x).numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * max(1.0, expected.max()))
    assert (found >= 0).all()


@SIZES
def test_a_row_has_the_same_bits_wherever_it_stands(rng, made, size):
    given, x = weights(rng, 24, 40, 24), normal(rng, 37, 24)
    whole = computed(made[size], given, x)
    for first, last in ((0, 1), (3, 20), (11, 37), (36, 37)):
        assert torch.equal(computed(made[size], given, x[first:last].clone()), whole[first:last])
    assert 0.2 < (whole > 0).float().mean() < 0.8


@SIZES
def test_what_is_not_a_number_stays_so_in_its_row(rng, made, size):
    given, x = weights(rng, 24, 40, 24), normal(rng, 20, 24)
    x[4, 3] = float("nan")
    found = computed(made[size], given, x)
    assert found[4].isnan().all()
    assert not found[[*range(4), *range(5, 20)]].isnan().any()


def test_what_would_be_misread_is_refused(rng, made):
    chain = made[Block(8, 32)].of(weights(rng, 24, 40, 12))
    x, out = normal(rng, 20, 24), torch.empty(20, 12)
    for wrong in (
        (normal(rng, 20, 23), out),
        (x.double(), out),
        (normal(rng, 24, 20).mT, out),
        (x[:19], out),
        (x, torch.empty(20, 13)),
        (x, torch.empty(12, 20).mT),
    ):
        with pytest.raises(ValueError, match="contiguous"):
            chain(*wrong)


@pytest.mark.parametrize(
    ("machine", "features", "expected"),
    [
        ("x86_64", ["avx2", "fma", "avx512f"], Block(8, 32)),
        ("AMD64", ["avx2", "fma"], Block(6, 16)),
        ("x86_64", ["avx2"], None),
        ("x86_64", [], None),
        ("aarch64", ["neon"], None),
        ("arm64", [], None),
    ],
)
def test_processors_have_the_blocks_that_fill_their_registers(
    monkeypatch, machine, features, expected
):
    monkeypatch.setattr(module.platform, "machine", lambda: machine)
    found = dict.fromkeys(features, True)
    monkeypatch.setattr(module.binding, "get_host_cpu_features", lambda: found)
    assert block() == expected
