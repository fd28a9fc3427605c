"""Bytes for a screen, rounded where the samples are."""

import numpy as np
import torch

from models.kernels.codes import to_codes


def test_channels_are_blue_green_red_and_opaque():
    codes = to_codes(torch.tensor([[0.0, 0.5, 1.0], [1.0, 0.25, 0.0]]))
    assert codes.tolist() == [[255, 128, 0, 255], [0, 64, 255, 255]]


def test_what_lies_outside_is_clamped():
    codes = to_codes(torch.tensor([[-0.5, 1.5, float("inf")]]))
    assert codes.tolist() == [[255, 255, 0, 255]]


def test_rounding_is_that_of_the_host_to_the_bit():
    edges = (np.arange(256, dtype=np.float32) + np.float32(0.5)) / np.float32(255)
    values = np.concatenate([np.nextafter(edges, np.float32(s)) for s in (-9, 9)] + [edges])
    values = np.clip(values, 0, 1)
    expected = (values * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    codes = to_codes(torch.from_numpy(np.stack([values] * 3, axis=-1)))
    for channel in range(3):
        np.testing.assert_array_equal(codes[:, channel], expected)


def test_the_samples_stay_as_they_are():
    samples = torch.full((2, 2, 3), 0.3)
    to_codes(samples)
    assert (samples == 0.3).all()
