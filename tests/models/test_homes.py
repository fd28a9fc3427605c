from __future__ import annotations

from pathlib import Path

import pytest

from models.homes import expanded


def test_a_home_folder_is_put_in(monkeypatch, tmp_path):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    assert Path(expanded("~/photos")) == tmp_path / "photos"
    assert expanded(Path("runs") / "tiny") == str(Path("runs") / "tiny")


@pytest.mark.parametrize("path", ["~nobody-of-this-name/photos", "photos/~"])
def test_what_is_no_home_folder_stays(path):
    assert expanded(path) == path
