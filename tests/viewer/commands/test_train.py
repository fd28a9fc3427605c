"""`train` from its command line: what it leaves, how it goes on, and what it says of mistakes."""

import json
import os
import shlex
import sys
import weakref

import numpy as np
import pytest
import torch
from PIL import Image

from models.checkpoints import load_checkpoint, save_checkpoint
from models.networks.edsr import EDSR
from models.networks.liif import LIIF
from models.training import history
from models.training.group import Group
from viewer.cli import main
from viewer.commands.training_data import read_folder
from viewer.commands.training_log import read
from viewer.commands.training_run import TrainingRun

CONFIG = """
name = "tiny"
title = "Tiny"
encoder = { name = "wdsr-b", n_feats = 8, n_resblocks = 2, expansion = 2, low_rank = 0.8 }
hidden = [16]
residual = true
patch = 12
batch = 2
queries = 64
learning_rate = 1e-3
warmup = 2
ema = 0.9
iterations = 6
log_every = 2
validation_crop = 48
validation_pictures = 1
"""


pytestmark = pytest.mark.usefixtures("place")


@pytest.fixture
def place(tmp_path, rng, monkeypatch):
    """A folder with a configuration, three pictures of two kinds, and one to validate on."""
    (tmp_path / "tiny.toml").write_text(CONFIG, encoding="utf-8")
    for folder, count in (("photos", 3), ("val", 1)):
        (tmp_path / folder).mkdir()
        for number in range(count):
            pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            picture = Image.fromarray(pixels).resize((64, 56), Image.Resampling.BICUBIC)
            picture.convert("L" if number == 2 else "RGB").save(tmp_path / folder / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(words: str, code: int = 0) -> None:
    line = f"train {words} --device cpu --precision fp32 --threads 1"
    assert main(shlex.split(line)) == code


def weights(path):
    return load_checkpoint(path).network.state_dict()


def test_a_run_leaves_weights_checkpoint_log_and_curves(place, capsys):
    train("tiny.toml --data photos --set validation=val")
    run = place / "runs" / "tiny"
    assert sorted(each.name for each in run.iterdir()) == [
        "checkpoint-00000006-000.safetensors",
        "checkpoint.json",
        "curves.png",
        "log.csv",
        "weights.safetensors",
    ]
    said = capsys.readouterr()
    assert "3 pictures of photos" in said.err
    assert "done at iteration 6" in said.out
    assert "iterations/s" in said.out
    assert "of the device's own matrix product" in said.out
    assert "validation" in said.out
    lines = read(run / "log.csv")
    assert [each.iteration for each in lines] == [2, 4, 6]
    assert lines[-1].psnr is not None
    with Image.open(run / "curves.png") as image:
        assert image.size == (960, 720)
        assert len(image.getcolors(1 << 16) or []) > 20


def test_its_weights_are_a_sampler():
    train("tiny.toml --data photos --set out=here half=true")
    line = "export photos/0.png -o large.png --scale 2 --sampler here/weights.safetensors"
    assert main([*shlex.split(line), "--device", "cpu"]) == 0
    with Image.open("large.png") as image:
        assert image.size == (128, 112)


def test_a_paused_run_goes_on_bit_for_bit(place):
    train("tiny.toml --data photos --set out=whole")
    train("tiny.toml --data photos --set out=parts pause_minutes=1e-6")
    paused = json.loads((place / "parts" / "checkpoint.json").read_text())
    assert 0 <= paused["iteration"] < 6
    train("tiny.toml --resume parts/checkpoint.json")
    for name, value in weights(place / "whole" / "weights.safetensors").items():
        assert torch.equal(value, weights(place / "parts" / "weights.safetensors")[name]), name
    one, other = (read(place / name / "log.csv") for name in ("whole", "parts"))
    assert [(each.iteration, each.loss) for each in other][-1] == (6, one[-1].loss)


def test_the_history_holds_no_folder_of_this_machine(place, monkeypatch):
    words = ["train", "tiny.toml", "--data", str(place / "photos"), "--set"]
    words += ["validation=val", f"out={place / 'here'}", "--device", "cpu"]
    monkeypatch.setattr("sys.argv", ["liif-viewer", *words])
    assert main(words) == 0
    (told,) = history.of_metadata(load_checkpoint(place / "here" / "weights.safetensors").metadata)
    assert told["command"] == (
        "liif-viewer train tiny.toml --data photos --set validation=val out=here --device cpu"
    )
    assert told["validation"]["pictures"] == "val"
    assert told["validation"]["psnr"] > 5


def test_the_schedule_ends_on_time(place):
    train("tiny.toml --data photos --minutes 0.01 --set iterations=1")
    last = read(place / "runs" / "tiny" / "log.csv")[-1]
    assert last.progress == 1.0
    assert last.seconds >= 0.6
    assert last.iteration > 1


def test_a_new_schedule_from_earlier_weights_tells_the_whole_history(place):
    train("tiny.toml --data photos --set out=first")
    train("tiny.toml --data photos --init first/weights.safetensors --set out=second batch=1")
    told = history.of_metadata(load_checkpoint(place / "second" / "weights.safetensors").metadata)
    assert [each["batch"] for each in told] == [2, 1]
    assert told[0]["weights_sha256"] == history.digest(place / "first" / "weights.safetensors")
    assert told[1]["data"].startswith("3 pictures of photos")
    assert str(place) not in json.dumps(told)
    assert not all(
        torch.equal(value, weights(place / "first" / "weights.safetensors")[name])
        for name, value in weights(place / "second" / "weights.safetensors").items()
    )


RELATIVES = {
    "metasr": 'hidden = [8]\nencoder = { name = "wdsr-b", n_feats = 8, n_resblocks = 2 }',
    "wdsr": "network = { factor = 2, n_feats = 8, n_resblocks = 2, wide = 16 }",
    "spsr": "branch_loss = 0.5\nnetwork = { n_feats = 4, n_blocks = 1, growth = 2, taps = [1] }",
}


@pytest.mark.parametrize("model", RELATIVES)
def test_a_relative_goes_on_bit_for_bit_and_is_a_sampler(place, model, capsys):
    kept = [line for line in CONFIG.splitlines() if not line.startswith(("enc", "hid", "res"))]
    lines = [*kept, f'model = "{model}"', RELATIVES[model]]
    (place / "tiny.toml").write_text("\n".join(lines), encoding="utf-8")
    words = "tiny.toml --data photos --set validation=val"
    train(f"{words} out=whole")
    train(f"{words} out=parts pause_minutes=1e-6")
    train("tiny.toml --resume parts/checkpoint.json")
    assert "validation" in capsys.readouterr().out
    for name, value in weights(place / "whole" / "weights.safetensors").items():
        assert torch.equal(value, weights(place / "parts" / "weights.safetensors")[name]), name
    train("tiny.toml --data photos --init whole/weights.safetensors --set out=second")
    made = load_checkpoint(place / "second" / "weights.safetensors")
    assert [each["model"] for each in history.of_metadata(made.metadata)] == [model, model]
    line = "export photos/0.png -o large.png --scale 2 --sampler whole/weights.safetensors"
    assert main([*shlex.split(line), "--device", "cpu"]) == 0
    line = "evaluate --data val --scales 2 --samplers whole/weights.safetensors --device cpu"
    assert main(shlex.split(line)) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_not_utf_8(place, monkeypatch):
    odd = place / os.fsdecode(b"caf\xe9")
    (place / "photos").rename(odd)
    words = ["train", "tiny.toml", "--data", str(odd), "--device", "cpu", "--precision", "fp32"]
    monkeypatch.setattr("sys.argv", ["liif-viewer", *words])
    assert main([*words, "--set", f"out={odd}", "pause_minutes=1e-6"]) == 0
    assert main([*words[:2], "--resume", str(odd / "checkpoint.json"), *words[4:]]) == 0
    assert main([*words, "--init", str(odd / "weights.safetensors"), "--set", "out=second"]) == 0
    first, _ = history.of_metadata(load_checkpoint(place / "second/weights.safetensors").metadata)
    assert odd.name in first["data"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("tiny.toml", "give --data DIR"),
        ("tiny.toml --data nowhere", "nowhere"),
        ("tiny.toml --data ~nobody-at-all/photos", "~nobody-at-all/photos"),
        ("tiny.toml --data photos --set validation=~nobody-at-all/val", "~nobody-at-all/val"),
        ("~nobody-at-all/a.toml --data photos", "neither a file nor one of edsr-baseline-liif"),
        ("tiny.toml --data empty", "no picture in the folder empty"),
        ("tiny.toml --data broken", "bad.png"),
        ("tiny.toml --data photos --set patch=40", "none of the 3 pictures has 160 pixels"),
        ("tiny.toml --data small", "the only picture does not have 48 pixels on both sides; give"),
        ("tiny.toml --data photos --set validation=nowhere", "nowhere"),
        ("tiny.toml --data photos --set validation=small", "large enough to validate"),
        ("wdsr-lif --data photos", "neither a file nor one of edsr-baseline-liif"),
        ("tiny.toml --data photos --set bach=2", "'bach' is not known"),
        ("tiny.toml --data photos --init tiny.toml", "tiny.toml cannot be used"),
        ("tiny.toml --data photos --resume tiny.toml", "tiny.toml is no checkpoint"),
        ("tiny.toml --data photos --set out=tiny.toml", "Cannot write to the folder tiny.toml"),
    ],
)
def test_a_mistake_is_one_line(place, capsys, words, text):
    for name in ("empty", "broken", "small"):
        (place / name).mkdir()
    (place / "broken" / "bad.png").write_bytes(b"no picture")
    Image.new("RGB", (10, 10)).save(place / "small" / "a.png")
    train(words, code=1)
    said = capsys.readouterr().err.strip().splitlines()
    assert text in said[-1]
    assert len(said) == 1
    assert not (place / "runs").exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--init typo.safetensors", "there is no model file typo.safetensors"),
        ("--init tiny.toml", "tiny.toml cannot be used"),
        ("--init other.safetensors", "holds another model than tiny"),
        ("--set encoder.n_feat=3", "has no 'n_feat'"),
    ],
)
def test_no_picture_is_read_for_a_run_without_a_model(place, monkeypatch, capsys, words, text):
    save_checkpoint(place / "other.safetensors", LIIF(EDSR(n_resblocks=1, n_feats=2), (4, 4)))
    monkeypatch.setattr("viewer.commands.train.read_folder", None)
    train(f"tiny.toml --data photos {words}", code=1)
    said = capsys.readouterr().err
    assert text in said
    assert said.count("\n") == 1
    assert not (place / "runs").exists()


def test_no_picture_is_read_for_a_batch_that_cannot_be_shared(place, monkeypatch, capsys):
    monkeypatch.setattr("viewer.commands.train.read_folder", None)
    monkeypatch.setattr(Group, "join", lambda _device: Group(0, 3))
    monkeypatch.setattr(Group, "leave", lambda _group: None)
    train("tiny.toml --data photos --set batch=4", code=1)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "batch is 4, which 3 processes cannot share evenly" in said
    assert not list(place.glob("runs/tiny/*"))


def test_a_run_holds_each_picture_once(monkeypatch):
    """On its device; what was decoded is gone by the first step."""
    decoded = []

    def reading(*words):
        pictures = read_folder(*words)
        decoded.extend(weakref.ref(each) for each in pictures)
        return pictures

    def running(run, *words):
        assert len(decoded) == 3
        assert all(each() is None for each in decoded)
        run_as_usual(run, *words)

    run_as_usual = TrainingRun.run
    monkeypatch.setattr("viewer.commands.train.read_folder", reading)
    monkeypatch.setattr(TrainingRun, "run", running)
    train("tiny.toml --data photos")


def test_large_pictures_are_no_warning(monkeypatch, capsys):
    """Pillow warns of more pixels than its limit, and refuses twice as many."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 64 * 56 - 1)
    train("tiny.toml --data photos --set validation=val --quiet")
    assert capsys.readouterr().err == ""


def test_an_earlier_run_is_not_lost(capsys):
    train("tiny.toml --data photos")
    train("tiny.toml --data photos", code=1)
    assert "holds an earlier run" in capsys.readouterr().err
    train("tiny.toml --data photos --overwrite")


@pytest.mark.parametrize("name", ["weights.safetensors", "log.csv", "curves.png"])
def test_what_is_left_of_one_is_not_lost_either(place, capsys, name):
    """Checkpoints are large: people delete them and keep the weights."""
    kept = place / "runs" / "tiny" / name
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"dear")
    train("tiny.toml --data photos", code=1)
    said = capsys.readouterr().err
    assert f"holds {name} of an earlier run" in said
    assert "--resume" not in said
    assert kept.read_bytes() == b"dear"
    train("tiny.toml --data photos --overwrite")
    assert kept.read_bytes() != b"dear"


def test_a_run_that_never_came_to_a_line_is_nothing_to_lose(place, monkeypatch):
    """Its log has been begun, and holds the names of its columns."""
    with monkeypatch.context() as context:
        context.setattr("viewer.commands.train.TrainingRun", no_memory)
        train("tiny.toml --data photos", code=1)
    log = place / "runs" / "tiny" / "log.csv"
    assert log.read_text().startswith("iteration,")
    train("tiny.toml --data photos")
    assert len(log.read_text().splitlines()) > 1


def no_memory(*_):
    raise MemoryError


def test_a_checkpoint_of_another_configuration_is_refused(capsys):
    train("tiny.toml --data photos")
    train("wdsr-liif --resume runs/tiny/checkpoint.json", code=1)
    assert "is of a run of tiny" in capsys.readouterr().err


def test_half_precision_of_the_lossy_kind_is_refused(place, capsys):
    words = "train tiny.toml --data photos --device cpu --precision fp16"
    assert main(shlex.split(words)) == 1
    assert "use --precision bf16" in capsys.readouterr().err
    assert not (place / "runs").exists()


def test_going_on_with_one_run_does_not_replace_another(place, capsys):
    train("tiny.toml --data photos --set out=a")
    train("tiny.toml --data photos --set out=b seed=5")
    before = (place / "b" / "weights.safetensors").read_bytes()
    train("tiny.toml --resume a/checkpoint.json --set out=b iterations=8", code=1)
    assert "b holds an earlier run" in capsys.readouterr().err
    assert (place / "b" / "weights.safetensors").read_bytes() == before
    train("tiny.toml --resume a/checkpoint.json --set out=c iterations=8")
    train("tiny.toml --resume a/checkpoint.json --set iterations=8")


def test_going_on_with_a_run_that_has_ended_changes_nothing(place, capsys):
    train("tiny.toml --data photos --set validation=val out=here")
    files = place / "here"
    log, before = (files / "log.csv").read_text(), weights(files / "weights.safetensors")
    told = capsys.readouterr().out
    train("tiny.toml --resume here/checkpoint.json")
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("done at iteration 6 after ")
    assert "iterations/s" not in said[0]
    assert said[1:] == told.splitlines()[1:]
    assert (place / "here" / "log.csv").read_text() == log
    checkpoint = load_checkpoint(place / "here" / "weights.safetensors")
    for name, value in checkpoint.network.state_dict().items():
        assert torch.equal(value, before[name]), name
    (record,) = history.of_metadata(checkpoint.metadata)
    assert "validation" in record


@pytest.mark.parametrize(("changes", "steps"), [("iterations=8", 8), ("iterations=8 loss=rms", 2)])
def test_going_on_by_another_loss_forgets_the_losses_so_far(place, changes, steps):
    train("tiny.toml --data photos --set out=here")
    train(f"tiny.toml --resume here/checkpoint.json --set {changes}")
    assert json.loads((place / "here" / "checkpoint.json").read_text())["smoothed"] == steps


def test_divergence_is_told_in_a_sentence_that_is_true(capsys):
    """Without a checkpoint there is none to resume from."""
    train(
        "tiny.toml --data photos --set learning_rate=10 warmup=0 iterations=400 log_every=1", code=1
    )
    said = capsys.readouterr().err
    assert "training diverged" in said
    assert "begin again with a smaller learning_rate" in said
    assert "unexpected" not in said
