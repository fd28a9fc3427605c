"""A separable filter as one loop: a row of samples is made from source pixels and written once.

Torch would first copy and widen the source, and then call two matrix products whose weights are
mostly zeros. Sums are made here in the order of the source pixels, without fused multiplication, so
a sample has the same bits in whatever window it lies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from llvmlite import ir
from torch import Tensor

from models.kernels.filter_weights import GROUP, VECTOR, Part
from models.kernels.llvm import F32, I8, I16, I32, I64, Function, Loops, addresses, compiled, zeros

KINDS = {torch.uint8: I8, torch.uint16: I16, torch.float32: F32}
"""Types of source pixels."""

LANES = 32
"""Numbers of a row that are summed at a time."""

PLACES = 7
"""Whole numbers that say where a window's arrays lie, and how much it needs of a source row."""


class Filters:
    """Separable filters and the bytes of their samples, compiled for this processor.

    Raises:
        OSError, RuntimeError: where that cannot be done.
    """

    def __init__(self) -> None:
        self._functions: dict[str, Function] = compiled(*written())

    def resample(self, parts: Sequence[Part], unit: float) -> None:
        """Samples of windows of one shape, from sources of one type and width.

        Args:
            parts: the windows; all their tensors lie on the CPU and are contiguous.
            unit: what makes 1 of the largest pixel.

        Raises:
            ValueError: if a window needs what its source does not have, or is not like the others.
        """
        kind = parts[0].source.dtype
        sizes = {part.sizes for part in parts}
        if len(sizes) != 1 or not all(part.source.dtype == kind and part.fits for part in parts):
            raise ValueError(f"windows that cannot be made of their sources: {sizes}")
        # Behind the pixels of a row the last vector reaches on.
        most = max(part.length for part in parts) + VECTOR
        line, factor = torch.empty(most), torch.tensor([unit])
        places = np.array([part.places for part in parts], dtype=np.int64)
        self._functions[_name(kind)](
            *(places.ctypes.data, factor.data_ptr(), line.data_ptr(), len(parts)), *sizes.pop()
        )

    def put_codes(self, out: Tensor, samples: Tensor) -> None:
        """As `kernels.codes.put_codes`: samples ``[…, 3]`` fp32 into ``out``, ``[…, 4]`` uint8."""
        count = out.numel() // 4
        self._functions["codes"](
            *addresses(torch.float32, [(samples, 3 * count)]),
            *addresses(torch.uint8, [(out, 4 * count)]),
            count,
        )


def written() -> tuple[ir.Module, dict[str, int]]:
    """All loops in LLVM's language, and how many arguments each takes, by name."""
    module = ir.Module("filters")
    counts = {"codes": _build_codes(module)}
    for kind in KINDS:
        counts[_name(kind)] = _build_windows(module, kind)
    return module, counts


def _name(kind: torch.dtype) -> str:
    return f"filter_{kind}".replace(".", "_")


def _build_windows(module: ir.Module, kind: torch.dtype) -> int:
    """The filter for one window after the other."""
    window = _build_window(module, kind)
    b = Loops.of(module, _name(kind), [I64, F32, F32], 7)
    places, unit, line, count, *sizes = b.function.args
    kinds = [argument.type for argument in window.args[: PLACES - 1]]
    with b.count(count) as index:
        one = b.gep(places, [b.mul(index, I64(PLACES))])
        *addresses, length = [b.read(one, I64(place)) for place in range(PLACES)]
        arrays = [b.inttoptr(each, kind) for each, kind in zip(addresses, kinds, strict=True)]
        b.call(window, [*arrays, unit, line, length, *sizes])
    b.ret_void()
    return len(b.function.args)


def _build_window(module: ir.Module, kind: torch.dtype) -> ir.Function:
    pointers = [KINDS[kind], I64, F32, I64, F32, F32, F32, F32]
    b = Loops.of(module, _name(kind) + "_window", pointers, 7)
    source, tops, down, lefts, across, out, unit, line, *numbers = b.function.args
    length, rows, columns, taps, groups, stride, channels = numbers
    b.function.linkage = "internal"
    sums = {lanes: b.alloca(zeros(lanes).type) for lanes in (1, VECTOR, LANES)}
    factor = b.read(unit, I64(0))
    more = b.sub(groups, I64(1))
    # No NaN may lie where only vectors without weight reach.
    b.write(line, length, zeros(VECTOR))
    with b.count(rows) as row:
        above = b.gep(source, [b.mul(b.read(tops, row), stride)])
        weights = b.gep(down, [b.mul(row, taps)])

        def blend(place: ir.Value, lanes: int) -> None:
            _sum_down(b, (above, stride), (weights, taps), place, line, sums[lanes])

        _in_vectors(b, length, blend)
        with b.count(columns) as column:
            pixels = b.gep(line, [b.mul(b.read(lefts, column), channels)])
            place = b.mul(column, b.mul(groups, I64(VECTOR)))
            weighed = _sum_across(b, pixels, b.gep(across, [place]), more, sums[VECTOR])
            place = b.mul(b.place((row, row), (column, columns)), channels)
            _put(b, weighed, factor, channels, out, place)
    b.ret_void()
    return b.function


def _in_vectors(b: Loops, length: ir.Value, blend: Callable[[ir.Value, int], None]) -> None:
    """Blend all numbers of a row: in vectors, the last of which overlaps the one before it."""
    with b.if_else(b.icmp_signed("<", length, I64(LANES))) as (few, many):
        with few, b.count(length) as place:
            blend(place, 1)
        with many:
            last = b.sub(length, I64(LANES))
            vectors = b.udiv(b.add(length, I64(LANES - 1)), I64(LANES))
            with b.count(vectors) as vector:
                next_one = b.mul(vector, I64(LANES))
                inside = b.icmp_signed("<", next_one, last)
                blend(b.select(inside, next_one, last), LANES)


def _sum_down(
    b: Loops,
    source: tuple[ir.Value, ir.Value],
    weights: tuple[ir.Value, ir.Value],
    place: ir.Value,
    line: ir.Value,
    total: ir.Value,
) -> None:
    """Numbers of a row from those above one another: of (pixels, stride), by (weights, count)."""
    pixels, stride = source
    kind = total.type.pointee
    lanes = kind.count if isinstance(kind, ir.VectorType) else 1
    b.store(zeros(lanes), total)
    with b.count(weights[1]) as tap:
        numbers = b.read(pixels, b.add(place, b.mul(tap, stride)), lanes)
        if pixels.type.pointee != F32:
            numbers = b.uitofp(numbers, kind)
        weight = b.spread(b.read(weights[0], tap), lanes)
        b.store(b.fadd(b.load(total), b.fmul(numbers, weight)), total)
    b.write(line, place, b.load(total))


def _sum_across(
    b: Loops, pixels: ir.Value, weights: ir.Value, more: ir.Value, total: ir.Value
) -> ir.Value:
    """A sample from a group of pixels and some more: its channels, or three parts of its one."""

    def products(group: ir.Value) -> ir.Value:
        numbers = b.read(pixels, b.mul(group, I64(GROUP)), VECTOR)
        return b.fmul(numbers, b.read(weights, b.mul(group, I64(VECTOR)), VECTOR))

    b.store(products(I64(0)), total)
    with b.count(more) as group:
        b.store(b.fadd(b.load(total), products(b.add(group, I64(1)))), total)
    four = b.load(total)
    two = b.fadd(b.part(four, range(8)), b.part(four, range(6, 14)))
    return b.fadd(b.part(two, range(4)), b.part(two, range(3, 7)))


def _put(
    b: Loops,
    vector: ir.Value,
    factor: ir.Value,
    channels: ir.Value,
    out: ir.Value,
    place: ir.Value,
) -> None:
    """Write a sample whose three channels, or the three parts of whose one, a vector holds."""
    numbers = [b.extract_element(vector, I32(lane)) for lane in range(3)]
    with b.if_else(b.icmp_signed("==", channels, I64(3))) as (colour, single):
        with colour:
            for channel, number in enumerate(numbers):
                b.write(out, b.add(place, I64(channel)), b.fmul(number, factor))
        with single:
            total = b.fadd(b.fadd(numbers[0], numbers[1]), numbers[2])
            b.write(out, place, b.fmul(total, factor))


def _build_codes(module: ir.Module) -> int:
    b = Loops.of(module, "codes", [F32, I8], 1)
    samples, out, count = b.function.args
    with b.count(count) as index:
        for channel in range(3):
            value = b.read(samples, b.place((index, index), (I64(channel), I64(3))))
            above = b.select(b.fcmp_ordered(">", value, F32(0)), value, F32(0))
            inside = b.select(b.fcmp_ordered("<", above, F32(1)), above, F32(1))
            # Rounded twice, as on a GPU and for files: they hold the same bytes.
            scaled = b.fadd(b.fmul(inside, F32(255)), F32(0.5))
            place = b.place((index, index), (I64(2 - channel), I64(4)))
            b.write(out, place, b.fptoui(scaled, I8))
        b.write(out, b.place((index, index), (I64(3), I64(4))), I8(255))
    b.ret_void()
    return len(b.function.args)
