"""The weights of filters against their definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.samplers.grid import Axis
from models.samplers.taps import BICUBIC, LANCZOS, reach, taps, weights
from tests.reference import resample as oracle

KERNELS = {"bicubic": BICUBIC, "lanczos": LANCZOS}
BOTH = pytest.mark.parametrize("name", ["bicubic", "lanczos"])
ANY_WINDOW = given(
    length=st.integers(1, 40),
    step=st.floats(0.02, 12),
    phase=st.floats(-0.5, 0.5),
    first=st.integers(-20, 60),
    count=st.integers(1, 20),
)
"""Samples of an axis, some of them beyond the picture."""


@BOTH
@pytest.mark.parametrize("x", np.linspace(-3.2, 3.2, 65))
def test_kernel_is_its_formula(name, x):
    literal = oracle.FILTERS[name][0](float(x))
    assert KERNELS[name].weight(np.array([x]))[0] == pytest.approx(literal, abs=1e-14)


@BOTH
@ANY_WINDOW
def test_weights_are_the_definition_for_any_window(name, length, step, phase, first, count):
    axis = Axis(phase * step, step)
    start, table = weights(axis, first, count, length, KERNELS[name])
    basis = np.eye(length)
    for sample, row in zip(axis.positions(first, count), table, strict=True):
        literal = oracle.filter_line(basis, float(sample), step, name)
        inside = row[: length - start]
        np.testing.assert_allclose(inside, literal[start : start + len(inside)], atol=1e-12)
        assert row[length - start :] == pytest.approx(0.0)
        assert literal[:start] == pytest.approx(0.0)
        assert literal[start + len(row) :] == pytest.approx(0.0)
        assert row.sum() == pytest.approx(1.0)


@BOTH
def test_weights_have_one_shape_for_all_windows_of_a_lattice(name):
    shapes = {
        weights(Axis(0.01, 0.37), first, 64, 1000, KERNELS[name])[1].shape
        for first in range(-64, 2750, 64)
    }
    assert len(shapes) == 1


@BOTH
def test_weights_reach_no_further_than_the_picture(name):
    # A tile has 64 samples even where a few cover the picture; the others must cost no memory.
    start, table = weights(Axis(0.0, 2000.0), 0, 64, 20_000, KERNELS[name])
    assert start == 0
    assert table.shape == (64, 20_000)


@BOTH
@ANY_WINDOW
def test_taps_lie_inside_the_picture_and_within_reach(name, length, step, phase, first, count):
    axis, kernel = Axis(phase * step, step), KERNELS[name]
    starts, table = taps(axis, first, count, length, kernel)
    assert table.shape[1] == min(length, int(np.ceil(2 * kernel.support * max(step, 1.0))))
    assert (np.diff(starts) >= 0).all()
    pixels = reach(axis, first, count, length, kernel)
    assert 0 <= pixels.start <= starts[0]
    assert starts[-1] + table.shape[1] <= pixels.stop <= length
