"""Checkpoints: round trips, the official structure, and files that are wrong or hostile."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import pickle
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from models.checkpoints import (
    OURS,
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)
from models.families.liif_mmagic import MmagicLIIF
from models.families.liif_official import OfficialLIIF
from models.families.metasr import OfficialMetaSR
from models.families.wdsr import WDSR2018
from models.networks.edsr import EDSR
from models.networks.liif import LIIF
from models.networks.metasr import MetaSR
from models.networks.normalisation import STANDARD, Mixing, Normalisation
from models.networks.rdn import RDN
from models.networks.wdsr import WDSRB
from models.networks.wdsr_upscaler import WDSR
from tests.models.nets import WEIGHTS

FIRST = "encoder.head.0.weight"


def tiny() -> LIIF:
    return LIIF(EDSR(n_resblocks=1, n_feats=2), (4, 4))


@pytest.fixture
def official():
    """A small network as official files hold it, to be spoilt."""
    return copy.deepcopy(OfficialLIIF().save(tiny()))


@pytest.fixture
def refused(tmp_path):
    """Fails unless a file is refused in one line that names it; returns the line."""

    def refuse(content, name="model.pth"):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            torch.save(content, path)
        with pytest.raises(CheckpointError) as caught:
            load_checkpoint(path)
        line = str(caught.value)
        assert "\n" not in line
        assert len(line) < 300 + len(str(path))
        assert name in line
        return line

    return refuse


# Round trips


EYE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)

NETWORKS = {
    "edsr": lambda: LIIF(EDSR(n_resblocks=2, n_feats=8, res_scale=0.5), (24, 20, 16)),
    "wdsr": lambda: LIIF(WDSRB(n_feats=8, n_resblocks=2, expansion=3, low_rank=0.6), (8,), True),
    "rdn": lambda: LIIF(RDN(n_resblocks=3, n_layers=2, growth=5, n_feats=6), (8, 4)),
    "metasr": lambda: MetaSR(RDN(n_resblocks=2, n_layers=2, growth=3, n_feats=4), 7),
    "metasr, mixed": lambda: MetaSR(
        EDSR(1, 4), 5, Mixing(((2.0, 0.1, 0), (0, 2, 0), (0, 0, 1)), (-1, 0, 1), EYE, (0.4, 0.3, 0))
    ),
    "mean": lambda: LIIF(EDSR(1, 4), (8,), False, Normalisation((0.4, 0.5, 0.3), 0.25)),
}


def assert_same(one, other):
    assert one.spec == other.spec
    assert list(one.state_dict()) == list(other.state_dict())
    for name, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


@pytest.mark.parametrize("kind", NETWORKS)
def test_our_format_gives_back_what_was_saved(kind, tmp_path):
    network = NETWORKS[kind]()
    save_checkpoint(tmp_path / "a.safetensors", network, {"training": "none", "quality": "{}"})
    loaded = load_checkpoint(tmp_path / "a.safetensors")
    assert_same(loaded.network, network)
    assert loaded.metadata == {"training": "none", "quality": "{}"}
    assert not loaded.network.training


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kind", ["edsr", "wdsr", "rdn"])
def test_the_official_structure_gives_back_what_was_saved(kind, zipped, tmp_path):
    network = NETWORKS[kind]()
    network.residual = False  # the official structure has no word for it
    content = OfficialLIIF().save(network)
    torch.save(content, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
    assert_same(load_checkpoint(tmp_path / "a.pth").network, network)


@pytest.mark.parametrize("kind", ["edsr", "rdn"])
def test_mmagics_structure_gives_back_what_was_saved(kind, tmp_path):
    network = NETWORKS[kind]()
    network.normalisation = STANDARD if kind == "rdn" else Normalisation((0.4488, 0.4371, 0.404), 1)
    if kind == "edsr":  # it has no word for a scale within blocks
        network = LIIF(EDSR(2, 8), (24, 20), False, network.normalisation)
    torch.save(MmagicLIIF().save(network), tmp_path / "a.pth")
    assert_same(load_checkpoint(tmp_path / "a.pth").network, network)


def test_mmagics_files_have_the_published_names():
    state = MmagicLIIF().save(LIIF(EDSR(), (256,) * 4))["state_dict"]
    layers = ["conv_first", "conv_after_body", *(f"imnet.layers.{n}" for n in (0, 2, 4, 6, 8))]
    layers += [f"body.{block}.conv{n}" for block in range(16) for n in (1, 2)]
    expected = {f"generator.{layer}.{part}" for layer in layers for part in ("weight", "bias")}
    assert set(state) == expected
    assert len(state) == 78


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.pop("generator.body.0.conv2.bias"), "generator.body.0.conv2.bias is"),
        (lambda state: state.update({"generator.tail.weight": torch.zeros(1)}), "generator.tail"),
        (lambda state: state.pop("generator.imnet.layers.0.weight"), "generator.imnet.layers.0"),
        (
            lambda state: state.update({"generator.body.0.conv1.bias": torch.zeros(5)}),
            "is [5], not",
        ),
    ],
)
def test_mmagic_files_that_do_not_fit(refused, change, words):
    content = MmagicLIIF().save(tiny())
    change(content["state_dict"])
    assert words in refused(content)


def test_the_published_rdn_has_its_size(tmp_path):
    # REFERENCE: 306 tensors, 22,320,835 parameters.
    network = LIIF(RDN(), (256,) * 4)
    content = OfficialLIIF().save(network)
    assert content["model"]["args"]["encoder_spec"] == {
        "name": "rdn",
        "args": {"no_upsampling": True},
    }
    assert len(content["model"]["sd"]) == 306
    assert sum(value.numel() for value in content["model"]["sd"].values()) == 22_320_835
    torch.save(content, tmp_path / "a.pth")
    assert_same(load_checkpoint(tmp_path / "a.pth").network, network)


def test_a_file_of_no_family_is_told_what_each_misses(refused):
    line = refused({"params": {"conv.weight": torch.zeros(1)}})
    assert "official LIIF (no 'model')" in line
    assert "mmagic's LIIF (no 'state_dict')" in line
    discriminator = {"state_dict": {"discriminator.net.0.weight": torch.zeros(1)}}
    assert "no 'generator.conv_first.weight'" in refused(discriminator)


def test_a_file_as_published_is_loaded(tmp_path):
    # REFERENCE: 82 tensors, 1,567,323 parameters, with the optimizer and the epoch beside them.
    network = LIIF(EDSR(), (256,) * 4)
    state = dict(network.state_dict())
    for name in ("sub_mean", "add_mean"):
        state[f"encoder.{name}.weight"] = torch.eye(3).view(3, 3, 1, 1)
        state[f"encoder.{name}.bias"] = torch.tensor([-0.45, -0.44, -0.4])
    assert len(state) == 82
    assert sum(value.numel() for value in state.values()) == 1_567_323
    encoder = {"name": "edsr-baseline", "args": {"no_upsampling": True}}
    imnet = {"name": "mlp", "args": {"out_dim": 3, "hidden_list": [256, 256, 256, 256]}}
    args = {"encoder_spec": encoder, "imnet_spec": imnet}
    optimizer = {"name": "adam", "args": {"lr": 1e-4}, "sd": {"state": {}, "param_groups": []}}
    model = {"name": "liif", "args": args, "sd": state}
    torch.save({"model": model, "optimizer": optimizer, "epoch": 1000}, tmp_path / "a.pth")
    assert_same(load_checkpoint(tmp_path / "a.pth").network, network)


def test_the_baseline_is_saved_under_its_official_name():
    model = OfficialLIIF().save(LIIF(EDSR(), (4,)))["model"]
    expected = {"name": "edsr-baseline", "args": {"no_upsampling": True}}
    assert model["args"]["encoder_spec"] == expected


def test_the_shipped_file_is_loaded():
    checkpoint = load_checkpoint(WEIGHTS)
    assert checkpoint.network.residual
    assert isinstance(checkpoint.network.encoder, WDSRB)
    assert sum(p.numel() for p in checkpoint.network.parameters()) == 331_699
    assert json.loads(checkpoint.metadata["quality"])["Set5"]["2"] == pytest.approx(37.65)


def test_half_precision_files_become_fp32(tmp_path, official):
    state = official["model"]["sd"]
    official["model"]["sd"] = {name: value.half() for name, value in state.items()}
    torch.save(official, tmp_path / "a.pth")
    network = load_checkpoint(tmp_path / "a.pth").network
    assert all(value.dtype == torch.float32 for value in network.state_dict().values())


def test_parameters_in_place_of_tensors_are_taken(tmp_path, official):
    state = official["model"]["sd"]
    official["model"]["sd"] = {name: nn.Parameter(value) for name, value in state.items()}
    torch.save(official, tmp_path / "a.pth")
    loaded = load_checkpoint(tmp_path / "a.pth").network
    assert torch.equal(loaded.state_dict()[FIRST], state[FIRST])


def test_saving_over_a_file_leaves_no_trace_of_it(tmp_path):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, NETWORKS["edsr"]())
    save_checkpoint(path, tiny())
    assert load_checkpoint(path).network.encoder.n_feats == 2


@pytest.mark.parametrize("start", [b"PK", b"\x80\x02\x01"])
def test_a_header_may_be_as_long_as_the_first_bytes_of_other_files_say(tmp_path, start):
    path, length = tmp_path / "a.safetensors", int.from_bytes(start, "little")
    save_checkpoint(path, tiny(), {"training": ""})
    told = int.from_bytes(path.read_bytes()[:8], "little")
    save_checkpoint(path, tiny(), {"training": "x" * (length - told)})
    assert path.read_bytes()[: len(start)] == start
    assert load_checkpoint(path).family == OURS


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_path_that_is_not_utf_8(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    save_checkpoint(folder / "ours.safetensors", tiny(), {"made": "by hand"})
    with (folder / "theirs.pth").open("wb") as file:
        torch.save(OfficialLIIF().save(tiny()), file)
    ours, theirs = (load_checkpoint(folder / name) for name in ("ours.safetensors", "theirs.pth"))
    assert ours.metadata == {"made": "by hand"}
    assert ours.network.spec == theirs.network.spec


# Files that are something else, or not there


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.pth", tmp_path):
        with pytest.raises(CheckpointError, match="there is no model file"):
            load_checkpoint(path)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = tmp_path / "a.pth"
    path.write_bytes(b"PK")

    def denied(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(CheckpointError, match=r"a\.pth"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"P",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"12345678{",
        b"PK\x03\x04" + bytes(60),
        b"\x80\x02",
        struct.pack("<Q", 1 << 60) + b'{"a": 1}',
        struct.pack("<Q", 8) + b'{"a": 1}',
        struct.pack("<Q", 2) + b"{}",
    ],
)
def test_a_file_of_another_kind(refused, content):
    refused(content)


def test_an_archive_of_another_kind(refused):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("word/document.xml", "a letter")
    refused(archive.getvalue())


@pytest.mark.parametrize("content", [[1, 2], {"a": torch.zeros(3)}, {"model": 3}, {"model": {}}])
def test_a_torch_file_of_another_structure(refused, content):
    refused(content)


def test_a_bare_state_dict(refused, official):
    assert "official LIIF" in refused(official["model"]["sd"])


def test_another_model_and_another_encoder_are_named(refused, official):
    other = copy.deepcopy(official)
    other["model"]["name"] = "thera"
    assert "'thera'" in refused(other)
    official["model"]["args"]["encoder_spec"]["name"] = "swinir"
    assert "'swinir'" in refused(official)


def test_a_name_of_many_lines_stays_on_one(refused, official):
    official["model"]["name"] = "a\nb" * 1000
    refused(official)


# Damaged files


def files_of(tmp_path):
    """The same network in each container."""
    content = OfficialLIIF().save(tiny())
    torch.save(content, tmp_path / "zip.pth")
    torch.save(content, tmp_path / "legacy.pth", _use_new_zipfile_serialization=False)
    save_checkpoint(tmp_path / "ours.safetensors", tiny())
    return [(tmp_path / name) for name in ("zip.pth", "legacy.pth", "ours.safetensors")]


@pytest.mark.parametrize("container", [0, 1, 2])
def test_a_file_cut_short_anywhere(tmp_path, refused, container):
    data = files_of(tmp_path)[container].read_bytes()
    for length in [*range(0, 120, 3), *range(120, len(data) - 1, 61), len(data) - 1]:
        refused(data[:length])


@pytest.mark.parametrize("container", [0, 1, 2])
def test_a_damaged_file_is_refused_or_still_a_model(tmp_path, rng, container):
    data = files_of(tmp_path)[container].read_bytes()
    path = tmp_path / "damaged"
    refusals = 0
    for _ in range(250):
        spoilt = bytearray(data)
        for place in rng.integers(0, len(data), rng.integers(1, 8)):
            spoilt[place] = rng.integers(256)
        path.write_bytes(spoilt)
        try:
            network = load_checkpoint(path).network
        except CheckpointError as error:
            refusals += 1
            assert "\n" not in str(error)  # noqa: PT017
        else:
            values = torch.cat([value.flatten() for value in network.state_dict().values()])
            assert bool(values.isfinite().all())
    assert refusals > 25


def test_a_damaged_pickle_in_a_sound_archive(tmp_path, rng):
    with zipfile.ZipFile(files_of(tmp_path)[0]) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    pickled = next(name for name in members if name.endswith("data.pkl"))
    refusals = 0
    for _ in range(250):
        spoilt = bytearray(members[pickled])
        for place in rng.integers(0, len(spoilt), rng.integers(1, 4)):
            spoilt[place] = rng.integers(256)
        path = tmp_path / "damaged"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {**members, pickled: bytes(spoilt)}.items():
                archive.writestr(name, content)
        try:
            load_checkpoint(path)
        except CheckpointError:
            refusals += 1
    assert refusals > 100


# Hostile files


class Code:
    """What runs when a pickle of it is loaded carelessly."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def test_code_is_not_run(tmp_path, refused, official):
    mark = tmp_path / "it ran"
    official["model"]["sd"]["extra"] = Code(mark)
    for content in ({"model": Code(mark)}, official, Code(mark)):
        for zipped in (True, False):
            path = io.BytesIO()
            torch.save(content, path, _use_new_zipfile_serialization=zipped)
            assert "not safe" in refused(path.getvalue())
        for protocol in range(2, 6):
            refused(pickle.dumps(content, protocol))
    assert not mark.exists()
    # The same pickle, loaded carelessly, does run: the test can fail.
    pickle.loads(pickle.dumps(Code(mark)))
    assert mark.exists()


def replaced(official, value, name=FIRST):
    official["model"]["sd"][name] = value
    return official


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t: t[:1], "is [1, 3, 3, 3], not [2, 3, 3, 3]"),
        (lambda t: t.flatten(), "is [54], not"),
        (lambda _: torch.zeros(1).expand(10**6, 10**6), "is [1000000, 1000000], not"),
        (lambda t: t.to(torch.int32), "real numbers"),
        (lambda t: t.to(torch.complex64), "real numbers"),
        (lambda t: t * float("nan"), "not finite"),
        (lambda t: t + float("inf"), "not finite"),
        (lambda t: torch.where(t == t.max(), float("inf"), t), "not finite"),
        (lambda t: torch.where(t == t.max(), 1e300, t.double()), "not finite"),
        (lambda t: t.to("meta"), FIRST),
        (lambda t: t.to_sparse(), FIRST),
        (lambda t: t.flatten(1).to_sparse_csr(), FIRST),
        (lambda t: torch.nested.nested_tensor([t, t[:1]]), FIRST),
        (lambda t: torch.quantize_per_tensor(t, 0.1, 0, torch.qint8), "real numbers"),
        pytest.param(
            lambda t: t.to(torch.uint8).view(torch.float4_e2m1fn_x2),
            "real numbers",
            marks=pytest.mark.skipif(
                not hasattr(torch, "float4_e2m1fn_x2"), reason="this torch has no such numbers"
            ),
        ),
        (lambda _: 3.0, "not a tensor"),
        (lambda _: "text", "not a tensor"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # odd kinds of tensors are made with one
def test_a_tensor_that_does_not_fit(refused, official, spoil, words):
    tensor = official["model"]["sd"][FIRST]
    assert words in refused(replaced(official, spoil(tensor)))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t: t.to("meta"), "stored in full"),
        (lambda t: t.to_sparse(), "stored in full"),
        (lambda t: torch.quantize_per_tensor(t, 0.1, 0, torch.qint8), "real numbers"),
        (lambda t: t.to(torch.complex64), "real numbers"),
        (lambda t: t.to(torch.int32), "real numbers"),
    ],
)
@pytest.mark.parametrize("part", ["weight_g", "weight_v"])
@pytest.mark.filterwarnings("ignore::UserWarning")  # odd kinds of tensors are made with one
def test_a_part_of_weight_norm_that_does_not_fit(refused, spoil, words, part):
    state = WDSR2018().save(WDSR(2, 6, 1, 14))
    name = f"body.0.body.0.{part}"
    line = refused({**state, name: spoil(state[name])})
    assert name in line
    assert words in line


def test_what_no_check_foresaw_is_a_sentence_too(refused, official, monkeypatch):
    def fail(*_):
        raise NotImplementedError("no such\nkernel")

    monkeypatch.setattr(OfficialLIIF, "load", fail)
    assert "its tensors cannot be used (NotImplementedError)" in refused(official)


def test_a_file_larger_than_any_network_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, tiny())
    with path.open("r+b") as file:
        file.truncate(40 << 30)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    with pytest.raises(CheckpointError, match="it has 42,949,672,960 bytes"):
        load_checkpoint(path)


def test_opposite_infinities_do_not_cancel(refused, official):
    tensor = official["model"]["sd"][FIRST].clone()
    tensor.view(-1)[:2] = torch.tensor([float("inf"), -float("inf")])
    assert "not finite" in refused(replaced(official, tensor))


def test_finite_values_of_any_size_are_finite(tmp_path, official):
    # Their sum is not, in fp32.
    tensor = torch.full_like(official["model"]["sd"][FIRST], 3e38)
    torch.save(replaced(official, tensor), tmp_path / "a.pth")
    assert torch.equal(load_checkpoint(tmp_path / "a.pth").network.state_dict()[FIRST], tensor)


@pytest.mark.parametrize("name", list(tiny().state_dict()))
def test_every_missing_tensor_is_named(refused, official, name):
    del official["model"]["sd"][name]
    assert name in refused(official)


def test_a_tensor_too_many_is_named(refused, official):
    assert "'encoder.tail.0.weight'" in refused(
        replaced(official, torch.zeros(3), "encoder.tail.0.weight")
    )


def test_a_state_dict_with_numbers_for_names(refused, official):
    refused(replaced(official, torch.zeros(3), 7))


def spoilt_spec(change):
    spec = copy.deepcopy(tiny().spec)
    change(spec["args"])
    return spec


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda args: args.pop("encoder_spec"), "encoder_spec"),
        (lambda args: args.pop("imnet_spec"), "imnet_spec"),
        (lambda args: args.update(encoder_spec=3), "encoder_spec"),
        (lambda args: args.update(residual="yes"), "residual"),
        (lambda args: args.update(cell_decode=False), "cell_decode"),
        (lambda args: args.update(local_ensemble=False), "local_ensemble"),
        (lambda args: args.update(feat_unfold=False), "feat_unfold"),
        (lambda args: args["imnet_spec"]["args"].update(hidden_list=[]), "hidden_list"),
        (lambda args: args["imnet_spec"]["args"].update(hidden_list=[4.5]), "hidden_list"),
        (lambda args: args["imnet_spec"]["args"].update(hidden_list=[-1]), "hidden_list"),
        (lambda args: args["imnet_spec"]["args"].update(hidden_list=[1e9]), "hidden_list"),
        (lambda args: args["imnet_spec"]["args"].update(hidden_list=[4] * 1000), "hidden_list"),
        (lambda args: args["encoder_spec"]["args"].update(n_feats=0), "n_feats"),
        (lambda args: args["encoder_spec"]["args"].update(n_feats=True), "n_feats"),
        (lambda args: args["encoder_spec"]["args"].update(n_feats="64"), "n_feats"),
        (lambda args: args["encoder_spec"]["args"].update(n_resblocks=10**9), "n_resblocks"),
        (lambda args: args["encoder_spec"]["args"].update(res_scale=float("nan")), "res_scale"),
        (lambda args: args["encoder_spec"].update(name=["edsr"]), "encoder"),
    ],
)
@pytest.mark.parametrize("container", ["ours", "official"])
def test_a_spec_that_cannot_be_built(tmp_path, refused, container, change, words):
    spec, state = spoilt_spec(change), tiny().state_dict()
    if container == "ours":
        save_file(state, tmp_path / "a.safetensors", metadata={"spec": json.dumps(spec)})
        line = refused((tmp_path / "a.safetensors").read_bytes(), "a.safetensors")
    else:
        line = refused({"model": {**spec, "sd": dict(state)}})
    assert words in line


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda args: args.pop("encoder_spec"), "encoder_spec"),
        (lambda args: args.update(hidden=0), "hidden"),
        (lambda args: args.update(hidden=[256]), "hidden"),
        (lambda args: args["normalisation"].update(of=3), "four rows"),
        (lambda args: args["normalisation"].update(of=[[1, 2, 3]] * 3), "four rows"),
        (lambda args: args["normalisation"].update(of=[[1, 2]] * 4), "four rows"),
        (lambda args: args["normalisation"].update(of=[[1, 2, float("nan")]] * 4), "four rows"),
        (lambda args: args["normalisation"].pop("back"), "four rows"),
    ],
)
def test_a_spec_of_meta_sr_that_cannot_be_built(tmp_path, refused, change, words):
    network = NETWORKS["metasr, mixed"]()
    spec = copy.deepcopy(network.spec)
    change(spec["args"])
    save_file(network.state_dict(), tmp_path / "a.safetensors", metadata={"spec": json.dumps(spec)})
    assert words in refused((tmp_path / "a.safetensors").read_bytes(), "a.safetensors")


@pytest.mark.parametrize(
    "spec", [None, "", "{", "[1]", "3", "null", "{}", '{"name": "liif"}', "[" * 100_000]
)
def test_a_header_that_is_no_spec(tmp_path, refused, spec):
    metadata = {} if spec is None else {"spec": spec}
    save_file(tiny().state_dict(), tmp_path / "a.safetensors", metadata=metadata)
    refused((tmp_path / "a.safetensors").read_bytes(), "a.safetensors")


def lying(change):
    """A safetensors file whose header says something else than its data."""
    data = np.zeros(4, np.float32).tobytes()
    entry = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
    header = {FIRST: entry, "__metadata__": {"spec": json.dumps(tiny().spec)}}
    change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header[FIRST].update(data_offsets=[0, 1 << 40]),
        lambda header: header[FIRST].update(data_offsets=[16, 0]),
        lambda header: header[FIRST].update(data_offsets=[-16, 0]),
        lambda header: header[FIRST].update(shape=[1 << 40, 1 << 40]),
        lambda header: header[FIRST].update(shape=[2, 3]),
        lambda header: header[FIRST].update(dtype="F99"),
        lambda header: header.update({"other": dict(header[FIRST])}),
        lambda header: header.update({FIRST: 3}),
        lambda header: header.update(__metadata__={"spec": 3}),
    ],
)
def test_a_header_that_lies(refused, change):
    refused(lying(change), "a.safetensors")


HUGE = """
import resource, sys
from pathlib import Path
from models.checkpoints import CheckpointError, load_checkpoint
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
for path in sys.argv[1:]:
    try:
        load_checkpoint(Path(path))
    except CheckpointError as error:
        print(error)
"""


MOST = 4096
"""What a single number of a spec may be."""

ENCODERS = {
    "edsr": {"n_feats": MOST, "n_resblocks": MOST, "res_scale": 16},
    "wdsr-a": {"n_feats": MOST, "n_resblocks": MOST, "expansion": MOST},
    "wdsr-b": {"n_feats": MOST, "n_resblocks": MOST, "expansion": MOST, "low_rank": 16},
    "rdn": {"n_feats": MOST, "n_resblocks": MOST, "growth": MOST, "n_layers": MOST},
}
LARGEST = {
    name: {
        "name": "liif",
        "args": {
            "encoder_spec": {"name": name, "args": args},
            "imnet_spec": {"args": {"hidden_list": [MOST] * 16}},
        },
    }
    for name, args in ENCODERS.items()
} | {
    "metasr": {
        "name": "metasr",
        "args": {
            "encoder_spec": {"name": "rdn", "args": ENCODERS["rdn"]},
            "hidden": MOST,
        },
    },
    "wdsr": {
        "name": "wdsr",
        "args": {
            "factor": 4, "n_feats": MOST, "n_resblocks": MOST, "wide": MOST, "narrow": MOST,
        },
    },
    "spsr": {
        "name": "spsr",
        "args": {
            "n_blocks": MOST, "n_feats": MOST, "growth": MOST, "taps": list(range(4081, 4097)),
        },
    },
}  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="memory cannot be limited elsewhere")
def test_a_small_file_cannot_ask_for_all_memory(tmp_path):
    paths = [tmp_path / f"{name}.safetensors" for name in LARGEST]
    for path, spec in zip(paths, LARGEST.values(), strict=True):
        save_file(tiny().state_dict(), path, metadata={"spec": json.dumps(spec)})
    result = subprocess.run(
        [sys.executable, "-c", HUGE, *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    said = result.stdout.splitlines()
    assert len(said) == len(paths), result.stderr
    for path, line in zip(paths, said, strict=True):
        assert f"{path.name} cannot be used" in line
        assert "too many" in line


def repeated(network):
    """A state of any size in a file of none: each tensor repeats one number."""
    return {k: torch.zeros(1).expand(v.shape) for k, v in network.state_dict().items()}


def test_a_file_that_repeats_one_number_cannot_ask_for_all_memory(refused):
    with torch.device("meta"):
        network = LIIF(EDSR(16, 1024), (4,))
    model = {"name": "liif", "args": network.spec["args"], "sd": repeated(network)}
    assert "parameters" in refused({"model": model})


def test_nor_can_one_with_weight_norm(refused):
    shape = 1 << 14, 1 << 14, 1, 1
    state = {
        "head.0.weight_v": torch.zeros(1).expand(shape),
        "head.0.weight_g": torch.zeros(1).expand(1 << 14, 1, 1, 1),
    }
    assert "parameters" in refused(state)


@pytest.mark.parametrize("kind", LARGEST)
def test_a_spec_has_no_more_layers_than_its_file_has_tensors(tmp_path, kind, refused, monkeypatch):
    # Each layer that is built takes time, also without weights: thousands are half a minute.
    spec = copy.deepcopy(LARGEST[kind])
    args = spec["args"].get("encoder_spec", spec)["args"]
    blocks = "n_blocks" if kind == "spsr" else "n_resblocks"
    args.update({blocks: 16, "n_layers": 8, "taps": [1]})
    save_file(tiny().state_dict(), tmp_path / "a.safetensors", metadata={"spec": json.dumps(spec)})
    monkeypatch.setattr(nn.Module, "__init__", lambda *_: pytest.fail("a layer was built"))
    line = refused((tmp_path / "a.safetensors").read_bytes(), "a.safetensors")
    assert re.search(r"its 16 blocks of \d+ layers are too many; there can be 14 layers", line)


def test_an_official_spec_has_no_more_layers_than_tensors_either(refused, official):
    official["model"]["args"]["encoder_spec"]["args"]["n_resblocks"] = 8
    assert "its 8 blocks of 2 layers are too many; there can be 14 layers" in refused(official)


def dense_blocks(blocks, layers, first):
    """Tensors whose names speak of many blocks and layers."""
    names = [f"{blocks}.{i}.x" for i in range(100)]
    names += [f"{blocks}.0.{layers}.{i}.x" for i in range(100)]
    return {name: torch.zeros(1) for name in names} | {first: torch.zeros(4, 4, 3, 3)}


def official_names():
    """What the spec does not say is read from the names."""
    args = {
        "encoder_spec": {"name": "rdn", "args": {"no_upsampling": True}},
        "imnet_spec": {"args": {"hidden_list": [4]}},
    }
    state = dense_blocks("encoder.RDBs", "convs", "encoder.RDBs.0.convs.0.conv.0.weight")
    return {"model": {"name": "liif", "args": args, "sd": state}}


def mmagic_names():
    state = dense_blocks("generator.rdbs", "layers", "generator.rdbs.0.layers.0.conv.weight")
    decoder = {f"generator.{k}": v for k, v in tiny().state_dict().items() if "imnet" in k}
    return {"state_dict": {**state, **decoder, "generator.sfe1.weight": torch.zeros(4, 3, 3, 3)}}


def metasr_names():
    published = OfficialMetaSR().save(NETWORKS["metasr"]())
    others = {name: each for name, each in published.items() if "RDBs" not in name}
    return others | dense_blocks("RDBs", "convs", "RDBs.0.convs.0.conv.0.weight")


@pytest.mark.parametrize("content", [official_names, mmagic_names, metasr_names])
def test_names_alone_cannot_ask_for_too_many_layers(refused, content):
    assert "100 blocks of 100 layers" in refused(content())


def test_too_many_blocks_of_spsr_are_refused(refused):
    state = {f"model.1.sub.{i}.RDB1.conv1.0.weight": torch.zeros(2, 2, 3, 3) for i in range(300)}
    state |= {"model.0.weight": torch.zeros(2, 3, 3, 3), "b_fea_conv.0.weight": torch.zeros(1)}
    assert "300 blocks of 15 layers" in refused(state)


def test_loading_leaves_the_file_as_it_was():
    before = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    network = load_checkpoint(WEIGHTS).network
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == before
