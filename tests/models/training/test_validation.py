import numpy as np
import pytest

from models.backend import Backend
from models.evaluation.protocol import Case
from models.training.setup import fresh_network
from models.training.validation import validate
from tests.models.training.pictures import CPU, TINY, stripes

FLAT = np.zeros((40, 40, 3), dtype=np.uint8)


def measured(*pictures):
    """What fresh weights make of pictures; a flat one is nothing to restore."""
    cases = [Case(each, each[::2, ::2], 2.0) for each in pictures]
    return validate(fresh_network(TINY), cases, Backend(CPU))


def test_what_is_restored_perfectly_is_no_part_of_the_mean():
    (picture,) = stripes(1)
    alone = measured(picture)
    assert 5 < alone < 50
    assert measured(FLAT, picture) == pytest.approx(alone)
    assert measured(FLAT) is None
