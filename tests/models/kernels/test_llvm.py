"""Loops that are compiled here and now."""

from __future__ import annotations

import pytest
import torch

ir = pytest.importorskip("llvmlite.ir")

from models.kernels.llvm import F32, I64, Loops, compiled  # noqa: E402


def doubled(first: int, second: int) -> torch.Tensor:
    """``2·x + 1`` of a matrix of ones, by two loops; what they leave alone is −1."""
    module = ir.Module("test")
    b = Loops.of(module, "double", [F32, F32], 2)
    given, out, rows, columns = b.function.args
    with b.count(rows) as row, b.count(columns) as column:
        place = b.place((row, rows), (column, columns))
        b.write(out, place, b.fadd(b.fmul(b.read(given, place), F32(2)), F32(1)))
    b.ret_void()
    function = compiled(module, {"double": 4})["double"]
    values, found = torch.ones(6), torch.full((6,), -1.0)
    function(values.data_ptr(), found.data_ptr(), first, second)
    return found


@pytest.mark.parametrize(("rows", "columns"), [(2, 3), (1, 1), (0, 3), (3, 0), (1, 6)])
def test_loops_count(rows, columns):
    expected = torch.full((6,), -1.0)
    expected[: rows * columns] = 3.0
    assert torch.equal(doubled(rows, columns), expected)


def test_what_is_no_code_is_an_error():
    module = ir.Module("wrong")
    b = Loops.of(module, "endless", [F32], 1)
    b.read(b.function.args[0], I64(0))  # and nothing ends the block
    with pytest.raises(RuntimeError):
        compiled(module, {"endless": 2})
