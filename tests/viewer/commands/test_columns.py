from __future__ import annotations

import pytest

from viewer.commands.columns import aligned


def test_columns_are_as_wide_as_their_widest_cell():
    assert aligned([("A", "BB", "C"), ("long", "", "×2")]) == "A     BB  C\nlong      ×2"


def test_no_line_ends_with_blanks():
    assert aligned([("A", "long"), ("b", "")]) == "A  long\nb"


def test_every_line_has_every_column():
    with pytest.raises(ValueError, match="zip"):
        aligned([("A", "B"), ("c",)])
