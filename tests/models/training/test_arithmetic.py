import torch
from torch.utils.flop_counter import FlopCounterMode

from models.training.arithmetic import flops
from models.training.forward import predict
from models.training.memory import keep_freed_memory
from tests.models.training.pictures import parts, stripes


def test_a_steps_arithmetic_is_counted():
    """torch's own counter also sees the coordinates' part and no gradient of the picture."""
    config, step, batches = parts(stripes())
    with FlopCounterMode(display=False) as counter:
        predict(step.network, batches.make(0)).sum().backward()
    assert abs(counter.get_total_flops() / flops(step.network, config) - 1) < 0.1


def test_freed_memory_is_kept_where_it_can_be():
    assert keep_freed_memory() in (True, False)
    assert torch.ones(1 << 20).sum() == 1 << 20
