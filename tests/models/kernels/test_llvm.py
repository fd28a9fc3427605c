"""Loops that are compiled here and now."""

from __future__ import annotations

import pytest
import torch

ir = pytest.importorskip("llvmlite.ir")

from llvmlite import binding  # noqa: E402

from models.kernels import filters, layers, loops  # noqa: E402
from models.kernels.llvm import F32, I64, Loops, compiled, zeros  # noqa: E402


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


def test_vectors_are_read_spread_and_picked():
    """``out[1:9] = values[3:11] · 2``, and then lanes 2 to 5 of that in front."""
    module = ir.Module("test")
    b = Loops.of(module, "vectors", [F32, F32], 0)
    given, out = b.function.args
    doubled = b.fmul(b.read(given, I64(3), 8), b.spread(F32(2), 8))
    b.write(out, I64(1), b.fadd(doubled, zeros(8)))
    b.write(out, I64(9), b.part(doubled, range(2, 6)))
    b.write(out, I64(13), b.spread(F32(5), 1))
    b.ret_void()
    values, found = torch.arange(12.0), torch.full((15,), -1.0)
    compiled(module, {"vectors": 2})["vectors"](values.data_ptr(), found.data_ptr())
    assert found.tolist() == [-1, *range(6, 22, 2), 10, 12, 14, 16, 5, -1]


@pytest.mark.parametrize(
    "written", [filters.written, loops.written, lambda: layers.written(layers.Block(6, 16))]
)
@pytest.mark.parametrize(
    ("system", "processor"),
    [
        ("x86_64-unknown-linux-gnu", "x86-64"),
        ("x86_64-unknown-linux-gnu", "skylake-avx512"),
        ("x86_64-pc-windows-msvc", "haswell"),
        ("aarch64-unknown-linux-gnu", "neoverse-v1"),
        ("arm64-apple-macosx14", "apple-m1"),
    ],
)
def test_no_processor_needs_a_library_for_our_loops(written, system, processor):
    """What a processor lacks LLVM may leave to functions that a process need not have."""
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    machine = binding.Target.from_triple(system).create_target_machine(cpu=processor, opt=3)
    code = binding.parse_assembly(str(written()[0]))
    code.triple = system
    tuning = binding.create_pipeline_tuning_options(speed_level=2)
    builder = binding.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(code, builder)
    lines = machine.emit_assembly(code).splitlines()
    assert any("ret" in line for line in lines)
    assert [line for line in lines if line.split()[:1] in (["call"], ["callq"], ["bl"])] == []
