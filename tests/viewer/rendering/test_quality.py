from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from viewer.rendering.quality import (
    BATCH_BUDGET,
    FACTORS,
    PREVIEW_BUDGET,
    SPAN,
    Cost,
    batch_size,
    preview_factor,
    preview_helps,
)

TILE_SAMPLES = 4096
costs = st.floats(1e-9, 1e-3)
samples = st.integers(0, 3840 * 2160)
factors = st.sampled_from(FACTORS)


def preview_seconds(samples: int, cost: float, factor: int) -> float:
    return samples / factor**2 * cost


@given(costs, st.sampled_from(["cpu", "cuda", "mps", "xpu"]))
def test_a_batch_stays_within_its_device_s_budget(cost, device):
    count = batch_size(cost, device, TILE_SAMPLES)
    budget = BATCH_BUDGET.get(device, BATCH_BUDGET["cpu"])
    assert 1 <= count <= 64
    assert count == 1 or count * TILE_SAMPLES * cost <= budget
    # Nor is it smaller than need be.
    assert count == 64 or (count + 1) * TILE_SAMPLES * cost > budget


@pytest.mark.parametrize(
    ("samples", "cost", "previous", "factor"),
    [
        (0, 1.0, 1, 1),
        (1_000_000, 0.04e-6, 1, 1),
        (1_000_000, 0.046e-6, 1, 1),  # 2 % over the budget: not worth a change
        (1_000_000, 0.046e-6, 2, 2),
        (1_000_000, 0.055e-6, 1, 2),
        (1_000_000, 0.044e-6, 2, 2),  # full size would just fit: not worth a change either
        (1_000_000, 0.035e-6, 2, 1),
        (1_000_000, 0.16e-6, 1, 2),
        (1_000_000, 1e-6, 1, 8),
        (1_000_000, 1e-6, 8, 8),
        (1_000_000, 0.7e-6, 1, 4),
        (1_000_000, 0.7e-6, 8, 8),
        (1_000_000, 0.5e-6, 8, 4),
        (1_000_000, 1.0, 1, 8),  # nothing is coarser
    ],
)
def test_the_preview_follows_the_cost(samples, cost, previous, factor):
    assert preview_factor(samples, cost, previous) == factor


@given(samples, costs, factors)
def test_a_preview_keeps_the_budget_or_is_the_coarsest(samples, cost, previous):
    factor = preview_factor(samples, cost, previous)
    assert factor == 8 or preview_seconds(samples, cost, factor) <= 1.2 * PREVIEW_BUDGET


@given(samples, costs, factors)
def test_the_same_cost_gives_the_same_preview_again(samples, cost, previous):
    factor = preview_factor(samples, cost, previous)
    assert preview_factor(samples, cost, factor) == factor


@given(samples, costs, factors, st.lists(st.floats(0.96, 1.04), min_size=1, max_size=20))
@example(1_000_000, 0.045e-6, 1, [1.04, 0.96, 1.04, 0.96])
def test_it_does_not_flutter_when_the_cost_trembles(samples, cost, previous, tremor):
    factor = preview_factor(samples, cost, previous)
    chosen = [factor]
    for change in tremor:
        factor = preview_factor(samples, cost * change, factor)
        chosen.append(factor)
    # It may settle once on a neighbour, and stays there.
    assert sum(a != b for a, b in itertools.pairwise(chosen)) <= 1


@given(samples, costs, st.floats(1.0, 1000.0), factors)
def test_what_costs_more_is_never_previewed_finer(samples, cost, more, previous):
    dear = preview_factor(samples, cost * more, previous)
    assert dear >= preview_factor(samples, cost, previous)


@pytest.mark.parametrize(
    ("factor", "shown", "helps"),
    [
        (4, 0.0, True),
        (8, 0.0, True),
        (4, 0.25, False),  # the same preview again
        (2, 0.25, True),
        (4, 0.15, True),
        (4, 0.2, False),  # hardly finer
        (1, 0.5, True),
        (1, 0.7, False),
        (2, 1.0, False),
    ],
)
def test_a_preview_helps_if_it_is_clearly_finer_than_what_is_shown(factor, shown, helps):
    assert preview_helps(factor, shown) is helps


@given(st.lists(st.tuples(st.floats(1e-6, 10.0), st.integers(1, 10**6)), min_size=1, max_size=30))
def test_the_mean_lies_among_what_was_measured(measurements):
    cost, each = Cost(), []
    for seconds, count in measurements:
        cost.measured(seconds, count)
        each.append(seconds / count)
        assert cost.latest == pytest.approx(each[-1])
    assert min(each) * 0.999 <= cost.seconds <= max(each) * 1.001


@given(st.floats(1e-9, 1e-3), st.floats(1e-9, 1e-3))
def test_the_mean_reaches_a_steady_cost_within_a_few_frames(start, steady):
    assume(max(start, steady) / min(start, steady) < 1000)
    cost = Cost()
    cost.measured(start * SPAN, SPAN)
    for _ in range(12):
        cost.measured(steady * SPAN, SPAN)
    assert cost.seconds == pytest.approx(steady, rel=0.01)


def test_the_first_measurement_takes_the_place_of_the_guess():
    cost = Cost(2e-6)
    assert cost.seconds == cost.latest == 2e-6
    cost.measured(1e-9 * TILE_SAMPLES, TILE_SAMPLES)
    assert cost.seconds == pytest.approx(1e-9)


def test_a_tile_that_met_a_busy_processor_changes_no_preview():
    """Ten times its cost, once: 6 % of the mean of a frame."""
    cost = Cost()
    for _ in range(40):
        cost.measured(1e-6 * TILE_SAMPLES, TILE_SAMPLES)
    before = cost.seconds
    cost.measured(1e-5 * TILE_SAMPLES, TILE_SAMPLES)
    assert before < cost.seconds < 1.45 * before
    factor = preview_factor(1_000_000, before, 8)
    assert preview_factor(1_000_000, cost.seconds, factor) == factor


def test_an_empty_batch_measures_nothing():
    cost = Cost(2e-6)
    cost.measured(1.0, 0)
    assert cost.seconds == cost.latest == 2e-6
