"""Hidden layers in fp32, one after the other for a few samples at a time, as one loop.

What a layer makes of some rows stays in the first cache until the next has read it, and is
rectified in registers. Matrix products of a library would write all rows of a layer, read them to
rectify them, and read them again; its blocking is meant for larger matrices than these.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from llvmlite import binding, ir
from torch import Tensor
from torch.nn.functional import pad

from models.kernels.llvm import F32, I64, Function, Loops, addresses, compiled, zeros

FUSED = ("contract",)
"""A product and its sum may be rounded once, together."""


class Block(NamedTuple):
    """What is summed in registers at a time: some rows of so many outputs each."""

    rows: int
    lanes: int


def block() -> Block | None:
    """The block that fills the registers of this processor.

    None where torch's products are left alone: on processors without fused multiplication, and on
    others than x86, whose libraries use units that loops cannot.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return None
    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        return Block(8, 32)
    return Block(6, 16) if features.get("avx2") and features.get("fma") else None


class Layers:
    """Layers ``relu(x·Wᵀ + b)``, compiled for this processor.

    Args:
        size: what is summed in registers at a time.

    Raises:
        OSError, RuntimeError: where that cannot be done.
    """

    def __init__(self, size: Block):
        self._block = size
        self._function: Function = compiled(*written(size))["layers"]

    def of(self, weights: Sequence[tuple[Tensor, Tensor]]) -> Chain:
        """Some layers, by the weights ``[out, in]`` and biases ``[out]`` in fp32 of each."""
        return Chain(self._function, self._block, weights)


class Chain:
    """Some layers that follow each other.

    Attributes:
        outputs: width of the last.
    """

    def __init__(self, function: Function, size: Block, weights: Sequence[tuple[Tensor, Tensor]]):
        self._function, self._block = function, size
        self._inputs, self.outputs = weights[0][0].shape[1], weights[-1][0].shape[0]
        self._packed = [_packed(*each, size.lanes) for each in weights]
        self._wide = max(bias.numel() for _, bias in self._packed)
        self._table = np.array(
            [
                (matrix.data_ptr(), bias.data_ptr(), matrix.shape[1], matrix.shape[0])
                for matrix, bias in self._packed
            ],
            dtype=np.int64,
        )

    def __call__(self, x: Tensor, out: Tensor) -> None:
        """The last layer ``[n, outputs]`` of ``x``, ``[n, inputs]``; both fp32 and contiguous.

        Raises:
            ValueError: if they are of another size or kind.
        """
        rows = x.shape[0]
        numbers = [(x, rows * self._inputs), (out, rows * self.outputs)]
        given, made = addresses(torch.float32, numbers)
        if rows < self._block.rows:
            few = out.new_empty(self._block.rows, self.outputs)
            self(pad(x, (0, 0, 0, self._block.rows - rows)), few)
            out.copy_(few[:rows])
            return
        between = torch.empty(2 * self._block.rows * self._wide)
        self._function(
            *(given, self._table.ctypes.data, between.data_ptr(), made),
            *(rows, self._inputs, len(self._table), self._wide, self.outputs),
        )


def written(size: Block) -> tuple[ir.Module, dict[str, int]]:
    """The loop in LLVM's language, and how many arguments it takes, by its name."""
    module = ir.Module("layers")
    return module, {"layers": _build(module, size)}


def _packed(matrix: Tensor, bias: Tensor, lanes: int) -> tuple[Tensor, Tensor]:
    """Weights ``[groups, in, lanes]`` as they are read, and a bias as long."""
    outputs, inputs = matrix.shape
    missing = -outputs % lanes
    groups = pad(matrix, (0, 0, 0, missing)).view(-1, lanes, inputs)
    return groups.transpose(1, 2).contiguous(), pad(bias, (0, missing)).contiguous()


def _build(module: ir.Module, size: Block) -> int:
    b = Loops.of(module, "layers", [F32, I64, F32, F32], 5)
    x, table, between, out, rows, inputs, count, wide, outputs = b.function.args
    sums = [b.alloca(zeros(size.lanes).type) for _ in range(size.rows)]
    half = b.mul(I64(size.rows), wide)
    last = b.sub(rows, I64(size.rows))
    with b.count(b.udiv(b.add(rows, I64(size.rows - 1)), I64(size.rows))) as index:
        # The last block overlaps the one before it.
        following = b.mul(index, I64(size.rows))
        first = b.select(b.icmp_signed("<", following, last), following, last)
        with b.count(count) as layer:
            begins = b.icmp_signed("==", layer, I64(0))
            odd = b.and_(layer, I64(1))
            place, other = b.mul(odd, half), b.mul(b.xor(odd, I64(1)), half)
            given = b.select(begins, b.gep(x, [b.mul(first, inputs)]), b.gep(between, [other]))
            stride = b.select(begins, inputs, wide)
            one = b.gep(table, [b.mul(layer, I64(4))])
            _multiply(b, (given, stride), one, (b.gep(between, [place]), wide), sums)
        made = b.gep(between, [b.mul(b.and_(b.sub(count, I64(1)), I64(1)), half)])
        with b.count(I64(size.rows)) as row, b.count(outputs) as column:
            value = b.read(made, b.place((row, row), (column, wide)))
            # Once more: of a mere copy LLVM would make a call of the system's.
            value = _rectified(b, value, zeros(1))
            b.write(out, b.place((b.add(first, row), row), (column, outputs)), value)
    b.ret_void()
    return len(b.function.args)


def _multiply(
    b: Loops,
    given: tuple[ir.Value, ir.Value],
    layer: ir.Value,
    made: tuple[ir.Value, ir.Value],
    sums: list[ir.Value],
) -> None:
    """A layer of some rows: from (rows, stride) to the same, by its line of the table."""
    lanes = sums[0].type.pointee.count
    matrix, bias = (b.inttoptr(b.read(layer, I64(at)), F32.as_pointer()) for at in range(2))
    inputs, groups = (b.read(layer, I64(at)) for at in (2, 3))
    with b.count(groups) as group:
        weights = b.gep(matrix, [b.mul(group, b.mul(inputs, I64(lanes)))])
        place = b.mul(group, I64(lanes))
        start = b.read(bias, place, lanes)
        for each in sums:
            b.store(start, each)
        with b.count(inputs) as k:
            weight = b.read(weights, b.mul(k, I64(lanes)), lanes)
            for row, each in enumerate(sums):
                number = b.read(given[0], b.add(b.mul(I64(row), given[1]), k))
                product = b.fmul(b.spread(number, lanes), weight, flags=FUSED)
                b.store(b.fadd(b.load(each), product, flags=FUSED), each)
        for row, each in enumerate(sums):
            rectified = _rectified(b, b.load(each), zeros(lanes))
            b.write(made[0], b.add(b.mul(I64(row), made[1]), place), rectified)


def _rectified(b: Loops, value: ir.Value, zero: ir.Value) -> ir.Value:
    """What is not a number stays so, as in torch."""
    return b.select(b.fcmp_ordered("<", value, zero), zero, value)
