import pytest

from viewer.rendering.pacing import (
    Spread,
    Trace,
    blocks,
    intervals,
    latencies,
    median_final,
    summary,
)


def test_a_spread_of_nothing_is_nought():
    assert Spread.of([]) == Spread(0.0, 0.0, 0.0, 0.0)


def test_percentiles_are_the_least_values_with_that_share_below():
    spread = Spread.of([0.001 * number for number in range(1, 101)])
    assert spread == Spread(*map(pytest.approx, (50.0, 95.0, 99.0, 100.0)))


def test_blocks_weigh_as_much_as_they_last():
    """A thousand idle milliseconds do not hide one of thirty."""
    beats = [0.001 * number for number in range(1001)]
    beats += [beats[-1] + 0.030 + 0.001 * number for number in range(100)]
    found = blocks(beats)
    assert found.median == pytest.approx(1.0)
    assert found.p95 == pytest.approx(1.0)
    assert found.p99 == pytest.approx(30.0)
    assert found.longest == pytest.approx(30.0)


def test_intervals_are_those_of_a_moving_picture():
    paints = [(0.000, 0.004), (0.010, 0.020), (0.030, 0.034), (5.0, 5.1), (5.11, 5.12)]
    found = intervals(paints)
    assert found.longest == pytest.approx(20.0)
    assert found.median == pytest.approx(16.0)


def test_latency_counts_from_when_an_input_was_due():
    assert latencies([(1.0, 1.008), (2.0, 2.030)]).longest == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("finals", "expected"),
    [
        ([], None),
        ([("a", 0.2)], 0.2),
        ([("a", 0.2), ("b", 0.4)], 0.4),
        ([("a", 0.2), ("b", None), ("c", 0.4)], 0.4),
        ([("a", 0.2), ("b", None)], None),
        ([("a", 0.2), ("b", None), ("c", None)], None),
    ],
)
def test_the_median_until_final(finals, expected):
    assert median_final(finals) == expected


def test_the_summary_tells_all():
    trace = Trace([0.0, 0.001], [(0.001, 0.003)], [(0.0, 0.002)], [("pan", 0.5)], [], 3, 2)
    told = summary(trace)
    assert told["blocks"]["longest"] == pytest.approx(1.0)
    assert told["paints"]["median"] == pytest.approx(2.0)
    assert told["latencies"]["median"] == pytest.approx(2.0)
    assert (told["final"], told["views"], told["stale"]) == (0.5, 3, 2)
