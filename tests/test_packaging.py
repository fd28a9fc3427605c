"""The wheel: built, installed into an empty environment and run from another folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from resources.samples import CHART, DEFAULT_SAMPLE, sample_path

ROOT = Path(__file__).parent.parent
PACKAGES = ("models", "viewer", "resources")
NO_BYTECODE = shutil.ignore_patterns("__pycache__")

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program away from the checkout, with nothing in its environment that leads there."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=kept | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def pip(*words: str | Path, cwd: Path) -> None:
    base = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq")
    result = run(*base, *words, cwd=cwd)
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the sources: a build in the checkout would leave its folders there."""
    copy = tmp_path_factory.mktemp("sources")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=NO_BYTECODE)
    out = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", out, copy, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and, through a .pth file, the dependencies of this one.

    A .pth file inside a folder that a .pth file names is not read, so the editable checkout that
    may be installed here stays out. PySide6 is hidden: what runs here runs without it.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    pip("--python", home, "install", "--no-deps", "--no-index", wheel, cwd=home)
    site = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    Path(site, "dependencies.pth").write_text("\n".join(sorted(here)), encoding="utf-8")
    Path(site, "PySide6.py").write_text(
        'raise ModuleNotFoundError("PySide6 is hidden", name="PySide6")\n', encoding="utf-8"
    )
    return home


def executable(home: Path, name: str) -> Path:
    folder = sysconfig.get_path("scripts", vars={"base": str(home), "platbase": str(home)})
    return Path(folder, name + (".exe" if os.name == "nt" else ""))


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == expected
    for ending in (".safetensors", ".svg", ".qss", DEFAULT_SAMPLE, CHART, "samples/README.md"):
        assert any(name.endswith(ending) for name in held), ending


def test_the_wheel_carries_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (licence,) = (name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        assert b"BSD 3-Clause" in archive.read(licence)


def test_the_installed_program_tells_its_version(home: Path, tmp_path: Path) -> None:
    result = run(executable(home, "liif-viewer"), "--version", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert PROJECT["version"] in result.stdout


@pytest.mark.parametrize("sampler", ["bicubic", "liif"])
def test_the_installed_program_exports_its_sample(home: Path, tmp_path: Path, sampler: str) -> None:
    where = "import resources.samples as s; print(s.sample_path())"
    found = run(executable(home, "python"), "-c", where, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    sample = Path(found.stdout.strip())
    assert home.resolve() in sample.resolve().parents

    words = ("export", sample, "-o", "out.png", "--scale", "2", "--region", "150,80,24,16")
    program = executable(home, "liif-viewer")
    result = run(program, *words, "--sampler", sampler, "--device", "cpu", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.size == (48, 32)
        assert len(picture.convert("L").getcolors() or []) > 16


def test_samples_are_small_pictures() -> None:
    for name, size in ((DEFAULT_SAMPLE, (451, 300)), (CHART, (1024, 768))):
        path = sample_path(name)
        assert path.stat().st_size < 400_000
        with Image.open(path) as picture:
            assert picture.size == size
            assert picture.mode == "RGB"


def test_an_unknown_sample_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"no sample dog\.png"):
        sample_path("dog.png")


def test_dependencies_are_pinned_within_their_ranges() -> None:
    """Each direct dependency has an exact pin, so that two set-ups are the same."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {line.partition("==")[0] for line in lines if "==" in line}
    wanted = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    assert {spec.partition(">")[0] for spec in wanted} <= pins
