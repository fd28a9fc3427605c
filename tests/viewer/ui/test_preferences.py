"""What the window remembers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings

from viewer.ui.preferences import MOST_RECENT, Preferences


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.ini"


def preferences(file: Path) -> Preferences:
    """Those of a new session."""
    return Preferences(QSettings(str(file), QSettings.Format.IniFormat))


def test_a_first_session_has_nothing_but_shows_everything(file: Path) -> None:
    fresh = preferences(file)
    assert fresh.recent == []
    assert fresh.geometry is None
    assert fresh.shown("inspector")
    assert not fresh.shown("inspector", default=False)


@pytest.mark.parametrize("count", [1, 2, MOST_RECENT, MOST_RECENT + 3])
def test_recent_files_are_kept_newest_first(file: Path, tmp_path: Path, count: int) -> None:
    paths = [tmp_path / f"{number}, größer & weiter.png" for number in range(count)]
    for path in paths:
        told = preferences(file).add_recent(path)
        assert told == preferences(file).recent
    assert preferences(file).recent == paths[::-1][:MOST_RECENT]


def test_a_file_opened_again_comes_first_once(file: Path) -> None:
    one, two = Path("/one.png"), Path("/two.png")
    session = preferences(file)
    for path in (one, two, one):
        session.add_recent(path)
    assert preferences(file).recent == [one, two]


def in_another_process(file: Path, act: str) -> None:
    """Do something with the preferences of a file elsewhere, as a second window does."""
    code = (
        "from pathlib import Path; from PySide6.QtCore import QSettings;"
        "from viewer.ui.preferences import Preferences;"
        f"theirs = Preferences(QSettings({str(file)!r}, QSettings.Format.IniFormat)); {act}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_windows_of_two_processes_keep_each_others_files(file: Path) -> None:
    ours = preferences(file)
    ours.add_recent(Path("/one.png"))
    in_another_process(file, "theirs.add_recent(Path('/two.png'))")
    assert ours.add_recent(Path("/three.png")) == [
        Path("/three.png"), Path("/two.png"), Path("/one.png"),
    ]  # fmt: skip
    in_another_process(file, "theirs.drop_recent(Path('/one.png'))")
    assert ours.drop_recent(Path("/three.png")) == [Path("/two.png")]


def test_a_file_is_forgotten(file: Path) -> None:
    session = preferences(file)
    session.add_recent(Path("/one.png"))
    session.add_recent(Path("/two.png"))
    assert session.drop_recent(Path("/one.png")) == [Path("/two.png")]
    assert session.drop_recent(Path("/two.png")) == []
    assert preferences(file).recent == []


@pytest.mark.parametrize("shown", [True, False])
def test_what_is_shown_is_remembered(file: Path, shown: bool) -> None:
    preferences(file).set_shown("minimap", shown)
    assert preferences(file).shown("minimap") is shown
    assert preferences(file).shown("inspector")


def test_choices_are_remembered(file: Path) -> None:
    session = preferences(file)
    assert session.choice("mode") is None
    session.set_choice("mode", "grid")
    session.set_choice("d", "")
    later = preferences(file)
    assert (later.choice("mode"), later.choice("d"), later.choice("c")) == ("grid", "", None)


def test_the_geometry_is_remembered(file: Path) -> None:
    preferences(file).geometry = QByteArray(b"\x01\xd9 place and size")
    assert preferences(file).geometry == QByteArray(b"\x01\xd9 place and size")


@pytest.mark.parametrize("nonsense", ["[General]\nrecent=@Invalid()\ngeometry=4\n", "\0\1\2", "="])
def test_a_damaged_file_is_a_first_session(file: Path, nonsense: str) -> None:
    file.write_text(nonsense)
    damaged = preferences(file)
    assert damaged.recent == []
    assert damaged.geometry is None
    assert damaged.shown("inspector")
    assert damaged.choice("mode") is None
