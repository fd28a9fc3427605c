"""The walls of the house: who imports whom, where Qt lives, how large things may grow."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("models", "viewer", "resources")

ORDER = {
    "models": 0,
    "resources": 0,
    "viewer": 0,  # the package itself; its modules and packages follow
    "viewer.imaging": 1,
    "viewer.rendering": 2,
    "viewer.commands.options": 3,  # plain values, for the commands and for the window
    "viewer.commands": 4,
    "viewer.ui": 4,
    "viewer.commands.view": 5,  # the one command that opens the window
    "viewer.cli": 6,
    "main": 7,
}
"""Rooms from the cellar up. A module may import its own room and those with a smaller number."""

BRIDGE = "viewer.rendering.bridge"
"""The one module outside viewer.ui that knows Qt."""

QT = {"PySide6", "shiboken6"}
IMAGE_FILES = {"PIL", "cv2", "tifffile", "skimage", "imageio"}
ARITHMETIC = {
    "skimage.metrics",
    "cv2.DIST_L2",
    "cv2.DIST_LABEL_PIXEL",
    "cv2.DIST_MASK_5",
    "cv2.distanceTransformWithLabels",
}
"""What only computes, of packages that can also read files."""

MODULE_LINES, FUNCTION_LINES = 450, 60

SOURCES = sorted(
    [ROOT / "main.py"]
    + [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    + list((ROOT / "tools").glob("*.py"))
)
PROGRAM = [path for path in SOURCES if path.parent.name != "tools"]


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in PROGRAM}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Absolute names of all that a module imports anywhere, functions and type checks included."""
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                assert level == 0, f"{path.relative_to(ROOT)}:{node.lineno}: a relative import"
                for alias in names:
                    full = f"{module}.{alias.name}"
                    yield full if full in MODULES or full in ARITHMETIC else str(module)
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str() as name), *_],
            ):
                yield name


def room_of(module: str) -> str:
    rooms = [room for room in ORDER if module == room or module.startswith(f"{room}.")]
    return max(rooms, key=len)


def wrong_imports(sources: dict[str, Path]) -> list[str]:
    """What climbs: every import of a room that is not below the importer's own."""
    found = []
    for module, path in sources.items():
        here = room_of(module)
        for target in imports(path):
            if target.partition(".")[0] not in PACKAGES:
                continue
            there = room_of(target)
            if there != here and ORDER[there] >= ORDER[here]:
                found.append(f"{module} imports {target}")
    return found


def test_imports_go_one_way() -> None:
    assert wrong_imports(MODULES) == []


def test_the_check_of_imports_sees_each_kind(tmp_path: Path) -> None:
    """The test above would be worth nothing if it overlooked a way of importing."""
    climbing = tmp_path / "climbing.py"
    climbing.write_text(
        "import viewer.ui.canvas\n"
        "from viewer import cli\n"
        "import models.backend\n"
        "def later():\n"
        "    from viewer.rendering import jobs\n"
        "    import_module('viewer.ui.application')\n"
    )
    assert wrong_imports({"viewer.imaging.climbing": climbing}) == [
        "viewer.imaging.climbing imports viewer.ui.canvas",
        "viewer.imaging.climbing imports viewer.cli",
        "viewer.imaging.climbing imports viewer.rendering.jobs",
        "viewer.imaging.climbing imports viewer.ui.application",
    ]


def test_every_module_of_the_viewer_has_a_room() -> None:
    strays = [module for module in MODULES if room_of(module) == "viewer" != module]
    assert strays == [], "say in ORDER which room these belong to"


def test_qt_stays_in_the_ui_and_the_bridge() -> None:
    users = {
        module
        for module, path in MODULES.items()
        if any(target.partition(".")[0] in QT for target in imports(path))
    }
    assert {module for module in users if not module.startswith("viewer.ui.")} <= {BRIDGE}


def test_only_the_ui_imports_the_bridge() -> None:
    users = {module for module, path in MODULES.items() if BRIDGE in imports(path)}
    assert {module for module in users if not module.startswith("viewer.ui.")} == set()


def test_models_know_no_image_files() -> None:
    users = [
        module
        for module, path in MODULES.items()
        if module.startswith("models")
        and any(
            target.partition(".")[0] in IMAGE_FILES and target not in ARITHMETIC
            for target in imports(path)
        )
    ]
    assert users == []


def test_pyproject_lists_the_packages_on_disk() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    on_disk = [
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in PACKAGES
        for path in (ROOT / package).rglob("__init__.py")
    ]
    assert project["tool"]["setuptools"]["packages"] == sorted(on_disk)


def test_no_module_lies_outside_a_package() -> None:
    homeless = [
        str(path.relative_to(ROOT))
        for path in PROGRAM
        if path.name != "main.py" and not (path.parent / "__init__.py").exists()
    ]
    assert homeless == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_is_and_stays_small(path: Path) -> None:
    tree = tree_of(path)
    words = ast.get_docstring(tree)
    assert words, "the first line says in a phrase what the module is"
    assert words.splitlines()[0].strip()
    assert tree.body[0].lineno <= 2, "the docstring comes first"
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, "split it"
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def test_no_init_under_tests() -> None:
    """tests/models/__init__.py would shadow the real package."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
