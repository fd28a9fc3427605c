from dataclasses import replace

import pytest

from models.training.schedule import Schedule
from tests.models.training.pictures import TINY


def test_cosine_by_steps():
    schedule = Schedule(replace(TINY, warmup=0, iterations=100, learning_rate=1.0))
    assert schedule.rate(0, 0.0) == 1.0
    assert schedule.rate(50, 1e9) == pytest.approx(0.5)
    assert schedule.rate(100, 0.0) == pytest.approx(0.0)


def test_the_clock_alone_counts_with_minutes():
    schedule = Schedule(replace(TINY, warmup=0, minutes=2.0, iterations=1, learning_rate=1.0))
    assert schedule.progress(10**9, 60.0) == 0.5
    assert schedule.rate(10**9, 60.0) == pytest.approx(0.5)
    assert schedule.progress(0, 121.0) == 1.0


def test_warm_up_and_final_rate():
    schedule = Schedule(replace(TINY, warmup=4, iterations=100, learning_rate=1.0, final_rate=0.1))
    rates = [schedule.rate(each, 0.0) for each in range(5)]
    assert rates[0] == pytest.approx(0.25)
    assert rates[:4] == sorted(rates[:4])
    assert schedule.rate(100, 0.0) == pytest.approx(0.1)


def test_the_published_steps():
    """Halved after 200, 400, 600 and 800 of 1000 epochs."""
    config = replace(TINY, schedule="step", warmup=0, iterations=1000, learning_rate=1e-4)
    rates = [Schedule(config).rate(each, 0.0) for each in (0, 199, 200, 400, 600, 800, 1000)]
    assert [1e-4 / each for each in rates] == [1, 1, 2, 4, 8, 16, 16]


def test_the_end_by_rms():
    by_steps = Schedule(replace(TINY, iterations=100, rms_share=0.25))
    assert [by_steps.finishing(each, 1e9) for each in (0, 74, 75, 99)] == [False, False, True, True]
    by_clock = Schedule(replace(TINY, minutes=2.0, rms_share=0.25))
    assert [by_clock.finishing(99, each) for each in (89.0, 90.0)] == [False, True]
    assert not Schedule(replace(TINY, iterations=100)).finishing(99, 0.0)


def test_the_mean_forgets_the_start():
    schedule = Schedule(replace(TINY, ema=0.999))
    assert schedule.decay(0) == pytest.approx(0.1)
    assert schedule.decay(10**6) == 0.999
