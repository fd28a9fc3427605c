"""Questions to the disk about what nobody may look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from viewer.imaging.disk import has_gone, is_file, is_folder

TOO_LONG = Path("/tmp") / ("x" * 400)


def test_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch()
    assert (is_file(file), is_folder(file), has_gone(file)) == (True, False, False)
    assert (is_file(tmp_path), is_folder(tmp_path), has_gone(tmp_path)) == (False, True, False)


def test_what_is_not(tmp_path: Path) -> None:
    gone = tmp_path / "b"
    assert (is_file(gone), is_folder(gone), has_gone(gone)) == (False, False, True)


@pytest.mark.parametrize("error", [PermissionError(13, "no"), OSError(107, "dead mount")])
def test_what_cannot_be_looked_at_may_be_there(
    monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Path, "stat", refuse)
    path = Path("/nowhere")
    monkeypatch.setattr(Path, "is_file", refuse)
    monkeypatch.setattr(Path, "is_dir", refuse)
    monkeypatch.setattr(Path, "exists", refuse)
    assert (is_file(path), is_folder(path), has_gone(path)) == (False, False, False)


def test_words_too_long_for_a_name() -> None:
    assert (is_file(TOO_LONG), is_folder(TOO_LONG)) == (False, False)
