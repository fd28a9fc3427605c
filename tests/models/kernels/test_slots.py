"""Slots: every sample finds its offset at its pixel, and few are unused."""

from __future__ import annotations

import pytest
import torch

from models.kernels.slots import slots_of
from models.samplers.anchors import anchors
from models.samplers.grid import Axis

CPU = torch.device("cpu")


@pytest.mark.parametrize("step", [1.0, 0.9, 0.5, 1 / 2.7, 0.25, 1 / 30, 1 / 64, 0.01])
@pytest.mark.parametrize(("first", "count"), [(0, 64), (-70, 64), (64, 64), (300, 64), (9000, 3)])
@pytest.mark.parametrize("origin", [0.0, 0.137])
def test_every_sample_has_a_slot_at_its_pixel_with_its_offset(step, first, count, origin):
    axis = Axis(origin * step, step)
    found = anchors(axis, first, count, 50)
    start, slots = slots_of(axis, first, count, 50, CPU)
    assert start == found.start
    assert slots.offset.shape == (slots.pixels * slots.each,)
    assert (slots.place // slots.each).tolist() == found.index.tolist()
    expected = torch.from_numpy(found.offset).float()
    assert torch.equal(slots.offset[slots.place], expected)


def test_whole_scales_waste_no_slot():
    for scale in (1, 2, 4, 8):
        slots = slots_of(Axis(0.0, 1 / scale), 64, 64, 500, CPU)[1]
        assert slots.each == scale


def test_samples_that_are_clamped_to_one_place_share_a_slot():
    slots = slots_of(Axis(0.0, 0.5), 30, 64, 20, CPU)[1]
    assert slots.each == 3
