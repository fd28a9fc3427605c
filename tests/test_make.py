"""The Makefile: file names reach the program as they are, and a second set-up starts nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAKE = shutil.which("make")

pytestmark = pytest.mark.skipif(MAKE is None, reason="make is not installed")


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A stand-in for .venv, set up, whose python prints its arguments one a line."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / ".installed").touch()
    return tmp_path


def make(venv: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run make as from a shell, although the tests themselves may run under make."""
    outer = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "TORCH_INDEX", "IMAGE", "VENV")
    kept = {key: value for key, value in os.environ.items() if key not in outer}
    command = [str(MAKE), "-C", str(ROOT), "--no-print-directory", f"VENV={venv}", *words]
    return subprocess.run(
        command, env=kept, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "name", ["photo.jpg", "two words.jpg", 'it\'s "quoted".jpg', "$HOME $(cost) `5`;&.jpg"]
)
def test_run_passes_the_name_of_the_file(environment: Path, name: str) -> None:
    result = make(environment, "run", f"IMAGE={name}")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == ["main.py", "view", name]


def test_run_without_a_name_opens_a_sample(environment: Path) -> None:
    *_, image = make(environment, "run").stdout.splitlines()
    assert (ROOT / image).is_file()


def test_a_second_setup_starts_nothing(environment: Path) -> None:
    result = make(environment, "setup")
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize("changed", ["constraints.txt", "pyproject.toml"])
def test_a_change_of_the_pins_sets_up_again(environment: Path, changed: str) -> None:
    assert "tools/setup.sh" in make(environment, "--dry-run", "-W", changed, "setup").stdout


def test_an_interrupted_setup_is_done_again(environment: Path) -> None:
    (environment / ".installed").unlink()
    assert "tools/setup.sh" in make(environment, "--dry-run", "setup").stdout


def test_another_index_sets_up_again_and_is_kept(environment: Path) -> None:
    command = ("--dry-run", "setup")
    again = make(environment, *command, "TORCH_INDEX=https://index.example")
    assert 'TORCH_INDEX="https://index.example"' in again.stdout
    (environment / ".torch-index").write_text("https://index.example\n", encoding="utf-8")
    assert "setup.sh" not in make(environment, *command).stdout
    later = make(environment, *command, "-W", "constraints.txt").stdout
    assert 'TORCH_INDEX="https://index.example"' in later


def test_a_failing_setup_leaves_no_stamp(environment: Path) -> None:
    result = make(environment, "setup", "-W", "constraints.txt", "PYTHON=false")
    assert result.returncode != 0
    assert "needs Python 3.11 or newer" in result.stderr
    assert not (environment / ".installed").exists()
