from models.backend import Backend
from models.evaluation.device import matmul_rate
from tests.models.pictures import CPU


def test_a_device_has_a_rate():
    assert matmul_rate(Backend(CPU), seconds=0.01) > 1e8
