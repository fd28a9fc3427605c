"""Which windows are filtered together, on how many threads, and what is left out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.kernels.filtering import filters_on
from models.samplers import looped as module
from models.samplers.grid import Axis, Lattice, Window
from models.samplers.looped import looped
from models.samplers.taps import BICUBIC
from tests.models.pictures import CPU, noise

pytestmark = pytest.mark.skipif(filters_on(CPU) is None, reason="llvmlite is not installed")

LATTICE = Lattice(Axis(0.2, 1.7), Axis(-0.3, 2.2))
WINDOWS = [Window(column, row, 20, 16) for row in (-16, 0, 16) for column in (-20, 0, 20, 40)]
"""Of a picture of 50 × 40: some are wholly beyond it, some hold all of it."""


class Noted:
    """Filters that note the shape of each window they are asked for, and those of each call."""

    def __init__(self) -> None:
        self.calls: list[list[tuple[int, ...]]] = []

    def resample(self, parts, unit) -> None:
        self.calls.append([tuple(part.out.shape) for part in parts])
        filters_on(CPU).resample(parts, unit)


@pytest.fixture
def threads():
    """Tells torch how many threads it has; as before at the end."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def filtered(alpha: bool = False, filters=None) -> torch.Tensor:
    plane = noise(50, 40, alpha=alpha).colour(CPU)
    return looped(filters or filters_on(CPU), plane, LATTICE, WINDOWS, BICUBIC)


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("far", [0.0, 1e9])
@pytest.mark.parametrize("worth", [0.5, 1e9])
def test_no_bit_depends_on_what_is_shared_or_left_out(monkeypatch, threads, alpha, far, worth):
    threads(3)
    expected = filtered(alpha)
    monkeypatch.setattr(module, "FAR", far)
    monkeypatch.setattr(module, "WORTH", worth)
    assert torch.equal(filtered(alpha), expected)


def test_cheap_windows_are_one_call(threads):
    threads(2)
    noted = Noted()
    filtered(filters=noted)
    assert noted.calls == [[(16, 20, 3)] * len(WINDOWS)]


@pytest.mark.parametrize(("count", "shares"), [(3, [4, 4, 4]), (5, [3, 3, 3, 3])])
def test_dear_windows_are_shared_out(monkeypatch, threads, count, shares):
    """Never in more shares than there are threads: one of them would have two."""
    threads(count)
    monkeypatch.setattr(module, "WORTH", 1.0)
    noted = Noted()
    filtered(filters=noted)
    assert sorted(map(len, noted.calls)) == shares


@pytest.mark.parametrize(("some", "calls"), [(slice(5, 6), 1), (slice(12), 3)])
def test_what_is_cheap_alone_is_shared_out_together(monkeypatch, threads, some, calls):
    threads(3)
    monkeypatch.setattr(module, "WORTH", 3000.0)
    noted = Noted()
    looped(noted, noise(50, 40).colour(CPU), LATTICE, WINDOWS[some], BICUBIC)
    assert len(noted.calls) == calls


@pytest.mark.parametrize("count", [1, 2])
def test_where_windows_are_few_their_rows_are_shared_out(monkeypatch, threads, count):
    threads(3)
    monkeypatch.setattr(module, "WORTH", 1.0)
    noted = Noted()
    plane = noise(50, 40).colour(CPU)
    looped(noted, plane, LATTICE, WINDOWS[5 : 5 + count], BICUBIC)
    assert sorted(noted.calls) == count * [[(4, 20, 3)]] + 2 * count * [[(6, 20, 3)]]


def test_of_strong_reductions_only_what_differs_is_computed(threads):
    """A tile of 64 × 64 samples holds all three of this picture's."""
    threads(1)
    noted, plane = Noted(), noise(300, 200).colour(CPU)
    lattice, window = Lattice(Axis(0.0, 100.0), Axis(0.0, 100.0)), Window(-64, 0, 128, 64)
    found = looped(noted, plane, lattice, [window], BICUBIC)[0]
    assert noted.calls == [[(3, 5, 3)]]  # the samples inside, and one beyond each end
    inner = looped(noted, plane, lattice, [Window(-1, 0, 5, 3)], BICUBIC)[0]
    assert torch.equal(found[:3, 63:68], inner)
    assert torch.equal(found[2:], inner[2:].repeat(62, 1, 1)[:, [0] * 63 + [*range(5)] + [4] * 60])


@pytest.mark.parametrize("step", [0.3, 1.0, 40.0])
@pytest.mark.parametrize("first", [-100, -64, -3, 0, 20, 99, 1000])
def test_samples_beyond_the_picture_equal_its_border(step, first):
    axis = Axis(0.1, step)
    inside, again = module._inside(axis, first, 64, 90)
    clamped = np.clip(axis.positions(first, 64), 0.0, 90.0)
    own = np.clip(axis.positions(inside.start, len(inside)), 0.0, 90.0)
    np.testing.assert_array_equal(own[again.numpy()], clamped)
    assert len(inside) == max(1, len(np.unique(clamped)))


@pytest.mark.parametrize(
    ("steps", "kept"),
    [((0.3, 0.3), True), ((15.9, 15.9), True), ((16.1, 0.3), False), ((0.3, 16.1), False)],
)
def test_only_short_weights_are_kept(monkeypatch, steps, kept):
    made, new = [], module._new_weights

    def noted(*given):
        made.append(given)
        return new(*given)

    monkeypatch.setattr(module, "_new_weights", noted)
    monkeypatch.setattr(module, "_kept", module.lru_cache(noted))
    lattice = Lattice(*(Axis(0.0, step) for step in steps))
    plane = noise(300, 200).colour(CPU)
    windows = [Window(column, 0, 4, 4) for column in (0, 4, 0, 4)]
    for _ in range(2):
        looped(filters_on(CPU), plane, lattice, windows, BICUBIC)
    # Of one row and two columns; in a call they are always shared.
    assert len(made) == (3 if kept else 6)
