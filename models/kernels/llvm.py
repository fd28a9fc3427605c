"""Loops written in LLVM's language and compiled for the processor at hand, in a tenth of a second.

This module imports llvmlite, so nothing imports it but `loops`, which only `compiled` imports, when
it is about to use it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from llvmlite import binding, ir
from torch import Tensor

I64, I32, I16, I8, F32 = (
    ir.IntType(64),
    ir.IntType(32),
    ir.IntType(16),
    ir.IntType(8),
    ir.FloatType(),
)


def zeros(lanes: int) -> ir.Constant:
    """Zero in fp32, or a vector of so many."""
    return F32(0) if lanes == 1 else ir.Constant(ir.VectorType(F32, lanes), [F32(0)] * lanes)


def picked(lanes: list[int]) -> ir.Constant:
    """The mask that picks lanes of a vector."""
    return ir.Constant(ir.VectorType(I32, len(lanes)), [I32(lane) for lane in lanes])


Function = Callable[..., None]
"""Takes addresses and whole numbers, runs without Python's lock, returns nothing."""


class Loops(ir.IRBuilder):  # type: ignore[misc]  # its package has no types
    """Builds a function of pointers to arrays that do not overlap, and of whole numbers."""

    @classmethod
    def of(cls, module: ir.Module, name: str, pointers: list[ir.Type], numbers: int) -> Loops:
        """A function of that many arguments, to be filled and then ended by ``ret_void``."""
        kinds = [kind.as_pointer() for kind in pointers] + [I64] * numbers
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
        for argument in function.args[: len(pointers)]:
            # Without it every inner loop would begin by comparing addresses.
            argument.add_attribute("noalias")
        return cls(function.append_basic_block())

    @contextmanager
    def count(self, most: ir.Value) -> Iterator[ir.Value]:
        """``for i in range(most)``; yields i."""
        before = self.block
        body, after = self.append_basic_block(), self.append_basic_block()
        self.cbranch(self.icmp_signed(">", most, I64(0)), body, after)
        self.position_at_end(body)
        index = self.phi(I64)
        index.add_incoming(I64(0), before)
        yield index
        following = self.add(index, I64(1))
        index.add_incoming(following, self.block)
        self.cbranch(self.icmp_signed("<", following, most), body, after)
        self.position_at_end(after)

    def place(self, *parts: tuple[ir.Value, ir.Value]) -> ir.Value:
        """``(…(i₁·n₂ + i₂)·n₃ + i₃ …)`` of pairs (index, length of its axis)."""
        where = parts[0][0]
        for index, length in parts[1:]:
            where = self.add(self.mul(where, length), index)
        return where

    def read(self, array: ir.Value, place: ir.Value, lanes: int = 1) -> ir.Value:
        """A number of an array, or a vector of as many as there are lanes."""
        pointer, alignment = self._at(array, place, lanes)
        return self.load(pointer, align=alignment)

    def write(self, array: ir.Value, place: ir.Value, value: ir.Value) -> None:
        """Put a number into an array, or all of a vector."""
        lanes = value.type.count if isinstance(value.type, ir.VectorType) else 1
        pointer, alignment = self._at(array, place, lanes)
        self.store(value, pointer, alignment)

    def _at(self, array: ir.Value, place: ir.Value, lanes: int) -> tuple[ir.Value, int]:
        """Where some numbers of an array begin, and what divides that address."""
        number = array.type.pointee
        pointer = self.gep(array, [place])
        if lanes > 1:
            pointer = self.bitcast(pointer, ir.VectorType(number, lanes).as_pointer())
        return pointer, 4 if number == F32 else number.width // 8

    def spread(self, number: ir.Value, lanes: int) -> ir.Value:
        """A vector with the number in all lanes; the number itself for one."""
        if lanes == 1:
            return number
        nothing = ir.Constant(ir.VectorType(number.type, lanes), ir.Undefined)
        first = self.insert_element(nothing, number, I32(0))
        return self.shuffle_vector(first, nothing, picked([0] * lanes))

    def part(self, vector: ir.Value, lanes: range) -> ir.Value:
        """Some lanes of a vector, as a vector."""
        nothing = ir.Constant(vector.type, ir.Undefined)
        return self.shuffle_vector(vector, nothing, picked(list(lanes)))


def addresses(kind: torch.dtype, tensors: list[tuple[Tensor, int]]) -> list[int]:
    """Where tensors of so many numbers lie. Raises ValueError for what loops would misread."""
    for tensor, count in tensors:
        right = tensor.dtype == kind and tensor.numel() == count
        if not (right and tensor.is_contiguous() and tensor.device.type == "cpu"):
            raise ValueError(f"not {count} contiguous numbers of {kind} on the CPU: {tensor.shape}")
    return [tensor.data_ptr() for tensor, _ in tensors]


def compiled(module: ir.Module, functions: dict[str, int]) -> dict[str, Function]:
    """The functions of a module that take so many arguments, by name.

    Raises:
        OSError: where programs may not make machine code.
        RuntimeError: if LLVM cannot compile them here.
    """
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    binding.check_jit_execution()  # LLVM itself would end the process
    machine = _machine()
    code = binding.parse_assembly(str(module))
    code.verify()
    tuning = binding.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_unrolling = False  # it gains nothing here, and takes a third of the time
    passes = binding.create_pass_builder(machine, tuning)
    passes.getModulePassManager().run(code, passes)
    engine = binding.create_mcjit_compiler(code, machine)
    engine.finalize_object()
    _ENGINES.append(engine)
    return {
        name: ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * count)(engine.get_function_address(name))
        for name, count in functions.items()
    }


def _machine() -> binding.TargetMachine:
    """The processor at hand, with all it can do."""
    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        # LLVM would take half of such registers, lest the clock slow down; products take all.
        features["prefer-256-bit"] = False
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=features.flatten(), opt=3
    )


_ENGINES: list[binding.ExecutionEngine] = []
"""What holds the machine code."""
