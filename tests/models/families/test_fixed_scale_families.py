"""Files of fixed-scale networks: read, written, shown, and refused in one sentence."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from models.backend import Backend
from models.catalogue import describe, make_sampler
from models.checkpoints import CheckpointError, load_checkpoint, save_checkpoint
from models.families.spsr import OfficialSPSR, theirs
from models.families.wdsr import WDSR2018, WDSR2019
from models.kinds import kind_of
from models.networks.spsr import SPSR
from models.networks.wdsr_upscaler import BMVC, WDSR
from models.samplers.fixed_scale import FixedScaleSampler
from models.samplers.grid import Grid
from tests.models.networks.upscalers import SMALL, randomised, small
from tests.models.pictures import CPU, noise, premultiplied
from tests.reference import spsr, wdsr

MEAN = (0.4488, 0.4371, 0.4040)
TAPS = (5, 10, 15, 20)


def tiny_spsr():
    return SPSR(n_feats=2, n_blocks=21, growth=1)


FAMILIES = {
    "2018, type A": (WDSR2018(), lambda: WDSR(3, n_feats=6, n_resblocks=2, wide=14)),
    "2018, type B": (WDSR2018(), lambda: WDSR(2, n_feats=6, n_resblocks=3, wide=14, narrow=4)),
    "2019": (WDSR2019(), lambda: WDSR(4, 6, 2, 24, normalisation=BMVC)),
    "spsr": (OfficialSPSR(), tiny_spsr),
}
EACH = pytest.mark.parametrize("kind", FAMILIES)


def image_of(picture):
    return premultiplied(picture).transpose(2, 0, 1)


def shown_by(network, picture):
    with torch.no_grad():
        return network(torch.from_numpy(image_of(picture)).float()[None])[0].numpy()


@EACH
def test_a_file_gives_back_the_network(kind, tmp_path):
    family, make = FAMILIES[kind]
    network = randomised(make())
    torch.save(family.save(network), tmp_path / "a.pth")
    again = load_checkpoint(tmp_path / "a.pth").network
    assert again.spec == network.spec
    assert again.state_dict().keys() == network.state_dict().keys()
    for name, each in network.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], each, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", SMALL)
def test_our_own_format_gives_back_the_network(kind, tmp_path):
    network = small(kind)
    save_checkpoint(tmp_path / "a.safetensors", network)
    again = load_checkpoint(tmp_path / "a.safetensors").network
    assert again.spec == network.spec
    assert torch.equal(shown_by_(again), shown_by_(network))


def shown_by_(network):
    return torch.from_numpy(shown_by(network, noise(6, 5)))


def random_state(shapes):
    generator = torch.Generator().manual_seed(3)
    return {
        name: torch.randn(shape, generator=generator) * (0.5 if len(shape) > 1 else 0.05)
        for name, shape in shapes.items()
    }


def normed(name, outputs, inputs, side):
    return {
        f"{name}.bias": (outputs,),
        f"{name}.weight_g": (outputs, 1, 1, 1),
        f"{name}.weight_v": (outputs, inputs, side, side),
    }


def literally_folded(state):
    """``g·v / ‖v‖`` channel by channel."""
    out = {}
    for name, each in state.items():
        if name.endswith("weight_v"):
            length = state[name[:-1] + "g"]
            weight = torch.empty(each.shape, dtype=torch.float64)
            for channel in range(len(each)):
                v = each[channel].double()
                weight[channel] = float(length[channel]) * v / float((v * v).sum()) ** 0.5
            out[name[:-2]] = weight
        elif not name.endswith("weight_g"):
            out[name] = each
    return out


def test_a_file_of_2018_is_the_definition(tmp_path):
    shapes = {
        **normed("head.0", 5, 3, 3),
        **normed("tail.0", 12, 5, 3),
        **normed("skip.0", 12, 3, 5),
    }
    for block in range(2):
        shapes |= normed(f"body.{block}.body.0", 9, 5, 1) | normed(f"body.{block}.body.2", 4, 9, 1)
        shapes |= normed(f"body.{block}.body.3", 5, 4, 3)
    state, picture = random_state(shapes), noise(7, 6)
    torch.save(state, tmp_path / "a.pt")
    expected = wdsr.enlarge(literally_folded(state), image_of(picture), 2, MEAN, 0.5)
    shown = shown_by(load_checkpoint(tmp_path / "a.pt").network, picture)
    np.testing.assert_allclose(shown, expected, atol=1e-5)


def test_the_residual_factor_may_be_given():
    network = randomised(WDSR(2, 6, 2, 14, res_scale=0.1))
    again = WDSR2018(res_scale=0.1).load(WDSR2018().save(network))
    assert again.spec == network.spec
    picture = noise(6, 5)
    np.testing.assert_allclose(shown_by(again, picture), shown_by(network, picture), atol=1e-6)


@pytest.mark.parametrize(
    ("n_feats", "blocks", "expected"), [(128, 32, 0.1), (128, 31, 1.0), (64, 32, 1.0)]
)
def test_the_large_networks_of_2018_have_a_residual_factor_of_their_own(n_feats, blocks, expected):
    state = WDSR2018().save(WDSR(2, n_feats, blocks, wide=4))
    assert WDSR2018().load(state).spec["args"]["res_scale"] == expected
    assert WDSR2018(res_scale=0.5).load(state).spec["args"]["res_scale"] == 0.5


def test_a_file_of_2019_is_the_definition(tmp_path):
    shapes = {
        **normed("body.0", 5, 3, 3),
        **normed("body.3", 27, 5, 3),
        **normed("skip.0", 27, 3, 5),
    }
    for block in (1, 2):
        shapes |= normed(f"body.{block}.body.0", 20, 5, 3) | normed(
            f"body.{block}.body.2", 5, 20, 3
        )
    state, picture = random_state(shapes), noise(7, 6)
    torch.save({"model_state_dict": state, "epoch": 30}, tmp_path / "a.pth")
    ours = {"body.0": "head.0", "body.3": "tail.0", "body.1": "body.0", "body.2": "body.1"}
    named = {
        re.sub(r"^body\.\d", lambda found: ours[found[0]], name): each
        for name, each in literally_folded(state).items()
    }
    expected = wdsr.enlarge(named, image_of(picture), 3, (0.5, 0.5, 0.5), 1.0)
    shown = shown_by(load_checkpoint(tmp_path / "a.pth").network, picture)
    np.testing.assert_allclose(shown, expected, atol=1e-5)


def convolution(name, outputs, inputs, side=3):
    return {f"{name}.weight": (outputs, inputs, side, side), f"{name}.bias": (outputs,)}


def dense_blocks(name, n, growth):
    shapes = {}
    for k in (1, 2, 3):
        for j in range(1, 5):
            inputs = n + (j - 1) * growth
            shapes |= convolution(f"{name}.RDB{k}.conv{j}.0", growth, inputs)
        shapes |= convolution(f"{name}.RDB{k}.conv5.0", n, n + 4 * growth)
    return shapes


def spsr_shapes(n, blocks, growth):
    """Names and shapes of a published file, as its description lists them."""
    shapes = {f"get_g_nopadding.weight_{axis}": (1, 1, 3, 3) for axis in "hv"}
    for block in range(blocks):
        shapes |= dense_blocks(f"model.1.sub.{block}", n, growth)
    for name in ("model.0", "b_fea_conv.0"):
        shapes |= convolution(name, n, 3)
    same = [f"model.1.sub.{blocks}", "model.3", "model.6", "model.8", "HR_conv0_new.0"]
    same += ["HR_conv1_new.0", "b_LR_conv.0", "f_HR_conv0.0"]
    same += [f"b_module.{number}" for number in (1, 4, 6, 8)]
    for name in same:
        shapes |= convolution(name, n, n)
    for name in ("f_concat.0", *(f"b_concat_{i}.0" for i in (1, 2, 3, 4))):
        shapes |= convolution(name, n, 2 * n)
    for name in ("f_block", *(f"b_block_{i}" for i in (1, 2, 3, 4))):
        shapes |= dense_blocks(name, 2 * n, growth)
    return shapes | convolution("f_HR_conv1.0", 3, n) | convolution("conv_w.0", 3, n, 1)


def oracle_names(state, blocks):
    """A published state under the oracle's names, written out the other way round."""
    rules = [
        (rf"^model\.1\.sub\.{blocks}\.", "tail."),
        (r"^model\.1\.sub\.", "body."),
        (r"^model\.0\.", "head."),
        (r"^model\.3\.", "arm.convs.0."),
        (r"^model\.6\.", "arm.convs.1."),
        (r"^model\.8\.", "arm.convs.2."),
        (r"^HR_conv1_new\.0\.", "arm.convs.3."),
        (r"^b_fea_conv\.0\.", "branch_head."),
        (r"^b_LR_conv\.0\.", "branch_tail."),
        (r"^b_module\.1\.", "branch_arm.convs.0."),
        (r"^b_module\.4\.", "branch_arm.convs.1."),
        (r"^b_module\.6\.", "branch_arm.convs.2."),
        (r"^b_module\.8\.", "branch_arm.convs.3."),
        (r"^f_block\.", "fusion.block."),
        (r"^f_concat\.0\.", "fusion.conv."),
        (r"^f_HR_conv(\d)\.0\.", r"out.\1."),
        *((rf"^b_block_{i}\.", f"fusions.{i - 1}.block.") for i in (1, 2, 3, 4)),
        *((rf"^b_concat_{i}\.0\.", f"fusions.{i - 1}.conv.") for i in (1, 2, 3, 4)),
        *((rf"\.RDB{k}\.", f".dense.{k - 1}.") for k in (1, 2, 3)),
        *((rf"\.conv{j}\.0\.", f".convs.{j - 1}.") for j in (1, 2, 3, 4, 5)),
    ]
    out = {}
    for name, each in state.items():
        for pattern, replacement in rules:
            name = re.sub(pattern, replacement, name)
        out[name] = each
    return out


def test_a_published_spsr_has_884_tensors_and_all_reach_their_place():
    shapes = spsr_shapes(64, 23, 32)
    assert len(shapes) == 884
    assert sum(int(np.prod(shape)) for shape in shapes.values()) == 24_833_176
    with torch.device("meta"):
        network = SPSR()
    ours = {theirs(name, 23): tuple(each.shape) for name, each in network.state_dict().items()}
    unused = ("get_g_nopadding.", "conv_w.", "HR_conv0_new.")
    assert ours == {k: v for k, v in shapes.items() if not k.startswith(unused)}


def test_a_file_of_spsr_is_the_definition(tmp_path):
    state, picture = random_state(spsr_shapes(2, 21, 1)), noise(5, 4)
    torch.save(state, tmp_path / "a.pth")
    expected = spsr.enlarge(oracle_names(state, 21), image_of(picture), TAPS)
    shown = shown_by(load_checkpoint(tmp_path / "a.pth").network, picture)
    assert expected.std() > 0.01
    np.testing.assert_allclose(shown, expected, atol=1e-5 * max(1.0, np.abs(expected).max()))


@EACH
def test_a_path_is_a_sampler(kind, tmp_path):
    family, make = FAMILIES[kind]
    network = randomised(make())
    path = tmp_path / "net.pth"
    torch.save(family.save(network), path)
    picture, grid = noise(6, 5), Grid.for_scale(6, 5, network.factor)
    sampler = make_sampler(str(path), picture, Backend(CPU))
    assert isinstance(sampler, FixedScaleSampler)
    expected = shown_by(network, picture).clip(0, 1).transpose(1, 2, 0)
    np.testing.assert_allclose(sampler.sample(grid).numpy(), expected, atol=1e-5)
    told = describe(str(path))
    assert (told.group, told.title) == ("fixed-scale", f"{network.title} · net")
    assert sampler.title == f"{told.title} + Lanczos"
    assert told.cost.startswith(f"fixed, ×{network.factor} · ")
    assert told.cost == kind_of(network).cost(network)


def refused(content, tmp_path):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(tmp_path / "a.pth")
    return str(error.value).partition("cannot be used: ")[2]


def test_what_does_not_fit_is_said(tmp_path):
    state = WDSR2018().save(randomised(WDSR(2, 6, 2, 14)))
    wrong = dict(state) | {"body.1.body.0.weight_v": torch.ones(14, 7, 3, 3)}
    assert refused(wrong, tmp_path) == (
        "the tensor body.1.body.0.weight is [14, 7, 3, 3], not [14, 6, 3, 3]"
    )
    lacking = {name: each for name, each in state.items() if name != "tail.0.weight_g"}
    assert refused(lacking, tmp_path) == "the tensor tail.0.weight_g is missing"
    odd = dict(state) | {"tail.0.weight_g": torch.ones(15, 1, 1, 1)}
    odd["tail.0.weight_v"] = torch.ones(15, 6, 3, 3)
    assert refused(odd, tmp_path) == "its tail has 15 channels, which is no scale of 2, 3 or 4"
    shallow = OfficialSPSR().save(randomised(SPSR(2, 4, 1, TAPS[:0])))
    assert refused(shallow, tmp_path) == "it has 4 blocks, and the branch reads (5, 10, 15, 20)"
    extra = OfficialSPSR().save(randomised(tiny_spsr())) | {"other": torch.ones(1)}
    assert refused(extra, tmp_path) == "the tensor other does not belong to this model"
    # A discriminator, say.
    assert refused({"features.0.weight": torch.ones(1)}, tmp_path).startswith(
        "it is of no known family"
    )
