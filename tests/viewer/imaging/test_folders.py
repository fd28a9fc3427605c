from __future__ import annotations

from pathlib import Path

import pytest

from viewer.imaging.errors import ImageError
from viewer.imaging.folders import in_natural_order, make_folder, pictures_in, sets_in


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with two sets, a file of another kind, a hidden one and an empty folder."""
    for name in ("Set/b.PNG", "Set/a.jpg", "Set/notes.txt", "Set/.hidden.png", "Other/c.tif"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "data" / "Empty").mkdir()
    (tmp_path / "data" / "Other" / "folder.png").mkdir()
    return tmp_path / "data"


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_pictures_come_by_name(data):
    assert names(pictures_in(data / "Set")) == ["a.jpg", "b.PNG"]


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ("notes.txt", ["a.jpg", "b.PNG", "notes.txt"]),
        (".hidden.png", [".hidden.png", "a.jpg", "b.PNG"]),
        ("a.jpg", ["a.jpg", "b.PNG"]),
        ("gone.png", ["a.jpg", "b.PNG"]),
    ],
)
def test_a_known_picture_is_one_whatever_its_name(data, known, found):
    assert names(pictures_in(data / "Set", data / "Set" / known)) == found


def test_numbers_in_names_are_counted_and_capitals_are_not():
    """The whole name decides where that leaves a choice: the order is always the same."""
    ordered = ["1.png", "2b.png", "10.png", "a.png", "B.png", "IMG3.png", "img03.png", "img3.png",
               "img10.png", "img10a2.png", "img10a10.png"]  # fmt: skip
    mixed = [Path(name) for name in sorted(ordered, key=len)]
    assert names(in_natural_order(mixed)) == ordered
    assert names(in_natural_order(reversed(mixed))) == ordered


def test_a_folder_of_pictures_is_one_set(data):
    ((name, paths),) = sets_in(data / "Set")
    assert name == "Set"
    assert names(paths) == ["a.jpg", "b.PNG"]


def test_folders_of_pictures_are_sets_by_name(data):
    assert [(name, names(paths)) for name, paths in sets_in(data)] == [
        ("Other", ["c.tif"]),
        ("Set", ["a.jpg", "b.PNG"]),
    ]


def test_a_folder_may_have_both_and_no_two_sets_one_name(data):
    (data / "own.png").touch()
    (data / "data").mkdir()
    (data / "data" / "d.png").touch()
    assert [name for name, _ in sets_in(data)] == ["data", "Other", "Set", "data/data"]


def test_a_folder_without_a_name_has_one(data, monkeypatch):
    monkeypatch.chdir(data / "Set")
    assert sets_in(Path())[0][0] == "Set"


@pytest.mark.parametrize("find", [pictures_in, sets_in])
@pytest.mark.parametrize(
    ("folder", "reason"),
    [("gone", "no such file or folder"), ("Set/a.jpg", "not a folder"), ("Empty", "no picture")],
)
def test_a_useless_folder_names_itself(data, find, folder, reason):
    with pytest.raises(ImageError, match=reason) as failure:
        find(data / folder)
    assert str(data / folder) in str(failure.value)


@pytest.mark.parametrize("find", [pictures_in, sets_in])
def test_an_unreadable_folder_names_itself(data, find, monkeypatch):
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ImageError, match="may not be accessed") as failure:
        find(data)
    assert str(data) in str(failure.value)


def test_a_folder_to_write_to_is_made_and_left_empty(tmp_path):
    for _ in range(2):
        make_folder(tmp_path / "some" / "where")
        assert list((tmp_path / "some" / "where").iterdir()) == []


@pytest.mark.parametrize(
    ("folder", "reason"),
    [("Set/a.jpg", "it is not a folder"), ("Set/a.jpg/in", "a part of the path"), ("\0", "valid")],
)
def test_a_folder_that_cannot_be_written_to_names_itself(data, folder, reason):
    with pytest.raises(ImageError, match=reason) as failure:
        make_folder(data / folder)
    assert str(data / folder) in str(failure.value)


def test_a_folder_that_takes_no_file_is_told(data, monkeypatch):
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("viewer.imaging.folders.tempfile.TemporaryFile", refuse)
    with pytest.raises(ImageError, match="may not be accessed"):
        make_folder(data)
