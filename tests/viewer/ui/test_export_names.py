"""Tests of suggested names and typed paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from viewer.ui.export_names import free_path, path_problem, read_path, suggested_name

ENDINGS = (".png", ".jpg")


@pytest.mark.parametrize(
    ("source", "scale", "samplers", "expected"),
    [
        ("dog.jpg", 8.0, ["LIIF · WDSR light"], "dog_x8_liif.png"),
        ("my.dog.jpg", 2.718, ["Bicubic", "LIIF"], "my.dog_x2.72_bicubic_liif.png"),
        ("dog.jpg", 1234567.0, ["LIIF"], "dog_x1234567_liif.png"),
        ("dog.jpg", 0.00001234, ["LIIF"], "dog_x0.0000123_liif.png"),
        ("clipboard", 0.5, ["Gradient of B/3"], "clipboard_x0.5_gradient-of-b-3.png"),
        ("", 1.0, ["…"], "picture_x1_sampler.png"),
        (".hidden", 1.0, ["Größe"], ".hidden_x1_größe.png"),
    ],
)
def test_suggested_names(source: str, scale: float, samplers: list[str], expected: str) -> None:
    assert suggested_name(source, scale, samplers, ".png") == expected


def test_a_suggested_name_is_never_too_long_for_a_disk() -> None:
    name = suggested_name("ä" * 200 + ".jpg", 8.0, ["x" * 300], ".png")
    assert len(name.encode()) <= 240
    assert name.startswith("äää")
    assert name.endswith("x.png")


def test_a_taken_name_gets_the_first_free_number(tmp_path: Path) -> None:
    path = tmp_path / "dog_x8.png"
    assert free_path(path) == path
    path.touch()
    (tmp_path / "dog_x8_3.png").touch()
    assert free_path(path) == tmp_path / "dog_x8_2.png"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a.png", "folder/a.png"),
        (" a.PNG ", "folder/a.PNG"),
        ("a", "folder/a.jpg"),
        ("a.gif", "folder/a.gif.jpg"),
        ("b/a.png", "folder/b/a.png"),
        ("/b/a.png", "/b/a.png"),
        ("", None),
        ("b/", None),
        ("..", None),
        ("b/.", None),
        (".png", None),
        ("a\0.png", None),
    ],
)
def test_typed_words_mean_a_path(words: str, expected: str | None) -> None:
    path = read_path(words, Path("folder"), ENDINGS, ".jpg")
    assert path == (None if expected is None else Path(expected))


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert read_path("~/a.png", Path("folder"), ENDINGS, ".jpg") == tmp_path / "a.png"


def test_a_home_folder_is_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert read_path("~", Path("folder"), ENDINGS, ".jpg") is None


def test_a_name_that_no_disk_takes_counts_as_free(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300 + ".png")
    assert free_path(path) == path
    assert "cannot be used" in path_problem(path, None)


@pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="there is no such device")
def test_a_device_is_named() -> None:
    assert path_problem(Path("/dev/null"), None) == "null is a device; choose another name."


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "There is no folder" in path_problem(tmp_path / "file" / "a.png", None)


def test_another_picture_may_be_replaced(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    assert path_problem(tmp_path / "a.png", tmp_path / "b.png") == ""
    assert "the opened picture itself" in path_problem(tmp_path / "a.png", tmp_path / "a.png")


def test_a_folder_that_may_not_be_written_to_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viewer.ui.export_names.os.access", lambda *_: False)
    assert "may not be written to" in path_problem(tmp_path / "a.png", None)


def test_nothing_is_wrong_with_a_free_name(tmp_path: Path) -> None:
    assert path_problem(tmp_path / "a.png", tmp_path / "gone.png") == ""
