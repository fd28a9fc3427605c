"""Colour maps of the gradient map."""

import numpy as np
import pytest

from viewer.rendering.colour_maps import COLOUR_MAPS, colour_table, colours


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_steeper_is_never_darker(name: str) -> None:
    luma = colours(name) @ np.array([0.2126, 0.7152, 0.0722])
    assert colours(name).shape == (256, 3)
    assert np.all(np.diff(luma) > -1.0)
    assert luma[-1] - luma[0] > 150


def test_viridis_goes_from_purple_to_yellow() -> None:
    """Its published ends are #440154 and #fde725: red must not have changed places with blue."""
    table = colours("viridis").astype(int)
    assert abs(table[0] - [0x44, 0x01, 0x54]).max() <= 1
    assert abs(table[-1] - [0xFD, 0xE7, 0x25]).max() <= 1


def test_the_tensor_is_the_table_in_unit_range() -> None:
    table = colour_table("magma")
    assert table is not None
    np.testing.assert_allclose(table.numpy() * 255.0, colours("magma"), atol=1e-4)
    assert colour_table("grey") is None


def test_grey_is_the_level_itself_and_read_only() -> None:
    table = colours("grey")
    assert np.array_equal(table, np.repeat(np.arange(256)[:, None], 3, axis=1))
    with pytest.raises(ValueError, match="read-only"):
        table[0, 0] = 1
