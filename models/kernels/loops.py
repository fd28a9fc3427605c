"""The decoder's passes around its matrix products, each of which reads and writes once.

In torch every step is an operation of its own that reads and writes megabytes. Here the sums of the
first layer are rectified and rounded where they arise, and the corners' hidden layers are blended,
put through the last layer and added to the picture where they are read.
"""

from __future__ import annotations

import torch
from llvmlite import ir
from torch import Tensor

from models.kernels.llvm import F32, I16, I32, I64, Function, Loops, addresses, compiled

KINDS = {torch.float32: F32, torch.bfloat16: I16}
"""Types of hidden layers, and what they are here: numbers in bf16 are their bits."""

FAST = "reassoc", "contract"
"""Sums in whatever order fills the registers: the same for every sample."""


class Passes:
    """The passes, compiled for this processor. Tensors lie on the CPU and are contiguous.

    Raises:
        OSError, RuntimeError: where that cannot be done.
    """

    def __init__(self) -> None:
        self._functions: dict[str, Function] = compiled(*written())

    def begin(
        self,
        latents: Tensor,
        rows: Tensor,
        columns: Tensor,
        down: Tensor,
        across: Tensor,
        line: Tensor,
        out: Tensor,
    ) -> None:
        """The first hidden layer of all corners.

        Args:
            latents: folded latents ``[h, w, width]`` fp32 of a footprint.
            rows, columns: ``[2, count]`` int64, places of each sample's two neighbours in it.
            down, across: ``[2·count, width]`` fp32, what the first layer makes of coordinates.
            line: ``[w, width]`` fp32, for what is only needed meanwhile.
            out: ``[2·rows, 2·columns, width]``, bf16 or fp32.
        """
        _within(latents.shape, rows, columns)
        down_count, across_count = rows.numel(), columns.numel()
        height, before, width = latents.shape
        numbers = [
            (latents, height * before * width),
            (down, down_count * width),
            (across, across_count * width),
            (line, before * width),
        ]
        self._functions[_name("begin", out.dtype)](
            *addresses(torch.float32, numbers),
            *addresses(torch.int64, [(rows, down_count), (columns, across_count)]),
            *addresses(out.dtype, [(out, down_count * across_count * width)]),
            *(down_count, across_count, before, width),
        )

    def finish(
        self,
        hidden: Tensor,
        rows: Tensor,
        columns: Tensor,
        shares: tuple[Tensor, Tensor],
        last: tuple[Tensor, Tensor],
        back: Tensor,
        image: Tensor,
        out: Tensor,
    ) -> None:
        """Samples from the last hidden layer of all corners.

        The last layer is linear and the shares sum to one, so it is applied once, to the mean.

        Args:
            hidden: ``[2·rows, 2·columns, width]``, bf16 or fp32.
            rows, columns: ``[2, count]`` int64, places of each sample's neighbours in ``image``.
            shares: ``[count]`` fp32, the second neighbour's share of each row and column.
            last: ``[3, width]`` and ``[3]`` fp32, the last layer.
            back: ``[4]`` fp32, divisor and mean of the normalisation.
            image: normalised pixels ``[h, w, 3]`` fp32, or none of them, ``[0, 0, 3]``.
            out: ``[rows, columns, 3]`` fp32.
        """
        if image.numel():
            _within(image.shape, rows, columns)
        row_count, column_count, width = rows.shape[1], columns.shape[1], hidden.shape[2]
        samples = row_count * column_count
        numbers = [
            (shares[0], row_count),
            (shares[1], column_count),
            (last[0], 3 * width),
            (last[1], 3),
            (back, 4),
            (image, 3 * image.shape[0] * image.shape[1]),
            (out, 3 * samples),
        ]
        self._functions[_name("finish", hidden.dtype)](
            *addresses(hidden.dtype, [(hidden, 4 * samples * width)]),
            *addresses(torch.float32, numbers),
            *addresses(torch.int64, [(rows, 2 * row_count), (columns, 2 * column_count)]),
            *(row_count, column_count, width, image.shape[1]),
        )


def written() -> tuple[ir.Module, dict[str, int]]:
    """All passes in LLVM's language, and how many arguments each takes, by name."""
    module = ir.Module("passes")
    counts: dict[str, int] = {}
    for kind in KINDS:
        counts[_name("begin", kind)] = _build_begin(module, kind)
        counts[_name("finish", kind)] = _build_finish(module, kind)
    return module, counts


def _name(function: str, kind: torch.dtype) -> str:
    return f"{function}_{kind}".replace(".", "_")


def _within(shape: torch.Size, rows: Tensor, columns: Tensor) -> None:
    """Raise ValueError for places beyond an array; they ascend."""
    if not (rows[-1, -1] < shape[0] and columns[-1, -1] < shape[1]):
        raise ValueError(f"the places reach beyond {shape[0]} × {shape[1]} pixels")


def _build_begin(module: ir.Module, kind: torch.dtype) -> int:
    number = KINDS[kind]
    b = Loops.of(module, _name("begin", kind), [F32, F32, F32, F32, I64, I64, number], 4)
    latents, down, across, line, rows, columns, out, *counts = b.function.args
    row_count, column_count, before, width = counts
    with b.count(row_count) as row:
        y = b.read(rows, row)
        with b.count(before) as x, b.count(width) as k:
            latent = b.read(latents, b.place((y, y), (x, before), (k, width)))
            term = b.read(down, b.place((row, row), (k, width)))
            b.write(line, b.place((x, x), (k, width)), b.fadd(latent, term))
        with b.count(column_count) as column:
            x = b.read(columns, column)
            with b.count(width) as k:
                sum_y = b.read(line, b.place((x, x), (k, width)))
                term = b.read(across, b.place((column, column), (k, width)))
                total = b.fadd(sum_y, term)
                rectified = b.select(b.fcmp_ordered("<", total, F32(0)), F32(0), total)
                place = b.place((row, row), (column, column_count), (k, width))
                b.write(out, place, _narrow(b, rectified, number))
    b.ret_void()
    return len(b.function.args)


def _build_finish(module: ir.Module, kind: torch.dtype) -> int:
    b = Loops.of(module, _name("finish", kind), [KINDS[kind], *[F32] * 7, I64, I64], 4)
    hidden, share_y, share_x, matrix, bias, back, image, out, rows, columns, *counts = (
        b.function.args
    )
    row_count, column_count, width, before = counts
    sums = [b.alloca(F32) for _ in range(3)]
    with b.count(row_count) as row, b.count(column_count) as column:
        shares = _shares(b, b.read(share_y, row), b.read(share_x, column))
        beneath, beside = b.add(row, row_count), b.add(column, column_count)
        corners = [(y, x) for y in (row, beneath) for x in (column, beside)]
        across = b.add(column_count, column_count)
        for each in sums:
            b.store(F32(0), each)
        with b.count(width) as k:
            places = [b.place((y, y), (x, across), (k, width)) for y, x in corners]
            mean = _mixed(b, shares, [_wide(b, b.read(hidden, place)) for place in places])
            for channel, each in enumerate(sums):
                weight = b.read(matrix, b.place((I64(channel), width), (k, width)))
                more = b.fmul(mean, weight, flags=FAST)
                b.store(b.fadd(b.load(each), more, flags=FAST), each)
        place = b.place((row, row), (column, column_count))
        for channel, each in enumerate(sums):
            b.store(b.fadd(b.load(each), b.read(bias, I64(channel))), each)
        with b.if_then(b.icmp_signed(">", before, I64(0))):
            neighbours = [
                b.place((b.read(rows, y), before), (b.read(columns, x), before)) for y, x in corners
            ]
            for channel, each in enumerate(sums):
                pixels = [
                    b.read(image, b.place((near, near), (I64(channel), I64(3))))
                    for near in neighbours
                ]
                b.store(b.fadd(b.load(each), _mixed(b, shares, pixels)), each)
        for channel, each in enumerate(sums):
            scaled = b.fmul(b.load(each), b.read(back, I64(0)))
            value = b.fadd(scaled, b.read(back, I64(channel + 1)))
            b.write(out, b.place((place, place), (I64(channel), I64(3))), value)
    b.ret_void()
    return len(b.function.args)


def _shares(b: Loops, beneath: ir.Value, beside: ir.Value) -> list[ir.Value]:
    """The area weights of a sample's corners, row by row."""
    above, before = b.fsub(F32(1), beneath), b.fsub(F32(1), beside)
    return [b.fmul(y, x) for y in (above, beneath) for x in (before, beside)]


def _mixed(b: Loops, shares: list[ir.Value], values: list[ir.Value]) -> ir.Value:
    """The sum of values by their shares."""
    terms = [b.fmul(share, each, flags=FAST) for share, each in zip(shares, values, strict=True)]
    upper, lower = (b.fadd(*pair, flags=FAST) for pair in (terms[:2], terms[2:]))
    return b.fadd(upper, lower, flags=FAST)


def _wide(b: Loops, number: ir.Value) -> ir.Value:
    """A number in bf16 (its bits) or fp32 as fp32."""
    if number.type == F32:
        return number
    return b.bitcast(b.shl(b.zext(number, I32), I32(16)), F32)


def _narrow(b: Loops, number: ir.Value, kind: ir.Type) -> ir.Value:
    """An fp32 number in bf16 (its bits, ties to even) or fp32."""
    if kind == F32:
        return number
    bits = b.bitcast(number, I32)
    odd = b.and_(b.lshr(bits, I32(16)), I32(1))
    # A NaN stays one: what arithmetic makes has no low bits that could carry.
    rounded = b.add(b.add(bits, I32(0x7FFF)), odd)
    return b.trunc(b.lshr(rounded, I32(16)), I16)
