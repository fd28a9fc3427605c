"""Weights of separable filters as the compiled loops read them."""

from __future__ import annotations

import pytest
import torch

from models.kernels.filter_weights import Part, Weights, grouped


@pytest.mark.parametrize(
    ("taps", "channels", "groups"),
    [(1, 1, 1), (4, 1, 1), (12, 1, 1), (13, 1, 2), (1, 3, 1), (4, 3, 1), (5, 3, 2), (8, 3, 2)],
)
def test_weights_are_no_more_vectors_than_they_need(taps, channels, groups):
    """Four pixels of three channels, as bicubic has, are one; a second would be mere zeros."""
    assert grouped(torch.ones(7, taps), channels).shape[:2] == (7, groups)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_window_needs_no_more_of_a_row_than_the_pixels_it_is_made_of(channels):
    """Pictures may be a thousand times as wide as a window."""
    down, across = (Weights(3, 6, torch.arange(3), torch.ones(3, 4)) for _ in range(2))
    across = across._replace(table=grouped(across.table, channels))
    source, out = torch.zeros(20, 5000, channels), torch.empty(3, 3, channels)
    assert Part(source, (0, 0), down, across, out).length == 6 * channels
