"""The choice of a launch's shape by the clock."""

import pytest

from models.kernels.tuning import CONFIGS, Config, fastest

A, B, C = (Config(rows, 32, 4, 2) for rows in (64, 128, 256))


def test_the_fastest_wins():
    assert fastest([A, B, C], {A: 3.0, B: 1.0, C: 2.0}.__getitem__) == B


def test_one_that_cannot_run_is_passed_over():
    assert fastest([A, B, C], {A: 3.0, C: 2.0}.__getitem__) == C


def test_the_first_of_equals_wins():
    assert fastest([A, B], lambda _: 1.0) == A


def test_none_that_can_run_is_an_error():
    def no(config):
        raise ValueError(f"shared memory of {config}")

    with pytest.raises(RuntimeError, match=r"no configuration .* shared memory"):
        fastest([A, B], no)


@pytest.mark.parametrize("hidden", CONFIGS)
def test_configurations_cut_without_rest(hidden):
    for config in CONFIGS[hidden]:
        assert hidden % config.chunk == 0
        assert config.rows % 32 == 0  # whole lines of patches: four corners of eight samples
        assert config.chunk >= 16  # what tl.dot takes
