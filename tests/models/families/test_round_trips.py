"""Every family: built, saved in its layout, detected, loaded, and the same picture as before."""

from __future__ import annotations

import copy

import pytest
import torch

from models.checkpoints import CheckpointError, load_checkpoint
from models.families.liif_mmagic import MEAN_ONLY, MmagicLIIF
from models.families.liif_official import OfficialLIIF
from models.families.metasr import OfficialMetaSR
from models.families.registry import FAMILIES, registered
from models.families.spsr import OfficialSPSR
from models.families.wdsr import WDSR2018, WDSR2019
from models.networks.metasr import MetaSR
from models.networks.normalisation import Mixing
from models.networks.rdn import RDN
from models.networks.spsr import SPSR
from models.networks.upscaler import Upscaler
from models.networks.wdsr_upscaler import BMVC, WDSR
from models.samplers.grid import Grid
from tests.models.nets import small_liif, small_metasr
from tests.models.networks.upscalers import randomised


def mean_only():
    network = small_liif("edsr")
    network.normalisation = MEAN_ONLY
    return network


def mixed():
    """Meta-SR whose maps of colours are not those of a mean, and do not undo each other."""
    network = small_metasr("rdn")
    matrix = (1.9, 0.1, -0.05), (0.02, 2.1, 0.1), (0.0, -0.1, 2.0)
    back = (0.5, 0.01, 0.0), (0.02, 0.45, -0.01), (0.0, 0.03, 0.5)
    network.normalisation = _rounded(Mixing(matrix, (-0.9, -1.1, -1.0), back, (0.45, 0.55, 0.5)))
    return network


def _rounded(colours):
    """As a file's fp32 holds it, in which pixels and features have other units."""
    network = MetaSR(RDN(1, 1, 1, 1), 1, colours)
    return OfficialMetaSR().load(OfficialMetaSR().save(network)).normalisation


CASES = {
    "official LIIF, EDSR": (OfficialLIIF(), lambda: small_liif("edsr")),
    "official LIIF, WDSR": (OfficialLIIF(), lambda: small_liif("wdsr")),
    "official LIIF, RDN": (OfficialLIIF(), lambda: small_liif("rdn")),
    "official LIIF, Meta-SR on EDSR": (OfficialLIIF(), lambda: small_metasr("edsr")),
    "official LIIF, Meta-SR on RDN": (OfficialLIIF(), lambda: small_metasr("rdn")),
    "official Meta-SR": (OfficialMetaSR(), mixed),
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


@pytest.mark.parametrize("make", [small_liif, small_metasr])
@pytest.mark.parametrize("kind", ["edsr", "wdsr", "rdn"])
def test_depth_and_width_are_read_from_the_shapes(tmp_path, kind, make):
    network = make(kind)
    content = copy.deepcopy(OfficialLIIF().save(network))
    encoder = content["model"]["args"]["encoder_spec"]
    encoder["args"] = {"no_upsampling": True}
    if kind == "edsr":
        encoder["name"] = "edsr-baseline"  # whose residual factor is 1
    torch.save(content, tmp_path / "model.pth")
    loaded = load_checkpoint(tmp_path / "model.pth").network
    assert torch.equal(shown(loaded), shown(network))


@pytest.mark.parametrize("make", [small_liif, small_metasr])
@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("edsr", {}, 0.1),
        ("edsr", {"res_scale": 0.3}, 0.3),
        ("edsr-baseline", {}, 1.0),
        ("edsr-baseline", {"res_scale": 0.3}, 0.3),
    ],
)
def test_the_residual_factor_is_the_one_told_or_the_usual_of_the_name(
    tmp_path, make, name, args, expected
):
    content = copy.deepcopy(OfficialLIIF().save(make("edsr")))
    content["model"]["args"]["encoder_spec"] = {"name": name, "args": args}
    torch.save(content, tmp_path / "model.pth")
    encoder = load_checkpoint(tmp_path / "model.pth").network.encoder
    assert encoder.spec["args"]["res_scale"] == expected


@pytest.mark.parametrize("name", list(small_liif("rdn").state_dict()))
def test_a_tensor_that_is_missing_is_named_also_where_it_tells_a_size(tmp_path, name):
    content = OfficialLIIF().save(small_liif("rdn"))
    content["model"]["args"]["encoder_spec"]["args"] = {}
    state = {key: each for key, each in content["model"]["sd"].items() if key != name}
    torch.save({"model": {**content["model"], "sd": state}}, tmp_path / "model.pth")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path / "model.pth")
    assert name in str(caught.value)


def meta_state(change):
    state = dict(OfficialMetaSR().save(small_metasr("rdn")))
    change(state)
    return state


def meta_model(**changes):
    content = OfficialLIIF().save(small_metasr("edsr"))["model"]
    return {"model": {**content, "sd": {**content["sd"], **changes}}}


WRONG = {
    "a predictor for another width": (
        meta_state(lambda state: state.update({"P2W.meta_block.2.weight": torch.zeros(27, 20)})),
        "the tensor P2W.meta_block.2.weight is [27, 20], not [216, 20]",
    ),
    "a predictor of LIIF's version for another width": (
        meta_model(**{"imnet.layers.2.bias": torch.zeros(27)}),
        "the tensor imnet.layers.2.bias is [27], not [216]",
    ),
    "a mean that is gone": (
        meta_state(lambda state: state.pop("add_mean.bias")),
        "the tensor add_mean.bias is missing",
    ),
    "a mean that mixes other than three colours": (
        meta_state(lambda state: state.update({"sub_mean.weight": torch.zeros(3, 1, 1, 1)})),
        "the tensor sub_mean.weight is [3, 1, 1, 1], not [3, 3, 1, 1]",
    ),
    "a mean that is not finite": (
        meta_state(lambda state: state.update({"sub_mean.bias": torch.full((3,), torch.nan)})),
        "the tensor sub_mean.bias holds values that are not finite",
    ),
    "a trunk without its first layer": (
        meta_state(lambda state: state.pop("SFENet1.weight")),
        "the tensor SFENet1.weight is missing",
    ),
    "a tail of another network": (
        meta_state(lambda state: state.update({"UPNet.0.weight": torch.zeros(3)})),
        "the tensor 'UPNet.0.weight' does not belong to this model",
    ),
    "a discriminator": (
        {"features.0.weight": torch.zeros(64, 3, 3, 3), "classifier.0.weight": torch.zeros(1, 9)},
        "official Meta-SR (no 'P2W.meta_block.0.weight')",
    ),
    "an optimizer alone": (
        {"optimizer": {"state": {}, "param_groups": []}, "epoch": 3},
        "official LIIF (no 'model')",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_files_are_refused_in_one_line(tmp_path, case):
    content, words = WRONG[case]
    torch.save(content, tmp_path / "model.pth")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path / "model.pth")
    line = str(caught.value)
    assert words in line
    assert "\n" not in line
    assert len(line) < 300 + len(str(tmp_path))


@pytest.mark.parametrize("name", list(OfficialMetaSR().save(small_metasr("rdn"))))
def test_a_tensor_of_meta_sr_that_is_missing_is_named(tmp_path, name):
    torch.save(meta_state(lambda state: state.pop(name)), tmp_path / "model.pt")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(tmp_path / "model.pt")
    assert name in str(caught.value)
