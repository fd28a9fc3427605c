"""The samplers there are: names, what is said of them, and the samplers they make."""

from __future__ import annotations

import dataclasses
import gc
import hashlib
import json
import os
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

from models import catalogue
from models.backend import Backend
from models.catalogue import (
    ENTRIES,
    default_model,
    describe,
    full_name,
    label,
    load_model,
    make_sampler,
    names,
)
from models.checkpoints import CheckpointError, load_checkpoint, save_checkpoint
from models.families.metasr import OfficialMetaSR
from models.kinds import kind_of, liif_flops, metasr_flops
from models.networks.edsr import EDSR
from models.networks.liif import LIIF
from models.networks.metasr import MetaSR
from models.networks.upscaler import Upscaler
from models.published import OFFICIAL, PUBLISHED, find
from models.samplers.grid import Grid
from models.samplers.interpolation import bicubic
from models.shipped import FULL, LIGHT, SHORT
from tests.models.nets import WEIGHTS, literal_pixels, shipped, small_liif, small_metasr
from tests.models.pictures import CPU, drawing

FP32 = Backend(CPU)
ENTRY = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


@pytest.fixture(autouse=True)
def _forget_models():
    """Loaded models are kept between calls; not between tests."""
    yield
    for cached in (catalogue._shipped, catalogue._held):
        cached.cache_clear()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "mine.safetensors"
    save_checkpoint(path, small_liif(residual=True))
    return path


def test_names_are_listed_once():
    assert names()[:3] == ["nearest", "bicubic", "lanczos"]
    listed = [entry.name for entry in ENTRIES] + [each.name for each in PUBLISHED]
    assert names()[3:] == listed
    assert len(set(names())) == len(names())


@ENTRY
def test_the_catalogue_tells_the_truth_of_its_files(entry):
    path = WEIGHTS.with_name(entry.file)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256
    checkpoint = load_checkpoint(path)
    assert sum(p.numel() for p in checkpoint.network.parameters()) == entry.parameters
    kind = kind_of(checkpoint.network)
    assert kind.flops(checkpoint.network) / 1e6 == pytest.approx(entry.mflop, rel=0.02)
    assert kind.group == entry.group
    if isinstance(checkpoint.network, Upscaler):
        assert entry.scales == f"×{checkpoint.network.factor}"
    measured = json.loads(checkpoint.metadata["quality"])
    assert entry.quality
    for data_set, by_scale in entry.quality.items():
        assert {scale: measured[data_set][scale] for scale in by_scale} == by_scale


def test_the_cost_of_the_published_decoder_is_the_published_one():
    # REFERENCE: 1.58 MFLOP an output pixel once the first layer is hoisted.
    linear = [torch.nn.Linear(580, 256), *(torch.nn.Linear(256, 256) for _ in range(3))]

    class Published:
        class imnet:  # noqa: N801
            linears = [*linear, torch.nn.Linear(256, 3)]  # noqa: RUF012

    assert liif_flops(Published) / 1e6 == pytest.approx(1.58, abs=0.01)


OURS = [name for name in names() if not name.endswith(OFFICIAL) and "mmagic" not in name]


@pytest.mark.parametrize("name", [*OURS, "liif", *SHORT, "gradient:bicubic", "gradient:liif"])
def test_everything_with_a_name_is_described_and_samples(name):
    description = describe(name, FP32)
    texts = (description.title, description.provenance, description.cost)
    assert all(text and "\n" not in text for text in texts)
    assert description.group in ("interpolation", "continuous", "fixed-scale", "gradient")
    assert description.available
    pixels = make_sampler(name, drawing(9, 7), FP32).sample(Grid.for_scale(9, 7, 3.0))
    assert pixels.shape == (21, 27, 3)
    assert float(pixels.std()) > 0.01


@pytest.mark.parametrize("name", ["edsr-baseline-liif", "edsr-liif-mmagic"])
def test_the_list_of_published_files_tells_the_truth_of_their_networks(name):
    known = find(name)
    network = LIIF(EDSR(), [256] * 4)
    assert known.mflop == pytest.approx(liif_flops(network) / 1e6, rel=0.01)


def test_the_list_of_published_files_tells_the_truth_of_meta_sr():
    known = find("rdn-metasr")
    assert known.mflop == pytest.approx(metasr_flops(MetaSR(EDSR())) / 1e6, rel=0.02)


def test_titles_tell_the_models_of_runs_apart(tmp_path):
    titles = []
    for run in ("short", "long"):
        path = tmp_path / run / "weights.safetensors"
        path.parent.mkdir()
        save_checkpoint(path, small_liif())
        titles.append(describe(str(path)).title)
        assert make_sampler(str(path), drawing(5, 4), FP32).title == titles[-1]
    assert titles == ["LIIF · short/weights", "LIIF · long/weights"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("runs/mine/weights.pth", "mine/weights"),
        ("runs/mine/net.pth", "net"),
        ("weights", "weights"),
    ],
)
def test_only_the_name_that_all_runs_give_needs_the_name_of_the_run(path, expected):
    assert label(Path(path)) == expected


def test_titles_tell_samplers_apart():
    titles = [describe(name, FP32).title for name in names()]
    assert len(set(titles)) == len(titles)


def test_liif_is_the_default_model():
    assert load_model("liif", FP32) is load_model(default_model(CPU), FP32)


@pytest.mark.parametrize(
    ("device", "name"), [("cpu", LIGHT), ("cuda", FULL), ("mps", FULL), ("xpu", FULL)]
)
def test_processors_get_the_light_model_and_gpus_the_full_one(device, name):
    assert name in names()
    assert full_name("liif", torch.device(device)) == name
    assert full_name("gradient:liif", torch.device(device)) == f"gradient:{name}"


@pytest.mark.parametrize("short", SHORT)
def test_a_short_name_is_that_of_a_shipped_model(short):
    assert full_name(short, CPU) in [entry.name for entry in ENTRIES]
    assert load_model(short, FP32) is load_model(full_name(short, CPU), FP32)
    assert full_name(f"gradient:{short}", CPU) == f"gradient:{full_name(short, CPU)}"
    assert describe(short).name == full_name(short, CPU)
    assert full_name("bicubic", CPU) == "bicubic"


def test_a_shipped_model_samples_what_its_definition_says():
    picture, grid = drawing(9, 7), Grid.for_scale(9, 7, 3.0)
    pixels = make_sampler("wdsr-liif", picture, FP32).sample(grid)
    literal = literal_pixels(shipped(), picture, grid)
    np.testing.assert_allclose(pixels.numpy(), literal, atol=1e-5)


def test_a_path_is_a_sampler(saved):
    picture, grid = drawing(9, 7), Grid.for_scale(9, 7, 3.0)
    pixels = make_sampler(str(saved), picture, FP32).sample(grid)
    literal = literal_pixels(small_liif(residual=True), picture, grid)
    np.testing.assert_allclose(pixels.numpy(), literal, atol=1e-5)
    assert "mine" in describe(str(saved)).title


def test_a_file_of_another_network_makes_its_sampler(tmp_path):
    path = tmp_path / "meta.pt"
    torch.save(OfficialMetaSR().save(small_metasr("rdn")), path)
    picture, grid = drawing(9, 7), Grid.for_scale(9, 7, 3.0)
    pixels = make_sampler(str(path), picture, FP32).sample(grid)
    literal = literal_pixels(small_metasr("rdn"), picture, grid)
    np.testing.assert_allclose(pixels.numpy(), literal, atol=1e-5)
    shown = describe(str(path))
    assert shown.title == "Meta-SR · meta"
    assert shown.group == "continuous"
    assert shown.summary.endswith("0.2 kFLOP a pixel")


def test_a_file_that_changed_is_read_again(saved, tmp_path):
    first = load_model(str(saved), FP32)
    assert load_model(str(saved), FP32) is first
    other = tmp_path / "other.safetensors"
    save_checkpoint(other, small_liif(residual=True, seed=1))
    other.replace(saved)
    second = load_model(str(saved), FP32)
    assert not torch.equal(first.weights.fold, second.weights.fold)
    assert first.name != second.name


def test_what_was_read_before_a_file_changed_is_let_go(saved):
    first = weakref.ref(load_model(str(saved), FP32))
    assert first() is not None
    save_checkpoint(saved, small_liif(residual=True, seed=1))
    load_model(str(saved), FP32)
    gc.collect()
    assert first() is None


def test_a_file_written_anew_within_a_tick_of_the_clock_is_read_again(saved, tmp_path):
    state = saved.stat()
    first = load_model(str(saved), FP32)
    other = tmp_path / "other.safetensors"
    save_checkpoint(other, small_liif(residual=True, seed=1))
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))
    other.replace(saved)
    assert load_model(str(saved), FP32).name != first.name


def test_models_of_different_arithmetic_are_kept_apart():
    half = Backend(CPU, torch.bfloat16)
    assert load_model("liif", half) is not load_model("liif", FP32)
    picture = drawing(5, 4)
    assert make_sampler("liif", picture, half).key != make_sampler("liif", picture, FP32).key
    assert make_sampler("liif", picture, FP32).key == make_sampler("liif", picture, FP32).key


def test_gradients_take_their_gain():
    picture, grid = drawing(9, 7), Grid.for_scale(9, 7, 3.0)
    plain = make_sampler("gradient:bicubic", picture, FP32).sample(grid)
    strong = make_sampler("gradient:bicubic", picture, FP32, gain=3.0).sample(grid)
    torch.testing.assert_close(strong, (3 * plain).clamp(0, 1), atol=1e-5, rtol=0)
    ours = bicubic(picture, CPU).sample(grid)
    assert not torch.equal(plain, ours)


@pytest.mark.parametrize(
    "name", ["bicubi", "", "gradient:", "gradient:none", "Bicubic", "/no/such/file.pth"]
)
def test_an_unknown_name_is_refused_in_one_line_that_tells_the_known(name):
    for ask in (lambda: make_sampler(name, drawing(5, 4), FP32), lambda: describe(name, FP32)):
        with pytest.raises(CheckpointError, match="bicubic") as caught:
            ask()
        assert "\n" not in str(caught.value)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "letter.pth"
    path.write_text("Dear Sir or Madam")
    for ask in (lambda: make_sampler(str(path), drawing(5, 4), FP32), lambda: describe(str(path))):
        with pytest.raises(CheckpointError, match=r"letter\.pth"):
            ask()


def test_an_altered_shipped_file_is_refused(monkeypatch):
    altered = dataclasses.replace(ENTRIES[0], sha256="0" * 64)
    monkeypatch.setattr(catalogue, "ENTRIES", (altered,))
    with pytest.raises(CheckpointError, match="was altered"):
        load_model(altered.name, FP32)


def test_a_shipped_file_that_is_not_there_is_said(monkeypatch):
    missing = dataclasses.replace(ENTRIES[0], file="none.safetensors")
    monkeypatch.setattr(catalogue, "ENTRIES", (missing,))
    with pytest.raises(CheckpointError, match=r"none\.safetensors is missing"):
        load_model(missing.name, FP32)


def test_a_summary_is_paper_size_and_cost_of_a_pixel():
    shown = catalogue.Description(
        "x", "X", "continuous", "Y., 2020 · 1 M", "×1–×4 · 2 MFLOP a pixel"
    )
    assert shown.summary == "Y., 2020 · 1 M · 2 MFLOP a pixel"
    assert dataclasses.replace(shown, cost="").summary == "Y., 2020 · 1 M"
    assert dataclasses.replace(shown, provenance="", cost="×4").summary == ""


def test_the_map_of_a_sampler_is_described_by_it():
    inner = catalogue.Description(
        "x", "X", "fixed-scale", "Y., 2020", "×4 · 1 kFLOP", False, "bring x.pth"
    )
    shown = catalogue.gradient_of(inner)
    assert (shown.name, shown.group) == ("gradient:x", "gradient")
    assert (shown.title, shown.cost) == ("Gradient of X", inner.cost)
    assert (shown.available, shown.note) == (False, "bring x.pth")
    assert shown.provenance.endswith("X")
