from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from models.samplers.grid import Grid, Region
from viewer.commands import options
from viewer.commands.options import Place


@pytest.mark.parametrize(
    ("text", "value"), [("4", 4.0), ("2.5", 2.5), ("1/3", 1 / 3), ("1e2", 100.0), ("3/2", 1.5)]
)
def test_a_scale_is_a_number_or_a_fraction(text, value):
    assert options.scale(text) == value


@pytest.mark.parametrize("text", ["0", "-2", "x", "", "1/0", "nan", "inf", "1/", "4x", "1e-400"])
def test_other_scales_are_refused_with_one_sentence(text):
    with pytest.raises(ArgumentTypeError, match="is not a scale; give"):
        options.scale(text)


@pytest.mark.parametrize("text", ["1920x1080", "1920X1080", "1920×1080"])
def test_a_size_is_width_by_height(text):
    assert options.size(text) == (1920, 1080)


@pytest.mark.parametrize("text", ["1920", "0x5", "5x0", "-5x5", "5.5x5", "x", "", "5x5x5"])
def test_other_sizes_are_refused(text):
    with pytest.raises(ArgumentTypeError, match="is not a size; give"):
        options.size(text)


def test_a_region_takes_decimals_and_negative_positions():
    assert options.region("-5,0.5,20,1e1") == Region(-5.0, 0.5, 20.0, 10.0)


@pytest.mark.parametrize("text", ["1,2,3", "1,2,3,4,5", "a,b,c,d", "", "1,2,3,nan", "1,2,inf,4"])
def test_other_regions_are_refused(text):
    with pytest.raises(ArgumentTypeError, match="is not a region; give"):
        options.region(text)


@pytest.mark.parametrize("text", ["auto", "cpu", "cuda", "cuda:3", "mps"])
def test_devices(text):
    assert options.device(text) == text


@pytest.mark.parametrize("text", ["gpu", "cuda:", "cuda:x", "CPU", ""])
def test_other_devices_are_refused(text):
    with pytest.raises(ArgumentTypeError, match="is not a device; give"):
        options.device(text)


def test_an_empty_name_is_refused():
    with pytest.raises(ArgumentTypeError, match="is no name"):
        options.name("")
    assert options.name("tiny.toml") == "tiny.toml"


@pytest.mark.parametrize("text", ["", "-"])
def test_what_names_no_file_is_refused(text):
    """``-o "$UNSET"`` would else mean the current folder."""
    with pytest.raises(ArgumentTypeError, match="is no name of a file"):
        options.path(text)
    assert options.path("./-").name == "-"


def test_samplers_are_names_with_commas():
    assert options.samplers("bicubic, gradient:liif") == ("bicubic", "gradient:liif")


@pytest.mark.parametrize("read", [options.samplers, options.any_samplers])
def test_a_sampler_with_a_comma_stands_in_quotes(read):
    text = 'bicubic, "runs/a,b/net.pth","gradient:c,d.pth"'
    assert read(text) == ("bicubic", "runs/a,b/net.pth", "gradient:c,d.pth")


@pytest.mark.parametrize("text", ["", "a,,b", "a,b,c,d,e", "a\rb"])
def test_other_lists_of_samplers_are_refused(text):
    with pytest.raises(ArgumentTypeError, match="is not a list of samplers; give"):
        options.samplers(text)


@pytest.mark.parametrize("text", ["0", "101", "x", "5.5", "-1", "", "9" * 30])
def test_whole_numbers_have_limits(text):
    with pytest.raises(ArgumentTypeError, match="whole number from 1 to 100"):
        options.whole_number(text, 1, 100)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "x"])
def test_a_gain_is_above_zero(text):
    with pytest.raises(ArgumentTypeError, match="is not a gain; give"):
        options.gain(text)


def test_a_place_is_a_grid():
    region = Region(1.0, 2.0, 5.0, 4.0)
    assert Place(scale=3.0, region=region).grid(20, 10) == Grid.for_scale(20, 10, 3.0, region)
    assert Place(size=(7, 9)).grid(20, 10) == Grid.for_size(20, 10, 7, 9)
