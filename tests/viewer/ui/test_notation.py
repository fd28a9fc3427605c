"""Numbers as people type and read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.ui import notation


@pytest.mark.parametrize(
    ("words", "scale"),
    [
        ("400", 4.0),
        ("400 %", 4.0),
        ("400%", 4.0),
        ("12,5 %", 0.125),
        ("4x", 4.0),
        ("4 x", 4.0),
        ("×4", 4.0),
        ("x4", 4.0),
        ("0.5×", 0.5),
        ("1:2", 0.5),
        ("1/2", 0.5),
        ("2 : 1", 2.0),
        (" 800 ", 8.0),
    ],
)
def test_scales_are_read_as_people_write_them(words: str, scale: float) -> None:
    assert notation.read_scale(words) == pytest.approx(scale, rel=1e-12)


@pytest.mark.parametrize(
    "words",
    ["", "%", "x", "fit", "-4x", "0", "0 %", "1:0", "0:1", "1:2:3", "4xx", "x4x", "nan", "1e3"],
)
def test_what_is_no_scale_is_none(words: str) -> None:
    assert notation.read_scale(words) is None


def test_a_number_beyond_all_numbers_is_none() -> None:
    assert notation.read_scale("9" * 400) is None
    assert notation.read_pixels("9" * 400) is None


@given(st.floats(1e-3, 1e4))
def test_a_shown_scale_reads_back_to_three_figures(scale: float) -> None:
    read = notation.read_scale(notation.show_scale(scale))
    assert read is not None
    assert read == pytest.approx(scale, rel=6e-3)


@pytest.mark.parametrize(
    ("scale", "words"),
    [(8.0, "800 %"), (2 / 3, "66.7 %"), (0.5, "50 %"), (1 / 64, "1.56 %"), (256.0, "25600 %"),
     (0.9996, "99.96 %"), (0.99999, "99.99 %"), (0.9994, "99.9 %"), (1.004, "100 %"),
     (0.09996, "10 %"), (1 - 1e-15, "100 %"), (1 - 1e-8, "99.99 %")],
)  # fmt: skip
def test_scales_are_shown_calmly(scale: float, words: str) -> None:
    assert notation.show_scale(scale) == words


@given(st.floats(-1e5, 1e5))
def test_a_shown_length_reads_back(value: float) -> None:
    assert notation.read_pixels(notation.show_pixels(value)) == pytest.approx(value, abs=0.051)


@pytest.mark.parametrize(
    ("value", "words"),
    [(72.0, "72.0"), (98.75, "98.8"), (0.05, "0.1"), (0.04321, "0.0432"), (-0.03, "-0.03")],
)
def test_a_length_that_is_there_never_reads_as_nothing(value: float, words: str) -> None:
    assert notation.show_pixels(value) == words


@pytest.mark.parametrize("value", [0.0, -0.0, -1e-5, 1e-17])
def test_no_length_is_minus_zero(value: float) -> None:
    assert notation.show_pixels(value) == "0.0"


def test_lengths_are_read_as_people_type_them() -> None:
    assert notation.read_pixels("72,5 px") == 72.5
    assert notation.read_pixels("−3") == -3.0


def test_shares_and_factors() -> None:
    assert notation.read_percent("40 %") == 0.4
    assert notation.read_factor("×0.25") == 0.25
    assert notation.read_factor("-1") is None
    assert (notation.show_percent(0.4), notation.show_factor(0.25)) == ("40 %", "×0.25")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0 ms"), (0.0384, "38 ms"), (0.9994, "999 ms"), (0.9996, "1 s"), (1.254, "1.25 s"),
     (24.952, "25 s"), (84.5, "84.5 s"), (99.97, "100 s"), (1204.3, "1204 s")],
)  # fmt: skip
def test_times_are_told_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert notation.show_time(seconds) == words
