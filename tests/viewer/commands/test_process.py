"""The program as a process of its own: without PySide6, on a terminal, interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.viewer.commands.test_train import CONFIG

ROOT = Path(__file__).parents[3]

WITHOUT_QT = """
import sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoQt())
from viewer.cli import main

out = sys.argv[1]
common = ["--device", "cpu", "--threads", "1"]
photo = f"{out}/photo.png"
print(main(["--version", *common]))
print(main(["models", "--json"]))
for name in ("liif", "gradient:bicubic"):
    words = ["export", photo, "-o", f"{out}/{name[:4]}.png", "--scale", "3", "--sampler", name]
    print(main([*words, *common]))
print(main(["compare", photo, "-o", f"{out}/sheet.png", *common]))
words = ["batch", out, "-o", f"{out}/large", "--scale", "2", "--sampler", "nearest", "--quiet"]
print(main([*words, *common]))
print(main(["evaluate", "--data", out, "--scales", "2", "--samplers", "bicubic", *common]))
print(main(["view", photo, *common]))
print(any(name.startswith("PySide6") for name in sys.modules))
"""

BROKEN = "broken\n"

IMPATIENT = """
import signal
import sys

class Impatient:
    def find_spec(self, name, path=None, target=None):
        if name == library:
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                print("broken")
                raise

# Ignored in what runs in the background of a shell.
signal.signal(signal.SIGINT, signal.default_int_handler)
library = sys.argv.pop(1)
sys.meta_path.insert(0, Impatient())
from viewer.cli import main

main()
"""


SPINNING = """
import os
import sys

class Torch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print(os.environ.get("GOMP_SPINCOUNT"), flush=True)
            os._exit(0)

sys.meta_path.insert(0, Torch())
from viewer.cli import main

main()
"""


@pytest.fixture
def photo(tmp_path: Path, rng: np.random.Generator) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)).save(path)
    return path


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
    return {**kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"}


def test_headless_commands_do_without_pyside6(photo):
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_QT, str(photo.parent)],
        cwd=photo.parent,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    codes = [line for line in result.stdout.splitlines() if len(line) <= 5 and line.isalnum()]
    assert codes == ["0", "0", "0", "0", "0", "0", "0", "1", "False"]
    assert result.stderr.count("\n") == 1
    assert "PySide6" in result.stderr
    with Image.open(photo.with_name("liif.png")) as image:
        assert image.size == (192, 144)
    assert photo.with_name("sheet.png").exists()


@pytest.mark.parametrize("words", [["--nonsense"], ["export", "--help"]])
def test_simple_answers_do_not_wait_for_torch(words):
    program = (
        "import sys; from viewer.cli import main; code = main(sys.argv[1:]); "
        "sys.exit(9 if 'torch' in sys.modules or 'PySide6' in sys.modules else code)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, *words],
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert result.returncode == (0 if "--help" in words else 2)


@pytest.mark.parametrize(
    "words",
    [
        "photo.png",
        "benchmark",
        "export photo.png -o out.png --scale 2",
        "train wdsr-liif --data photos",
        "--version",
    ],
)
def test_whatever_loads_torch_its_waiting_threads_spin_briefly(words):
    """OpenMP looks at its settings when torch is loaded, never again."""
    kept = {name: value for name, value in environment().items() if name != "GOMP_SPINCOUNT"}
    result = subprocess.run(
        [sys.executable, "-c", SPINNING, *words.split()],
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout, result.stderr) == ("3000\n", "")


@pytest.mark.parametrize(
    ("library", "command", "said"),
    [("numpy", "models", BROKEN), ("torch", "models", ""), ("torch", "view", "")],
)
def test_an_interruption_of_the_first_imports_is_silent(library, command, said):
    """Into torch it does not even break: that calls Python where an exception aborts it all."""
    result = subprocess.run(
        [sys.executable, "-c", IMPATIENT, library, command],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (130, said, "")


@pytest.mark.parametrize("words", [["models"], ["models", "--json"]])
def test_a_reader_that_leaves_is_no_news(words):
    program = "import sys; from viewer.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, *words]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, said = process.communicate()
    assert (process.returncode, said) == (1, b"")


class Terminal:
    """A terminal that a program writes its stderr to."""

    def __init__(self) -> None:
        self._near, self.far = os.openpty()
        self.shown = b""

    def read_until(self, text: bytes) -> None:
        while text not in self.shown:
            self.shown += os.read(self._near, 4096)

    def close(self) -> None:
        os.close(self._near)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.parametrize(
    ("number", "out", "sampler"),
    [
        (signal.SIGINT, "out.png", "liif"),
        (signal.SIGTERM, "out.webp", "bicubic"),
        (signal.SIGINT, "out.tif", "nearest"),
    ],
)
def test_an_interrupted_export_ends_at_once_and_leaves_nothing(
    photo, terminal, number, out, sampler
):
    words = ["export", photo, "-o", photo.with_name(out), "--scale", 150, "--sampler", sampler]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *map(str, words), "--device", "cpu"],
        cwd=photo.parent,
        env=environment(),
        stderr=terminal.far,
    )
    os.close(terminal.far)
    terminal.read_until(b" left")
    assert f"{out} ".encode() in terminal.shown
    assert b" %" in terminal.shown
    begun = [path.name for path in photo.parent.iterdir()]
    before = time.monotonic()
    process.send_signal(number)
    code = process.wait(10)
    took = time.monotonic() - before
    assert code == 130
    assert len(begun) == 2, "the file was never begun"
    assert list(photo.parent.iterdir()) == [photo]
    # 0.2 s is promised; the rest is for a machine that is busy with other tests.
    assert took < 0.4


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
@pytest.mark.parametrize("ending", ["png", "webp"])
def test_an_interrupted_batch_ends_at_once_and_says_how_to_go_on(photo, terminal, tmp_path, ending):
    folder, out = tmp_path / "photos", tmp_path / "large"
    folder.mkdir()
    Image.new("RGB", (1, 1)).save(folder / "a.png")
    photo.rename(folder / "b.png")
    words = ["batch", folder, "-o", out, "--scale", 150, "--sampler", "bicubic", "--format", ending]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *map(str, words), "--device", "cpu"],
        env=environment(),
        stderr=terminal.far,
    )
    os.close(terminal.far)
    terminal.read_until(b" left")
    begun = [path.name for path in out.iterdir()]
    before = time.monotonic()
    process.send_signal(signal.SIGINT)
    code = process.wait(10)
    took = time.monotonic() - before
    terminal.read_until(b"--resume goes on")
    assert b"interrupted: 1 done, 0 skipped, 0 failed, 1 left" in terminal.shown
    assert b"2 of 2" in terminal.shown
    assert code == 130
    assert len(begun) == 2, "the file was never begun"
    assert [path.name for path in out.iterdir()] == [f"a.{ending}"]
    assert took < 0.4


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_an_interrupted_evaluation_ends_at_once_and_leaves_no_partial_file(
    photo, terminal, tmp_path, rng
):
    data, out = tmp_path / "data", tmp_path / "restored"
    data.mkdir()
    for index in range(8):
        pixels = rng.integers(0, 256, (600, 800, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(data / f"{index}.png")
    words = ["evaluate", "--data", data, "--scales", "2,3,4", "--device", "cpu"]
    words += ["--images", out, "--json", tmp_path / "scores.json"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *map(str, words)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=terminal.far,
    )
    os.close(terminal.far)
    terminal.read_until(b" left")
    before = time.monotonic()
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=10)
    took = time.monotonic() - before
    assert process.returncode == 130
    assert shown == b""
    assert b"data " in terminal.shown
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != data]
    assert all(path == photo or path.name[1:3] == "_x" for path in files)
    for path in files:
        with Image.open(path) as image:
            image.load()
    assert took < 0.4


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_an_interrupted_training_can_be_gone_on_with(terminal, tmp_path, rng):
    (tmp_path / "tiny.toml").write_text(CONFIG, encoding="utf-8")
    data = tmp_path / "photos"
    data.mkdir()
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(data / "a.png")
    words = ["train", "tiny.toml", "--data", "photos", "--device", "cpu", "--threads", "1"]
    endless = ["--set", "iterations=1000000", "checkpoint_minutes=1000"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *words, *endless],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=terminal.far,
    )
    os.close(terminal.far)
    terminal.read_until(b"it/s")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    kept = tmp_path / "runs" / "tiny" / "checkpoint.json"
    iteration = json.loads(kept.read_text())["iteration"]
    assert 0 < iteration < 1_000_000
    assert f"paused at iteration {iteration:,}" in said.decode()
    resume = said.decode().splitlines()[-1].removeprefix("go on with ").split()
    again = [sys.executable, str(ROOT / "main.py"), *words, *resume, "--set"]
    subprocess.run(
        [*again, f"iterations={iteration + 2}"],
        cwd=tmp_path,
        env=environment(),
        check=True,
        capture_output=True,
    )
    assert json.loads(kept.read_text())["iteration"] == iteration + 2
