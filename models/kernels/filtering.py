"""Whether there are compiled filters on a device. They are made when first asked for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from models.kernels.codes import put_codes, to_codes
from models.kernels.once import Once, has_compiler

if TYPE_CHECKING:
    from models.kernels.filters import Filters

log = logging.getLogger(__name__)


def filters_on(device: torch.device) -> Filters | None:
    """Compiled filters on CPUs; None where torch has to filter.

    The answer stays the same, but for want of memory, which may pass.
    """
    if device.type != "cpu" or not has_compiler():
        return None
    try:
        return _compiled()
    except MemoryError:
        return None


def codes_of(samples: Tensor) -> Tensor:
    """`kernels.codes.to_codes` by the fastest way there is where the samples are."""
    filters = filters_on(samples.device)
    if filters is None:
        return to_codes(samples)
    out = torch.empty((*samples.shape[:-1], 4), dtype=torch.uint8)
    filters.put_codes(out, samples.contiguous())
    return out


def _make() -> Filters | None:
    try:
        from models.kernels.filters import Filters

        filters = Filters()
        _verify(filters)
    except MemoryError:
        raise
    except Exception as error:  # another version may have other names
        log.warning("compiled filters are not used: %s", error)
        return None
    return filters


_compiled = Once(_make)


def _verify(filters: Filters) -> None:
    """Raise RuntimeError unless filters compute as torch does."""
    from models.kernels.filter_weights import Part, Weights, grouped
    from models.kernels.filters import KINDS

    generator = torch.Generator().manual_seed(0)
    down, across = (torch.randn(samples, 5, generator=generator) for samples in (3, 4))
    tops, lefts = torch.arange(3), torch.arange(4) * 3
    rows = torch.zeros(3, 7).scatter_(1, tops[:, None] + torch.arange(5), down)
    columns = torch.zeros(4, 14).scatter_(1, lefts[:, None] + torch.arange(5), across)
    values, codes = torch.empty(3, 4, 3), torch.empty(3, 4, 4, dtype=torch.uint8)
    for kind in KINDS:
        for found in (torch.empty(3, 4, 1), values):
            channels = found.shape[2]
            source = torch.randint(0, 256, (7, 14, channels), generator=generator).to(kind)
            rows_made = Weights(0, 7, tops, down)
            columns_made = Weights(0, 14, lefts, grouped(across, channels))
            filters.resample([Part(source, (0, 0), rows_made, columns_made, found)], 1 / 255)
            right = torch.einsum("yh,hwc,xw->yxc", rows, source.float() / 255, columns)
            if not torch.allclose(found, right, atol=1e-4):
                raise RuntimeError("the compiled filters compute wrongly")
    expected = torch.empty_like(codes)
    put_codes(expected, values)
    filters.put_codes(codes, values)
    if not torch.equal(codes, expected):
        raise RuntimeError("the compiled filters make wrong bytes")
