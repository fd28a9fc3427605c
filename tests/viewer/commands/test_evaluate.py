from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from statistics import mean

import numpy as np
import pytest
import torch
from PIL import Image

from models.backend import choose_backend
from models.catalogue import entry, make_sampler
from models.checkpoints import save_checkpoint
from models.evaluation import protocol
from tests.models.nets import small_liif
from tests.reference import evaluation as literal
from viewer.cli import main
from viewer.commands import options
from viewer.commands.evaluate import render
from viewer.imaging.reduce import reduce_bicubic

ROOT = Path(__file__).parents[3]
SET5 = Path(os.environ.get("LIIF_VIEWER_SET5", ROOT.parent / "shared" / "data" / "val" / "Set5"))


def painting(width: int, height: int, seed: int) -> np.ndarray:
    """Soft shades with hard edges, ``[height, width, 3]`` uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / 9
    shade = 128 + 90 * np.sin(x + seed) * np.cos(y)
    picture = np.stack([shade, shade.T if width == height else shade[::-1], 255 - shade], axis=-1)
    picture[height // 3 :, width // 2 :] = rng.integers(0, 256, 3)
    return np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two sets, of two pictures and of one; one side is no multiple of the scales."""
    folder = tmp_path / "data"
    for index, (name, size) in enumerate(
        [("First/a.png", (48, 40)), ("First/b.png", (41, 47)), ("Second/c.png", (36, 36))]
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(painting(*size, seed=index)).save(path)
    return folder


def evaluate(data: Path, *words: object) -> int:
    common = ("--device", "cpu", "--precision", "fp32", "--threads", 1)
    return main([str(word) for word in ("evaluate", "--data", data, *common, *words)])


def results(data: Path, *words: object) -> dict:
    out = data.parent / "scores.json"
    assert evaluate(data, "--json", out, "--overwrite", *words) == 0
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", options.PROTOCOLS)
@pytest.mark.parametrize("scale", [2.0, 2.5])
def test_bicubic_scores_as_the_literal_protocol(data, name, scale):
    (result,) = results(
        data / "First", "--scales", scale, "--samplers", "bicubic", "--protocol", name
    )["results"]
    border = 2 if scale == 2.0 else 3
    for seed, (width, height), image in [(0, (48, 40), 0), (1, (41, 47), 1)]:
        low = int(height // scale), int(width // scale)
        truth = painting(width, height, seed)[: round(low[0] * scale), : round(low[1] * scale)]
        reduced = reduce_bicubic(truth, low[1], low[0]) / 255
        shown = literal.bicubic_again(reduced, *truth.shape[:2])
        edge = border if name == "benchmark" else border + 6
        expected = literal.psnr(shown, truth / 255, edge, name == "benchmark")
        got = result["images"][image]
        assert got["psnr"] == pytest.approx(expected, abs=1e-3)
        assert got["ssim"] == pytest.approx(literal.ssim(shown, truth / 255, edge), abs=1e-4)
    for measure in ("psnr", "ssim"):
        assert result[measure] == pytest.approx(mean(each[measure] for each in result["images"]))


def test_json_has_every_set_scale_sampler_and_image(data):
    report = results(data, "--scales", "2,2.5", "--samplers", "bicubic,nearest,liif")
    assert report["protocol"] == "benchmark"
    assert report["data"] == str(data)
    assert report["backend"] == "CPU, fp32"
    keys = [(each["data_set"], each["scale"], each["sampler"]) for each in report["results"]]
    assert keys == [
        (name, scale, sampler)
        for name in ("First", "Second")
        for scale in (2, 2.5)
        for sampler in ("bicubic", "nearest", "liif")
    ]
    first, second = report["results"][2], report["results"][8]
    assert [each["image"] for each in first["images"]] == ["a.png", "b.png"]
    assert first["title"] == entry("wdsr-liif").title
    overall = report["mean"][2]
    assert (overall["scale"], overall["sampler"]) == (2, "liif")
    scores = [each["psnr"] for each in (*first["images"], *second["images"])]
    assert overall["psnr"] == pytest.approx(mean(scores)), "every picture counts the same"


def test_the_default_samplers_are_bicubic_and_liif(data):
    report = results(data / "Second", "--scales", 2)
    assert [each["sampler"] for each in report["results"]] == ["bicubic", "liif"]


def test_the_table_shows_the_means_of_each_set_and_of_all(data, capsys):
    report = results(data, "--scales", "2,3", "--samplers", "bicubic,lanczos")
    blocks = [block.splitlines() for block in capsys.readouterr().out.split("\n\n")]
    assert [block[0].split(" · ")[:2] for block in blocks] == [
        ["First", "2 images"],
        ["Second", "1 image"],
        ["all 2 sets", "3 images"],
    ]
    assert all("luma" in block[0] and "benchmark" in block[0] for block in blocks)
    assert blocks[0][1].split() == ["SAMPLER", "TITLE", "×2", "×3"]
    means = {(each["scale"], each["sampler"]): each for each in report["mean"]}
    for line, sampler in zip(blocks[2][2:], ("bicubic", "lanczos"), strict=True):
        cells = [means[scale, sampler] for scale in (2, 3)]
        text = [f"{cell['psnr']:.2f} / {cell['ssim']:.4f}" for cell in cells]
        assert line.split("  ") == [sampler, sampler.capitalize(), *text]


def test_one_set_has_one_table(data, capsys):
    assert evaluate(data / "First", "--scales", 2, "--samplers", "bicubic") == 0
    assert "\n\n" not in capsys.readouterr().out


def test_csv_has_the_images_and_the_mean(data):
    out = data.parent / "scores.csv"
    report = results(data, "--scales", "2,5/2", "--samplers", "bicubic", "--csv", out)
    with out.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["data_set"], line["image"], line["scale"]) for line in lines] == [
        *[("First", image, scale) for image in ("a.png", "b.png") for scale in ("2", "2.5")],
        *[("First", "mean", scale) for scale in ("2", "2.5")],
        *[("Second", image, scale) for image in ("c.png", "mean") for scale in ("2", "2.5")],
    ]
    first = report["results"][0]
    assert float(lines[0]["psnr"]) == pytest.approx(first["images"][0]["psnr"], abs=1e-4)
    assert float(lines[4]["ssim"]) == pytest.approx(first["ssim"], abs=1e-6)


def test_at_1_to_1_nearest_is_the_picture(data):
    (result,) = results(data / "Second", "--scales", 1, "--samplers", "nearest")["results"]
    assert result["psnr"] is None, "infinite"
    assert result["ssim"] == pytest.approx(1)


def test_what_is_perfect_has_no_number_of_decibels(tmp_path, capsys):
    (tmp_path / "data").mkdir()
    Image.new("RGB", (30, 30)).save(tmp_path / "data" / "black.png")
    out = tmp_path / "scores.csv"
    words = ("--scales", 2, "--samplers", "bicubic", "--csv", out)
    (result,) = results(tmp_path / "data", *words)["results"]
    assert result["psnr"] is None, "JSON has no infinity"
    assert result["ssim"] == pytest.approx(1)
    assert "inf / 1.0000" in capsys.readouterr().out
    assert "black.png,2,bicubic,inf,1.000000" in out.read_text(encoding="utf-8")


def test_restored_images_are_the_sampler_s_pixels(data):
    out = data.parent / "restored"
    report = results(data, "--scales", "2,2.5", "--samplers", "bicubic,liif", "--images", out)
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))
    assert written == sorted(
        f"{name}_x{scale}_{sampler}.png"
        for name in ("First/a", "First/b", "Second/c")
        for scale in ("2", "2.5")
        for sampler in ("bicubic", "liif")
    )
    truth = painting(41, 47, 1)[:46, :40] / 255
    with Image.open(out / "First" / "b_x2_liif.png") as image:
        shown = np.array(image) / 255
    (score,) = (
        image["psnr"]
        for result in report["results"]
        if (result["scale"], result["sampler"]) == (2, "liif")
        for image in result["images"]
        if image["image"] == "b.png"
    )
    assert literal.psnr(shown, truth, 2, True) == pytest.approx(score, abs=0.05)
    assert literal.psnr(shown, truth, 2, True) != score, "scores are taken before rounding"


def test_models_are_told_apart_by_their_files(data, tmp_path):
    (model,) = (ROOT / "models" / "weights").glob("wdsr-liif.safetensors")
    one, other = tmp_path / "one" / "best.safetensors", tmp_path / "other" / "best.safetensors"
    for path in (one, other):
        path.parent.mkdir()
        path.write_bytes(model.read_bytes())
    out = tmp_path / "restored"
    words = ("--scales", 2, "--samplers", f"{one},{other},gradient:bicubic", "--images", out)
    report = results(data / "Second", *words)
    assert [each["sampler"] for each in report["results"]] == [
        str(one),
        str(other),
        "gradient:bicubic",
    ]
    names = {path.name for path in out.rglob("*.png")}
    assert len(names) == 3
    assert "c_x2_gradient-bicubic.png" in names
    for ending in ("one-best.safetensors.png", "other-best.safetensors.png"):
        assert sum(name.endswith(ending) for name in names) == 1


def test_what_is_rendered_in_strips_is_what_the_sampler_samples(rng):
    low = rng.integers(0, 256, (40, 30, 3), dtype=np.uint8)
    case = protocol.Case(np.zeros((140, 105, 3), np.uint8), low, 3.5)
    sampler = make_sampler("liif", case.picture, choose_backend("cpu", "fp32", 1))
    done: list[int] = []
    strips = render(sampler, case.grid, done.append)
    np.testing.assert_array_equal(strips, sampler.sample(case.grid).numpy())
    assert len(done) == 3
    assert sum(done) == 140 * 105


def test_16_bit_pictures_are_evaluated_with_8(tmp_path):
    import cv2

    picture = painting(40, 40, 0)
    for name, pixels in (("8", picture), ("16", picture.astype(np.uint16) * 257)):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "a.png"), pixels[..., ::-1])
    report = results(tmp_path, "--scales", 2, "--samplers", "bicubic")
    assert report["results"][0]["psnr"] == report["results"][1]["psnr"]


@pytest.mark.parametrize(
    ("folder", "words", "told"),
    [
        ("gone", (), ("gone", "no such file or folder")),
        ("First/a.png", (), ("a.png", "not a folder")),
        ("Empty", (), ("Empty", "no picture")),
        ("Broken", (), ("words.png",)),
        ("Cut", (), ("cut.png", "damaged")),
        ("First", ("--scales", "2,15"), ("a.png", "×15")),
        ("First", ("--protocol", "div2k", "--scales", "10"), ("a.png", "div2k")),
        ("First", ("--samplers", "bicubic,nobody"), ("nobody",)),
        ("First", ("--json", "there.json"), ("there.json", "already")),
        ("First", ("--csv", "nowhere/scores.csv"), ("nowhere", "no folder")),
        ("First", ("--images", "there.json"), ("there.json", "no folder")),
        ("First", ("--images", "there"), ("a_x2_bicubic.png", "already")),
        ("Twice", ("--images", "new"), ("a_x2_bicubic.png", "both")),
    ],
)
def test_what_fails_is_one_line_and_leaves_no_file(
    data, tmp_path, monkeypatch, capsys, folder, words, told
):
    monkeypatch.chdir(tmp_path)
    for name in ("Empty", "Broken", "Cut", "Twice"):
        (data / name).mkdir()
    (data / "Broken" / "words.png").write_text("no picture")
    content = (data / "First" / "a.png").read_bytes()
    (data / "Cut" / "cut.png").write_bytes(content[: len(content) // 2])
    for name in ("a.png", "a.bmp"):
        Image.fromarray(painting(40, 40, 0)).save(data / "Twice" / name)
    (tmp_path / "there" / "First").mkdir(parents=True)
    for name in ("there.json", "there/First/a_x2_bicubic.png"):
        (tmp_path / name).write_bytes(b"precious")
    before = sorted(tmp_path.rglob("*"))
    given = words if "--scales" in words else (*words, "--scales", "2")
    assert evaluate(data / folder, *given) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert all(text in err for text in told)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "there.json").read_bytes() == b"precious"


def test_the_command_line_knows_every_protocol():
    assert tuple(protocol.PROTOCOLS) == options.PROTOCOLS


@pytest.mark.parametrize("tool", ["evaluate", "export", "compare"])
def test_pixels_that_are_no_numbers_are_refused(data, tmp_path, capsys, tool):
    wild, network = tmp_path / "wild.safetensors", small_liif(residual=True)
    with torch.no_grad():
        for parameter in network.imnet.parameters():
            parameter.mul_(1e25)  # finite, but what comes of it is not
    save_checkpoint(wild, network)
    picture, out = data / "First" / "a.png", tmp_path / "out.png"
    words = {
        "evaluate": ("--data", data / "First", "--scales", 2, "--samplers", f"bicubic,{wild}"),
        "export": (picture, "-o", out, "--scale", 2, "--sampler", wild),
        "compare": (picture, "-o", out, "--scale", 2, "--samplers", f"bicubic,{wild}"),
    }[tool]
    common = ("--device", "cpu", "--precision", "fp32", "--threads", 1)
    assert main([str(word) for word in (tool, *words, *common)]) == 1
    told, err = capsys.readouterr()
    assert told == ""
    assert err.count("\n") == 1
    assert "wild" in err
    assert "pixels" in err
    assert "no numbers" in err
    assert ("a.png" in err) == (tool == "evaluate")
    assert not out.exists()


needs_set5 = pytest.mark.skipif(
    not SET5.is_dir(), reason="Set5 is not here; LIIF_VIEWER_SET5 says where it is"
)


@needs_set5
def test_bicubic_is_as_published_on_set5(tmp_path):
    out = tmp_path / "set5.json"
    words = ("--scales", "2,3,4", "--samplers", "bicubic", "--json", out)
    assert evaluate(SET5, *words) == 0
    got = [each["psnr"] for each in json.loads(out.read_text(encoding="utf-8"))["results"]]
    assert got == pytest.approx([33.67, 30.41, 28.43], abs=0.02)


@needs_set5
def test_the_default_model_is_as_good_on_set5_as_the_catalogue_says(tmp_path):
    from models.catalogue import default_model

    shipped = entry(default_model(torch.device("cpu")))
    out = tmp_path / "set5.json"
    assert evaluate(SET5, "--scales", "4", "--samplers", "liif", "--json", out) == 0
    (result,) = json.loads(out.read_text(encoding="utf-8"))["results"]
    assert result["psnr"] == pytest.approx(shipped.quality["Set5"]["4"], abs=0.01)


def test_two_answers_do_not_go_into_one_file(data, capsys):
    out = data.parent / "scores"
    words = ("--scales", 2, "--samplers", "nearest", "--json", out, "--csv", out, "--overwrite")
    assert evaluate(data, *words) == 1
    assert "give two files" in capsys.readouterr().err
    assert not out.exists()
