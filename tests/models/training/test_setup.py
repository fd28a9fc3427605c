from dataclasses import replace

import pytest
import torch

from models.checkpoints import CheckpointError
from models.training.config import ConfigError, load
from models.training.setup import fresh_network, network_from, training_backend
from tests.models.nets import WEIGHTS
from tests.models.training.pictures import CPU, TINY


def test_first_weights_depend_on_the_seed_alone():
    one = fresh_network(TINY).state_dict()
    torch.rand(5)
    two = fresh_network(TINY).state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_making_a_network_leaves_the_random_state_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    fresh_network(TINY)
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ({"name": "edsr", "n_feats": 2048}, "parameters"),
        ({"name": "rdn", "n_resblocks": 4096, "n_layers": 4096}, "layers"),
    ],
)
def test_a_network_too_large_to_be_made_is_refused_before_it_is(size, words):
    with pytest.raises(ConfigError, match=f"the configuration tiny has no model: .*{words}"):
        fresh_network(replace(TINY, encoder=size))


def test_the_shipped_weights_are_a_start_for_their_configuration():
    start = network_from(WEIGHTS, load("wdsr-liif"))
    assert "training" in start.metadata
    assert start.whole
    assert start.network.residual
    with pytest.raises(CheckpointError, match="another model than tiny"):
        network_from(WEIGHTS, TINY)


def test_precisions():
    assert training_backend(CPU, "fp32").precision == torch.float32
    assert training_backend(CPU, "bf16").precision == torch.bfloat16
    assert training_backend(CPU, "auto").precision in (torch.float32, torch.bfloat16)
    with pytest.raises(ConfigError, match="use --precision bf16"):
        training_backend(CPU, "fp16")
