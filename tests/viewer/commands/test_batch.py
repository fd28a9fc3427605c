from __future__ import annotations

import errno
import gc
import os
import signal
import sys
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from models import catalogue
from models.checkpoints import save_checkpoint
from tests.models.nets import small_liif
from tests.viewer.commands.test_progress import Terminal
from viewer.cli import main
from viewer.commands import batch as module
from viewer.commands.batch_plan import Task, file_names
from viewer.commands.progress import Progress
from viewer.imaging.target import Target

WIDTH, HEIGHT = 13, 9
COMMON = ("--device", "cpu", "--precision", "fp32", "--threads", "1")


def run(command: str, *words: object) -> int:
    return main([str(word) for word in (command, *words, *COMMON)])


def batch(folder: Path, *words: object) -> int:
    """Enlarge twice into the folder ``out`` by nearest, unless the words say otherwise."""
    out = folder.with_name("out")
    return run("batch", folder, "-o", out, "--scale", 2, "--sampler", "nearest", *words)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def photos(tmp_path: Path, rng: np.random.Generator) -> Path:
    """A folder with three pictures, and what is none of them."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for name in ("b.png", "a.jpg", "c.PNG", ".hidden.png", "more/d.png"):
        pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name, format="PNG")
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture
def out(photos: Path) -> Path:
    return photos.with_name("out")


def test_every_picture_of_the_folder_is_enlarged(photos, out, capsys):
    assert batch(photos) == 0
    assert names(out) == ["a.png", "b.png", "c.png"]
    with Image.open(out / "b.png") as large, Image.open(photos / "b.png") as small:
        np.testing.assert_array_equal(large, np.repeat(np.repeat(small, 2, axis=0), 2, axis=1))
    told, said = capsys.readouterr()
    assert (told, said) == ("", "liif-viewer: 3 done, 0 skipped, 0 failed\n")


def test_the_folder_is_made_with_those_above_it(photos, tmp_path):
    assert batch(photos, "-o", tmp_path / "some" / "where") == 0
    assert len(names(tmp_path / "some" / "where")) == 3


@pytest.fixture
def treasures(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Pictures with 16 bits, with alpha, and with a profile, EXIF and a turn."""
    folder = tmp_path / "treasures"
    folder.mkdir()
    deep = rng.integers(0, 65536, (HEIGHT, WIDTH), dtype=np.uint16)
    Image.fromarray(deep).save(folder / "deep.png")
    veiled = rng.integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)
    Image.fromarray(veiled).save(folder / "veiled.png")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    turned = Image.fromarray(veiled[:, :, :3])
    turned.save(folder / "turned.jpg", icc_profile=profile, exif=exif, dpi=(300, 300))
    return folder


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("png", ("--sampler", "bicubic", "--scale", "2.5")),
        ("png", ("--sampler", "gradient:bicubic", "--gain", "2", "--depth", "8")),
        ("tif", ("--sampler", "lanczos", "--depth", "16")),
        ("jpg", ("--sampler", "bicubic", "--quality", "60")),
        (
            "webp",
            (
                "--sampler",
                "nearest",
            ),
        ),
    ],
)
def test_a_file_is_that_of_export_to_the_byte(treasures, tmp_path, ending, words):
    assert batch(treasures, "--format", ending, *words) == 0
    for picture in treasures.iterdir():
        single = tmp_path / f"{picture.stem}.{ending}"
        scale = () if "--scale" in words else ("--scale", "2")
        assert run("export", picture, "-o", single, *scale, *words) == 0
        assert (tmp_path / "out" / single.name).read_bytes() == single.read_bytes()
    assert len(names(tmp_path / "out")) == 3


def test_a_model_is_loaded_once_and_gives_what_export_gives(photos, out, tmp_path, monkeypatch):
    model = tmp_path / "small.safetensors"
    save_checkpoint(model, small_liif())
    loaded: list[Path] = []
    load = catalogue.load_checkpoint
    monkeypatch.setattr(
        catalogue, "load_checkpoint", lambda path: loaded.append(path) or load(path)
    )
    assert batch(photos, "--sampler", model) == 0
    assert loaded == [model]
    single = tmp_path / "single.png"
    assert run("export", photos / "b.png", "-o", single, "--scale", 2, "--sampler", model) == 0
    assert (out / "b.png").read_bytes() == single.read_bytes()


def test_liif_is_what_is_taken_by_default(photos, tmp_path, out):
    for name in ("a.jpg", "c.PNG"):
        (photos / name).unlink()
    single = tmp_path / "single.png"
    assert run("batch", photos, "-o", out, "--scale", 2) == 0
    assert run("export", photos / "b.png", "-o", single, "--scale", 2) == 0
    assert (out / "b.png").read_bytes() == single.read_bytes()


def watch(monkeypatch: pytest.MonkeyPatch, before: Callable[[Path], None]) -> None:
    """Call a function before each picture is opened."""
    open_image = module.open_image

    def opened(path: Path):
        before(path)
        return open_image(path)

    monkeypatch.setattr(module, "open_image", opened)


@pytest.mark.parametrize("disturbance", [None, "disk", "numbers"])
def test_no_earlier_picture_stays_in_memory(photos, monkeypatch, disturbance):
    pictures: list[weakref.ref] = []
    open_image = module.open_image

    def opened(path: Path):
        assert [each() for each in pictures] == [None] * len(pictures)
        source = open_image(path)
        pictures.append(weakref.ref(source.picture))
        return source

    monkeypatch.setattr(module, "open_image", opened)
    if disturbance == "numbers":
        monkeypatch.setattr("viewer.rendering.bands.finite", lambda _: False)
    if disturbance == "disk":
        monkeypatch.setattr(Target, "commit", full_disk(errno.EACCES))
    gc.collect()
    gc.disable()
    try:
        assert batch(photos) == (1 if disturbance else 0)
    finally:
        gc.enable()
    assert len(pictures) == 3


@pytest.mark.parametrize(
    ("pictures", "files"),
    [
        (["a.jpg", "b.png"], ["a.png", "b.png"]),
        (["a.jpg", "a.png", "b.jpg"], ["a.jpg.png", "a.png.png", "b.png"]),
        (["A.jpg", "a.tif"], ["A.jpg.png", "a.tif.png"]),
        (["a.jpg", "a.jpg.webp", "a.tif"], ["a.jpg.png", "a.jpg.webp.png", "a.tif.png"]),
        (["A.jpg", "a.jpg"], ["A.jpg.png", "a.jpg.png"]),
        (["a.b.jpg", "a.jpg"], ["a.b.png", "a.png"]),
    ],
)
def test_no_two_pictures_share_a_file(pictures, files):
    assert file_names([Path("photos") / name for name in pictures], "png") == files


def test_pictures_of_one_stem_are_both_kept_and_found_again(photos, out, capsys):
    Image.new("RGB", (5, 5)).save(photos / "b.webp")
    assert batch(photos) == 0
    assert names(out) == ["a.png", "b.png.png", "b.webp.png", "c.png"]
    assert batch(photos, "--resume") == 0
    assert "0 done, 4 skipped, 0 failed" in capsys.readouterr().err


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("word", ["--overwrite", "--resume", "--quiet"])
def test_pictures_are_never_written_where_they_are_read(photos, tmp_path, capsys, linked, word):
    target = photos
    if linked:
        target = tmp_path / "link"
        target.symlink_to(photos)
    before = names(photos)
    assert batch(photos, "-o", target, word) == 1
    assert "it is the folder of the pictures" in capsys.readouterr().err
    assert names(photos) == before


def test_a_link_to_a_picture_is_not_followed_onto_it(photos, out, capsys):
    out.mkdir()
    (out / "c.png").symlink_to(photos / "b.png")
    before = (photos / "b.png").read_bytes()
    assert batch(photos, "--overwrite") == 1
    assert "it is the picture" in capsys.readouterr().err
    assert (photos / "b.png").read_bytes() == before
    assert names(out) == ["c.png"]


def test_what_is_there_is_an_error_before_any_work(photos, out, capsys, monkeypatch):
    out.mkdir()
    for name in ("b.png", "c.png"):
        (out / name).write_bytes(b"precious")
    monkeypatch.setattr(module, "open_image", None)
    assert batch(photos) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "b.png is there already, and 1 more" in said
    assert "--resume" in said
    assert contents(out) == dict.fromkeys(("b.png", "c.png"), b"precious")


def test_what_is_there_is_skipped_by_resume(photos, out, capsys):
    out.mkdir()
    (out / "b.png").write_bytes(b"done")
    assert batch(photos, "--resume") == 0
    assert (out / "b.png").read_bytes() == b"done"
    assert names(out) == ["a.png", "b.png", "c.png"]
    assert capsys.readouterr().err == "liif-viewer: 2 done, 1 skipped, 0 failed\n"


def test_what_is_there_is_replaced_by_overwrite(photos, out):
    out.mkdir()
    (out / "b.png").write_bytes(b"old")
    assert batch(photos, "--overwrite") == 0
    assert (out / "b.png").read_bytes() != b"old"


@pytest.mark.parametrize("words", [(), ("--quiet",)])
def test_the_rest_goes_on_after_a_picture_that_cannot_be_opened(photos, out, capsys, words):
    (photos / "b.png").write_bytes(b"no picture")
    assert batch(photos, *words) == 1
    assert names(out) == ["a.png", "c.png"]
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("liif-viewer: Cannot open b.png: it is not a picture")
    assert "2 done, 0 skipped, 1 failed" in last
    assert "--resume" in last


def test_a_picture_that_the_format_cannot_hold_is_named(photos, out, capsys):
    Image.new("RGB", (2000, 1)).save(photos / "b.png")
    assert batch(photos, "--scale", 10, "--format", "webp") == 1
    assert names(out) == ["a.webp", "c.webp"]
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("liif-viewer: b.png: WebP holds at most 16,383 pixels a side")
    assert len(said) == 2


def test_debug_shows_where_a_picture_failed(photos, capsys):
    (photos / "b.png").write_bytes(b"no picture")
    assert batch(photos, "--debug") == 1
    assert "in open_image" in capsys.readouterr().err


def full_disk(number: int) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_full_disk_ends_the_batch_with_one_sentence(photos, out, capsys, monkeypatch):
    commit = Target.commit
    monkeypatch.setattr(
        Target,
        "commit",
        lambda target: (commit if target.name == "a.png" else full_disk(errno.ENOSPC))(target),
    )
    assert batch(photos) == 1
    assert names(out) == ["a.png"]
    first, last = capsys.readouterr().err.splitlines()
    assert first == (
        "liif-viewer: Cannot write b.png: there is no space left on the disk; free some or choose "
        "another folder."
    )
    assert "1 done, 0 skipped, 1 failed, 1 left; " in last


def test_a_folder_that_has_gone_ends_the_batch(photos, out, capsys, monkeypatch):
    def remove(path: Path) -> None:
        if path.name == "b.png":
            (out / "a.png").unlink()
            out.rmdir()

    watch(monkeypatch, remove)
    assert batch(photos) == 1
    first, last = capsys.readouterr().err.splitlines()
    assert f"there is no folder {out}" in first
    assert "1 failed, 1 left" in last


@pytest.mark.parametrize(
    ("folder", "words", "told"),
    [
        ("gone", (), "gone: there is no such file or folder"),
        ("photos/more/none", (), "There is no picture in the folder"),
        ("photos/b.png", (), "b.png: it is not a folder"),
        ("photos", ("-o", "photos/b.png"), "Cannot write to the folder photos/b.png: it is not a"),
        ("photos", ("-o", "photos/b.png/out"), "a part of the path is not a folder"),
        ("photos", ("--sampler", "typo"), "'typo' is no sampler"),
        ("photos", ("--format", "jpg", "--depth", "16"), "JPEG holds 8 bits a channel, not 16"),
        ("photos", ("--scale", "1e308"), "choose a smaller one"),
        ("photos", ("--device", "cuda:99"), "cuda:99 is not available"),
    ],
)
def test_a_mistake_is_one_line_before_any_work(photos, monkeypatch, capsys, folder, words, told):
    monkeypatch.chdir(photos.parent)
    (photos / "more" / "none").mkdir()
    line = ["batch", folder, "-o", "out", "--scale", "2", "--sampler", "nearest", *words]
    assert main(line) == 1
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not (photos.parent / "out").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode")
def test_names_of_other_encodings_are_kept(photos, out):
    odd = os.fsdecode(b"caf\xe9")
    (photos / "b.png").rename(photos / f"{odd}.png")
    assert batch(photos, "--format", "jpg") == 0
    assert names(out) == ["a.jpg", "c.jpg", f"{odd}.jpg"]


@pytest.mark.parametrize(
    ("scale", "words", "told"), [("1/2", (), 1), (1, (), 0), ("1/2", ("--quiet",), 0)]
)
def test_a_reduction_is_told_once(photos, capsys, scale, words, told):
    assert batch(photos, "--scale", scale, *words) == 0
    assert capsys.readouterr().err.count("source, reduced") == told


def test_a_terminal_shows_how_far_the_batch_has_come(photos, monkeypatch):
    Image.new("RGB", (WIDTH, 2 * HEIGHT)).save(photos / "b.png")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    tasks = [Task(photos / name, photos) for name in ("a.jpg", "b.png", "notes.txt", "c.PNG")]
    with Progress("photos", quiet=False) as progress:
        module.Course(tasks, progress).update(1, 0.5, None)
        progress._bar.refresh()
    shown = terminal.getvalue()
    assert "2 of 4" in shown
    assert "50 %" in shown


def test_a_sentence_does_not_stand_in_the_bar(photos, monkeypatch):
    (photos / "b.png").write_bytes(b"no picture")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert batch(photos) == 1
    shown = terminal.getvalue()
    assert "photos " in shown
    assert "\rliif-viewer: Cannot open b.png" in shown


@pytest.mark.parametrize(
    ("word", "how"), [("--resume", "--resume goes on"), ("--overwrite", "begins again")]
)
def test_an_interruption_keeps_what_is_done_and_says_how_to_go_on(
    photos, out, monkeypatch, capsys, word, how
):
    def interrupt(path: Path) -> None:
        if path.name == "b.png":
            os.kill(os.getpid(), signal.SIGINT)

    watch(monkeypatch, interrupt)
    assert batch(photos, word) == 130
    assert names(out) == ["a.png"]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "interrupted: 1 done, 0 skipped, 0 failed, 2 left" in said
    assert how in said
    monkeypatch.undo()
    assert batch(photos, "--resume") == 0
    assert "2 done, 1 skipped, 0 failed" in capsys.readouterr().err
