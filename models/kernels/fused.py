"""LIIF's decoder as one Triton kernel: from stored latents to pixels, nothing between in memory.

A program decodes a patch of ``ROWS / 4`` samples. Its rows are the four corners of each, so that a
layer is a product of ``[ROWS, HIDDEN]`` with ``[HIDDEN, HIDDEN]`` on the tensor cores:

1. The first pre-activation is made ``CHUNK`` columns at a time (latents gathered where they lie,
   plus the coordinate and cell terms in fp32) and goes straight into the first hidden layer's sum.
2. The hidden layers after it go in pairs: ``CHUNK`` columns of the one are rectified and multiplied
   into the sum of the other at once, so only one input (half) and one sum (fp32) are alive.
3. The last layer, the residual and the ensemble's shares are fp32 sums over rows.

At width 256 and 128 rows that is 64 + 128 KiB of registers and 32 for the chunk, of 256; with
``CHUNK = 64`` the weights stream through two stages of 64 KiB of shared memory. This module imports
triton, so nothing imports it but `triton_decoder`, when it is about to use it.
"""

from __future__ import annotations

import triton
import triton.language as tl

PATCH = tl.constexpr(8)
"""Samples across a patch: near samples share their latents, which then come from the L1 cache."""

CHANNELS = tl.constexpr(3)

OPAQUE = tl.constexpr(-(1 << 24))
"""255 in the fourth byte."""

COUNTS = ("count", "unique", "rows", "columns", "across", "patches", "side", "width")
TABLE = ("table_row", "table_column", "table_columns")


@triton.jit
def _along(words, reals, count, place, corner):
    """Source pixel, offset from its centre and share of one corner of samples along an axis."""
    index = tl.load(words + corner * count + place)
    offset = tl.load(reals + corner * count + place)
    share = tl.load(reals + (2 + corner) * count + place)
    return index, offset, share


@triton.jit
def _place(table, row, column, table_row, table_column, table_columns, side, width, WIDTH):
    """Where the latents of source pixels lie, in elements from the first tile's."""
    down, across = row // side, column // side
    held = tl.load(table + (down - table_row) * table_columns + across - table_column)
    tile_width = tl.minimum(width - across * side, side)
    inner = (row - down * side) * tile_width + column - across * side
    # The table counts in 16 bytes, so that the compiler knows how the latents are aligned.
    return held * 8 + inner.to(tl.int64) * WIDTH


@triton.jit
def _first(latents, y, x, first, step_y, step_x, k, WIDTH: tl.constexpr, HIDDEN: tl.constexpr):
    """Columns ``k`` of the rectified first layer, fp32: latent + coordinates + cell + bias."""
    terms = first + k
    constant = tl.load(terms + 2 * HIDDEN) * step_y + tl.load(terms + 3 * HIDDEN) * step_x
    constant += tl.load(terms + 4 * HIDDEN)
    line = y[:, None] * tl.load(terms)[None, :] + constant[None, :]
    line += x[:, None] * tl.load(terms + HIDDEN)[None, :]
    where = latents[:, None] + k[None, :]
    if WIDTH == HIDDEN:
        latent = tl.load(where)
    else:
        latent = tl.load(where, mask=(k < WIDTH)[None, :], other=0.0)
    return tl.maximum(line + latent.to(tl.float32), 0.0)


@triton.jit
def _first_hidden(
    latents, y, x, first, step_y, step_x, matrix, bias,
    WIDTH: tl.constexpr, HIDDEN: tl.constexpr, ROWS: tl.constexpr, CHUNK: tl.constexpr,
    STAGES: tl.constexpr,
):  # fmt: skip
    """Pre-activation of the first hidden layer, from the columns of its input as they are made."""
    n = tl.arange(0, HIDDEN)
    total = tl.zeros((ROWS, HIDDEN), tl.float32) + tl.load(bias + n)[None, :]
    for start in tl.range(0, HIDDEN, CHUNK, num_stages=STAGES):
        k = start + tl.arange(0, CHUNK)
        x_k = _first(latents, y, x, first, step_y, step_x, k, WIDTH, HIDDEN)
        w_k = tl.load(matrix + n[None, :] * HIDDEN + k[:, None])
        total = tl.dot(x_k.to(w_k.dtype), w_k, total)
    return total


@triton.jit
def _columns(h, matrix, bias, k, HIDDEN: tl.constexpr):
    """Columns ``k`` of a rectified hidden layer, fp32."""
    n = tl.arange(0, HIDDEN)
    w = tl.load(matrix + k[None, :] * HIDDEN + n[:, None])
    return tl.maximum(tl.dot(h, w) + tl.load(bias + k)[None, :], 0.0)


@triton.jit
def _two_hidden(
    h, matrix, bias,
    HIDDEN: tl.constexpr, ROWS: tl.constexpr, CHUNK: tl.constexpr, STAGES: tl.constexpr,
):  # fmt: skip
    """Pre-activation of the second of two hidden layers, the first in passing."""
    n = tl.arange(0, HIDDEN)
    total = tl.zeros((ROWS, HIDDEN), tl.float32) + tl.load(bias + HIDDEN + n)[None, :]
    for start in tl.range(0, HIDDEN, CHUNK, num_stages=STAGES):
        k = start + tl.arange(0, CHUNK)
        x_k = _columns(h, matrix, bias, k, HIDDEN).to(h.dtype)
        w_k = tl.load(matrix + HIDDEN * HIDDEN + n[None, :] * HIDDEN + k[:, None])
        total = tl.dot(x_k, w_k, total)
    return total


@triton.jit
def _add_last(x, last, k, red, green, blue, HIDDEN: tl.constexpr):
    """The last layer's part of columns ``k``, added to its three sums per row."""
    red += tl.sum(x * tl.load(last + k)[None, :], axis=1)
    green += tl.sum(x * tl.load(last + HIDDEN + k)[None, :], axis=1)
    blue += tl.sum(x * tl.load(last + 2 * HIDDEN + k)[None, :], axis=1)
    return red, green, blue


@triton.jit
def _decoded(
    latents, y, x, first, step_y, step_x, matrices, biases, last,
    WIDTH: tl.constexpr, HIDDEN: tl.constexpr, LAYERS: tl.constexpr, ROWS: tl.constexpr,
    CHUNK: tl.constexpr, STAGES: tl.constexpr,
):  # fmt: skip
    """``f`` of equation (4) at each row, without the last bias: three ``[ROWS]`` fp32."""
    red = tl.zeros((ROWS,), tl.float32)
    green = tl.zeros((ROWS,), tl.float32)
    blue = tl.zeros((ROWS,), tl.float32)
    if LAYERS == 0:
        for start in tl.range(0, HIDDEN, CHUNK):
            k = start + tl.arange(0, CHUNK)
            x_k = _first(latents, y, x, first, step_y, step_x, k, WIDTH, HIDDEN)
            red, green, blue = _add_last(x_k, last, k, red, green, blue, HIDDEN)
    else:
        total = _first_hidden(
            latents, y, x, first, step_y, step_x, matrices, biases,
            WIDTH, HIDDEN, ROWS, CHUNK, STAGES,
        )  # fmt: skip
        matrix, bias = matrices + HIDDEN * HIDDEN, biases + HIDDEN
        for _ in tl.static_range((LAYERS - 1) // 2):
            h = tl.maximum(total, 0.0).to(matrices.dtype.element_ty)
            total = _two_hidden(h, matrix, bias, HIDDEN, ROWS, CHUNK, STAGES)
            matrix, bias = matrix + 2 * HIDDEN * HIDDEN, bias + 2 * HIDDEN
        if LAYERS % 2 == 1:
            k = tl.arange(0, HIDDEN)
            h = tl.maximum(total, 0.0)
            red, green, blue = _add_last(h, last, k, red, green, blue, HIDDEN)
        else:
            h = tl.maximum(total, 0.0).to(matrices.dtype.element_ty)
            for start in tl.range(0, HIDDEN, CHUNK, num_stages=STAGES):
                k = start + tl.arange(0, CHUNK)
                x_k = _columns(h, matrix, bias, k, HIDDEN)
                red, green, blue = _add_last(x_k, last, k, red, green, blue, HIDDEN)
    return red, green, blue


@triton.jit
def _corner_pixel(pixels, unit, place, channel, mean, std):
    """One channel of normalised source pixels."""
    value = tl.load(pixels + place * 3 + channel).to(tl.float32) * unit
    return (value - mean) / std


@triton.jit
def _blended(value, share, bias, mean, std, ROWS: tl.constexpr):
    """The shares' sum over each sample's four rows, back in 0..1 (not clamped)."""
    return (tl.sum(tl.reshape(value * share, (ROWS // 4, 4)), axis=1) + bias) * std + mean


@triton.jit
def _code(value):
    """``⌊255·v + 1/2⌋`` in two roundings, as everywhere: the first must not fuse into the sum."""
    scaled = tl.fma(tl.minimum(tl.maximum(value, 0.0), 1.0), 255.0, 0.0)
    return (scaled + 0.5).to(tl.int32)


@triton.jit(do_not_specialize=[*COUNTS, *TABLE])
def decode(
    out, latents, table, words, reals, matrices, biases, first, last, pixels,
    count, unique, rows, columns, across, patches, side, width,
    table_row, table_column, table_columns, unit, step_y, step_x,
    WIDTH: tl.constexpr, HIDDEN: tl.constexpr, LAYERS: tl.constexpr, RESIDUAL: tl.constexpr,
    CODES: tl.constexpr, ROWS: tl.constexpr, CHUNK: tl.constexpr,
    STAGES: tl.constexpr,
):  # fmt: skip
    """Decode one patch of one window; `triton_decoder` says what the arguments are."""
    window = tl.program_id(0) // patches
    patch = tl.program_id(0) % patches
    top, left = (patch // across) * (ROWS // 4 // PATCH), (patch % across) * PATCH
    row = tl.arange(0, ROWS)
    # Rows beyond the window repeat its last samples.
    py = tl.minimum(top + row // 4 // PATCH, rows - 1)
    px = tl.minimum(left + row // 4 % PATCH, columns - 1)
    line, file = tl.load(words + 2 * window), tl.load(words + 2 * window + 1)
    words += 2 * count
    iy, y, wy = _along(words + line * 2 * rows, reals + line * 4 * rows, rows, py, row // 2 % 2)
    words += unique * 2 * rows
    reals += unique * 4 * rows
    ix, x, wx = _along(words + file * 2 * columns, reals + file * 4 * columns, columns, px, row % 2)
    held = _place(table, iy, ix, table_row, table_column, table_columns, side, width, WIDTH)
    red, green, blue = _decoded(
        latents + held, y, x, first, step_y, step_x, matrices, biases, last,
        WIDTH, HIDDEN, LAYERS, ROWS, CHUNK, STAGES,
    )  # fmt: skip
    tail = last + CHANNELS * HIDDEN
    mean_r, mean_g, mean_b = tl.load(tail + 3), tl.load(tail + 4), tl.load(tail + 5)
    std = tl.load(tail + 6)
    if RESIDUAL:
        place = iy.to(tl.int64) * width + ix
        red += _corner_pixel(pixels, unit, place, 0, mean_r, std)
        green += _corner_pixel(pixels, unit, place, 1, mean_g, std)
        blue += _corner_pixel(pixels, unit, place, 2, mean_b, std)
    share = wy * wx
    red = _blended(red, share, tl.load(tail), mean_r, std, ROWS)
    green = _blended(green, share, tl.load(tail + 1), mean_g, std, ROWS)
    blue = _blended(blue, share, tl.load(tail + 2), mean_b, std, ROWS)
    sample = tl.arange(0, ROWS // 4)
    py, px = top + sample // PATCH, left + sample % PATCH
    inside = (py < rows) & (px < columns)
    place = (window.to(tl.int64) * rows + py) * columns + px
    if CODES:
        code = _code(blue) | (_code(green) << 8) | (_code(red) << 16) | OPAQUE
        tl.store(out + place, code, mask=inside)
    else:
        tl.store(out + place * 3, red, mask=inside)
        tl.store(out + place * 3 + 1, green, mask=inside)
        tl.store(out + place * 3 + 2, blue, mask=inside)
