from __future__ import annotations

import pytest

from viewer.rendering.remaining import FIRST, Remaining


class Clock:
    """A clock that a test winds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def estimates(fractions: list[float], tick: float = 0.25) -> list[float | None]:
    clock = Clock()
    remaining = Remaining(clock)
    answers = []
    for fraction in fractions:
        answers.append(remaining.update(fraction))
        clock.now += tick
    return answers


@pytest.mark.parametrize("first", [0, 60])
def test_a_steady_speed_gives_the_exact_time_left(first):
    """Of work that goes on where it once stopped, too."""
    answers = estimates([k / 100 for k in range(first, 101)])
    for k, answer in enumerate(answers):
        if k * 0.25 >= FIRST:
            assert answer == pytest.approx((100 - first - k) * 0.25)


def test_nothing_is_said_before_anybody_can_know():
    answers = estimates([k / 100 for k in range(5)])
    assert answers[:4] == [None] * 4
    assert answers[4] is not None


def test_work_that_does_not_move_has_no_time_left():
    assert estimates([0.0] * 50) == [None] * 50


def test_a_stumble_moves_the_estimate_a_little_only():
    steady = [k / 100 for k in range(41)]
    before, after = estimates([*steady, steady[-1]])[-2:]
    assert before is not None
    assert after is not None
    assert before < after < 1.1 * before


def test_a_change_of_speed_is_followed_within_a_few_spans():
    fast = [k / 200 for k in range(100)]
    slow = [0.5 + k / 2000 for k in range(100)]
    answers = estimates([*fast, *slow])
    expected = (1 - slow[-1]) * 2000 * 0.25
    assert answers[-1] == pytest.approx(expected, rel=0.05)


def test_calls_in_quick_succession_do_no_harm():
    clock = Clock()
    remaining = Remaining(clock)
    answer = None
    for k in range(2001):
        answer = remaining.update(k / 4000)
        clock.now += 0.001
    assert answer == pytest.approx(2.0, rel=0.05)
