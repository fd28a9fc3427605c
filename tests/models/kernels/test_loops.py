"""The compiled passes against torch's operations and against sums that are written out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

pytest.importorskip("llvmlite.binding")

from models.kernels.compiled import compiled_passes as passes

HALF = torch.bfloat16
KINDS = pytest.mark.parametrize("kind", [torch.float32, HALF])
WIDTHS = pytest.mark.parametrize("width", [1, 7, 24, 64, 100, 256])


class Corners(NamedTuple):
    """Samples of a footprint: ``[2, count]`` places down and across."""

    rows: Tensor
    columns: Tensor


def corners(rng: np.random.Generator, rows: int, columns: int, size: tuple[int, int]) -> Corners:
    """Both neighbours of some samples, as they lie in a footprint."""
    down, across = (
        torch.from_numpy(np.sort(rng.integers(0, most - 1, count)))
        for most, count in zip(size, (rows, columns), strict=True)
    )
    return Corners(torch.stack([down, down + 1]), torch.stack([across, across + 1]))


def normal(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))


def begun(latents: Tensor, where: Corners, down: Tensor, across: Tensor, kind: torch.dtype):
    out = torch.empty((len(down), len(across), latents.shape[2]), dtype=kind)
    passes().begin(latents, *where, down, across, torch.empty_like(latents[0]), out)
    return out


def begun_by_torch(latents: Tensor, where: Corners, down: Tensor, across: Tensor, kind):
    rows = latents[where.rows.flatten()] + down[:, None]
    return (rows[:, where.columns.flatten()] + across).relu().to(kind)


@KINDS
@WIDTHS
def test_the_first_layer_has_torchs_bits(rng, kind, width):
    where = corners(rng, 9, 13, (5, 6))
    latents, down, across = (normal(rng, *n, width) for n in ((5, 6), (18,), (26,)))
    found = begun(latents, where, down, across, kind)
    assert torch.equal(found, begun_by_torch(latents, where, down, across, kind))
    assert 0.1 < (found > 0).float().mean() < 0.9


@KINDS
def test_what_is_not_a_number_stays_so(rng, kind):
    where = corners(rng, 4, 4, (3, 3))
    latents, down, across = (normal(rng, *n, 32) for n in ((3, 3), (8,), (8,)))
    latents[0, 0, :4] = torch.tensor([float("nan"), -float("nan"), float("inf"), -float("inf")])
    found = begun(latents.to(HALF).float(), where, down, across, kind)
    expected = begun_by_torch(latents.to(HALF).float(), where, down, across, kind)
    torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)
    assert found.isnan().any()
    assert found.isinf().any()


def test_halves_are_rounded_to_even():
    """All that lie half-way between two numbers of bf16, and their neighbours."""
    bits = torch.arange(0x3F80, 0x4180, dtype=torch.int32)[:, None] << 16
    values = (bits + torch.tensor([0x7FFF, 0x8000, 0x8001], dtype=torch.int32)).view(torch.float32)
    latents = values.reshape(1, 1, -1).repeat(2, 2, 1)
    where = Corners(*(torch.tensor([[0], [1]]) for _ in range(2)))
    nothing = torch.zeros(2, latents.shape[2])
    found = begun(latents, where, nothing, nothing, HALF)
    assert torch.equal(found, latents.to(HALF))


class Last(NamedTuple):
    """What the last pass is given."""

    hidden: Tensor
    where: Corners
    shares: tuple[Tensor, Tensor]
    layer: tuple[Tensor, Tensor]
    back: Tensor
    image: Tensor

    def part(self, rows: slice, columns: slice) -> Last:
        """The same for some of the samples."""
        hidden = self.hidden.unflatten(0, (2, -1)).unflatten(2, (2, -1))
        return self._replace(
            hidden=hidden[:, rows, :, columns].flatten(2, 3).flatten(0, 1).contiguous(),
            where=Corners(self.where.rows[:, rows].clone(), self.where.columns[:, columns].clone()),
            shares=(self.shares[0][rows].clone(), self.shares[1][columns].clone()),
        )


def last(rng: np.random.Generator, kind: torch.dtype, width: int) -> Last:
    rows, columns, size = 9, 13, (5, 6)
    return Last(
        normal(rng, 2 * rows, 2 * columns, width).relu().to(kind),
        corners(rng, rows, columns, size),
        tuple(torch.from_numpy(rng.random(n, np.float32)) for n in (rows, columns)),
        (normal(rng, 3, width) / width**0.5, normal(rng, 3)),
        torch.tensor([0.5, 0.1, 0.2, 0.3]),
        normal(rng, *size, 3),
    )


def finished(given: Last) -> Tensor:
    rows, columns = (each.shape[1] for each in given.where)
    out = torch.empty(rows, columns, 3)
    passes().finish(
        given.hidden, *given.where, given.shares, given.layer, given.back, given.image, out
    )
    return out


def written_out(given: Last) -> np.ndarray:
    """Equation (4) in float64, sample by sample."""
    hidden = given.hidden.double().numpy()
    matrix, bias = (each.double().numpy() for each in given.layer)
    rows, columns = (each.numpy() for each in given.where)
    image, back = given.image.double().numpy(), given.back.double().numpy()
    out = np.zeros((rows.shape[1], columns.shape[1], 3))
    for y, x in np.ndindex(out.shape[:2]):
        below, beside = (float(each[at]) for each, at in zip(given.shares, (y, x), strict=True))
        for i, j in np.ndindex(2, 2):
            share = (below if i else 1 - below) * (beside if j else 1 - beside)
            corner = hidden[i * out.shape[0] + y, j * out.shape[1] + x]
            value = matrix @ corner + bias
            if image.size:
                value = value + image[rows[i, y], columns[j, x]]
            out[y, x] += share * value
    return out * back[0] + back[1:]


@KINDS
@WIDTHS
@pytest.mark.parametrize("residual", [True, False])
def test_the_last_layer_against_the_equation(rng, kind, width, residual):
    given = last(rng, kind, width)
    if not residual:
        given = given._replace(image=given.image[:0, :0])
    found = finished(given).numpy()
    np.testing.assert_allclose(found, written_out(given), atol=2e-6)


@KINDS
def test_a_sample_does_not_depend_on_its_neighbours(rng, kind):
    given = last(rng, kind, 64)
    whole = finished(given)
    for rows, columns in ((slice(0, 1), slice(0, 1)), (slice(3, 8), slice(5, 12))):
        assert torch.equal(finished(given.part(rows, columns)), whole[rows, columns])


@pytest.mark.parametrize("short", ["down", "across", "line", "out"])
def test_what_the_first_pass_would_misread_is_refused(rng, short):
    where = corners(rng, 4, 5, (3, 3))
    sizes = {"down": (8, 8), "across": (10, 8), "line": (3, 8), "out": (8, 10, 8)}
    given = {name: normal(rng, *size) for name, size in sizes.items()}
    given[short] = given[short][:-1]
    with pytest.raises(ValueError, match="contiguous"):
        passes().begin(normal(rng, 3, 3, 8), *where, *given.values())


def test_what_the_last_pass_would_misread_is_refused(rng):
    given = last(rng, HALF, 8)
    (beneath, beside), (matrix, bias) = given.shares, given.layer
    for wrong in (
        given._replace(hidden=given.hidden.mT),
        given._replace(hidden=given.hidden[:-1]),
        given._replace(shares=(beneath[:-1], beside)),
        given._replace(shares=(beneath, beside[:-1])),
        given._replace(layer=(matrix[:-1], bias)),
        given._replace(layer=(matrix, bias[:-1])),
        given._replace(back=given.back[:-1]),
        given._replace(back=given.back.double()),
    ):
        with pytest.raises(ValueError, match="contiguous"):
            finished(wrong)


@pytest.mark.parametrize("size", [(4, 6), (5, 5)])
def test_places_beyond_the_footprint_are_refused(rng, size):
    where = Corners(torch.tensor([[2, 3], [3, 4]]), torch.tensor([[0, 4], [1, 5]]))
    latents, down, across = (normal(rng, *n, 8) for n in (size, (4,), (4,)))
    with pytest.raises(ValueError, match="beyond"):
        begun(latents, where, down, across, HALF)
    given = last(rng, HALF, 8)._replace(image=latents[..., :3].contiguous())
    with pytest.raises(ValueError, match="beyond"):
        finished(given._replace(where=where))
