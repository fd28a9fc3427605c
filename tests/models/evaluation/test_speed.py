"""Speeds: with a clock that ticks once a look, and with arithmetic that can be counted."""

from itertools import count

import pytest
import torch

from models.backend import Backend
from models.evaluation.cost import once
from models.evaluation.speed import (
    QUERIES,
    _chunks,
    against_literal,
    frame_speed,
    published_shape,
)
from models.kinds import liif_flops, metasr_flops
from models.networks.wdsr_upscaler import WDSR
from models.samplers.grid import Grid
from tests.models.nets import small_liif, small_metasr
from tests.models.pictures import CPU


def ticking():
    ticks = count()
    return lambda: float(next(ticks))


def test_a_frame_is_timed_by_the_clock_and_counted_by_its_pixels():
    network = small_liif("wdsr", residual=True)
    speed = frame_speed(network, Backend(CPU), 70, 50, repeats=3, clock=ticking())
    assert (speed.columns, speed.rows) == (70, 50)
    assert speed.encode == speed.decode == 1.0
    assert speed.encode_flops == 18 * 13 * once(network)
    assert speed.decode_flops == 70 * 50 * liif_flops(network)


def test_frames_of_other_kinds_are_timed_too():
    meta = frame_speed(small_metasr("wdsr"), Backend(CPU), 70, 50, repeats=1, clock=ticking())
    assert meta.decode_flops == 70 * 50 * metasr_flops(small_metasr("wdsr"))
    network = WDSR(4, 6, 2, 24).eval()
    fixed = frame_speed(network, Backend(CPU), 70, 50, repeats=1, clock=ticking())
    assert (fixed.encode, fixed.decode) == (1.0, 1.0)
    assert fixed.encode_flops == 18 * 13 * network.flops()
    # Interpolation is not counted.
    assert fixed.decode_flops == 0


@pytest.mark.parametrize("kind", ["edsr", "rdn"])
def test_the_literal_form_shows_the_same(kind):
    ratio = against_literal(small_liif(kind), Backend(CPU), 45, 31, repeats=1)
    assert 0 < ratio.error < 1e-5
    assert ratio.factor == ratio.literal / ratio.fast > 0


def test_in_half_precision_it_shows_nearly_the_same():
    backend = Backend(CPU, torch.bfloat16)
    ratio = against_literal(small_liif("wdsr", residual=True), backend, 45, 31, repeats=1)
    assert 1e-5 < ratio.error < 4 / 255


def test_the_literal_form_takes_its_queries_as_published():
    grid = Grid.for_size(480, 270, 1920, 1080)
    parts = _chunks(grid)
    assert sum(part.rows for part in parts) == 1080
    assert all(part.columns == 1920 for part in parts)
    assert max(part.rows * 1920 for part in parts) <= QUERIES
    assert [part.window.row for part in parts] == list(range(0, 1080, parts[0].rows))


def test_the_published_shape_has_its_cost():
    network = published_shape()
    assert liif_flops(network) / 1e6 == pytest.approx(1.58, abs=0.01)
    assert once(network) / 1e6 == pytest.approx(2.44 + 0.295, abs=0.02)
    again = published_shape().state_dict()
    assert all(torch.equal(value, again[name]) for name, value in network.state_dict().items())
