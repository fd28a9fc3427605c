"""The two latents beside a sample, and its share between them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.samplers.corners import corners, span
from models.samplers.grid import TILE, Axis

AXES = st.builds(
    lambda phase, step: Axis(phase * step, step), st.floats(-0.5, 0.5), st.floats(0.01, 1.0)
)


@given(AXES, st.integers(-100, 20_000), st.integers(1, 70), st.integers(1, 300))
def test_neighbours_are_the_nearest_centres_cut_at_the_border(axis, first, count, length):
    found = corners(axis, first, count, length)
    for k, position in enumerate(np.clip(axis.positions(first, count), 0, length)):
        low = math.floor(position - 0.5)
        for corner in (0, 1):
            latent = min(max(low + corner, 0), length - 1)
            assert found.start + found.index[corner, k] == latent
            assert found.offset[corner, k] == pytest.approx(position - (latent + 0.5), abs=1e-12)
        assert found.fraction[k] == pytest.approx(position - 0.5 - low, abs=1e-12)
        assert 0 <= found.fraction[k] <= 1


@given(AXES, st.integers(-2, 300), st.integers(1, 300))
def test_the_span_holds_every_tile(axis, tile, length):
    found = corners(axis, tile * TILE, TILE, length)
    assert found.index.min() == 0
    assert found.index.max() < span(axis, TILE)


def test_far_positions_keep_their_fraction():
    found = corners(Axis(0.0, 0.01), 1_999_990, 10, 20_000)
    # fp32 knows positions of this size to a thousandth of a pixel only.
    np.testing.assert_allclose(
        found.offset[0], np.arange(1_999_990, 2_000_000) * 0.01 + 0.005 - 19_999.5, atol=1e-9
    )
