from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from models.samplers.grid import Region
from viewer.commands.options import (
    BatchOptions,
    CommonOptions,
    CompareOptions,
    EvaluateOptions,
    ExportOptions,
    ModelsOptions,
    Place,
    TrainOptions,
    ViewOptions,
)
from viewer.commands.parser import MisuseError, read


def options_of(line: str):
    return read(shlex.split(line)).options


@pytest.mark.parametrize(
    ("line", "images"),
    [
        ("", []),
        ("a.png", ["a.png"]),
        ("a.png b.png", ["a.png", "b.png"]),
        ("view", []),
        ("view a.png", ["a.png"]),
        ("view export", ["export"]),
        ("-- export", ["export"]),
        ("view -- -odd.png", ["-odd.png"]),
        ("./export", ["export"]),
        ("--device cpu a.png", ["a.png"]),
        ("--device cpu", []),
        ("a.png --device cpu b.png --quiet c.png", ["a.png", "b.png", "c.png"]),
        ("view a.png export", ["a.png", "export"]),
        ("view view", ["view"]),
    ],
)
def test_without_another_command_pictures_are_viewed(line, images):
    request = read(shlex.split(line))
    assert request.command == "view"
    assert request.options == ViewOptions(tuple(map(Path, images)))


@pytest.mark.parametrize(
    "line",
    [
        "--device cpu --threads 2 --debug export a.png -o b.png --scale 2",
        "export --device cpu --threads 2 --debug a.png -o b.png --scale 2",
        "export a.png -o b.png --scale 2 --device=cpu --threads=2 --debug",
        "--device=cpu --debug export a.png -o b.png --scale 2 --threads 2",
    ],
)
def test_common_options_stand_before_or_after_the_command(line):
    request = read(shlex.split(line))
    assert request.command == "export"
    assert request.common == CommonOptions(device="cpu", threads=2, debug=True)


def test_the_word_nearest_to_the_command_counts():
    assert read(shlex.split("--device cuda a.png --device cpu")).common.device == "cpu"


def test_common_options_without_any():
    assert read([]).common == CommonOptions()


def test_export_with_everything():
    line = (
        "export a.png -o b.tif --size 30x20 --region 1,2.5,3,4 --sampler gradient:liif "
        "--gain 2 --depth 16 --quality 80"
    )
    assert options_of(line) == ExportOptions(
        image=Path("a.png"),
        out=Path("b.tif"),
        place=Place(None, (30, 20), Region(1.0, 2.5, 3.0, 4.0)),
        sampler="gradient:liif",
        gain=2.0,
        depth=16,
        quality=80,
    )


def test_export_with_the_least():
    assert options_of("export a.png -o b.png --scale 1/2") == ExportOptions(
        Path("a.png"), Path("b.png"), Place(0.5)
    )


@pytest.mark.parametrize("given", ["--region -5,0,20,20", "--region=-5,0,20,20"])
def test_a_region_may_begin_left_of_the_picture(given):
    options = options_of(f"export a.png -o b.png --scale 2 {given}")
    assert options.place.region == Region(-5.0, 0.0, 20.0, 20.0)


def test_a_region_may_begin_with_a_negative_decimal():
    options = options_of("compare a.png -o b.png --region -.5,0,20,20")
    assert options.region == Region(-0.5, 0.0, 20.0, 20.0)


def test_batch_with_the_least():
    assert options_of("batch d -o e --scale 3") == BatchOptions(Path("d"), Path("e"), 3.0)


def test_batch_with_everything():
    line = (
        "batch d -o e --scale 5/2 --sampler gradient:liif --gain 2 --depth 16 --format tif "
        "--quality 80 --resume"
    )
    options = BatchOptions(
        Path("d"), Path("e"), 2.5, "tif", "gradient:liif", 2.0, 16, 80, resume=True
    )
    assert options_of(line) == options
    single = options_of(
        "export d/a.png -o e/a.tif --scale 5/2 --sampler gradient:liif --gain 2 --depth 16 "
        "--quality 80"
    )
    assert options.export(Path("d/a.png"), Path("e/a.tif")) == single


def test_compare():
    assert options_of("compare a.png -o s.png") == CompareOptions(
        Path("a.png"), Path("s.png"), ("bicubic", "liif")
    )
    assert options_of("compare a.png -o s.png --samplers nearest,liif --scale 8").samplers == (
        "nearest",
        "liif",
    )
    assert options_of("compare a.png -o s.png --inset 1,2,3,4 --inset -5,6,7.5,8").insets == (
        Region(1.0, 2.0, 3.0, 4.0),
        Region(-5.0, 6.0, 7.5, 8.0),
    )


def test_evaluate_with_the_least():
    assert options_of("evaluate --data d --scales 2") == EvaluateOptions(
        Path("d"), (2.0,), ("bicubic", "liif"), "benchmark"
    )


def test_evaluate_with_everything():
    line = (
        "evaluate --data d --scales 2,2.5,7/2,2 --samplers liif,a,b,c,d,liif --protocol div2k "
        "--json s.json --csv s.csv --images out"
    )
    assert options_of(line) == EvaluateOptions(
        data=Path("d"),
        scales=(2.0, 2.5, 3.5),
        samplers=("liif", "a", "b", "c", "d"),
        protocol="div2k",
        json=Path("s.json"),
        csv=Path("s.csv"),
        images=Path("out"),
    )


def test_train_with_the_least():
    assert options_of("train wdsr-liif --data d") == TrainOptions("wdsr-liif", Path("d"))


def test_train_with_everything():
    line = "train my.toml --init w.safetensors --minutes 1.5 --set batch=8 clip=1 --set out=here"
    assert options_of(line) == TrainOptions(
        "my.toml",
        init=Path("w.safetensors"),
        minutes=1.5,
        changes=("batch=8", "clip=1", "out=here"),
    )
    assert options_of("train c --resume c.json").resume == Path("c.json")


def test_models():
    assert options_of("models") == ModelsOptions()
    assert options_of("models --json") == ModelsOptions(json=True)
    assert options_of("models --fetch rdn-liif") == ModelsOptions(fetch="rdn-liif")


@pytest.mark.parametrize(
    "line", ["--version", "--version --device cpu", "export --version", "a.png --version"]
)
def test_the_version_needs_nothing_else(line):
    assert read(shlex.split(line)).command == "version"


def test_a_file_may_be_called_like_an_option():
    assert options_of("view -- --version") == ViewOptions((Path("--version"),))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("export", "required"),
        ("export a.png -o b.png", "--scale --size is required"),
        ("export a.png -o b.png --scale 2 --size 3x3", "not allowed with"),
        ("export a.png -o b.png --scale x", "is not a scale"),
        ("export a.png -o b.png --scale -1", "is not a scale"),
        ("export a.png -o b.png --scale 0", "is not a scale"),
        ("export a.png -o b.png --size 3", "is not a size"),
        ("export a.png -o b.png --scale 2 --region 1,2,3", "is not a region"),
        ("export a.png -o b.png --scale 2 --region", "expected one argument"),
        ("export a.png -o b.png --scale 2 --depth 12", "--depth"),
        ("export a.png -o b.png --scale 2 --quality 0", "whole number from 1 to 100"),
        ("export a.png -o b.png --scale 2 --gain 0", "is not a gain"),
        ("export a.png -o b.png --scale 2 --samp liif", "unrecognized"),
        ("export a.png b.png -o c.png --scale 2", "unrecognized"),
        ("batch d -o e", "--scale"),
        ("batch d --scale 2", "-o/--output"),
        ("batch d -o e --scale 2 --format gif", "invalid choice"),
        ("batch d -o e --scale 2 --resume --overwrite", "leave one of them out"),
        ("--overwrite batch d -o e --scale 2 --resume", "leave one of them out"),
        ("compare a.png", "-o/--output"),
        ("compare a.png -o b.png --samplers a,b,c,d,e", "up to 4"),
        ("evaluate --scales 2", "--data"),
        ("evaluate --data d", "--scales"),
        ("evaluate --data d --scales 0.5", "from 1 upward"),
        ("evaluate --data d --scales 2,x", "is not a list of scales"),
        ("evaluate --data d --scales 2,,3", "is not a list of scales"),
        ("evaluate --data d --scales 2 --samplers a,,b", "is not a list of samplers"),
        ("evaluate --data d --scales 2 --protocol y", "invalid choice"),
        ("train", "CONFIG"),
        ("train a --minutes 0", "is not a time"),
        ("train a --init w --resume c", "not allowed with"),
        ("models --fetch", "expected one argument"),
        ("compare a.png -o b.png --inset 1,2,3", "is not a region"),
        ("compare a.png -o b.png" + 4 * " --inset 1,2,3,4", "up to 3 insets"),
        ("--device gpu", "is not a device"),
        ("--device", "expected one argument"),
        ("--threads 0 a.png", "whole number"),
        ("--precision fp8 a.png", "invalid choice"),
        ("--fullscreen a.png", "unrecognized"),
    ],
)
def test_what_cannot_be_parsed_is_one_line(line, words):
    with pytest.raises(MisuseError, match=words) as failure:
        read(shlex.split(line))
    assert "\n" not in str(failure.value)
    assert ";" in str(failure.value)


@pytest.mark.parametrize(
    "line", ["--help", "export --help", "batch --help", "a.png --help", "models -h"]
)
def test_help_ends_well(line, capsys):
    with pytest.raises(SystemExit) as end:
        read(shlex.split(line))
    assert end.value.code == 0
    assert "usage: liif-viewer" in capsys.readouterr().out
