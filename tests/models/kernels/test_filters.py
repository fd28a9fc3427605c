"""Filters in compiled loops against sums that are written out, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

pytest.importorskip("llvmlite.binding")

from models.kernels.codes import to_codes
from models.kernels.filter_weights import Part, Weights, grouped
from models.kernels.filtering import filters_on
from models.kernels.filters import KINDS, Filters

CHANNELS = pytest.mark.parametrize("channels", [1, 3])


@pytest.fixture
def filters() -> Filters:
    found = filters_on(torch.device("cpu"))
    assert found is not None
    return found


def table(rng: np.random.Generator, samples: int, taps: int, length: int) -> Weights:
    """Weights of some ascending samples of a line of source pixels."""
    starts = np.sort(rng.integers(0, length - taps + 1, samples))
    weights = rng.standard_normal((samples, taps), dtype=np.float32)
    first = int(starts[0])
    span = int(starts[-1]) - first + taps
    return Weights(first, span, torch.from_numpy(starts - first), torch.from_numpy(weights))


def part(
    rng: np.random.Generator,
    kind: torch.dtype = torch.uint8,
    channels: int = 3,
    width: int = 40,
    taps: tuple[int, int] = (4, 4),
) -> Part:
    """A window of 5 × 7 samples of a source that begins at row 3 and column 6 of its picture."""
    numbers = rng.integers(0, 256, (23, width, channels))
    source = torch.from_numpy(numbers).to(kind)
    down, across = table(rng, 5, taps[0], 23), table(rng, 7, taps[1], width)
    return Part(
        source,
        (3, 6),
        down._replace(first=down.first + 3),
        across._replace(first=across.first + 6, table=grouped(across.table, channels)),
        torch.full((5, 7, channels), -7.0),
    )


def written_out(given: Part, taps: int, unit: float) -> np.ndarray:
    """The same in fp32, number by number, in the order of the source pixels."""
    source = given.source.float().numpy()
    down, across = given.down, given.across
    channels = source.shape[2]
    weights = across.table[:, :, : 12 // channels * channels].reshape(len(across.table), -1)
    weights = weights[:, ::channels].numpy()
    out = np.zeros(given.out.shape, np.float32)
    for y, x, c in np.ndindex(out.shape):
        top = down.first - given.corner[0] + int(down.starts[y])
        left = across.first - given.corner[1] + int(across.starts[x])
        lanes = np.zeros(12 // channels, np.float32)
        for tap in range(taps):
            total = np.float32(0)
            for row, weight in enumerate(down.table[y].numpy()):
                total += source[top + row, left + tap, c] * weight
            lanes[tap % len(lanes)] += total * weights[x, tap]
        out[y, x, c] = folded(lanes) * np.float32(unit)
    return out


def folded(lanes: np.ndarray) -> np.float32:
    """The sum of four lanes, or of twelve, as the vectors are folded."""
    if len(lanes) == 4:
        return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
    six = lanes[:6] + lanes[6:]
    three = six[:3] + six[3:]
    return (three[0] + three[1]) + three[2]


@CHANNELS
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [9, 32, 40, 200])
@pytest.mark.parametrize("taps", [(1, 1), (4, 4), (6, 5), (9, 9), (20, 3)])
def test_samples_have_the_bits_of_the_sums(rng, filters, kind, channels, width, taps):
    given = part(rng, kind, channels, width, taps)
    filters.resample([given], 1 / 255)
    np.testing.assert_array_equal(given.out.numpy(), written_out(given, taps[1], 1 / 255))
    assert len(given.out.unique()) > 5


def test_sixteen_bits_are_read_whole(rng, filters):
    given = part(rng, torch.uint16)
    numbers = torch.from_numpy(rng.integers(0, 1 << 16, given.source.shape).astype(np.uint16))
    given = given._replace(source=numbers)
    filters.resample([given], 1 / 65535)
    np.testing.assert_array_equal(given.out.numpy(), written_out(given, 4, 1 / 65535))
    assert numbers.int().max() > 1 << 15


@CHANNELS
def test_windows_do_not_know_of_each_other(rng, filters, channels):
    """Neither of the one before them, whose row may have been longer, or no number at all."""
    source = torch.from_numpy(rng.random((23, 90, channels), np.float32))
    source[:, 70:] = float("nan")
    windows = [
        part(rng, torch.float32, channels, width)._replace(source=source) for width in (90, 9, 60)
    ]
    filters.resample(windows, 1.0)
    for given in windows[1:]:
        alone = given._replace(out=torch.empty_like(given.out))
        filters.resample([alone], 1.0)
        assert torch.equal(given.out, alone.out)
        assert not given.out.isnan().any()
    assert windows[0].out.isnan().any()


@CHANNELS
def test_nothing_is_read_beyond_the_source(rng, filters, channels):
    """The last pixels of a picture may be the last bytes that a process may read."""
    given = part(rng, torch.float32, channels, 12, (4, 5))
    bounded = torch.full((23 * 12 * channels + 64,), float("nan"))
    bounded[: 23 * 12 * channels] = given.source.flatten()
    starts = torch.tensor([0, 1, 2, 3, 5, 6, 7])
    given = given._replace(
        source=bounded[: 23 * 12 * channels].view(23, 12, channels),
        across=given.across._replace(first=6, span=12, starts=starts),
        down=given.down._replace(first=19 + 3 - 15, starts=torch.tensor([0, 1, 2, 9, 15]), span=19),
    )
    filters.resample([given], 1.0)
    assert not given.out.isnan().any()
    np.testing.assert_array_equal(given.out.numpy(), written_out(given, 5, 1.0))


def test_windows_beyond_their_source_are_refused(rng, filters):
    """By a single pixel on any side; a window may end where its source does."""
    given = part(rng)
    (top, left), down, across = given.corner, given.down, given.across
    bottom, right = top + 23 - down.span, left + 40 - across.span
    for inside in (
        given._replace(down=down._replace(first=top), across=across._replace(first=left)),
        given._replace(down=down._replace(first=bottom), across=across._replace(first=right)),
    ):
        filters.resample([inside], 1.0)
    given.out.fill_(-7)
    for wrong in (
        given._replace(down=down._replace(first=top - 1)),
        given._replace(down=down._replace(first=bottom + 1)),
        given._replace(across=across._replace(first=left - 1)),
        given._replace(across=across._replace(first=right + 1)),
    ):
        with pytest.raises(ValueError, match="cannot be made"):
            filters.resample([given, wrong], 1.0)
        assert (given.out == -7).all()


def turned(tensor: Tensor) -> Tensor:
    """The same numbers, column by column in memory."""
    return tensor.transpose(0, 1).contiguous().transpose(0, 1)


def test_what_would_be_misread_is_refused(rng, filters):
    given = part(rng)
    for wrong in (
        given._replace(source=turned(given.source)),
        given._replace(out=turned(given.out)),
        given._replace(out=given.out.double()),
        given._replace(out=given.out[:4]),
        given._replace(out=given.out.to("meta")),
        given._replace(source=given.source.float()),  # beside one of bytes
        part(rng, width=50),
    ):
        with pytest.raises(ValueError, match="cannot be made"):
            filters.resample([given, wrong], 1.0)


def code_samples() -> Tensor:
    """What lies at and beside the edge of each byte, and beyond all of them."""
    steps = torch.arange(-3, 259, dtype=torch.float64)
    edges = ((steps + 0.5) / 255).float()
    near = [torch.nextafter(edges, torch.tensor(to)) for to in (-2.0, 2.0)]
    odd = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0, 0.0, 1.0])
    values = torch.cat([edges, *near, (steps / 255).float(), odd])
    return values[: len(values) // 3 * 3].view(-1, 1, 3).contiguous()


def test_codes_are_those_of_torch(filters):
    samples = code_samples()
    out = torch.zeros(len(samples), 1, 4, dtype=torch.uint8)
    filters.put_codes(out, samples)
    assert torch.equal(out, to_codes(samples))
    assert len(out[..., :3].unique()) == 256


def test_samples_that_have_no_bytes_are_refused(filters):
    out = torch.zeros(4, 4, 4, dtype=torch.uint8)
    for wrong in (
        torch.zeros(4, 3, 4).mT,
        torch.zeros(4, 4, 3, dtype=torch.float64),
        torch.zeros(4, 3, 3),
    ):
        with pytest.raises(ValueError, match="contiguous"):
            filters.put_codes(out, wrong)
