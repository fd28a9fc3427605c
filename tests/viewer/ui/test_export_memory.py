"""What is kept from one export to the next, and what is made of a damaged record."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from viewer.ui.export_choice import SizedBy
from viewer.ui.export_memory import ExportMemory


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.ini"


def memory_in(file: Path) -> tuple[ExportMemory, QSettings]:
    settings = QSettings(str(file), QSettings.Format.IniFormat)
    return ExportMemory(settings), settings


def test_at_first_nothing_is_known(file: Path) -> None:
    memory, _ = memory_in(file)
    assert (memory.suffix, memory.sides) == ("", "")
    assert (memory.depth, memory.quality, memory.size, memory.folder) == (None, None, None, None)


@pytest.mark.parametrize(
    "size", [("scale", 7.981234567890123), ("width", 1920.0), ("height", 1080.0), None]
)
def test_everything_comes_back_from_the_file(
    file: Path, tmp_path: Path, size: tuple[SizedBy, float] | None
) -> None:
    memory, settings = memory_in(file)
    memory.suffix, memory.depth, memory.quality, memory.sides = ".webp", 16, 80, "ab"
    memory.folder, memory.size = tmp_path, size
    settings.sync()
    assert settings.status() == QSettings.Status.NoError
    again, _ = memory_in(file)
    assert (again.suffix, again.depth, again.quality, again.sides) == (".webp", 16, 80, "ab")
    assert (again.folder, again.size) == (tmp_path, size)


def test_it_keeps_to_its_own_group(file: Path, tmp_path: Path) -> None:
    memory, settings = memory_in(file)
    settings.setValue("window/geometry", "kept")
    memory.suffix, memory.depth, memory.quality, memory.sides = ".png", 8, 95, "b"
    memory.folder, memory.size = tmp_path, ("scale", 2.0)
    assert settings.childGroups() == ["export", "window"]
    assert settings.value("window/geometry") == "kept"


def test_a_folder_that_is_gone_is_forgotten(file: Path, tmp_path: Path) -> None:
    memory, _ = memory_in(file)
    folder = tmp_path / "holidays"
    memory.folder = folder
    assert memory.folder is None
    folder.mkdir()
    assert memory.folder == folder
    folder.rmdir()
    folder.touch()
    assert memory.folder is None


@pytest.mark.parametrize(
    "words",
    ["", "screen", "scale", "scale ", "scale x", "scale 0", "scale -2", "scale inf", "scale nan",
     "scale 1e300", "scale 1e-300", "width 0", "depth 8", "8", "scale 2 3"],
)  # fmt: skip
def test_a_size_that_makes_no_sense_was_never_chosen(file: Path, words: str) -> None:
    memory, settings = memory_in(file)
    settings.setValue("export/size", words)
    assert memory.size is None


@pytest.mark.parametrize("words", ["", "high", "0", "101", "-5", "inf", "nan"])
def test_a_quality_that_makes_no_sense_was_never_chosen(file: Path, words: str) -> None:
    memory, settings = memory_in(file)
    settings.setValue("export/quality", words)
    assert memory.quality is None


def test_numbers_are_read_however_they_were_stored(file: Path) -> None:
    memory, settings = memory_in(file)
    settings.setValue("export/quality", 80)
    settings.setValue("export/depth", "16")
    settings.setValue("export/size", "scale 4")
    assert (memory.quality, memory.depth, memory.size) == (80, 16, ("scale", 4.0))
