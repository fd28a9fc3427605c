"""The README tells the truth: its links lead somewhere, its commands parse, its pins are ours."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from viewer.commands.parser import read

ROOT = Path(__file__).parent.parent
PAGES = (
    ROOT / "README.md",
    ROOT / "docs" / "development.md",
    ROOT / "docs" / "methods.md",
    ROOT / "docs" / "performance.md",
    ROOT / "docs" / "training.md",
    ROOT / "resources/samples/README.md",
)
README = PAGES[0].read_text(encoding="utf-8")


def commands(page: Path) -> list[str]:
    """What stands after the program's name, lines that go on with a backslash joined."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(r"^liif-viewer (.+)$", text, re.MULTILINE)


COMMANDS = [line for page in PAGES for line in commands(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).is_file()] == []


def test_there_are_commands_to_check() -> None:
    ours = {line.split()[0] for line in commands(PAGES[0])}
    assert ours >= {"export", "batch", "compare", "models", "--version"}
    assert {line.split()[0] for line in commands(ROOT / "docs/methods.md")} == {
        "compare",
        "evaluate",
    }


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_parse(line: str) -> None:
    words = shlex.split(line, comments=True)
    assert read(words).command == words[0].removeprefix("--")


def test_the_torch_pin_is_the_one_of_the_constraints() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    written = set(re.findall(r"torch==[\d.]+", README))
    assert written == set(re.findall(r"^torch==[\d.]+", pins, re.MULTILINE))


def test_the_two_commands_come_first() -> None:
    blocks = re.findall(r"```\w+\n(.*?)```", README, re.DOTALL)
    assert [line.split("  ")[0] for line in blocks[0].splitlines()] == ["make run", "make test"]
