"""Every family: built, saved in its layout, detected, loaded, and the same picture as before."""

from __future__ import annotations

import copy

import pytest
import torch

from models.checkpoints import CheckpointError, load_checkpoint
from models.families.liif_mmagic import MEAN_ONLY, MmagicLIIF
from models.families.liif_official import OfficialLIIF
from models.families.registry import FAMILIES, registered
from models.families.spsr import OfficialSPSR
from models.families.wdsr import WDSR2018, WDSR2019
from models.networks.spsr import SPSR
from models.networks.upscaler import Upscaler
from models.networks.wdsr_upscaler import BMVC, WDSR
from models.samplers.grid import Grid
from tests.models.nets import small_liif
from tests.models.networks.upscalers import randomised


def mean_only():
    network = small_liif("edsr")
    network.normalisation = MEAN_ONLY
    return network


CASES = {
    "official LIIF, EDSR": (OfficialLIIF(), lambda: small_liif("edsr")),
    "official LIIF, WDSR": (OfficialLIIF(), lambda: small_liif("wdsr")),
    "official LIIF, RDN": (OfficialLIIF(), lambda: small_liif("rdn")),
    "mmagic's LIIF, EDSR": (MmagicLIIF(), mean_only),
    "mmagic's LIIF, RDN": (MmagicLIIF(), lambda: small_liif("rdn")),
    "WDSR of 2018": (WDSR2018(), lambda: randomised(WDSR(2, 6, 2, 14, 4))),
    "WDSR of 2019": (WDSR2019(), lambda: randomised(WDSR(3, 6, 2, 14, normalisation=BMVC))),
    "SPSR": (OfficialSPSR(), lambda: randomised(SPSR(2, 21, 1))),
}


def shown(network):
    """What a network makes of a picture."""
    image = torch.rand(1, 3, 7, 6, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        if isinstance(network, Upscaler):
            return network(image)
        return network.decode(network.encode(image), Grid.for_size(6, 7, 15, 24))


@pytest.mark.parametrize("case", CASES)
def test_what_was_saved_is_loaded_and_shows_the_same(tmp_path, case):
    family, make = CASES[case]
    network = make()
    torch.save(family.save(network), tmp_path / "model.pth")
    loaded = load_checkpoint(tmp_path / "model.pth")
    assert loaded.family == family.name
    assert loaded.network.spec == network.spec
    assert shown(network).std() > 0.05
    # Weight norm is folded anew: the last bit may differ.
    torch.testing.assert_close(shown(loaded.network), shown(network), rtol=0, atol=1e-6)


def test_every_family_makes_the_round_trip():
    assert {type(family) for family in FAMILIES} == {type(family) for family, _ in CASES.values()}


def test_no_two_families_have_one_name():
    assert registered(OfficialLIIF(), MmagicLIIF())[0].name == OfficialLIIF.name
    with pytest.raises(ValueError, match="two checkpoint families of the name official LIIF"):
        registered(OfficialLIIF(), MmagicLIIF(), OfficialLIIF())


@pytest.mark.parametrize("kind", ["edsr", "wdsr", "rdn"])
def test_depth_and_width_are_read_from_the_shapes(tmp_path, kind):
    network = small_liif(kind)
    content = copy.deepcopy(OfficialLIIF().save(network))
    content["model"]["args"]["encoder_spec"]["args"] = {"no_upsampling": True}
    torch.save(content, tmp_path / "model.pth")
    loaded = load_checkpoint(tmp_path / "model.pth").network
    assert torch.equal(shown(loaded), shown(network))


@pytest.mark.parametrize("name", list(small_liif("rdn").state_dict()))
def test_a_tensor_that_is_missing_is_named_also_where_it_tells_a_size(tmp_path, name):
    content = OfficialLIIF().save(small_liif("rdn"))
    content["model"]["args"]["encoder_spec"]["args"] = {}
    state = {key: each for key, each in content["model"]["sd"].items() if key != name}
    torch.save({"model": {**content["model"], "sd": state}}, tmp_path / "model.pth")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path / "model.pth")
    assert name in str(caught.value)
