from dataclasses import replace

import pytest
import torch

from models.checkpoints import CheckpointError, save_checkpoint
from models.training.setup import fresh_network, network_from
from models.training.trunk import take_trunk, trunk
from tests.models.training.pictures import METASR, SPSR, TINY, WDSR_A, WDSR_B

ENCODER = TINY.encoder
NETWORK = {
    "factor": 2,
    "n_feats": 8,
    "n_resblocks": 2,
    "wide": 16,
    "narrow": 6,
    "normalisation": {"mean": [0.5, 0.5, 0.5], "std": 0.5},
}
FIXED = replace(TINY, **{**WDSR_B, "network": NETWORK})
META = replace(TINY, **METASR)


def nets(*configs):
    """Networks with other weights each."""
    return [fresh_network(replace(each, seed=seed)) for seed, each in enumerate(configs)]


@pytest.mark.parametrize(
    ("one", "other"),
    [(TINY, META), (META, TINY), (TINY, FIXED), (FIXED, META)],
    ids=["liif-metasr", "metasr-liif", "liif-wdsr", "wdsr-metasr"],
)
def test_the_trunk_is_taken_and_the_rest_is_left(one, other):
    of, to = nets(one, other)
    before = {name: each.clone() for name, each in to.named_parameters()}
    assert take_trunk(of, to)
    given, taken = trunk(of), trunk(to)
    shared = given.keys() & taken.keys()
    assert {"head.0.weight", "body.1.body.3.bias"} <= shared
    assert all(torch.equal(given[name], taken[name]) for name in shared)
    own = {id(taken[name]) for name in shared}
    rest = {name: each for name, each in to.named_parameters() if id(each) not in own}
    assert any("imnet" in name or "tail" in name for name in rest)
    assert all(torch.equal(each, before[name]) for name, each in rest.items())


def test_a_scale_takes_the_trunk_of_another():
    of, to = nets(FIXED, replace(FIXED, network={**NETWORK, "factor": 4}))
    assert take_trunk(of, to)
    assert torch.equal(of.head[0].weight, to.head[0].weight)
    assert not to.tail[0].weight.any()


OTHERS = {
    "width": replace(TINY, encoder={**ENCODER, "expansion": 3}),
    "fewer blocks": replace(TINY, encoder={**ENCODER, "n_resblocks": 1}),
    "other blocks": replace(TINY, encoder={"name": "wdsr-a", "n_feats": 8, "n_resblocks": 2}),
    "other colours": replace(
        FIXED, network={**NETWORK, "normalisation": {"mean": [0.5, 0.5, 0.5], "std": 1.0}}
    ),
    "other shortcuts": replace(FIXED, network={**NETWORK, "res_scale": 0.1}),
    "other kind": replace(TINY, **WDSR_A),
    "no trunk": replace(TINY, **SPSR),
}


@pytest.mark.parametrize("which", OTHERS)
def test_another_trunk_is_not_taken(which):
    for one, other in ((META, OTHERS[which]), (OTHERS[which], META)):
        of, to = nets(one, other)
        before = [each.clone() for each in to.parameters()]
        assert not take_trunk(of, to)
        assert all(map(torch.equal, before, to.parameters()))


def test_shortcuts_of_an_encoder_count_too():
    plain, damped = (
        replace(META, encoder={"name": "edsr", "n_feats": 8, "n_resblocks": 2, "res_scale": scale})
        for scale in (1.0, 0.1)
    )
    assert take_trunk(*nets(plain, replace(plain, hidden=(8,))))
    assert not take_trunk(*nets(plain, damped))


def test_a_file_of_another_model_is_a_start_by_its_trunk(tmp_path):
    path = tmp_path / "w.safetensors"
    (network,) = nets(TINY)
    save_checkpoint(path, network, {"training": "[]"})
    start = network_from(path, META)
    assert not start.whole
    assert start.metadata["training"] == "[]"
    assert start.network.spec == fresh_network(META).spec
    assert torch.equal(start.network.encoder.head[0].weight, network.encoder.head[0].weight)
    with pytest.raises(CheckpointError, match=r"another model than tiny .* none with its trunk"):
        network_from(path, OTHERS["width"])
